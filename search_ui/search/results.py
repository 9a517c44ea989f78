"""A list of results with all that stands around it: the same on the start page, for a search, and inside a circle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request

from index.port import RecordingHit
from index.query.filters import MARKS
from index.query.parser import Phrase, parse
from search_ui.context import Site, origin_of
from search_ui.search import facets as choices, hit_timeline as timeline, match_reasons as reasons, query_help as hints
from search_ui.search.links import circle_links, topic_links
from search_ui.search.params import Wanted

PER_PAGE = 10
START_TOPICS = 16
"""Topics on the start page: few enough to be read at a glance."""


@dataclass(frozen=True, slots=True)
class Card:
    """One recording among the results, with what only this card says."""

    hit: RecordingHit
    whys: tuple[reasons.Why, ...]
    marks: list[timeline.Mark]


def listed(site: Site, request: Request, want: Wanted) -> dict[str, Any]:
    """The values of results.html. Raises BadQuery, SearchDown."""
    asked = parse(want.query().text, typing=want.typing)
    results = site.index.search(want.query(per_page=PER_PAGE))
    said = reasons.shared(results.hits)
    at_start = want.empty and want.inside is None
    return {
        "results": results,
        "pages": max(1, -(-results.total // PER_PAGE)),
        "groups": choices.filter_groups(site.names, want, results),
        "chips": choices.chips(site.names, want),
        "sortings": choices.sortings(want, ranked=bool(asked.parts)),
        "count": choices.count_sentence(want, results.total),
        "subject": " ".join(results.about) or want.text,
        "hollow": asked.hollow,
        "unquoted": _unquoted(want) if any(isinstance(part, Phrase) for part in asked.parts) else None,
        "lacking": hints.lacking(results.missing, want.text),
        "lost": hints.lost(site.names, want, asked.filters, results),
        "said": said,
        "cards": [
            Card(hit, reasons.own(hit, said), timeline.marks(hit.passages, hit.duration)) for hit in results.hits
        ],
        "topics": topic_links(results.facets.get("topic", {}))[:START_TOPICS] if at_start else [],
        "circles": circle_links(site.names, results.facets.get("circle", {})) if at_start else [],
        "feed": origin_of(site, request) + want.feed_url(),
    }


def _unquoted(want: Wanted) -> Wanted:
    """The same search for words that need not stand together."""
    return want.asking(want.text.translate(dict.fromkeys(map(ord, MARKS))))
