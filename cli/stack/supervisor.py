"""Keeps one part running: a thread that looks, asks `decide` what to do, does it, and says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.stack.child_process import Process
from cli.stack.data_folder import last_lines
from cli.stack.restart_policy import NextStep, Observation, PartState, Phase, advance, pause_before_start
from cli.stack.services import Part

LOOK_WHILE_STARTING = 0.1
"""Seconds between two looks at a part that is not healthy yet …"""
LOOK_WHILE_HEALTHY = 0.5
"""… and at one that is."""
ASK_WHILE_HEALTHY = 10.0
"""Seconds between two health checks of a part that is healthy; its death is seen at the next look."""


@dataclass(frozen=True)
class PartFiles:
    """The files of a part's traces, and the descriptor of the lock its guardian keeps."""

    log: Path
    pid_file: Path
    lock: int


class PartSupervisor:
    def __init__(
        self, part: Part, place: PartFiles, health: Mapping[str, threading.Event], say: Callable[[Part, str], None]
    ) -> None:
        """`health`: of each part that runs here, set while it is well. `say`: told what happens to this one."""
        self.part, self.place = part, place
        self.healthy, self.given_up = health[part.name], threading.Event()
        self.seconds = 0.0
        """From the start of its process to healthy, at the last start."""
        self.trouble = ""
        """How it ended last."""
        self._needs = [health[need] for need in part.needs if need in health]
        self._say = say
        self._life = PartState()
        self._process: Process | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._asked_at = 0.0
        self._thread = threading.Thread(target=self._keep, name=f"keeper-{part.name}", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None else None

    def last_lines(self) -> list[str]:
        since = self._process.log_starts_at if self._process is not None else 0
        return last_lines(self.place.log, since=since)

    def ask_to_stop(self) -> None:
        """No more starts; the part is asked to end."""
        self._stopping.set()
        with self._lock:  # a start under way is completed first
            if self._process is not None:
                self._process.ask_to_stop()

    def hurry(self) -> None:
        process = self._process
        if process is not None:
            process.hurry()

    def finish(self) -> None:
        """After `ask_to_stop`: wait until nothing of the part is left."""
        if self._thread.is_alive():
            self._thread.join()
        if self._process is not None:
            self._process.finish()

    def _keep(self) -> None:
        while not self._stopping.is_set() and not self.given_up.is_set():
            before = self._life
            self._life, do = advance(before, self._look(), self.part.patience)
            self._do(do)
            self._tell(before, self._life, do)
            settled = self._life.phase is Phase.HEALTHY
            self._stopping.wait(LOOK_WHILE_HEALTHY if settled else LOOK_WHILE_STARTING)

    def _look(self) -> Observation:
        now = time.monotonic()
        running = self._process is not None and self._process.running
        due = self._life.phase is Phase.STARTING or now - self._asked_at >= ASK_WHILE_HEALTHY
        answers = running and due and self.part.healthy() and self._is_ours()
        if due:
            self._asked_at = now
        needs_met = all(need.is_set() for need in self._needs)
        return Observation(now=now, needs_met=needs_met, running=running, answers=answers)

    def _is_ours(self) -> bool:
        """Whether it was our part that answered, and not another process that took its port first."""
        port = self.part.port
        return port is None or (self._process is not None and self._process.listens_on(port))

    def _do(self, do: NextStep) -> None:
        if do is NextStep.KILL and self._process is not None:
            self._process.kill()
        if do is not NextStep.START:
            return
        with self._lock:
            if self._stopping.is_set():
                return
            if self.part.ready_file is not None:
                self.part.ready_file.unlink(missing_ok=True)
            try:
                self._process = Process(
                    self.part.command,
                    environment=self.part.environment,
                    cwd=self.part.cwd,
                    log=self.place.log,
                    pid_file=self.place.pid_file,
                    grace=self.part.grace,
                    lock=self.place.lock,
                    stop=self.part.stop,
                    account=self.part.account,
                )
            except OSError as error:  # a full disk, too many processes: the next look finds it dead
                self._process, self.trouble = None, f"cannot be started: {error.strerror}"

    def _tell(self, before: PartState, after: PartState, done: NextStep) -> None:
        if before.phase is after.phase:
            return
        if after.phase is Phase.HEALTHY:
            self.seconds = after.since - before.since
            if before.proven:
                self._say(self.part, f"is back after {self.seconds:.1f} s")
            self.healthy.set()
        elif after.phase in (Phase.RESTING, Phase.GIVEN_UP):
            self.healthy.clear()
            if self._process is not None:
                self._process.finish()
                self.trouble = "did not answer" if done is NextStep.KILL else self._process.ending()
            if after.phase is Phase.GIVEN_UP:
                self.given_up.set()
            else:
                pause = pause_before_start(after.deaths)
                self._say(self.part, f"{self.trouble}; starts again in {pause:.0f} s (log: {self.place.log})")
