"""The steps of one recording as plain functions over the ports; no Prefect in here.

Each step is `is it in the bucket? load it : make it, put it`, with the object that says "complete" put last.
So any step can be killed at any point and run again, and nothing is done twice.
"""

from __future__ import annotations

import logging
from pathlib import Path

from flows.sources import open_source
from flows.sources.address import file_name_of
from flows.steps import transcribe as transcripts
from flows.steps.altering import without_passages
from flows.steps.attachments import read_attachments, with_text
from flows.steps.recording_job import JSON, Job
from flows.steps.transcribe import TranscribeContext, TranscriptsMade
from flows.steps.uploads import receive_upload, settle_upload
from kring.errors import InputError, NotThere, TransientError
from kring.intake.item import Item
from kring.model import UPLOAD, Content, Manifest, Media, Renditions, State, Step
from services.intake import content_of, describe, store_captions, store_recording
from services.scratch import clear_scratch
from services.search_index.reindex import replace_current
from services.secret_addresses import with_secrets
from storage.archive.addresses import forget_address
from storage.archive.erasures import check_not_erased
from storage.keys import RENDITIONS_MARK, manifest_key, rendition_key
from transcribe.captions.reader import MAX_BYTES as MAX_CAPTION_BYTES
from transcribe.recipe import recipe_of

log = logging.getLogger(__name__)

PASSAGE_GOES = "A passage is being taken out of this recording; it goes on without it."


class Superseded(TransientError):
    """What was made is of a recording that is another by now."""


def receive(job: Job) -> bool:
    """Fetch the item and take it in, unless that was done before. Refuses what was erased, and a circle that does not
    exist. False: its file went into another recording, which has a run of its own.

    The circle is looked up last: what could be received is kept, and its status says what is wrong.
    """
    archive = job.ports.archive
    check_not_erased(archive.store, job.recording_id)
    if job.item is not None:
        if job.item.ref.source == UPLOAD:
            if receive_upload(job.ports, job.item, job.folder, job.report) is not None:
                return False
        elif not archive.store.exists(manifest_key(job.recording_id)) or _has_grown(job, job.item):
            _fetch(job, with_secrets(archive.store, job.item))
        if job.item.captions_location is not None:
            _fetch_captions(job, job.item, job.read_manifest())
    manifest = job.read_manifest()
    if manifest.source.source == UPLOAD:
        settle_upload(archive, job.recording_id)
    else:
        forget_address(archive.store, job.recording_id)
    archive.circle(job.read_manifest().details.circle)  # settling may have given it the last details
    return True


def _has_grown(job: Job, item: Item) -> bool:
    if not item.grown:
        return False
    manifest = job.read_manifest()
    return item.sha256 != manifest.original.sha256 and not manifest.has_given_up(item.sha256 or "")


def _fetch(job: Job, item: Item) -> None:
    source = open_source(job.ports.settings, job.ports.archive, item.ref.source)
    if item.grown:  # what lies there, and what is found, may be of its first part
        clear_scratch(job.ports.settings, job.recording_id)
        job.ports.index.remove(job.recording_id)
    path = job.folder / "original"
    if not path.exists():
        part = job.folder / "original.part"

        def fetched(done: int, total: int | None) -> None:
            job.report(0.7 * done / total if total else 0.0, "fetching")

        source.fetch(item.location, part, fetched)
        part.rename(path)
    original = describe(path, item.file_name)
    if item.sha256 is not None and original.sha256 != item.sha256:
        path.unlink()
        raise NotThere(
            "{name} has changed since it was seen; as it is now, it comes in as a new recording.", name=item.file_name
        )
    store_recording(
        job.ports.archive,
        ref=item.ref,
        details=item.details,
        path=path,
        original=original,
        grown=item.grown,
        progress=lambda fraction: job.report(0.7 + 0.3 * fraction, "storing"),
    )


def _fetch_captions(job: Job, item: Item, manifest: Manifest) -> None:
    """The platform's transcript, after the original is safe: without it there is still Whisper."""
    source = open_source(job.ports.settings, job.ports.archive, manifest.source.source)
    path = job.folder / "captions"
    path.unlink(missing_ok=True)
    try:
        location = with_secrets(job.ports.archive.store, item).captions_location
        if location is None:
            return
        source.fetch(location, path, max_bytes=MAX_CAPTION_BYTES)
    except InputError as error:
        log.warning("The platform's transcript is left out: %s", error)
        return
    name = file_name_of(location) if "://" in location else Path(location).name
    store_captions(job.ports.archive, manifest, path, name)


