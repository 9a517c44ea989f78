"""Writing down what became of a recording: the problem in its manifest, and that a person cancelled its run."""

from __future__ import annotations

from contextlib import suppress

from kring.errors import Damaged, NotFound
from kring.intake.requests import Request
from kring.model import Manifest, Problem, State, Step, now
from kring.sentence import Sentence
from services.runs.port import Run
from storage.archive.archive import Archive
from storage.archive.requests import Requests
from storage.keys import manifest_key

CANCELLED = (
    "It was cancelled in Prefect, so nothing more is done with it. “Try again” on its page or "
    "`kring reconcile --retry-failed` starts it again."
)
OLD_STANDS = "{problem} The transcript there was before stands; `kring retranscribe` tries again."
MADE_AGAIN = "Some of its files were damaged and are being made again."
DAMAGED = (
    "One of this recording's files is damaged in the archive's storage. The one who runs Kring mends it with "
    "`kring repair {recording_id}`."
)


def damaged_of(recording_id: str) -> Damaged:
    """For people, who do not know what the objects are called; the log has the error itself."""
    return Damaged(DAMAGED, recording_id=recording_id)


def record_problem(archive: Archive, recording_id: str, step: Step, message: Sentence, *, transient: bool) -> None:
    """Write into the manifest why the recording stopped. What is published already stays published.

    A facilitator who asked for another transcript that cannot be made has to ask again; what may pass is tried again.
    """
    moment = now()

    def change(manifest: Manifest) -> Manifest:
        published = manifest.state is State.PUBLISHED
        shown = Sentence(OLD_STANDS, problem=message) if manifest.again and not transient else message
        again = manifest.again and transient
        return manifest.model_copy(
            update={
                "problem": Problem(step=step, message=shown, transient=transient, at=moment),
                "state": State.PUBLISHED if published else State.FAILED,
                "again": again,
                "sound_track": manifest.sound_track if again else _sound_heard(manifest),
            }
        )

    try:
        archive.update(recording_id, change)
    except NotFound:
        _tell_upload(archive, recording_id, message)


def made_again() -> Problem:
    """The problem of a recording whose damaged files a run makes again."""
    return Problem(step=Step.RENDER, message=Sentence(MADE_AGAIN), transient=True, at=now())


def _sound_heard(manifest: Manifest) -> str | None:
    """What is chosen once a wish for another one is given up."""
    made = manifest.renditions
    if manifest.sound_track is None or made is None or made.sound_tracks is None:
        return manifest.sound_track
    return made.sound_tracks.taken.name


def record_cancelled(archive: Archive, run: Run, step: Step) -> None:
    """Write down in the bucket, which outlives Prefect's database, that a person cancelled this run.

    Of a recording that was not received yet it is written at the request for it, which is made here if need be.
    """
    if not archive.store.exists(manifest_key(run.recording_id)):
        request = Request(id=run.recording_id, parameters=run.parameters, tags=run.tags, asked_at=run.place)
        Requests(archive.store).keep(request.model_copy(update={"cancelled_at": run.since}))
    record_problem(archive, run.recording_id, step, Sentence(CANCELLED), transient=False)


def take_up(archive: Archive, recording_id: str) -> None:
    """A run begins, so the recording is wanted: forget that an earlier run was cancelled."""
    Requests(archive.store).take_up(recording_id)

    def change(manifest: Manifest) -> Manifest:
        if manifest.problem is None or manifest.problem.message != CANCELLED:
            return manifest
        state = State.RECEIVED if manifest.state is State.FAILED else manifest.state
        return manifest.model_copy(update={"problem": None, "state": state})

    with suppress(NotFound):
        archive.update(recording_id, change)


def _tell_upload(archive: Archive, recording_id: str, message: Sentence) -> None:
    """An upload that was stopped before it was received is looked for among uploads. Of other recordings the run's own
    state says all."""
    try:
        archive.update_upload(recording_id, lambda upload: upload.model_copy(update={"problem": message}))
    except NotFound:
        return
