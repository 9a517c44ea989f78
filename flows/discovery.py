"""Asking the sources what they have: side by side, so that none holds up another, whatever it does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field

from flows.errors import as_kring_error
from flows.sources.port import RecordingSource
from kring.errors import KringError, OrchestratorDown, SourceError, StorageDown
from kring.intake.left_out import LeftOutReason
from kring.sentence import Sentence

ROUND_SECONDS = 30.0
"""What a round waits for a source; the others are asked again after it."""
LONG = "Looking at the source {name} takes long; see whether its disk or server answers, if that does not end."

log = logging.getLogger(__name__)


@dataclass
class LookResult:
    """What came of one source: how many runs were started, and what was left out."""

    name: str
    started: int = 0
    problems: list[LeftOutReason] = field(default_factory=list)
    down: KringError | None = None
    """What no source can do without does not answer."""


class SourceRounds:
    """The sources of one process, round after round. What takes longer than a round goes on by itself, is not asked
    again before it has come to its end, and is reported in the round after that."""

    def __init__(self) -> None:
        self._going: dict[str, tuple[threading.Thread, LookResult]] = {}
        self._before: dict[str, list[LeftOutReason]] = {}
        """The problems that each source had last."""

    def look_at_all(
        self,
        sources: Sequence[RecordingSource],
        start_new: Callable[[RecordingSource], int],
        *,
        seconds: float = ROUND_SECONDS,
    ) -> list[LookResult]:
        """`start_new` for each source, each in a thread of its own.

        Raises StorageDown and OrchestratorDown, once all sources have been asked.
        """
        until = time.monotonic() + seconds
        for source in sources:
            if source.name not in self._going:
                self._going[source.name] = _started(source, start_new)
        asked = [self._ended(source.name, until) for source in sources]
        for result in asked:
            if result.down is not None:
                raise result.down
        return asked

    def _ended(self, name: str, until: float) -> LookResult:
        thread, result = self._going[name]
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():  # the same words as before, until there are others
            return LookResult(name, problems=self._before.get(name) or [LeftOutReason(says=Sentence(LONG, name=name))])
        del self._going[name]
        self._before[name] = result.problems
        return result


def _started(
    source: RecordingSource, start_new: Callable[[RecordingSource], int]
) -> tuple[threading.Thread, LookResult]:
    result = LookResult(source.name)
    arguments = (_ask, source, start_new, result)
    thread = threading.Thread(target=copy_context().run, args=arguments, name=f"source {result.name}", daemon=True)
    thread.start()
    return thread, result


def _ask(source: RecordingSource, start_new: Callable[[RecordingSource], int], result: LookResult) -> None:
    problems: list[LeftOutReason] = []
    try:
        result.started = start_new(source)
    except (StorageDown, OrchestratorDown) as error:
        result.down = error
    except Exception as error:  # one bad source does not hold up the others
        known = as_kring_error(error)
        log.warning("%s: %s", source.name, known, exc_info=None if known is error else error)
        sentence = SourceError("The source {name} cannot be looked at: {problem}", name=source.name, problem=known)
        problems.append(LeftOutReason(says=sentence.sentence))
    result.problems = [*problems, *source.problems]


look_at_all = SourceRounds().look_at_all
"""Of this process."""
