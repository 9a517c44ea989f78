"""One state of the embedded index, as a process reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Query as Condition

from index.embedded.filters import in_attachments
from index.embedded.queries import Completions
from index.embedded.schema import read_card, rec_of
from index.facets.columns import FacetColumns


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
    completions: Completions = field(default_factory=dict)

    @cached_property
    def has_attachments(self) -> bool:
        """Whether anything in it is not spoken."""
        return bool(self.searcher.search(in_attachments(self.index.schema), 1, count=False).hits)

    @cached_property
    def columns(self) -> FacetColumns:
        """All recordings."""
        recordings = Condition.term_query(self.index.schema, "passage", False)
        cards = (read_card(str(text)) for text in buckets(self.searcher, recordings, "card", self.searcher.num_docs))
        return FacetColumns((rec_of(card.recording_id), card) for card in cards)


def buckets(searcher: tantivy.Searcher, query: Condition, field: str, most: int) -> dict[Any, int]:
    """Each value of `field` among what matches → its passages; exact if there are no more than `most` values."""
    counted = searcher.aggregate(query, {"of": {"terms": {"field": field, "size": max(1, most)}}})
    return {bucket["key"]: bucket["doc_count"] for bucket in counted["of"]["buckets"]}