def probe(job: Job) -> Media:
    """What is in the file. Raises the InputError that says why it cannot be used."""
    return job.probed(without_passages(job).original)


def render(job: Job) -> Renditions:
    """Audio for the engine, playback, poster and peaks, each in the bucket, and the list of them put last.

    Those a recording has stay until it is transcribed again: what is heard is what was written down.
    """
    return _rendered(job, without_passages(job))


def _rendered(job: Job, manifest: Manifest) -> Renditions:
    original, made = manifest.original, manifest.renditions
    recipe = recipe_of(manifest)
    for known_recipe in [recipe] if manifest.again or made is None else [made.recipe, recipe]:
        renditions = job.load(rendition_key(original.sha256, known_recipe, RENDITIONS_MARK), Renditions)
        if renditions is not None:
            return renditions
    files = job.rendered(manifest, recipe)
    contents: dict[str, Content] = {}

    def keep(file: Path, media_type: str) -> str:
        file_key = rendition_key(original.sha256, recipe, file.name)
        contents[file_key] = content_of(file)
        job.ports.archive.store.put_file(file_key, file, media_type=media_type)
        return file_key

    return job.put(
        rendition_key(original.sha256, recipe, RENDITIONS_MARK),
        Renditions(
            recipe=recipe,
            playback=keep(files.playback, files.playback_type),
            playback_type=files.playback_type,
            speech=keep(files.speech, "audio/flac"),
            poster=keep(files.poster, "image/jpeg") if files.poster else None,
            peaks=keep(files.peaks, JSON) if files.peaks else None,
            contents=contents,
            sound_tracks=files.sound_tracks,
            seconds=round(files.seconds, 2),
        ),
    )


def transcribe(job: Job) -> TranscriptsMade:
    """The transcript, and the English track if one is wanted."""
    manifest = without_passages(job)
    return _transcribed(job, manifest, _rendered(job, manifest))


def _transcribed(job: Job, manifest: Manifest, renditions: Renditions) -> TranscriptsMade:
    return transcripts.transcribe(
        TranscribeContext(
            archive=job.ports.archive,
            manifest=manifest,
            circle=job.ports.archive.circle(manifest.details.circle),
            recipe=renditions.recipe,
            duration=renditions.seconds or job.probed(manifest.original).duration,
            engine=lambda: job.ports.transcriber,
            speech=lambda: job.local_copy(renditions.speech, f"{manifest.original.sha256}-{renditions.recipe}.flac"),
            report=job.report,
        )
    )


def publish(job: Job, seconds: dict[Step, float]) -> Manifest:
    """The manifest names what the steps made: from here on members can find and play the recording."""
    before = without_passages(job)  # a wish for another transcript that comes from here on is not answered by this one
    media, renditions = job.probed(before.original), _rendered(job, before)
    made_transcripts = _transcribed(job, before, renditions)
    read = read_attachments(job.ports, before, job.folder, job.report)

    def change(manifest: Manifest) -> Manifest:
        if manifest.cuts != before.cuts or manifest.original != before.original:
            raise Superseded(PASSAGE_GOES)
        made = {
            "media": media,
            "renditions": renditions,
            "transcript": made_transcripts.transcript,
            "english": made_transcripts.english,
        }
        same = all(getattr(manifest, name) == value for name, value in made.items())
        old = manifest.transcript
        return manifest.model_copy(
            update={
                **made,
                "former": manifest.former if old is None or old.key == made_transcripts.transcript.key else old,
                "again": (manifest.again and not before.again) or _another_sound(manifest, renditions),
                "attachments": with_text(manifest.attachments, read),
                "state": State.PUBLISHED,
                "problem": None,
                "seconds": manifest.seconds if same else {**manifest.seconds, **seconds},
            }
        )

    return job.ports.archive.update(job.recording_id, change)


def _another_sound(manifest: Manifest, renditions: Renditions) -> bool:
    """Whether a facilitator has chosen another one meanwhile."""
    sound_tracks = renditions.sound_tracks
    return sound_tracks is not None and manifest.sound_track not in (None, sound_tracks.taken.name)


def index(job: Job) -> None:
    """Replace this recording's passages with those of the stored manifest."""
    replace_current(job.ports.index, job.ports.archive, job.recording_id)
