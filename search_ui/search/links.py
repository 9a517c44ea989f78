"""Addresses of the pages of circles, networks and topics, and lists of links to them. Pure but for the names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from search_ui.context import Names
from search_ui.search.params import Kind

KINDS: Mapping[str, Kind] = {"c": "circle", "n": "network", "t": "topic"}
LETTERS = {kind: letter for letter, kind in KINDS.items()}
TOPICS, CIRCLES = 24, 60
"""Links that are shown at most."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A link to a topic or circle, and how many recordings it has."""

    label: str
    url: str
    count: int


def path_of(kind: Kind, value: str) -> str:
    """The address of its page."""
    return f"/{LETTERS[kind]}/{quote(value)}"


def topic_links(counts: Mapping[str, int]) -> list[Counted]:
    """The most frequent topics."""
    return [Counted(value, path_of("topic", value), counts[value]) for value in most(counts)[:TOPICS]]


def circle_links(names: Names, counts: Mapping[str, int]) -> list[Counted]:
    """The circles that have recordings, by name."""
    links = [Counted(names.circle(slug), path_of("circle", slug), counts[slug]) for slug in most(counts)[:CIRCLES]]
    return sorted(links, key=lambda link: link.label.casefold())


def most(counts: Mapping[str, int]) -> list[str]:
    """The most frequent first."""
    return sorted(counts, key=lambda value: (-counts[value], value.casefold()))
