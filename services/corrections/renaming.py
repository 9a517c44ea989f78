"""Finding a person's name in recordings, putting another in its place everywhere, and taking that back.

What is replaced together is one *act*: its id stands in each of its corrections, so all of them can be taken back
together. The transcript as it was heard and the earlier corrections stay in the bucket, and hold the name; only
erasing the recording removes them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kring.corrections.apply import chapters, detailed, titled, undone
from kring.corrections.changes import ActId, Change, Correction, StoredChange, Undo
from kring.corrections.naming import Mentions, RecordingText, SoughtName, mentions, replacing
from kring.errors import KringError
from kring.model import Details, Manifest, Segment, State, Transcript, now
from services.corrections.correcting import correct_in_turn
from services.search_index.reindex import Reindexing
from storage.archive.archive import Archive
from storage.archive.corrections import Make
from storage.audit import Doer
from transcribe.captions.parsing.cleaning import clean_name

REPLACED = "replaced a name (act {act})"
PUT_BACK = "put a replaced name back (act {act})"
"""What the record of what people did says; it holds neither name."""

CheckDetails = Callable[[Details], None]
"""Raises NotAllowed if who asks may not change a recording with these details."""


@dataclass(frozen=True, slots=True)
class NamedRecording:
    """A recording in which a name stands, and where; or why that could not be read."""

    manifest: Manifest
    mentions: Mentions
    problem: str = ""


def new_act() -> ActId:
    return secrets.token_hex(8)


def find_name(archive: Archive, manifest: Manifest, name: SoughtName) -> Mentions:
    """Where it stands in one recording. Raises NotFound, Damaged, StorageDown."""
    corrections = archive.corrections(manifest.id) if manifest.corrected else ()
    known = tuple(correction for correction in corrections if correction.number <= manifest.corrected)
    english = archive.transcript(manifest.english.key) if manifest.english else None
    text = RecordingText(
        details=manifest.details,
        attachments=manifest.attachments,
        segments=_segments(archive.transcript_of(manifest)),
        chapters=chapters(known),
        english=_segments(english),
        pages=[(attachment, pages.pages) for attachment, pages in archive.attached(manifest)],
        file_names=tuple(original.file_name for original in manifest.received),
    )
    return mentions(name, text)


def find_everywhere(archive: Archive, name: SoughtName) -> Iterator[NamedRecording]:
    """All recordings of the archive in which it stands; reads all of them. Raises StorageDown."""
    for manifest in archive.manifests():
        try:
            found = find_name(archive, manifest, name)
        except KringError as error:
            if error.transient:
                raise
            yield NamedRecording(manifest, Mentions(), str(error))
            continue
        if found:
            yield NamedRecording(manifest, found)


class _NothingLeft(Exception):
    """There is nothing to change (any more)."""


def replace_name_in(
    archive: Archive,
    reindexing: Reindexing,
    manifest: Manifest,
    name: SoughtName,
    to: str,
    act: ActId,
    by: Doer,
    check: CheckDetails = lambda _details: None,
) -> int:
    """Store the corrections that put `to` in its place, and have search find it so; how many they were.

    What others change meanwhile is looked at too. Raises what `check` does, NotFound, InputError, Damaged, Conflict,
    StorageDown; what was stored before stays, and can be taken back with the rest of the act.
    """
    made: set[StoredChange] = set()

    def make(stored: tuple[Correction, ...]) -> Correction:
        text = _text_with(archive, manifest, stored)
        check(text.details)
        for change in replacing(name, to, text):
            if change not in made:
                return _correction(manifest, change, act, by)
        raise _NothingLeft

    return _store_all(archive, reindexing, manifest, make, made)


def undo_act_in(
    archive: Archive,
    reindexing: Reindexing,
    manifest: Manifest,
    act: ActId,
    by: Doer,
    check: CheckDetails = lambda _details: None,
) -> int:
    """Take back what this act has changed in the recording; how many corrections. Under the conditions of
    `replace_name_in`."""

    def make(stored: tuple[Correction, ...]) -> Correction:
        check(detailed(manifest.details, stored))
        for number in _standing(stored, act):
            return _correction(manifest, Undo(number=number), act, by)
        raise _NothingLeft

    return _store_all(archive, reindexing, manifest, make, set())


def has_act(archive: Archive, recording_id: str, act: ActId) -> bool:
    """Whether this act has changed the recording, and was not taken back."""
    return bool(_standing(archive.corrections(recording_id), act))


def find_act(archive: Archive, act: ActId) -> list[str]:
    """The recordings that this act has changed and where it was not taken back; reads all corrections there are."""
    return [recording_id for recording_id in archive.last_corrections() if has_act(archive, recording_id, act)]


def _standing(corrections: tuple[Correction, ...], act: ActId) -> list[int]:
    """Numbers of the corrections of this act that count, the last first."""
    gone = undone(corrections)
    return [
        correction.number
        for correction in reversed(corrections)
        if correction.act == act and not isinstance(correction.change, Undo) and correction.number not in gone
    ]


def _store_all(
    archive: Archive,
    reindexing: Reindexing,
    manifest: Manifest,
    make: Make,
    made: set[StoredChange],
) -> int:
    """Store what `make` makes, until it has nothing left; how many there are then in `made`."""
    try:
        while True:
            made.add(correct_in_turn(archive, manifest.id, make).change)
    except _NothingLeft:
        return len(made)
    finally:
        if made and manifest.state is State.PUBLISHED:
            reindexing.refresh(archive.manifest(manifest.id))


def _text_with(archive: Archive, manifest: Manifest, corrections: tuple[Correction, ...]) -> RecordingText:
    """What a correction can change, as it is with these."""
    transcript = archive.corrected(manifest.transcript.key, corrections) if manifest.transcript else None
    return RecordingText(
        details=detailed(manifest.details, corrections),
        attachments=titled(manifest.attachments, corrections),
        segments=_segments(transcript),
        chapters=chapters(corrections),
    )


def _correction(manifest: Manifest, change: Change, act: ActId, by: Doer) -> Correction:
    return Correction(
        recording_id=manifest.id,
        number=1,  # its own when it is stored
        by=by.id,
        by_name=clean_name(by.name),
        at=now(),
        act=act,
        change=change,
    )


def _segments(transcript: Transcript | None) -> tuple[Segment, ...]:
    return transcript.segments if transcript else ()
