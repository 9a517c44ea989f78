"""What is offered beside the results: filters, sorting, and links that take a filter away. Each is an address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from index.facets.cards import LABELS
from index.port import Order, Results
from index.text.folding import same
from search_ui.context import Names
from search_ui.i18n.gettext import N_, _, format_date, format_number, language_name, ngettext
from search_ui.search.params import Wanted

FIRST = 12
"""Topics and organisations that are shown at once; the others are behind one more click."""
ORDERS = {Order.RELEVANCE: N_("Relevance"), Order.NEWEST: N_("Newest"), Order.OLDEST: N_("Oldest")}


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
    more: list[Choice]
    """Those that are shown only when somebody asks for them."""


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    current: bool = False
    name: str = ""
    """What scripts and tests know it by, in every language."""


def filter_groups(names: Names, want: Wanted, results: Results) -> list[Group]:
    """Each filter that has something to choose."""
    kinds: list[tuple[str, str, Callable[[str], str], tuple[str, ...]]] = [
        ("circle", _("Circle"), names.circle, want.circles),
        ("network", _("Network"), names.network, want.networks),
        ("topic", _("Topic"), str, want.topics),
        ("organisation", _("Organisation"), str, want.organisations),
        ("language", _("Language"), language_name, want.languages),
        ("year", _("Year"), str, (str(want.year),) if want.year else ()),
    ]
    groups = []
    for name, heading, label, chosen in kinds:
        if want.inside is not None and name in {want.inside.kind, "network" if want.inside.kind == "circle" else ""}:
            continue  # what the page is about, and what a circle is in
        counted = results.facets.get(name, {})
        known, set_ = {_known(name, value) for value in counted}, {_known(name, value) for value in chosen}
        counts = {value: 0 for value in chosen if _known(name, value) not in known} | dict(counted)
        choices = [
            Choice(value, label(value), count, _known(name, value) in set_, want.toggled(name, value).url())
            for value, count in counts.items()
        ]
        if name == "year":
            choices.sort(key=lambda choice: choice.value, reverse=True)
        else:
            choices.sort(key=lambda choice: (-choice.count, choice.label.casefold()))
        if choices:
            groups.append(Group(name, heading, *_at_first(name, choices)))
    return groups


def _known(name: str, value: str) -> str:
    """What a value is compared by: topics and organisations may be written in any case of letters."""
    return same(value) if name in LABELS else value


def _at_first(name: str, choices: list[Choice]) -> tuple[list[Choice], list[Choice]]:
    """What is shown at once, those that are set among it, and the rest; one alone would not be worth a click."""
    if name not in LABELS or len(choices) <= FIRST + 1:
        return choices, []
    chosen = [choice for choice in choices if choice.chosen]
    left = [choice for choice in choices if not choice.chosen]
    at_once = max(0, FIRST - len(chosen))
    return [choice for choice in choices if choice.chosen or choice in left[:at_once]], left[at_once:]


def chips(names: Names, want: Wanted) -> list[Link]:
    """The filters that are set, each with the address of the search without it."""
    links = [Link(names.circle(value), want.toggled("circle", value).url()) for value in want.chosen("circle")]
    links += [Link(names.network(value), want.toggled("network", value).url()) for value in want.chosen("network")]
    for kind in LABELS:
        links += [Link(value, want.toggled(kind, value).url()) for value in want.chosen(kind)]
    links += [Link(language_name(value), want.toggled("language", value).url()) for value in want.languages]
    if want.year is not None:
        links.append(Link(str(want.year), want.toggled("year", str(want.year)).url()))
    if want.after is not None:
        links.append(Link(_("from {day}").format(day=format_date(want.after)), want.without_day("after").url()))
    if want.before is not None:
        links.append(Link(_("until {day}").format(day=format_date(want.before)), want.without_day("before").url()))
    return links


def sortings(want: Wanted, *, ranked: bool) -> list[Link]:
    """The orders to choose from; relevance only where words are `ranked`: filters alone find everything alike."""
    here = Order.NEWEST if want.sorting is Order.RELEVANCE and not ranked else want.sorting
    return [
        Link(_(label), want.sorted_by(order).url(), current=order is here, name=order.value)
        for order, label in ORDERS.items()
        if ranked or order is not Order.RELEVANCE
    ]


def count_sentence(want: Wanted, total: int) -> str:
    """What a screen reader is told, and the heading of the list: `12 recordings`."""
    if want.empty:
        return _("Recent recordings")
    if total == 0:
        return _("Nothing found")
    return ngettext("{count} recording", "{count} recordings", total).format(count=format_number(total))
