"""Round after round: what is to be erased is, and what circles keep no longer is to be."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from kring.model.erased import Erasure
from services.ports import Ports
from services.removal.erasure import carry_out
from services.removal.leftovers import finish_cuts
from services.removal.retention import Expiry, retain

RETAIN_SECONDS = 3600.0
"""Between two looks at how old recordings are: each reads every manifest."""


class RemovalRounds:
    """The rounds of one process."""

    def __init__(self) -> None:
        self._looked_at = float("-inf")

    def remove(self, ports: Ports) -> tuple[list[str], list[str]]:
        """What was done and what could not be, a sentence each."""
        due = []
        if time.monotonic() - self._looked_at > RETAIN_SECONDS:
            due = retain(ports, datetime.now(UTC).date())
            self._looked_at = time.monotonic()
        receipts, problems = carry_out(ports)
        cut = finish_cuts(ports)
        return [*map(_expired, due), *map(_erased, receipts), *map(_cut, cut)], problems


def _expired(expiry: Expiry) -> str:
    return f"no longer kept  {expiry.manifest.id}  {expiry.months} months are over"


def _erased(erasure: Erasure) -> str:
    return f"erased          {erasure.id}"


def _cut(recording_id: str) -> str:
    return f"passage gone    {recording_id}"
