"""What is in a recording's file, and what was made of it for playing and for the engines."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kring.model.original import Content
from kring.model.values import Frozen, Seconds


class Media(Frozen):
    """What `probe` found in the file."""

    duration: Seconds
    format: str
    audio_codec: str
    video_codec: str | None = None
    width: int | None = None
    height: int | None = None
    restarts: bool = False
    """Its times begin anew in the middle, as in recordings put one behind the other."""

    @property
    def has_video(self) -> bool:
        return self.video_codec is not None


class SoundTrack(Frozen):
    """What can be heard in a file: a sound track of it, one channel of that, or several tracks together."""

    tracks: Annotated[tuple[int, ...], Field(min_length=1)]
    """Their numbers, from 1, among the sound tracks of the file."""
    channel: int | None = None
    """From 1; None: all of them, mixed."""
    position: Literal["left", "right", "centre"] | None = None
    """What that channel is called."""
    language: str | None = None
    """As the file says, in Kring's code."""
    speech: bool = False
    """Whether speech was heard there."""

    @property
    def name(self) -> str:
        """`track1`, `track1.2` (its second channel), `track1-2` (both together): also part of keys."""
        return f"track{'-'.join(map(str, self.tracks))}" + (f".{self.channel}" if self.channel else "")


class SoundTracks(Frozen):
    """Which of a file's sound tracks is played and transcribed, and what else there is."""

    taken: SoundTrack
    doubtful: bool = False
    """Something else is said in another one, and no person has chosen yet."""
    there: tuple[SoundTrack, ...] = ()
    """What can be chosen, `taken` among it."""


class Renditions(Frozen):
    """Keys of what `render` made. `speech` is 16 kHz mono FLAC for the engines."""

    recipe: str
    playback: str
    playback_type: str
    speech: str
    poster: str | None = None
    peaks: str | None = None
    contents: dict[str, Content] = Field(default_factory=dict)
    """By key; empty: made by a Kring that did not look."""
    seconds: Seconds | None = None
    """How long what is played lasts; None: as long as the file."""
    sound_tracks: SoundTracks | None = None
    """None: made by a Kring that took the track that players choose, whatever was in it."""

    @property
    def keys(self) -> tuple[str, ...]:
        made = (self.playback, self.speech, self.poster, self.peaks)
        return tuple(key for key in made if key is not None)
