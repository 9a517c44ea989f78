"""Which sound of a recording's file is played and transcribed: what the pages say of it, and choosing another."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import BaseModel

from kring.model import Line, Manifest, SoundTrack
from kring.people.audit import Act
from search_ui.auth.identity import FacilitatorDep
from search_ui.auth.recorder import RecorderDep
from search_ui.i18n.gettext import N_, _, language_name
from search_ui.viewer import ArchiveViewDep
from services.retranscribe import choose_sound
from services.runs.requests import try_start_again

CHANNELS = {"left": N_("left channel"), "right": N_("right channel"), "centre": N_("middle channel")}

router = APIRouter(prefix="/api", tags=["recordings"])


@dataclass(frozen=True, slots=True)
class SoundOption:
    """A sound that can be chosen."""

    name: str
    label: str
    speech: bool


class SoundRequest(BaseModel):
    name: Line
    """Of the sound, as the recording's editing page names it."""


class SoundChosen(BaseModel):
    """`again`: the recording is made anew with it; `says`: that in a sentence."""

    name: str
    again: bool
    says: str


@router.post("/recordings/{recording_id}/sound", status_code=202)
def choose(
    recording_id: str,
    request: SoundRequest,
    view: ArchiveViewDep,
    person: FacilitatorDep,  # noqa: ARG001  who may is all there is to ask
    record: RecorderDep,
) -> SoundChosen:
    """Have another sound of the file played and transcribed; all stays as it is until that is done."""
    view.open_published_to_change(recording_id)
    record.note(Act.CHANGE, recording_id, f"chose the sound {request.name}")
    site = view.site
    manifest = choose_sound(site.archive, recording_id, request.name)
    if not manifest.again:
        return SoundChosen(name=request.name, again=False, says=_("This sound stays."))
    notice = _("The recording is being made again with this sound. Until that is done, everything stays as it is.")
    if not try_start_again(site.runs, manifest):
        notice = _(
            "The recording is made again with this sound as soon as possible. Until then everything stays as it is."
        )
    return SoundChosen(name=request.name, again=True, says=notice)


def choices(manifest: Manifest) -> list[SoundOption]:
    """What can be chosen; nothing if there is no choice."""
    renditions = manifest.renditions
    tracks = renditions.sound_tracks.there if renditions is not None and renditions.sound_tracks is not None else ()
    return [SoundOption(track.name, label(track, tracks), track.speech) for track in tracks] if len(tracks) > 1 else []


def current_sound(manifest: Manifest) -> str:
    """The name of the one that is heard."""
    renditions = manifest.renditions
    return renditions.sound_tracks.taken.name if renditions is not None and renditions.sound_tracks is not None else ""


def doubt_notice(manifest: Manifest) -> str:
    """The sentence that says which was taken, if that is doubtful; empty for most recordings."""
    renditions = manifest.renditions
    tracks = renditions.sound_tracks if renditions is not None else None
    if tracks is None or not tracks.doubtful or manifest.sound_track == tracks.taken.name:
        return ""
    return _("People speak in more than one sound of this file; this one is played and transcribed: {sound}.").format(
        sound=label(tracks.taken, tracks.there)
    )


def label(sound: SoundTrack, tracks: tuple[SoundTrack, ...]) -> str:
    """What it is called among all that are there: `sound track 2 (Danish), left channel`."""
    numbers = " + ".join(map(str, sound.tracks))
    if len(sound.tracks) > 1:
        return _("sound tracks {numbers} together").format(numbers=numbers)
    channel = ""
    if sound.channel is not None:
        channel = _(CHANNELS[sound.position]) if sound.position else _("channel {n}").format(n=sound.channel)
    if all(track.tracks == sound.tracks for track in tracks):
        return channel or _("all channels together")
    track = _("sound track {n}").format(n=numbers)
    if sound.language:
        track = _("sound track {n} ({language})").format(n=numbers, language=language_name(sound.language))
    return _("{track}, {channel}").format(track=track, channel=channel) if channel else track
