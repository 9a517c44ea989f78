"""Asking the sources what they have: side by side, so that none holds up another, whatever it does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field

from flows.reports import foreseen
from flows.sources.port import RecordingSource
from kring.errors import KringError, OrchestratorDown, StorageDown

ROUND_SECONDS = 200.0
"""What a round waits for a source. The limits of a feed come to 180; a folder may be hashing a file of 50 GB."""

_going: dict[str, threading.Thread] = {}
"""Sources by name that are being asked by this process, also since an earlier round."""

log = logging.getLogger(__name__)


@dataclass
class Asked:
    """What came of one source: how many runs were started, and one sentence for each thing that was left out."""

    name: str
    started: int = 0
    problems: list[str] = field(default_factory=list)
    down: KringError | None = None
    """What no source can do without does not answer."""


def ask_all(
    sources: Sequence[RecordingSource],
    start_new: Callable[[RecordingSource], int],
    *,
    seconds: float = ROUND_SECONDS,
) -> list[Asked]:
    """`start_new` for each source, each in a thread of its own; what takes longer than `seconds` goes on by itself, and
    is not asked again before it has come to its end.

    Raises StorageDown and OrchestratorDown, once all sources have been asked.
    """
    until = time.monotonic() + seconds
    asked = [Asked(source.name) for source in sources]
    for source, one in zip(sources, asked, strict=True):
        if source.name not in _going or not _going[source.name].is_alive():
            arguments = (_ask, source, start_new, one)
            _going[source.name] = threading.Thread(
                target=copy_context().run, args=arguments, name=f"source {source.name}", daemon=True
            )
            _going[source.name].start()
    for one in asked:
        _going[one.name].join(max(0.0, until - time.monotonic()))
        if _going[one.name].is_alive():
            one.problems = [
                f"{one.name}: looking at it takes long; see whether its disk or server answers, if that does not end."
            ]
    for one in asked:
        if one.down is not None:
            raise one.down
    return asked


def _ask(source: RecordingSource, start_new: Callable[[RecordingSource], int], one: Asked) -> None:
    problems: list[str] = []
    try:
        one.started = start_new(source)
    except (StorageDown, OrchestratorDown) as error:
        one.down = error
    except Exception as error:  # one bad source does not hold up the others
        known = foreseen(error)
        log.warning("%s: %s", source.name, known, exc_info=None if known is error else error)
        problems.append(f"{source.name}: {known}")
    one.problems = [*problems, *source.problems]
