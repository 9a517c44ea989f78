"""The local stack as one thing: start all parts, wait until they are healthy, keep them so, stop them all.

    with Stack(settings) as stack:
        stack.wait_healthy()
        ...                          # `stack.settings` hold the addresses of the parts
        stack.watch_until_stopped()

Why a process manager of our own: honcho restarts nothing, and circus and supervisor restart but know no health
checks, no start in order of need, and leave what a killed manager ran. With `launch.py` beneath, ours stays small.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import replace
from types import FrameType, TracebackType
from typing import Self

from rich.console import Console

from cli.stack.data_folder import Lock, prepare
from cli.stack.free_ports import ClaimedPorts
from cli.stack.layout import settle
from cli.stack.restart_policy import stop_order
from cli.stack.services import TITLES, Part
from cli.stack.supervisor import PartFiles, PartSupervisor
from kring.errors import SetupError
from kring.local_stack import write_stack
from kring.settings import Settings

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stack:
    """The parts run, and are kept running by threads of this process, inside the `with` block and no longer."""

    def __init__(
        self,
        settings: Settings,
        *,
        console: Console | None = None,
        commands: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`console`: where the status lines go (default: stderr). `commands`: other commands for named parts."""
        self.settings = settings
        """Inside the block: with the addresses and credentials of all parts."""
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._commands = commands or {}
        self._keepers: dict[str, PartSupervisor] = {}
        self._undo = ExitStack()
        self._began = time.monotonic()
        self._closing = False

    def __enter__(self) -> Self:
        """Start all parts. In the main thread Ctrl-C, SIGTERM and SIGHUP raise KeyboardInterrupt from here on.

        Raises Conflict if another stack runs on this data folder, SetupError or DiskFull if it cannot start.
        """
        with ExitStack() as undo:
            self._take_signals(undo)
            prepare(self.settings.data_dir)
            lock = Lock(self.settings.data_dir)
            undo.callback(lock.release)
            ports = undo.enter_context(ClaimedPorts(self._note))  # released last, when nothing listens there any more
            house = settle(self.settings, ports, self._note)
            self.settings = house.settings
            for name, host in house.elsewhere.items():
                self._line(name, f"elsewhere: {host}")
            self._prepare_keepers(house.parts, lock)
            write_stack(self.settings, house.stack)
            undo.callback(self.settings.stack_file.unlink, missing_ok=True)
            undo.callback(self._stop_parts)
            for keeper in self._keepers.values():
                keeper.begin()
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def wait_healthy(self) -> None:
        """Return when every part is healthy, with a status line for each.

        Raises SetupError, after the last lines of its log, if a part cannot be brought up.
        """
        waiting = dict(self._keepers)
        spinner = self.console.status("") if self.console.is_terminal else nullcontext()
        with spinner as status:
            while waiting:
                for name, keeper in list(waiting.items()):
                    if keeper.given_up.is_set():
                        raise self._failure(keeper)
                    if keeper.healthy.is_set():
                        del waiting[name]
                        self._line(name, keeper.part.address, keeper.seconds)
                if status is not None and waiting:
                    names = ", ".join(TITLES[name] for name in waiting)
                    status.update(f"waits for {names} … {time.monotonic() - self._began:.0f} s")
                time.sleep(0.05)

    def watch_until_stopped(self) -> None:
        """Return at Ctrl-C, SIGTERM or SIGHUP."""
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return

    def pids(self) -> dict[str, int]:
        """Process ids of the parts that run, by name."""
        return {name: pid for name, keeper in self._keepers.items() if (pid := keeper.pid) is not None}

    def seconds(self, part: str) -> float:
        """What this part took from the start of its process to healthy, the last time."""
        return self._keepers[part].seconds

    def _take_signals(self, undo: ExitStack) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in STOP_SIGNALS:
            undo.callback(signal.signal, number, signal.signal(number, self._interrupted))

    def _interrupted(self, _number: int, _frame: FrameType | None) -> None:
        if not self._closing:
            raise KeyboardInterrupt
        for keeper in self._keepers.values():  # asked twice: no more patience
            keeper.hurry()

    def _prepare_keepers(self, parts: Sequence[Part], lock: Lock) -> None:
        data = self.settings.data_dir
        health = {part.name: threading.Event() for part in parts}
        for part in parts:
            log = data / "logs" / f"{part.name}.log"
            place = PartFiles(log, data / "run" / f"{part.name}.pid", lock.descriptor)
            own = replace(part, command=self._commands.get(part.name, part.command))
            self._keepers[part.name] = PartSupervisor(own, place, health, self._say)

    def _failure(self, keeper: PartSupervisor) -> SetupError:
        for line in keeper.last_lines():
            self.console.print(f"    {line}", style="dim", markup=False)
        return SetupError(
            f"The {keeper.part.title} cannot be started: it {keeper.trouble}. Its log is {keeper.place.log}; "
            f"everything else has been stopped.{keeper.part.remedy}"
        )

    def _stop_parts(self) -> None:
        self._closing = True
        self._note("Stopping …")
        needs = {name: set(keeper.part.needs) for name, keeper in self._keepers.items()}
        for together in stop_order(needs):
            for name in together:
                self._keepers[name].ask_to_stop()
            for name in together:
                self._keepers[name].finish()

    def _line(self, name: str, what: str, seconds: float | None = None) -> None:
        mark = "✔" if self.console.encoding.startswith("utf") else "+"
        took = "" if seconds is None else f"{seconds:.1f} s"
        self.console.print(f"{mark} {TITLES[name]:<13} {what:<32} {took}".rstrip(), markup=False)

    def _note(self, sentence: str) -> None:
        self.console.print(f"  {sentence}", markup=False)

    def _say(self, part: Part, what: str) -> None:
        self._note(f"{time.strftime('%H:%M:%S')} {part.title} {what}")


def run_stack(
    settings: Settings, *, console: Console | None = None, on_ready: Callable[[Stack], None] | None = None
) -> None:
    """What `kring up` does: run the stack until Ctrl-C, SIGTERM or SIGHUP, then stop all of it.

    `on_ready` is called once all parts are healthy. Raises KringError if it cannot start.
    """
    with suppress(KeyboardInterrupt), Stack(settings, console=console) as stack:
        stack.wait_healthy()
        if on_ready is not None:
            on_ready(stack)
        stack.watch_until_stopped()
