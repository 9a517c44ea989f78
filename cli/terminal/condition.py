"""The condition of a recording in one line: what `kring status` says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kring.model import Activity, Manifest, Problem, State
from services.ports import Ports
from services.problems import CANCELLED
from storage.verify.findings import Damage


class Condition(StrEnum):
    """The state in the JSON output; explained in `docs/commands.md`."""

    WAITING = "waiting"
    WORKING = "working"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    PUBLISHED = "published"
    SEARCHABLE = "searchable"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Line:
    state: Condition
    mark: str
    style: str
    text: str
    fine: bool = False
    """Search finds it, and nothing needs to be done."""
    reason: str = ""
    """Why it is stopped; printed on the next line."""


def describe(ports: Ports, manifest: Manifest, indexed: int | None, damages: Sequence[Damage] = ()) -> Line:
    """The condition of a recording. `indexed`: its version in the index, or None if search does not find it."""
    activity = ports.leases.read(manifest.id)
    if activity is not None and ports.leases.is_alive(activity):
        return working(manifest, indexed, activity)
    return hurt(manifest.id, damages) if damages else resting(manifest, indexed)


def hurt(recording_id: str, damages: Sequence[Damage]) -> Line:
    """The condition of a recording in which `kring verify` has found damage."""
    files = "1 file is" if len(damages) == 1 else f"{len(damages)} files are"
    reason = f"{files} damaged or missing in the object store; `kring repair {recording_id}` says what can be done."
    return Line(Condition.DAMAGED, "✗", "red", "damaged", reason=reason)


def working(manifest: Manifest, indexed: int | None, activity: Activity) -> Line:
    """How far a run is. Search still finds what was found before."""
    searchable = manifest.state is State.PUBLISHED and indexed is not None
    how_far = f"{activity.step} {activity.fraction:.0%} {activity.note}".rstrip()
    return Line(Condition.WORKING, "●", "cyan", f"searchable, {how_far}" if searchable else how_far, fine=searchable)


def resting(manifest: Manifest, indexed: int | None) -> Line:
    """The condition of a recording on which no run is active."""
    if manifest.problem is not None:
        return stopped(manifest, manifest.problem, indexed)
    if manifest.state is not State.PUBLISHED:
        return Line(Condition.WAITING, "○", "yellow", "waiting for a worker")
    if manifest.again and indexed:
        return Line(Condition.SEARCHABLE, "○", "cyan", "searchable, waiting to be transcribed again", fine=True)
    if indexed != manifest.version:
        return Line(Condition.PUBLISHED, "○", "yellow", "published, not in the index yet: `kring reconcile` mends it")
    if missing := missing_of(manifest):
        return Line(
            Condition.SEARCHABLE, "✔", "yellow", f"searchable · {spoken(missing)} of speech without text", fine=True
        )
    return Line(Condition.SEARCHABLE, "✔", "green", "searchable", fine=True)


def stopped(manifest: Manifest, problem: Problem, indexed: int | None) -> Line:
    """The condition of a recording that needs a person."""
    if problem.message == CANCELLED:
        return Line(Condition.CANCELLED, "✗", "red", "cancelled", reason=problem.message)
    text = "searchable, but stopped" if manifest.state is State.PUBLISHED and indexed else "stopped"
    return Line(Condition.STOPPED, "✗", "red", text, reason=f"{problem.step}: {problem.message}")


def missing_of(manifest: Manifest) -> float:
    """Seconds of speech without text."""
    return manifest.transcript.missing if manifest.transcript else 0.0


def spoken(seconds: float) -> str:
    """`0.4 s`, `41 s`, `3 min 20 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
