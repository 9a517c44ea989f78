"""The pages of a circle, a network and a topic: what it is, its recordings, and a search inside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from index.port import Filters, Query
from index.text.folding import label_key
from kring.errors import BadQuery, NotFound
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_, language_name
from search_ui.i18n.localisation import message_of
from search_ui.search.links import (
    KINDS,
    CountedLink,
    SearchLinks,
    circle_links,
    collection_path,
    most_frequent,
    topic_links,
)
from search_ui.search.params import Kind, SearchParamsDep, SearchScope
from search_ui.search.results import results_values
from search_ui.viewer import ArchiveView, ArchiveViewDep

SUMMED = 250
"""Recordings whose hours are added up at most, so that the page of the largest network comes as fast as any other; of
more it is said that there are more."""

UNKNOWN: Mapping[Kind, str] = {
    "circle": N_("There is no circle at this address; it may have another name now."),
    "network": N_("There is no network at this address; it may have another name now."),
    "topic": N_("No recording has this topic."),
}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Collection:
    """Recordings that belong together. Only circles have a `language` that they speak, a `purpose` and a `contact`, if
    they say so."""

    kind: Kind
    value: str
    name: str
    language: str | None = None
    purpose: str | None = None
    contact: str | None = None

    @property
    def scope(self) -> SearchScope:
        return SearchScope(self.kind, self.value, collection_path(self.kind, self.value))

    @property
    def filters(self) -> Filters:
        match self.kind:
            case "circle":
                return Filters(circles=frozenset({self.value}))
            case "network":
                return Filters(networks=frozenset({self.value}))
            case "topic":
                return Filters(topics=frozenset({self.value}))


@dataclass(frozen=True, slots=True)
class CollectionSummary:
    """What is known of a collection as a whole."""

    recordings: int
    seconds: float
    more: bool
    """There are more recordings than were added up."""
    latest: date | None
    languages: list[str]
    network: CountedLink | None
    """That of a circle."""
    topics: list[CountedLink]
    circles: list[CountedLink]


def collection_of(value: str, request: Request, view: ArchiveViewDep) -> Collection:
    """The collection that the address of a page or feed names. Raises NotFound, SearchDown, StorageDown."""
    return find_collection(KINDS[request.url.path.split("/", 2)[1]], value, view)


def find_collection(kind: Kind, value: str, view: ArchiveView) -> Collection:
    """Raises NotFound, SearchDown, StorageDown."""
    circles = view.names.circles
    match kind:
        case "circle" if value in circles:
            circle = circles[value]
            return Collection(kind, value, circle.name, circle.language, circle.purpose, circle.contact)
        case "network" if any(circle.network == value for circle in circles.values()):
            return Collection(kind, value, view.names.network(value))
        case "topic" if spelling := _spelling(view, value):
            return Collection(kind, spelling, spelling)
    raise NotFound(UNKNOWN[kind])


CollectionDep = Annotated[Collection, Depends(collection_of)]


def _spelling(view: ArchiveView, topic: str) -> str | None:
    """A topic as most recordings spell it; None if none has it."""
    facets = view.search(Query(filters=Filters(topics=frozenset({topic})), per_page=1)).facets
    return next((label for label in facets.get("topic", {}) if label_key(label) == label_key(topic)), None)


@router.get("/c/{value}")
@router.get("/n/{value}")
@router.get("/t/{value:path}")
def collection_page(
    request: Request,
    view: ArchiveViewDep,
    params: SearchParamsDep,
    collection: CollectionDep,
    part: Literal["results"] | None = None,
) -> Response:
    params = params.within(collection.scope)
    title = f"{params.text} – {collection.name} – Kring" if params.text else f"{collection.name} – Kring"
    values: dict[str, Any] = {
        "params": params,
        "links": SearchLinks(params),
        "names": view.names,
        "window_title": title,
        "collection": collection,
        "may_change": collection.kind == "circle" and bool(view.circle_settings(collection.value)),
    }
    try:
        values |= results_values(view, request, params)
    except BadQuery as error:
        if part:
            raise
        return page("collection.html", 400, **values, about=summarise(view, collection), problem=message_of(error))
    if part:
        return page("results.html", **values)
    return page("collection.html", **values, about=summarise(view, collection), problem="")


def summarise(view: ArchiveView, collection: Collection) -> CollectionSummary:
    results = view.search(Query(filters=collection.filters, per_page=SUMMED, passages=1))
    facets = results.facets
    network, topics = None, facets.get("topic", {})
    if collection.kind == "circle":
        slug = view.names.circles[collection.value].network
        network = CountedLink(view.names.network(slug), collection_path("network", slug), 0)
    if collection.kind == "topic":  # the facet counts what other topics have on their own, not what they share with it
        topics = Counter(
            topic for hit in results.hits for topic in hit.topics if label_key(topic) != label_key(collection.value)
        )
    return CollectionSummary(
        recordings=results.total,
        seconds=sum(hit.duration for hit in results.hits),
        more=results.total > len(results.hits),
        latest=max((hit.date for hit in results.hits), default=None),
        languages=[language_name(code) for code in most_frequent(facets.get("language", {}))],
        network=network,
        topics=topic_links(topics),
        circles=[] if collection.kind == "circle" else circle_links(view.names, facets.get("circle", {})),
    )
