"""Whether the pages have all they need, asked by using it: `/healthz` says of each part how it is, in words.

It is asked every second by some, so an answer is kept for a moment, and each part is tried by one thread at a time. A
part that does not answer in time counts as not well; its thread is left to end by itself.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from kring.errors import KringError

log = logging.getLogger("kring.web")

KEPT_SECONDS = 2.0
"""How old an answer may be."""
PATIENCE = 3.0
"""Seconds for all parts together; the caller gives up after 5 (`cli/stack/services.py`)."""


class Silent(KringError):
    """The part has not answered in time."""


class Broken(KringError):
    """The part failed unexpectedly; the log says how."""


@dataclass(frozen=True)
class Probe:
    """One part. `ask` returns if it is well, and raises KringError if not."""

    ask: Callable[[], object]
    needed: bool = True
    """False: without it the pages still serve reading and searching."""


@dataclass
class _Try:
    """One thread that asks a part."""

    done: threading.Event = field(default_factory=threading.Event)
    error: KringError | None = None

    def run(self, name: str, ask: Callable[[], object]) -> None:
        try:
            ask()
        except KringError as error:
            log.warning("%s is not well: %s", name, error)
            self.error = error
        except Exception:
            log.exception("%s is not well", name)
            self.error = Broken()
        finally:
            self.done.set()


Report = Mapping[str, KringError | None]
"""Part → what is wrong with it."""


class Health:
    """Safe to ask from any number of requests at once."""

    def __init__(self, probes: Mapping[str, Probe], *, kept: float = KEPT_SECONDS, patience: float = PATIENCE) -> None:
        self.probes = probes
        self._kept, self._patience = kept, patience
        self._tries: dict[str, _Try] = {}
        self._report: Report = {}
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def report(self) -> Report:
        """At most `kept` seconds old; it takes `patience` at most, whatever hangs."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= self._kept:
                self._report = await self._ask_all()
                self._asked_at = time.monotonic()
            return self._report

    async def _ask_all(self) -> Report:
        tries = {name: self._begun(name, probe) for name, probe in self.probes.items()}
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline and not all(attempt.done.is_set() for attempt in tries.values()):
            await asyncio.sleep(0.01)
        return {name: attempt.error if attempt.done.is_set() else Silent() for name, attempt in tries.items()}

    def _begun(self, name: str, probe: Probe) -> _Try:
        """A new try; the last one if that has not ended."""
        last = self._tries.get(name)
        if last is not None and not last.done.is_set():
            return last
        begun = self._tries[name] = _Try()
        threading.Thread(target=partial(begun.run, name, probe.ask), name=f"health-{name}", daemon=True).start()
        return begun
