"""A list of results with all that stands around it: the same on the start page, for a search, and inside a circle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request

from index.port import RecordingHit
from index.query.filters import QUOTATION_MARKS
from kring.access import ANONYMOUS
from kring.people.accounts import feed_viewer
from search_ui.context import Names, origin_of
from search_ui.search import facets, hit_timeline, match_reasons, query_help
from search_ui.search.links import SearchLinks, circle_links, feed_url, topic_links
from search_ui.search.params import SearchParams, SearchScope
from search_ui.viewer import ArchiveView, Previews, Visit
from search_ui.viewer.visit import visit_of

PER_PAGE = 10
OWN_FEEDS = "/account/feeds"
"""Where a private address is made (`search_ui/feeds/own_feeds.py`)."""
START_TOPICS = 16
"""Topics on the start page: few enough to be read at a glance."""


@dataclass(frozen=True, slots=True)
class ResultCard:
    """One recording among the results, with what only this card says."""

    hit: RecordingHit
    explanations: tuple[match_reasons.Explanation, ...]
    marks: list[hit_timeline.TimelineMark]


@dataclass(frozen=True, slots=True)
class PrivateFeedOffer:
    """The form that makes a private address of a search's feed: where it is sent, and the page that is searched."""

    action: str
    within: str
    alone: bool
    """At the ordinary address there is nothing for programs: for everyone else there is no such circle or network."""


def private_feed_offer(view: ArchiveView, visit: Visit, params: SearchParams) -> PrivateFeedOffer | None:
    """None for who has not signed in with an account, or has nothing to see there but what is for everyone."""
    if visit.account is None or visit.scopes is not None:
        return None
    shown = feed_viewer(visit.account, view.site.circles.all(), circle_of(params))
    if not view.access.sees_more_than_all(shown):
        return None
    query = feed_url(params).partition("?")[2]
    return PrivateFeedOffer(
        f"{OWN_FEEDS}?{query}" if query else OWN_FEEDS,
        params.scope.path if params.scope else "",
        params.scope is not None and _is_secret(params.scope, ArchiveView(view.site, ANONYMOUS).names),
    )


def _is_secret(scope: SearchScope, known: Names) -> bool:
    match scope.kind:
        case "circle":
            return scope.value not in known.circles
        case "network":
            return all(circle.network != scope.value for circle in known.circles.values())
        case "topic":
            return False


def circle_of(params: SearchParams) -> str | None:
    """The circle inside which is searched."""
    return params.scope.value if params.scope and params.scope.kind == "circle" else None


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
        "private_feed": private_feed_offer(view, visit_of(request), params),
    }


def _without_quotation_marks(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, QUOTATION_MARKS)))
