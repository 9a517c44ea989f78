"""Following recordings on their way: a progress bar for each step on a terminal, a line for each step elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cli.terminal.output import is_terminal, out, printable, say, say_error
from kring.errors import NotFound, OrchestratorDown, StorageDown
from kring.local_stack import public_address
from kring.model import Manifest, State, Step
from services.ports import Ports
from services.runs.port import Runs

POLL_SECONDS = 0.3
PATIENCE_SECONDS = 60.0
"""After so long without anybody working on it, say so (once) and go on waiting."""

ASK_SECONDS = 2.0
GOES_ON = frozenset({"Crashed", "Completed"})
"""States after which `reconcile` starts a new run, or all is done."""

ORDER = list(Step)


class StepBars:
    """One bar per step of one recording. Steps before the one reported are done."""

    def __init__(self, title: str) -> None:
        self._title = printable(title)
        self._terminal = is_terminal()
        self._progress = Progress(
            TextColumn("  {task.description:<11}"),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>4.0f} %"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=out,
            disable=not self._terminal,
        )
        self._bars: dict[Step, TaskID] = {}
        self._done: set[Step] = set()
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        say(self._title, "bold")
        self._progress.start()
        for step in ORDER:
            self._bars[step] = self._progress.add_task(step.value, total=1.0, note="", start=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, step: Step, fraction: float, note: str = "") -> None:
        if step in self._done:
            return
        for earlier in ORDER[: ORDER.index(step)]:
            self._finish(earlier)
        self._progress.start_task(self._bars[step])
        self._progress.update(self._bars[step], completed=fraction, note=printable(note).replace("[", r"\["))

    def finish(self) -> None:
        for step in ORDER:
            self._finish(step)

    def _finish(self, step: Step) -> None:
        if step in self._done:
            return
        self._done.add(step)
        self._progress.start_task(self._bars[step])
        self._progress.update(self._bars[step], completed=1.0, note="")
        self._progress.stop_task(self._bars[step])
        if not self._terminal:
            say(f"  {step.value:<11} done after {time.monotonic() - self._started:.1f} s")


def follow(ports: Ports, recording_id: str, bars: StepBars, run_state: RunState) -> bool:
    """Show the steps until the recording can be found (True) or has stopped (False, the reason printed)."""
    idle_since, reminded = time.monotonic(), False
    while True:
        try:
            activity = ports.leases.read(recording_id)
            manifest = _manifest(ports, recording_id)
        except StorageDown:  # what was taken in is safe; it goes on when the store is back
            time.sleep(POLL_SECONDS)
            continue
        if activity is not None and ports.leases.is_alive(activity):
            idle_since = time.monotonic()
            bars.show(activity.step, activity.fraction, activity.note)
        elif manifest is not None and is_searchable(ports, manifest):
            bars.finish()
            return True
        elif (problem := run_state.failure()) is not None:
            say_error(problem)
            return False
        elif run_state.ended and manifest is not None and manifest.problem is not None:
            say_error(manifest.problem.message)
            return False
        elif time.monotonic() - idle_since > PATIENCE_SECONDS and not reminded:
            reminded = True
            waited = f"Nobody has taken it up for {PATIENCE_SECONDS:.0f} s"
            say(f"{waited}: the workers are busy, or none is running (`kring up`).")
        time.sleep(POLL_SECONDS)


class RunState:
    """Asks Prefect about one run, and about its successor if it was killed, at most every few seconds."""

    def __init__(self, runs: Runs, run_id: str) -> None:
        self._runs, self._run_id = runs, run_id
        self.ended = False
        """Whether the newest run is over, however it ended."""
        self._asked = 0.0
        self._answer: str | None = None

    def failure(self) -> str | None:
        """Why the work ended without success; None while it has not, or while Prefect does not answer."""
        if time.monotonic() - self._asked > ASK_SECONDS:
            self._asked = time.monotonic()
            try:
                self._answer = self._ask()
            except (OrchestratorDown, NotFound):  # its database may have been made afresh: the bucket says the rest
                self._answer = None
        return self._answer

    def _ask(self) -> str | None:
        from services.problems import CANCELLED
        from services.runs.port import is_shutdown

        run = self._runs.run(self._run_id)
        newest = self._runs.newest(run.recording_id) or run
        if newest.id != run.id:
            self._run_id = newest.id
            return None
        self.ended = not run.going
        if run.going or run.state_name in GOES_ON or is_shutdown(run.message):
            return None
        return CANCELLED if run.cancelled else run.message or f"The run ended as {run.state_name}."


def is_searchable(ports: Ports, manifest: Manifest) -> bool:
    if manifest.state is not State.PUBLISHED:
        return False
    return ports.index.versions().get(manifest.id) == manifest.version


def page_of(ports: Ports, recording_id: str) -> str:
    return f"{public_address(ports.settings)}/r/{recording_id}"


def _manifest(ports: Ports, recording_id: str) -> Manifest | None:
    try:
        return ports.archive.manifest(recording_id)
    except NotFound:
        return None
