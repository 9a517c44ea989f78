"""What a run says of itself afterwards: the problem in the manifest, the summary in Prefect's UI."""

from __future__ import annotations

import errno
import re

import httpx
from prefect.exceptions import PrefectHTTPStatusError

from kring.errors import DiskFull, KringError, NotFound, OrchestratorDown
from kring.model import Manifest, Problem, State, Step, now
from storage.archive import Archive

STOPPED = "Stopped"
"""Name of the Prefect state of a run that will not pass by being tried again."""


def foreseen(error: Exception) -> KringError:
    """The error in Kring's own words; one it did not foresee cannot be expected to pass by itself."""
    if isinstance(error, KringError):
        return error
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull("The disk of the Kring machine is full. Make room, then run `kring reconcile`.")
    if isinstance(error, httpx.TransportError | PrefectHTTPStatusError):  # Prefect's; sources have words of their own
        return OrchestratorDown("The Prefect server did not answer; the recording goes on by itself once it does.")
    return KringError(
        f"Kring met an error it does not know ({type(error).__name__}). What was received is kept; an operator finds "
        "the details in the flow run's log, and `kring reconcile --retry-failed` tries again."
    )


def record_problem(archive: Archive, recording_id: str, step: Step, message: str, *, transient: bool) -> None:
    """Write into the manifest why the recording stopped. What is published already stays published."""
    problem = Problem(step=step, message=message, transient=transient, at=now())

    def change(manifest: Manifest) -> Manifest:
        published = manifest.state is State.PUBLISHED
        return manifest.model_copy(update={"problem": problem, "state": State.PUBLISHED if published else State.FAILED})

    try:
        archive.update(recording_id, change)
    except NotFound:
        return  # stopped before it was received: the run's own state is all there is to say


def clock(seconds: float) -> str:
    """`1:02:03` or `2:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def summary(manifest: Manifest, seconds: dict[Step, float]) -> str:
    """Markdown for the operators: duration, language, engine, seconds per step."""
    lines = [f"**{escape_markdown(manifest.details.title)}**", ""]
    facts = {"Circle": manifest.details.circle}
    if manifest.media:
        facts["Duration"] = clock(manifest.media.duration)
    if manifest.transcript:
        facts["Language"] = manifest.transcript.language
        facts["Transcript"] = f"{manifest.transcript.engine}, {manifest.transcript.model}"
    lines += ["| | |", "|---|---|", *(f"| {name} | {escape_markdown(value)} |" for name, value in facts.items())]
    lines += ["", "| step | seconds |", "|---|---:|", *(f"| {step} | {took:.1f} |" for step, took in seconds.items())]
    return "\n".join(lines)


def escape_markdown(text: str) -> str:
    """Text as data in markdown: no markup, no HTML, no new table cells."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", escaped)
