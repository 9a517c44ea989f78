"""What is offered beside the results: filters, sorting, and links that take a filter away. Each is an address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from index.port import Order, Results
from search_ui import view
from search_ui.site import Names
from search_ui.wanted import Wanted

ORDERS = {Order.RELEVANCE: "Relevance", Order.NEWEST: "Newest", Order.OLDEST: "Oldest"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter, the recordings it would show, and the address of the search with it (or without)."""

    value: str
    label: str
    count: int
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """One filter with its values; `name` is that of its parameter."""

    name: str
    heading: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    current: bool = False


def filter_groups(names: Names, want: Wanted, results: Results) -> list[Group]:
    """Each filter that has something to choose."""
    kinds: list[tuple[str, str, Callable[[str], str], tuple[str, ...]]] = [
        ("circle", "Circle", names.circle, want.circles),
        ("network", "Network", names.network, want.networks),
        ("language", "Language", view.language_name, want.languages),
        ("year", "Year", str, (str(want.year),) if want.year else ()),
    ]
    groups = []
    for name, heading, label, chosen in kinds:
        counts = dict.fromkeys(chosen, 0) | dict(results.facets.get(name, {}))
        choices = [
            Choice(value, label(value), count, value in chosen, want.toggled(name, value).url())
            for value, count in counts.items()
        ]
        if name == "year":
            choices.sort(key=lambda choice: choice.value, reverse=True)
        else:
            choices.sort(key=lambda choice: (-choice.count, choice.label.casefold()))
        if choices:
            groups.append(Group(name, heading, choices))
    return groups


def chips(names: Names, want: Wanted) -> list[Link]:
    """The filters that are set, each with the address of the search without it."""
    links = [Link(names.circle(value), want.toggled("circle", value).url()) for value in want.circles]
    links += [Link(names.network(value), want.toggled("network", value).url()) for value in want.networks]
    links += [Link(view.language_name(value), want.toggled("language", value).url()) for value in want.languages]
    if want.year is not None:
        links.append(Link(str(want.year), want.toggled("year", str(want.year)).url()))
    if want.after is not None:
        links.append(Link(f"from {view.readable_date(want.after)}", want.without_day("after").url()))
    if want.before is not None:
        links.append(Link(f"until {view.readable_date(want.before)}", want.without_day("before").url()))
    return links


def sortings(want: Wanted, *, ranked: bool) -> list[Link]:
    """The orders to choose from; relevance only where words are `ranked`: filters alone find everything alike."""
    here = Order.NEWEST if want.sorting is Order.RELEVANCE and not ranked else want.sorting
    return [
        Link(label, want.sorted_by(order).url(), current=order is here)
        for order, label in ORDERS.items()
        if ranked or order is not Order.RELEVANCE
    ]


def count_sentence(want: Wanted, total: int) -> str:
    """What a screen reader is told, and the heading of the list: `12 recordings`."""
    if want.empty:
        return "Recent recordings"
    if total == 0:
        return "Nothing found"
    return "1 recording" if total == 1 else f"{total} recordings"
