"""The codecs that recordings of meetings come in; all others stay off, since bugs lie in old decoders."""

from __future__ import annotations

from typing import Final

# Name in a file (as ffmpeg prints it) and the decoders that may open it.
AUDIO: Final[dict[str, tuple[str, ...]]] = {
    "aac": ("aac",),
    "aac_latm": ("aac_latm",),
    "ac3": ("ac3",),
    "adpcm_ima_qt": ("adpcm_ima_qt",),
    "adpcm_ima_wav": ("adpcm_ima_wav",),
    "adpcm_ms": ("adpcm_ms",),
    "alac": ("alac",),
    "amr_nb": ("amrnb",),
    "amr_wb": ("amrwb",),
    "eac3": ("eac3",),
    "flac": ("flac",),
    "gsm_ms": ("gsm_ms",),
    "mp2": ("mp2", "mp2float"),
    "mp3": ("mp3", "mp3float"),
    "opus": ("opus", "libopus"),
    "speex": ("speex", "libspeex"),
    "vorbis": ("vorbis", "libvorbis"),
    "wmalossless": ("wmalossless",),
    "wmapro": ("wmapro",),
    "wmav1": ("wmav1",),
    "wmav2": ("wmav2",),
    "wmavoice": ("wmavoice",),
    **{
        f"pcm_{kind}": (f"pcm_{kind}",)
        for kind in (
            *("alaw", "bluray", "dvd", "mulaw", "u8", "s8", "s16le", "s16be", "s24le", "s24be"),
            *("s32le", "s32be", "f32le", "f32be", "f64le", "f64be"),
        )
    },
}
VIDEO: Final[dict[str, tuple[str, ...]]] = {
    "av1": ("libdav1d", "libaom-av1", "av1"),
    "dnxhd": ("dnxhd",),
    "flv1": ("flv",),
    "g2m": ("g2m",),  # GoToMeeting
    "h263": ("h263",),
    "h264": ("h264",),
    "hevc": ("hevc",),
    "mjpeg": ("mjpeg",),
    "mpeg1video": ("mpeg1video",),
    "mpeg2video": ("mpeg2video",),
    "mpeg4": ("mpeg4",),
    "msmpeg4v3": ("msmpeg4",),
    "mss2": ("mss2",),  # Windows Media Screen
    "prores": ("prores",),
    "rawvideo": ("rawvideo",),
    "theora": ("theora",),
    "vc1": ("vc1",),
    "vp6f": ("vp6f",),
    "vp8": ("vp8", "libvpx"),
    "vp9": ("vp9", "libvpx-vp9"),
    "wmv1": ("wmv1",),
    "wmv2": ("wmv2",),
    "wmv3": ("wmv3",),
}
DECODERS: Final = tuple(sorted({name for names in (AUDIO | VIDEO).values() for name in names}))
