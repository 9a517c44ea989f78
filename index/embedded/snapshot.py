"""One state of the embedded index, as a process reads it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import tantivy
from tantivy import Query as Condition

from index.embedded.filters import in_attachments
from index.embedded.queries import Completions
from index.embedded.schema import read_card, rec_of
from index.embedded.searcher import Searcher, VisibleSearcher, buckets
from index.facets.columns import FacetColumns

_MOST_VIEWS = 64
"""Views that are kept: people have the same one if they are in the same circles."""


@dataclass(frozen=True)
class View:
    """What there is of a state of the index for those who search with it."""

    schema: tantivy.Schema
    searcher: Searcher
    columns: FacetColumns
    """Its recordings."""
    completions: Completions = field(default_factory=dict)

    @cached_property
    def has_attachments(self) -> bool:
        """Whether anything in it is not spoken."""
        return bool(self.searcher.best(in_attachments(self.schema), 1))


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
    _making: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def columns(self) -> FacetColumns:
        """All recordings."""
        recordings = Condition.term_query(self.index.schema, "passage", False)
        cards = (read_card(str(text)) for text in buckets(self.searcher, recordings, "card", self.searcher.num_docs))
        return FacetColumns((rec_of(card.recording_id), card) for card in cards)

    @cached_property
    def everything(self) -> View:
        """The view for a viewer who may see all recordings."""
        return View(self.index.schema, Searcher(self.searcher), self.columns)

    def view(self, visible_to: frozenset[str] | None) -> View:
        """The view for a viewer who may see the recordings of these audiences; None: all recordings."""
        hidden = frozenset() if visible_to is None else self._audiences - visible_to
        if not hidden:
            return self.everything
        view = self._views.get(hidden)
        if view is None:
            with self._making:  # those who search at once after a write share what one of them makes
                view = self._views.get(hidden) or self._make_view(hidden)
        return view

    def _make_view(self, hidden: frozenset[str]) -> View:
        while len(self._views) >= _MOST_VIEWS:
            del self._views[next(iter(self._views))]
        view = self._views[hidden] = self._view_without(hidden)
        return view

    @cached_property
    def _audiences(self) -> frozenset[str]:
        """Those of all recordings."""
        return frozenset(card.audience for card in self.columns.cards)

    def _view_without(self, hidden: frozenset[str]) -> View:
        schema, columns = self.index.schema, self.columns.without(hidden)
        visible, recs = self._audiences - hidden, columns.recs.tolist()
        searcher = VisibleSearcher(schema, self.searcher, visible, hidden, recs, len(self.columns.cards))
        return View(schema, searcher, columns)
