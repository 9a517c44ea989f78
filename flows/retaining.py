"""Round after round: what is to be erased is, and what circles keep no longer is to be."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from kring.errors import KringError
from kring.model.erased import Erasure
from services.ports import Ports
from services.removal.erasure import carry_out, erase_what_came_back
from services.removal.leftovers import finish_cuts
from services.removal.retention import Expiry, retain

RETAIN_SECONDS = 3600.0
"""Between two looks at how old recordings are: each reads every manifest."""

log = logging.getLogger(__name__)


class RemovalRounds:
    """The rounds of one process."""

    def __init__(self) -> None:
        self._looked_at = float("-inf")

    def remove(self, ports: Ports) -> tuple[list[str], list[str]]:
        """What was done and what could not be, a sentence each; what holds up one part holds up no other."""
        done: list[str] = []
        problems: list[str] = []
        if time.monotonic() - self._looked_at > RETAIN_SECONDS:
            self._looked_at = time.monotonic()
            _try(lambda: done.extend(map(_expired, retain(ports, datetime.now(UTC).date()))), problems)
            _try(lambda: erase_what_came_back(ports), problems)

        def erase() -> None:
            receipts, why_not = carry_out(ports)
            done.extend(map(_erased, receipts))
            problems.extend(why_not)

        _try(erase, problems)
        _try(lambda: done.extend(map(_cut, finish_cuts(ports))), problems)
        return done, problems


def _try(part: Callable[[], None], problems: list[str]) -> None:
    try:
        part()
    except KringError as error:
        log.warning("%s", error)
        problems.append(str(error))


def _expired(expiry: Expiry) -> str:
    return f"no longer kept  {expiry.manifest.id}  {expiry.months} months are over"


def _erased(erasure: Erasure) -> str:
    return f"erased          {erasure.id}"


def _cut(recording_id: str) -> str:
    return f"passage gone    {recording_id}"
