"""Taking a passage out of a recording: asking for it, and what goes before anything is made of the recording again.

From the moment it is asked for, nothing that was made of the recording is served any more: it has to be made again, and
a run begins by taking out what people and the meeting platform wrote about the passage. What was made before is removed
once the recording is there again (`services.removal.leftovers`).
"""

from __future__ import annotations

import hashlib
import html
import logging
from pathlib import PurePath

from kring.errors import BadTranscript, Conflict, InputError, NotFound, SearchDown
from kring.model import Cut, Manifest, Original, Segment, State
from services.runs.port import Runs
from services.runs.requests import try_start_again
from services.search_index.reindex import Reindexing
from storage.archive.archive import RECEIVED_TYPE, Archive
from storage.documents import JSON
from storage.keys import cutting_key
from transcribe.captions.parsing.cleaning import timestamp
from transcribe.captions.reader import MAX_BYTES, ParsedTranscript, read_captions

BUSY = "This recording is being made again; wait until it is published, then take out the passage."
NOT_WITHIN = "The passage is not within the recording, or is nearly all of it: erase the recording instead."
MOST = 200
"""Passages of one recording."""
TOO_MANY = "So many passages were taken out of this recording that nothing but erasing it is left."

log = logging.getLogger(__name__)


def check_passage(manifest: Manifest, start: float, end: float) -> None:
    """Raises InputError, and Conflict if it cannot be taken out now."""
    if manifest.state is not State.PUBLISHED or manifest.transcript is None:
        raise Conflict(BUSY)
    if not 0 <= start < end or start >= manifest.duration or end - start >= manifest.duration - 1:
        raise InputError(NOT_WITHIN)
    if len(manifest.cuts) >= MOST:
        raise InputError(TOO_MANY)


def ask_cut(archive: Archive, reindexing: Reindexing, runs: Runs, recording_id: str, cut: Cut) -> Manifest:
    """Nobody finds, reads, hears or sees any of the recording once this returns, until it is there again without the
    passage. Raises NotFound, Conflict, InputError, StorageDown.
    """
    archive.store.put_bytes(cutting_key(recording_id), b"", media_type=JSON)  # first: it leads to the recording
    try:
        reindexing.withhold(recording_id)
    except SearchDown as error:
        log.warning("The recording %s is cut, and taken out of the index later: %s", recording_id, error)

    def change(manifest: Manifest) -> Manifest:
        check_passage(manifest, cut.start, cut.end)
        cleared = dict.fromkeys(("renditions", "transcript", "former", "english", "problem"))
        return manifest.model_copy(
            update={**cleared, "cuts": (*manifest.cuts, cut), "state": State.RECEIVED, "again": False}
        )

    try:
        manifest = archive.update(recording_id, change)
    except (Conflict, InputError):
        reindexing.refresh(archive.manifest(recording_id))
        raise
    reindexing.refresh(manifest)  # a run may have put it into the index in between
    try_start_again(runs, manifest)
    return manifest


def redact(archive: Archive, manifest: Manifest) -> Manifest:
    """What people wrote about passages that were cut, and the platform's words in them, are gone. Safe to repeat.
    Raises NotFound, StorageDown."""
    archive.erase_corrections(manifest.id, manifest.cuts)
    captions = manifest.captions
    if captions is None or captions.size > MAX_BYTES:
        return manifest
    try:
        read = read_captions(archive.store.get_bytes(captions.key).data)
    except (BadTranscript, NotFound):  # `transcribe` says so
        return manifest
    kept = [one for one in read.segments if not any(cut.touches(one.start, one.end) for cut in manifest.cuts)]
    if len(kept) == len(read.segments):
        return manifest
    archive.store.put_bytes(cutting_key(manifest.id), b"", media_type=JSON)  # so that the file with those words goes
    shorter = _stored(archive, captions, read, kept) if kept else None

    def change(newer: Manifest) -> Manifest:
        return newer.model_copy(update={"captions": shorter}) if newer.captions == captions else newer

    return archive.update(manifest.id, change)


def _stored(archive: Archive, captions: Original, read: ParsedTranscript, kept: list[Segment]) -> Original:
    data = _vtt(kept, read.language).encode()
    name = f"{PurePath(captions.file_name).stem[-290:]}.vtt"
    original = Original(sha256=hashlib.sha256(data).hexdigest(), size=len(data), file_name=name)
    archive.store.put_bytes(original.key, data, media_type=RECEIVED_TYPE)
    return original


def _vtt(segments: list[Segment], language: str | None) -> str:
    """One caption for each, as long as it is."""
    written = [f"WEBVTT\nLanguage: {language}\n" if language else "WEBVTT\n"]
    for segment in segments:
        voice = f"<v {html.escape(' '.join(segment.speaker.split()), quote=False)}>" if segment.speaker else ""
        text = html.escape(" ".join(segment.text.split()), quote=False)
        begins, ends = (timestamp(round(1000 * seconds)) for seconds in (segment.start, segment.end))
        written.append(f"{begins} --> {ends}\n{voice}{text}\n")
    return "\n".join(written)
