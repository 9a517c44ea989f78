"""What an engine does for a search; index/query/answer.py does the rest, the same for all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from index.port import Query, Results
from index.query.parser import Wanted


class Found(NamedTuple):
    results: Results
    wanted: Wanted
    """What was asked for, as far as the archive shows what was meant."""


class Engine(Protocol):
    """One state of an index."""

    def find(self, query: Query, wanted: Wanted) -> Found:
        """What `wanted` finds, in the order and on the page that `query` asks for."""

    def words(self, beginning: str) -> Iterable[str]:
        """Folded words of the archive that begin so, perhaps not all."""
