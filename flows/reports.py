"""What a run says of itself afterwards: the problem in the manifest, the summary in Prefect's UI."""

from __future__ import annotations

import errno
import re
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

from flows.scratch import disk_full
from flows.sources.port import Item
from kring.errors import Damaged, KringError, NotFound, OrchestratorDown
from kring.intake.requests import Request
from kring.model import Manifest, Problem, State, Step, now
from kring.runs import run_tags
from storage.archive.archive import Archive
from storage.archive.requests import Requests
from storage.keys import manifest_key

if TYPE_CHECKING:
    from flows.orchestrator import Run

STOPPED = "Stopped"
"""Name of the Prefect state of a run that will not pass by being tried again."""
NOT_THERE = "Not there"
"""The same of one whose file could not be fetched: tried again after ever longer pauses."""
CANCELLED = (
    "It was cancelled in Prefect, so nothing more is done with it. “Try again” on its page or "
    "`kring reconcile --retry-failed` starts it again."
)
OLD_STANDS = "{problem} The transcript there was before stands; `kring retranscribe` tries again."


DAMAGED = (
    "One of this recording's files is damaged in the archive's storage. The one who runs Kring mends it with "
    "`kring repair {recording_id}`."
)


def damaged_of(recording_id: str) -> Damaged:
    """For people, who do not know what the objects are called; the log has the error itself."""
    return Damaged(DAMAGED, recording_id=recording_id)


def foreseen(error: Exception) -> KringError:
    """The error in Kring's own words; one it did not foresee cannot be expected to pass by itself."""
    from prefect.exceptions import PrefectHTTPStatusError  # not for every command that tells the time

    if isinstance(error, KringError):
        return error
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full()
    if isinstance(error, httpx.TransportError | PrefectHTTPStatusError):  # Prefect's; sources have words of their own
        return OrchestratorDown("The Prefect server did not answer; the recording goes on by itself once it does.")
    return KringError(
        "Kring met an error it does not know ({kind}). What was received is kept; an operator finds "
        "the details in the flow run's log, and `kring reconcile --retry-failed` tries again.",
        kind=type(error).__name__,
    )


def record_problem(archive: Archive, recording_id: str, step: Step, message: str, *, transient: bool) -> None:
    """Write into the manifest why the recording stopped. What is published already stays published.

    Who asked for another transcript and cannot have it has to ask again; what may pass is tried again by itself.
    """
    moment = now()

    def change(manifest: Manifest) -> Manifest:
        published = manifest.state is State.PUBLISHED
        said = str(KringError(OLD_STANDS, problem=message)) if manifest.again and not transient else message
        again = manifest.again and transient
        return manifest.model_copy(
            update={
                "problem": Problem(step=step, message=said, transient=transient, at=moment),
                "state": State.PUBLISHED if published else State.FAILED,
                "again": again,
                "sound_track": manifest.sound_track if again else _sound_heard(manifest),
            }
        )

    try:
        archive.update(recording_id, change)
    except NotFound:
        _tell_upload(archive, recording_id, message)


def _sound_heard(manifest: Manifest) -> str | None:
    """What is chosen once a wish for another one is given up."""
    made = manifest.renditions
    if manifest.sound_track is None or made is None or made.sound_tracks is None:
        return manifest.sound_track
    return made.sound_tracks.taken.name


def keep_request(archive: Archive, item: Item) -> None:
    """Write down what a person asks for before Prefect is: it is started even if Prefect never hears of it."""
    details = item.details
    wanted = {"recording_id": item.recording_id, "title": details.title, "item": item.model_dump(mode="json")}
    tags = run_tags(item.recording_id, details.circle)
    Requests(archive.store).keep(Request(id=item.recording_id, parameters=wanted, tags=tags, asked_at=now()))


def record_cancelled(archive: Archive, run: Run, step: Step) -> None:
    """Write down, where it outlives Prefect's database, that a person cancelled this run.

    Of a recording that was not received yet it is written at the request for it, which is made here if need be.
    """
    if not archive.store.exists(manifest_key(run.recording_id)):
        request = Request(id=run.recording_id, parameters=run.parameters, tags=run.tags, asked_at=run.place)
        Requests(archive.store).keep(request.model_copy(update={"cancelled_at": run.since}))
    record_problem(archive, run.recording_id, step, str(KringError(CANCELLED)), transient=False)


def take_up(archive: Archive, recording_id: str) -> None:
    """A run begins, so somebody wants it: that an earlier one was cancelled counts no more."""
    Requests(archive.store).take_up(recording_id)

    def change(manifest: Manifest) -> Manifest:
        if manifest.problem is None or manifest.problem.message != CANCELLED:
            return manifest
        state = State.RECEIVED if manifest.state is State.FAILED else manifest.state
        return manifest.model_copy(update={"problem": None, "state": state})

    with suppress(NotFound):
        archive.update(recording_id, change)


def _tell_upload(archive: Archive, recording_id: str, message: str) -> None:
    """Stopped before it was received: who has uploaded it looks there. Of others the run's own state says all."""
    try:
        archive.update_upload(recording_id, lambda upload: upload.model_copy(update={"problem": message}))
    except NotFound:
        return


def clock(seconds: float) -> str:
    """`1:02:03` or `2:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def summary(manifest: Manifest, seconds: dict[Step, float]) -> str:
    """Markdown for the operators: duration, language, engine, seconds per step."""
    lines = [f"**{escape_markdown(manifest.details.title)}**", ""]
    facts = {"Circle": manifest.details.circle}
    if manifest.duration:
        facts["Duration"] = clock(manifest.duration)
    tracks = manifest.renditions.sound_tracks if manifest.renditions else None
    if tracks and len(tracks.there) > 1:
        facts["Sound"] = tracks.taken.name + (" (doubtful)" if tracks.doubtful else "")
    if manifest.transcript:
        facts["Language"] = manifest.transcript.language
        facts["Transcript"] = f"{manifest.transcript.engine}, {manifest.transcript.model}"
        if manifest.transcript.missing:
            facts["Speech without text"] = f"{manifest.transcript.missing:.1f} s"
    if manifest.english:
        facts["English track"] = f"{manifest.english.engine}, {manifest.english.model}"
    lines += ["| | |", "|---|---|", *(f"| {name} | {escape_markdown(value)} |" for name, value in facts.items())]
    lines += ["", "| step | seconds |", "|---|---:|", *(f"| {step} | {took:.1f} |" for step, took in seconds.items())]
    return "\n".join(lines)


def escape_markdown(text: str) -> str:
    """Text as data in markdown: no markup, no HTML, no new table cells."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", escaped)
