"""A list of results with all that stands around it: the same on the start page, for a search, and inside a circle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request

from index.port import RecordingHit
from index.query.filters import QUOTATION_MARKS
from search_ui.context import origin_of
from search_ui.search import facets, hit_timeline, match_reasons, query_help
from search_ui.search.links import SearchLinks, circle_links, topic_links
from search_ui.search.params import SearchParams
from search_ui.viewer import ArchiveView, Previews

PER_PAGE = 10
START_TOPICS = 16
"""Topics on the start page: few enough to be read at a glance."""


@dataclass(frozen=True, slots=True)
class ResultCard:
    """One recording among the results, with what only this card says."""

    hit: RecordingHit
    explanations: tuple[match_reasons.Explanation, ...]
    marks: list[hit_timeline.TimelineMark]


def results_values(view: ArchiveView, request: Request, params: SearchParams) -> dict[str, Any]:
    """The values of results.html. Raises BadQuery, SearchDown."""
    query = params.query(per_page=PER_PAGE)
    results = view.search(query)
    links = SearchLinks(params)
    shared = match_reasons.shared_explanations(results.hits)
    at_start = params.empty and params.scope is None
    return {
        "results": results,
        "pages": max(1, -(-results.total // PER_PAGE)),
        "groups": facets.filter_groups(view.names, params, results),
        "chips": facets.chips(view.names, params),
        "sortings": facets.sortings(params, ranked=results.query.has_words),
        "count": facets.count_sentence(params, results.total),
        "subject": " ".join(results.about) or params.text,
        "nothing_searchable": results.query.nothing_searchable,
        "unquoted": links.with_text(_without_quotation_marks(params.text)) if results.query.has_quotation else "",
        "missing_words": query_help.missing_words(results.missing, params.text),
        "unknown_names": query_help.unknown_names(view.names, params, results.query.filters, results),
        "shared_explanations": shared,
        "cards": [
            ResultCard(
                hit,
                match_reasons.own_explanations(hit, shared),
                hit_timeline.timeline_marks(hit.passages, hit.duration),
            )
            for hit in results.hits
        ],
        "previews": view.previews(query) if params.page == 1 else Previews(),
        "topics": topic_links(results.facets.get("topic", {}))[:START_TOPICS] if at_start else [],
        "circles": circle_links(view.names, results.facets.get("circle", {})) if at_start else [],
        "feed": origin_of(view.site, request) + links.feed,
    }


def _without_quotation_marks(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, QUOTATION_MARKS)))
