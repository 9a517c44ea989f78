"""Addresses: of searches and their feeds, of searches that differ in one thing, of circles, networks and topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from urllib.parse import parse_qs, quote, unquote, urlencode

from index.port import Order
from index.text.folding import label_key
from search_ui.context import Names
from search_ui.search.params import Kind, SearchParams, SearchScope, search_params

KINDS: Mapping[str, Kind] = {"c": "circle", "n": "network", "t": "topic"}
LETTERS = {kind: letter for letter, kind in KINDS.items()}
TOPICS, CIRCLES = 24, 60
"""Links that are shown at most."""


class SearchLinks:
    """Addresses of one search and of those that differ from it in one thing."""

    def __init__(self, params: SearchParams) -> None:
        self._params = params

    @property
    def path(self) -> str:
        """Of the page, without parameters."""
        return _path(self._params)

    @property
    def here(self) -> str:
        return search_url(self._params)

    @property
    def feed(self) -> str:
        return feed_url(self._params)

    @property
    def unfiltered(self) -> str:
        return search_url(unfiltered(self._params))

    @property
    def with_beginnings(self) -> str:
        """The last word may be the beginning of a longer one."""
        return search_url(replace(self._params, typing=True, spaced=False, page=1))

    def page(self, number: int) -> str:
        return search_url(replace(self._params, page=number))

    def sorted_by(self, order: Order) -> str:
        return search_url(sorted_by(self._params, order))

    def with_text(self, text: str) -> str:
        return search_url(with_text(self._params, text))

    def toggled(self, kind: str, value: str) -> str:
        return search_url(toggled(self._params, kind, value))

    def without_day(self, name: Literal["after", "before"]) -> str:
        first = replace(self._params, page=1)
        return search_url(replace(first, after=None) if name == "after" else replace(first, before=None))


def search_url(params: SearchParams) -> str:
    """The path and the parameters of a search's page; defaults are left out."""
    pairs = [("q", params.text)] if params.text else []
    pairs += params.kept
    if params.typing and params.text and not params.spaced:
        pairs.append(("typing", "1"))
    if params.page > 1:
        pairs.append(("page", str(params.page)))
    return f"{_path(params)}?{urlencode(pairs)}" if pairs else _path(params)


def feed_url(params: SearchParams) -> str:
    """The path and the parameters of a feed of what this search finds, now and later; its order is its own."""
    pairs = [("q", params.text)] if params.text else []
    pairs += replace(params, order=Order.RELEVANCE).kept
    path = f"{_path(params).rstrip('/')}/feed.xml"
    return f"{path}?{urlencode(pairs)}" if pairs else path


def params_of_feed(feed: str) -> SearchParams:
    """The search whose feed has this path and these parameters, as `feed_url` writes them."""
    path, _, query = feed.partition("?")
    given = parse_qs(query)
    one = {name: values[0] for name, values in given.items()}
    params = search_params(
        q=one.get("q", ""),
        circle=given.get("circle", []),
        network=given.get("network", []),
        language=given.get("language", []),
        topic=given.get("topic", []),
        organisation=given.get("organisation", []),
        year=one.get("year", ""),
        after=_day(one, "after"),
        before=_day(one, "before"),
    )
    letter, _, value = unquote(path.removesuffix("feed.xml").strip("/")).partition("/")
    if letter not in KINDS:
        return params
    kind = KINDS[letter]
    return params.within(SearchScope(kind, value, collection_path(kind, value)))


def _day(given: Mapping[str, str], name: str) -> date | None:
    return date.fromisoformat(given[name]) if name in given else None


def sorted_by(params: SearchParams, order: Order) -> SearchParams:
    return replace(params, order=order, page=1)


def with_text(params: SearchParams, text: str) -> SearchParams:
    """The same search with another text."""
    return replace(params, text=text, page=1, typing=False, spaced=False)


def unfiltered(params: SearchParams) -> SearchParams:
    """The same search without any filter but its scope."""
    bare = SearchParams(text=params.text, typing=params.typing, spaced=params.spaced, order=params.order)
    return bare.within(params.scope) if params.scope else bare


def toggled(params: SearchParams, kind: str, value: str) -> SearchParams:
    """The same search with one filter value added, or taken away if it is set. There is one year at a time.

    Raises ValueError if no filter with values is called `kind`.
    """
    first = replace(params, page=1)
    match kind:
        case "circle":
            return replace(first, circles=_toggle(params.circles, value))
        case "network":
            return replace(first, networks=_toggle(params.networks, value))
        case "language":
            return replace(first, languages=_toggle(params.languages, value))
        case "topic":
            return replace(first, topics=_toggle_label(params.topics, value))
        case "organisation":
            return replace(first, organisations=_toggle_label(params.organisations, value))
        case "year":
            return replace(first, year=None if str(params.year) == value else int(value))
    raise ValueError(f"no filter with values is called {kind}")


def _path(params: SearchParams) -> str:
    return params.scope.path if params.scope else "/"


def _toggle(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(v for v in values if v != value) if value in values else (*values, value)


def _toggle_label(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    left = tuple(v for v in values if label_key(v) != label_key(value))
    return left if left != values else (*values, value)


@dataclass(frozen=True, slots=True)
class CountedLink:
    """A link to a topic or circle, and how many recordings it has."""

    label: str
    url: str
    count: int


def collection_path(kind: Kind, value: str) -> str:
    """The address of its page."""
    return f"/{LETTERS[kind]}/{quote(value)}"


def topic_links(counts: Mapping[str, int]) -> list[CountedLink]:
    """The most frequent topics."""
    return [
        CountedLink(value, collection_path("topic", value), counts[value]) for value in most_frequent(counts)[:TOPICS]
    ]


def circle_links(names: Names, counts: Mapping[str, int]) -> list[CountedLink]:
    """The circles that have recordings, by name."""
    links = [
        CountedLink(names.circle(slug), collection_path("circle", slug), counts[slug])
        for slug in most_frequent(counts)[:CIRCLES]
    ]
    return sorted(links, key=lambda link: link.label.casefold())


def most_frequent(counts: Mapping[str, int]) -> list[str]:
    """The most frequent first."""
    return sorted(counts, key=lambda value: (-counts[value], value.casefold()))
