"""What an engine does for a search; index/query/answer.py does the rest, the same for all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from index.port import Query, Results
from index.query.parser import ParsedQuery


class EngineAnswer(NamedTuple):
    """What an engine found for a query."""

    results: Results
    parsed: ParsedQuery
    """What was asked for, as far as the archive shows what was meant."""


class Engine(Protocol):
    """One state of an index."""

    def find(self, query: Query, parsed: ParsedQuery) -> EngineAnswer:
        """What `parsed` finds, in the order and on the page that `query` asks for."""

    def words(self, beginning: str) -> Iterable[str]:
        """Folded words of the archive that begin so, perhaps not all."""
