"""Transcribing again what a machine transcribed: which recordings that concerns, and starting it.

What a platform or a person wrote is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from kring.errors import Damaged, InputError, NotFound
from kring.languages import UNDETERMINED
from kring.model import Circle, Manifest, SoundTrack, State, TranscriptRef
from kring.transcription import ENGLISH, glossary_of, stated_language, translated_from, wants_english
from services.runs.port import Runs
from storage.archive.archive import Archive
from transcribe.captions.reader import ENGINE as PLATFORM
from transcribe.port import Transcriber
from transcribe.recipe import recipe_of

NOT_PUBLISHED = "not published yet"
PLATFORMS_OWN = "has the meeting platform's transcript"
SAME_ENGINE = "made by this engine already"


@dataclass(frozen=True, slots=True)
class Choice:
    """One recording, and why it is left alone; empty: it is to be transcribed again."""

    manifest: Manifest
    left_alone: str

    @property
    def hours(self) -> float:
        return self.manifest.duration / 3600


def choose(manifests: Iterable[Manifest], archive: Archive, engine: Transcriber) -> Iterator[Choice]:
    """What would become of each recording, oldest meeting first. Raises SetupError if the engine is not there."""
    circle_of = cache(archive.circle)
    for manifest in sorted(manifests, key=lambda manifest: (manifest.details.date, manifest.id)):
        try:
            why = left_alone(manifest, circle_of(manifest.details.circle), archive, engine)
        except (InputError, NotFound, Damaged) as error:
            why = str(error)
        yield Choice(manifest, why)


def left_alone(manifest: Manifest, circle: Circle, archive: Archive, engine: Transcriber) -> str:
    """Why this recording is not transcribed again; empty if the engine, as it is set now, would transcribe it
    differently.

    A platform's transcript stays in any case; an English track beside it may still be made again.
    """
    transcript = manifest.transcript
    if manifest.state is not State.PUBLISHED or transcript is None:
        return NOT_PUBLISHED
    if manifest.again or _wants_other_english(manifest, circle, transcript, archive, engine):
        return ""
    if transcript.engine == PLATFORM:
        return PLATFORMS_OWN
    language, glossary = stated_language(manifest, circle), glossary_of(manifest, circle)
    same = engine.fingerprint(language, glossary, recipe=recipe_of(manifest)) == transcript.fingerprint
    return SAME_ENGINE if same else ""


def start(runs: Runs, manifest: Manifest) -> str:
    """The run that answers the wish; its id. Asking again gives the same one while it is under way."""
    return runs.run_for(manifest.id, title=manifest.details.title, circle=manifest.details.circle)


def _wants_other_english(
    manifest: Manifest, circle: Circle, transcript: TranscriptRef, archive: Archive, engine: Transcriber
) -> bool:
    if transcript.language in {ENGLISH, UNDETERMINED} or not wants_english(manifest, circle):
        return False
    if manifest.english is None:
        return True
    language = translated_from(archive.transcript(transcript.key))
    return manifest.english.fingerprint != engine.fingerprint(
        language, glossary_of(manifest, circle), english=True, recipe=recipe_of(manifest)
    )


def ask_again(archive: Archive, recording_id: str) -> Manifest:
    """Write down that this recording is to be transcribed again; the old transcript stands until then."""

    def change(manifest: Manifest) -> Manifest:
        if manifest.state is not State.PUBLISHED:
            return manifest
        return manifest.model_copy(update={"again": True, "problem": None})

    return archive.update(recording_id, change)


def choose_sound(archive: Archive, recording_id: str, name: str) -> Manifest:
    """Write down which sound of its file is to be played and transcribed, instead of the one that is now.

    Raises InputError if the file has no such sound, or its sounds were never listed.
    """

    def change(manifest: Manifest) -> Manifest:
        made = manifest.renditions
        if made is None or made.sound_tracks is None or find_sound(manifest, name) is None:
            raise InputError("There is no such sound in this recording’s file; load the page again.")
        if name != made.sound_tracks.taken.name:
            return manifest.model_copy(update={"sound_track": name, "again": True, "problem": None})
        again = manifest.again and manifest.sound_track in (None, name)  # not where another was wished until now
        return manifest.model_copy(update={"sound_track": name, "again": again})

    return archive.update(recording_id, change)


def find_sound(manifest: Manifest, name: str) -> SoundTrack | None:
    """One that can be chosen, by its name."""
    made = manifest.renditions
    tracks = made.sound_tracks.there if made is not None and made.sound_tracks is not None else ()
    return next((track for track in tracks if track.name == name), None)
