"""What ffmpeg prints, understood; the shape of a sound, drawn."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from transcribe.media.packet_times import PacketReader, Times
from transcribe.media.probe import falls_short
from transcribe.media.streams import parse
from transcribe.rendering.peaks import PeakMeter

PHONE = """\
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/dev/stdin':
  Metadata:
    title           : a
                    :   Duration: 00:00:01.00, start
                    :   Stream #0:7: Audio: mp3
  Duration: 01:02:03.50, start: 0.000000, bitrate: 2018 kb/s
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709), 1920x1080, 1900 kb/s, 29.97 fps, 30 tbr (default)
    Side data:
      displaymatrix: rotation of -90.00 degrees
  Stream #0:1[0x2](dan): Audio: ac3, 48000 Hz, 5.1(side), fltp, 384 kb/s
  Stream #0:2[0x3](nor): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, stereo, fltp, 128 kb/s (default)
  Stream #0:3: Video: mjpeg, yuvj420p, 300x300, 90k tbr (attached pic)
Output #0, null, to 'pipe:1':
  Stream #0:0(und): Video: wrong, yuv420p, 1x1
"""  # noqa: E501


def test_a_phone_video_is_understood() -> None:
    contents = parse("mov", PHONE)
    assert contents.promised == pytest.approx(3723.5)
    assert contents.video is not None
    assert (contents.video.codec, contents.video.shown) == ("h264", (1080, 1920))
    assert contents.video.frame_rate == pytest.approx(29.97)
    assert contents.audio is not None
    assert (contents.audio.index, contents.audio.codec) == (2, "aac")


def test_no_promise_where_ffmpeg_guessed() -> None:
    guessed = "[mp3 @ 0x1] Estimating duration from bitrate, this may be inaccurate\n" + PHONE
    assert parse("mp3", guessed).promised is None
    assert parse("matroska", "Input #0\n  Duration: N/A, start: 0\n").promised is None


def test_cover_art_is_no_video() -> None:
    covered = "Input #0\n  Stream #0:0: Audio: mp3, 44100 Hz\n  Stream #0:1: Video: png, rgb24, 9x9 (attached pic)\n"
    assert parse("mp3", covered).video is None


LISTED = b"""#tb 0: 1/1000
#media_type 0: audio
#tb 1: 1/10
0,  -9223372036854775808,  -9223372036854775808,  20,  9, 0x00000001
0,          0,          0,       20,        9, 0x00000001, S=1,       10
1,         -5,          5,        1,        9, 0x00000001
1,          0,          1,        1,        9, 0x00000001
0,         20,         20,       20,        9, 0x00000001
0,        340,        340,       20,        9, 0x00000001
"""


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_packets_come_in_any_pieces_and_order(piece: int) -> None:
    sound, told = Times(frame=0.02), list[float]()
    reader = PacketReader(sound, tell=told.append)
    for at in range(0, len(LISTED), piece):
        reader.feed(LISTED[at : at + piece])
    picture = reader.streams[1]
    assert (sound.packets, sound.first, sound.last, sound.end) == pytest.approx((3, 0, 0.34, 0.36))
    assert sound.drift == pytest.approx(0.3)
    assert (picture.first, picture.last, picture.end) == pytest.approx((0.5, 0.5, 0.6))
    assert told == sorted(told)
    assert reader.end == pytest.approx(0.6)


def test_sound_that_is_a_little_off_goes_to_browsers_as_it_is() -> None:
    for first, late, unbroken in [(0, 0, True), (-0.02, 0.05, True), (0.5, 0, False), (-1, 0, False), (0, 0.2, False)]:
        times = Times(frame=0.02)
        times.add(first, 0.02)
        times.add(first + 0.02 + late, 0.02)
        assert times.unbroken == unbroken


def test_what_is_not_later_for_a_second_was_put_behind() -> None:
    times = Times()
    for due in [0, 1, 2, *[2.0] * 30, 2.1, 2.1, 2.1, 3]:  # bursts are usual, where times are those of arrival
        times.add(due, 0.1)
    assert times.again == pytest.approx(3)


def test_headers_promise_from_the_first_packet_on() -> None:
    late = PHONE.replace("start: 0.000000", "start: 100.500000")
    assert parse("matroska", late).promised == pytest.approx(3623)
    assert parse("mpegts", late).promised is None  # there ffmpeg has looked at the packets itself


@given(st.lists(st.integers(-32768, 32767), max_size=3000), st.integers(1, 701))
def test_peaks_hold_every_sample_whatever_the_pieces(samples: list[int], piece: int) -> None:
    data = np.array(samples, dtype="<i2").tobytes()
    peaks = PeakMeter(sample_rate=100, expected_seconds=1)
    for at in range(0, len(data), piece):
        peaks.feed(data[at : at + piece])
    assert peaks.samples == len(samples)
    drawn = json.loads(peaks.json())
    assert drawn["length"] * 2 == len(drawn["data"])
    assert drawn["length"] == math.ceil(len(samples) / drawn["samples_per_pixel"])
    if samples:
        assert min(drawn["data"]) == min(samples) >> 8
        assert max(drawn["data"]) == max(samples) >> 8


def test_a_tenth_may_be_missing() -> None:
    assert falls_short(89, 100)
    assert not falls_short(91, 100)
    assert not falls_short(0.3, 0.7)
