"""Which sound track of a file is played and transcribed: the one that a person has chosen, else where people speak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kring.errors import InputError
from kring.model import SoundTrack, SoundTracks
from kring.settings import MediaLimits
from transcribe.language_names import language_coded
from transcribe.media.streams import Contents, Stream
from transcribe.media.tracks import channels_of, position_of, tracks_of, usual_track
from transcribe.soundtracks.choice import SPEAKS, ChosenSound, TrackChannels, TrackSpeech, choose
from transcribe.soundtracks.sampling import sample_tracks


def sound_tracks(
    path: Path, contents: Contents, duration: float, limits: MediaLimits, folder: Path, chosen: str | None = None
) -> SoundTracks:
    """What can be heard in the file, and what is taken of it; nothing is listened to if there is but one sound.

    `chosen`: name of the one that a person wants. `folder`: for scratch files. Raises InputError if it is not there.
    """
    streams, usual = tracks_of(contents), usual_track(contents)
    if len(streams) == 1 and channels_of(streams[usual]) == 1:
        available, choice = [_named(streams, (usual,))], ChosenSound((usual,))
    else:
        heard = sample_tracks(path, contents, streams, duration, limits, folder)
        choice = _chosen(heard, usual)
        available = list(_there(streams, heard, choice))
    chosen_name = _named(streams, choice.tracks, choice.channel).name if chosen is None else chosen
    taken = next((track for track in available if track.name == chosen_name), None)
    if taken is None:
        raise InputError("The sound that was chosen for this recording is not in its file; choose another one.")
    return SoundTracks(taken=taken, doubtful=choice.doubtful and chosen is None, there=tuple(available))


def _chosen(heard: Mapping[int, TrackChannels], usual: int) -> ChosenSound:
    """With numbers of tracks for their places."""
    numbers = list(heard)
    choice = choose(list(heard.values()), numbers.index(usual))
    return ChosenSound(tuple(numbers[place] for place in choice.tracks), choice.channel, choice.doubtful)


def _there(
    streams: Mapping[int, Stream], heard: Mapping[int, TrackChannels], choice: ChosenSound
) -> Iterator[SoundTrack]:
    for number, track in heard.items():
        yield _named(streams, (number,), heard=track.mixed)
        for channel, channel_speech in enumerate(track.channels, start=1):
            yield _named(streams, (number,), channel, heard=channel_speech)
    speaking = tuple(number for number, track in heard.items() if _speaks(track))
    for tracks in dict.fromkeys([choice.tracks, speaking]):
        if len(tracks) > 1:
            yield _named(streams, tracks).model_copy(update={"speech": True})


def _speaks(track: TrackChannels) -> bool:
    return any(speech.frames >= SPEAKS for speech in (track.mixed, *track.channels))


def _named(
    streams: Mapping[int, Stream],
    tracks: tuple[int, ...],
    channel: int | None = None,
    *,
    heard: TrackSpeech | None = None,
) -> SoundTrack:
    first = streams[tracks[0]]
    return SoundTrack(
        tracks=tracks,
        channel=channel,
        position=None if channel is None else position_of(first, channel),
        language=language_coded(first.language.lower()) if len(tracks) == 1 else None,
        speech=heard is not None and heard.frames >= SPEAKS,
    )
