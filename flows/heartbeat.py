"""The heartbeat of a run: it holds the recording's lease, and tells the bucket and Prefect how far it is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from kring.errors import Conflict, KringError, TransientError
from kring.model import Step
from storage.leases import Leases

PUBLISH_SECONDS = 1.0
"""Progress is written no more often than this."""

log = logging.getLogger(__name__)


class LeaseLost(KringError):
    """Another run took this recording over; this one must stop writing."""


class Heartbeat:
    """Beats in a thread of its own for as long as the run lives; `report` is cheap and may be called at any rate."""

    def __init__(self, leases: Leases, recording_id: str, owner: str, *, every: float) -> None:
        self._leases, self._recording_id, self._owner, self._every = leases, recording_id, owner, every
        self._step, self._fraction, self._note = Step.RECEIVE, 0.0, ""
        self._changed, self._stopped = threading.Event(), threading.Event()
        self._beating = threading.Lock()
        self._lost = False
        self._thread = threading.Thread(target=self._beat_until_stopped, name="heart", daemon=True)
        self._show: Callable[[float, str], None] | None = None
        self._shown_at = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._changed.set()
        self._thread.join()
        if not self._lost:
            with suppress(TransientError):  # it runs out by itself
                self._leases.release(self._recording_id, self._owner)

    @contextmanager
    def step(self, step: Step, show: Callable[[float, str], None] | None = None) -> Iterator[None]:
        """From here on reports are about `step`; `show` is told about progress too, at most once a second.

        The beat that announces the step is written before any of its work is done.
        """
        self._step, self._fraction, self._note, self._show = step, 0.0, "", show
        self._shown_at = 0.0
        self._beat()
        self._check()
        try:
            yield
        finally:
            self._show = None

    @property
    def current_step(self) -> Step:
        return self._step

    def report(self, fraction: float, note: str = "") -> None:
        """How far the step is. Raises LeaseLost if this run was taken for dead and replaced."""
        self._check()
        self._fraction, self._note = min(1.0, max(0.0, fraction)), note
        self._changed.set()
        if self._show and time.monotonic() - self._shown_at >= PUBLISH_SECONDS:
            self._shown_at = time.monotonic()
            self._show(self._fraction, note)

    def _check(self) -> None:
        if self._lost:
            raise LeaseLost(f"Another run has taken over the recording {self._recording_id}.")

    def _beat_until_stopped(self) -> None:
        while not self._stopped.is_set():
            self._changed.wait(self._every)
            if self._stopped.is_set():
                return
            self._changed.clear()
            self._beat()
            self._stopped.wait(PUBLISH_SECONDS)

    def _beat(self) -> None:
        try:
            with self._beating:  # two beats at once would each take the other for another run's
                self._leases.beat(self._recording_id, self._owner, self._step, self._fraction, self._note)
        except Conflict:
            self._lost = True
        except KringError as error:
            # A store that is down for a moment shows in the step's own calls; the lease outlives a few lost beats.
            log.warning("No beat: %s", error)
