"""What operators ask: `kring status`, `reconcile`, `reindex`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from flows.orchestrator import Run

from flows.commands.connection import connect
from flows.commands.console import is_terminal, out, printable, say
from flows.wiring import Ports
from kring.errors import OrchestratorDown, SearchDown, SetupError
from kring.model import Activity, Manifest, State
from services.index_ownership import require_own_index
from storage.keys import manifest_key
from storage.requests import Requests


def run_status(*, only_problems: bool) -> int:
    """One line per recording, newest first, and the reason below where one is stuck; 0 where all are searchable.

    What cannot be asked (Prefect, the search index) is said in a line; the rest is in the bucket.
    """
    ports = connect()
    indexed = in_index(ports)
    troubled = gaps = 0
    for recording_id, title, line in on_their_way(ports):
        troubled += 1
        say_line(line, recording_id, title)
    for manifest in sorted(ports.archive.manifests(), key=lambda manifest: manifest.received_at, reverse=True):
        line = describe(ports, manifest, indexed.get(manifest.id)) if indexed is not None else unknown(ports, manifest)
        troubled += not line.fine
        gaps += missing_of(manifest) > 0
        if not (only_problems and line.fine and not missing_of(manifest)):
            about = f"{manifest.details.date}  {manifest.details.circle}  {manifest.details.title}"
            say_line(line, manifest.id, about)
    if indexed is not None or troubled:
        say(f"{troubled} not searchable." if troubled else "All are searchable.")
    if gaps:
        say("1 has speech without text." if gaps == 1 else f"{gaps} have speech without text.", "yellow")
    return 1 if troubled or indexed is None else 0


def in_index(ports: Ports) -> dict[str, int] | None:
    """Recording → version in the index; None, after a line that says why, if it cannot be asked."""
    try:
        return ports.index.versions()
    except (SearchDown, SetupError) as error:
        say(f"What search finds is not known: {error}", "yellow")
        return None


def on_their_way(ports: Ports) -> list[tuple[str, str, Line]]:
    """As `not_received`; if Prefect cannot be asked, after a line that says why, only what the bucket knows of."""
    from flows.orchestrator import Orchestrator

    runs: list[Run] = []
    try:
        runs = Orchestrator().runs(finished_well=False)
    except (OrchestratorDown, SetupError) as error:
        say(f"Recordings that are not received yet are shown only in part: {error}", "yellow")
    return not_received(ports, runs)


def unknown(ports: Ports, manifest: Manifest) -> Line:
    """Where a recording is while the index cannot be asked."""
    line = describe(ports, manifest, manifest.version)
    if manifest.state is State.PUBLISHED and line.fine:
        return Line("○", "yellow", "published", fine=True)
    return line


def say_line(line: Line, recording_id: str, about: str) -> None:
    text = Text.assemble(
        (f"{line.mark} ", line.style), f"{recording_id}  {printable(about)}", (f"  {line.text}", "dim")
    )
    if is_terminal():
        text.truncate(out.width, overflow="ellipsis")
    out.print(text)
    if line.reason:
        out.print(Text(f"  {printable(line.reason)}", style=line.style))


def not_received(ports: Ports, runs: list[Run]) -> list[tuple[str, str, Line]]:
    """Id, title and line of each recording that has no manifest yet: waiting, being fetched, or stopped."""
    from flows.reports import CANCELLED

    newest: dict[str, Run] = {}
    for one in runs:
        newest.setdefault(one.recording_id, one)
    requests = Requests(ports.archive.store).all()
    found = []
    for recording_id in dict.fromkeys([*newest, *requests]):
        if ports.archive.store.exists(manifest_key(recording_id)):
            continue
        run, request = newest.get(recording_id), requests.get(recording_id)
        title = str(run.parameters.get("title", "")) if run else request.title if request else ""
        noted = request is not None and request.cancelled_at is not None
        if run is not None and run.going and not run.cancelled:
            line = Line("○", "yellow", "waiting", reason=run.message)
        elif (run is not None and run.cancelled) or noted:
            line = Line("✗", "red", "cancelled", reason=CANCELLED)
        elif run is None:
            line = Line("○", "yellow", "asked for, not received yet")
        else:
            line = Line("✗", "red", "stopped", reason=run.message)
        found.append((recording_id, title, line))
    return found


@dataclass(frozen=True)
class Line:
    mark: str
    style: str
    text: str
    fine: bool = False
    """Search finds it, and nobody has to do anything."""
    reason: str = ""
    """Why it is stuck, for the line below."""


def describe(ports: Ports, manifest: Manifest, indexed: int | None) -> Line:
    """Where a recording is, in words."""
    activity = ports.leases.read(manifest.id)
    if activity is not None and ports.leases.alive(activity):
        return working(manifest, indexed, activity)
    return resting(manifest, indexed)


def working(manifest: Manifest, indexed: int | None, activity: Activity) -> Line:
    """How far somebody is with it. What search finds already it goes on finding meanwhile."""
    found = manifest.state is State.PUBLISHED and indexed is not None
    how_far = f"{activity.step} {activity.fraction:.0%} {activity.note}".rstrip()
    return Line("●", "cyan", f"searchable, {how_far}" if found else how_far, fine=found)


def resting(manifest: Manifest, indexed: int | None) -> Line:
    """Where a recording is on which nobody works."""
    if manifest.problem is not None:
        found = "searchable, but stopped" if manifest.state is State.PUBLISHED and indexed else "stopped"
        return Line("✗", "red", found, reason=f"{manifest.problem.step}: {manifest.problem.message}")
    if manifest.state is not State.PUBLISHED:
        return Line("○", "yellow", "waiting for a worker")
    if manifest.again and indexed:
        return Line("○", "cyan", "searchable, waiting to be transcribed again", fine=True)
    if indexed != manifest.version:
        return Line("○", "yellow", "published, not in the index yet: `kring reconcile` mends it")
    if missing := missing_of(manifest):
        return Line("✔", "yellow", f"searchable · {spoken(missing)} of speech without text", fine=True)
    return Line("✔", "green", "searchable", fine=True)


def missing_of(manifest: Manifest) -> float:
    return manifest.transcript.missing if manifest.transcript else 0.0


def spoken(seconds: float) -> str:
    """`0.4 s`, `41 s`, `3 min 20 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def run_reconcile(*, retry_failed: bool) -> int:
    """Say what was done; always 0, since what is found is put right."""
    ports = connect()
    require_own_index(ports.settings, ports.archive.store)
    from flows.orchestrator import Orchestrator
    from flows.reconcile import reconcile, said_of

    actions = reconcile(ports, Orchestrator(), retry_failed=retry_failed)
    for action in actions:
        say(said_of(action))
    say("Nothing is unfinished." if not actions else f"{len(actions)} things put right.")
    return 0


def run_reindex() -> int:
    from flows.reconcile import reindex

    started = time.monotonic()
    count = reindex(connect())
    say(f"{count} passages indexed in {time.monotonic() - started:.1f} s.")
    return 0
