"""One state of the embedded index, as a process reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import tantivy
from tantivy import Query as Condition

from index.embedded.filters import in_attachments
from index.embedded.queries import Completions
from index.embedded.schema import read_card, rec_of
from index.embedded.visible import VisibleSearcher
from index.facets.columns import FacetColumns

_MOST_VIEWS = 64
"""Views that are kept: people have the same one if they are in the same circles."""
Searcher: TypeAlias = tantivy.Searcher | VisibleSearcher


@dataclass(frozen=True)
class View:
    """What there is of a state of the index for those who search with it."""

    schema: tantivy.Schema
    searcher: Searcher
    columns: FacetColumns
    """All recordings."""
    completions: Completions = field(default_factory=dict)

    @cached_property
    def has_attachments(self) -> bool:
        """Whether anything in it is not spoken."""
        return bool(self.searcher.search(in_attachments(self.schema), 1, count=False).hits)


@dataclass(frozen=True)
class Snapshot:
    """One state of the index: nothing that is written later can be seen through it."""

    generation: Path
    complete: bool
    """Whether it was built from the whole bucket."""
    files: Mapping[str, tuple[int, int, int]]
    """Its files as they were when it was opened (`index.embedded.integrity.Stamp`): `meta.json`, and those of its
    segments.
    """
    index: tantivy.Index
    searcher: tantivy.Searcher
    _views: dict[frozenset[str], View] = field(default_factory=dict)

    @cached_property
    def columns(self) -> FacetColumns:
        """All recordings."""
        recordings = Condition.term_query(self.index.schema, "passage", False)
        cards = (read_card(str(text)) for text in buckets(self.searcher, recordings, "card", self.searcher.num_docs))
        return FacetColumns((rec_of(card.recording_id), card) for card in cards)

    @cached_property
    def everything(self) -> View:
        """The view for a viewer who may see all recordings."""
        return View(self.index.schema, self.searcher, self.columns)

    def view(self, visible_to: frozenset[str] | None) -> View:
        """The view for a viewer who may see the recordings of these audiences; None: all recordings."""
        hidden = {} if visible_to is None else {key: n for key, n in self._audiences.items() if key not in visible_to}
        if not hidden:
            return self.everything
        known = frozenset(hidden)
        view = self._views.get(known)
        if view is None:
            if len(self._views) >= _MOST_VIEWS:
                self._views.clear()
            view = self._views[known] = self._view_without(hidden)
        return view

    @cached_property
    def _audiences(self) -> Counter[str]:
        """Audience → recordings."""
        return Counter(card.audience for card in self.columns.cards)

    def _view_without(self, hidden: Mapping[str, int]) -> View:
        columns = self.columns.without(hidden)
        recs = columns.recs.tolist()
        others = set(self.columns.recs.tolist()).difference(recs)
        named = hidden if len(others) < len(recs) else self._audiences.keys() - hidden.keys()
        searcher = VisibleSearcher(self.index.schema, self.searcher, recs, others, named)
        return View(self.index.schema, searcher, columns)


def recordings_found(searcher: Searcher, query: Condition, most: int) -> dict[int, int]:
    """Each recording among what matches → its passages that do; exact if there are no more than `most` recordings."""
    if isinstance(searcher, VisibleSearcher):
        return searcher.passages_by_recording(query)
    return buckets(searcher, query, "rec", most)


def buckets(searcher: tantivy.Searcher, query: Condition, field: str, most: int) -> dict[Any, int]:
    """Each value of `field` among what matches → its passages; exact if there are no more than `most` values."""
    counted = searcher.aggregate(query, {"of": {"terms": {"field": field, "size": max(1, most)}}})
    return {bucket["key"]: bucket["doc_count"] for bucket in counted["of"]["buckets"]}
