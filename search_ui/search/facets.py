"""What is offered beside the results: filters, sorting, and links that take a filter away. Each is an address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from index.facets.cards import LABELS
from index.port import Order, Results
from index.text.folding import label_key
from search_ui.context import Names
from search_ui.i18n.gettext import N_, _, format_date, format_number, language_name, ngettext
from search_ui.search.links import SearchLinks
from search_ui.search.params import SearchParams

SHOWN_AT_ONCE = 12
"""Topics and organisations that are shown at once; the others are behind one more click."""
ORDERS = {Order.RELEVANCE: N_("Relevance"), Order.NEWEST: N_("Newest"), Order.OLDEST: N_("Oldest")}


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """One value of a filter, the recordings it would show, and the address of the search with it (or without)."""

    value: str
    label: str
    count: int
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class FilterGroup:
    """One filter with its values; `name` is that of its parameter."""

    name: str
    heading: str
    choices: list[FilterChoice]
    more: list[FilterChoice]
    """Those that are shown only after one more click."""


@dataclass(frozen=True, slots=True)
class PageLink:
    label: str
    url: str
    current: bool = False
    name: str = ""
    """What scripts and tests know it by, in every language."""


def filter_groups(names: Names, params: SearchParams, results: Results) -> list[FilterGroup]:
    """Each filter that has something to choose."""
    links = SearchLinks(params)
    kinds: list[tuple[str, str, Callable[[str], str], tuple[str, ...]]] = [
        ("circle", _("Circle"), names.circle, params.circles),
        ("network", _("Network"), names.network, params.networks),
        ("topic", _("Topic"), str, params.topics),
        ("organisation", _("Organisation"), str, params.organisations),
        ("language", _("Language"), language_name, params.languages),
        ("year", _("Year"), str, (str(params.year),) if params.year else ()),
    ]
    groups = []
    for name, heading, label, chosen in kinds:
        if params.scope is not None and name in {params.scope.kind, "network" if params.scope.kind == "circle" else ""}:
            continue  # what the page is about, and what a circle is in
        counted = results.facets.get(name, {})
        known, set_ = {_comparable(name, value) for value in counted}, {_comparable(name, value) for value in chosen}
        counts = {value: 0 for value in chosen if _comparable(name, value) not in known} | dict(counted)
        choices = [
            FilterChoice(value, label(value), count, _comparable(name, value) in set_, links.toggled(name, value))
            for value, count in counts.items()
        ]
        if name == "year":
            choices.sort(key=lambda choice: choice.value, reverse=True)
        else:
            choices.sort(key=lambda choice: (-choice.count, choice.label.casefold()))
        if choices:
            groups.append(FilterGroup(name, heading, *_split_at_first(name, choices)))
    return groups


def _comparable(name: str, value: str) -> str:
    """What a value is compared by: topics and organisations may be written in any case of letters."""
    return label_key(value) if name in LABELS else value


def _split_at_first(name: str, choices: list[FilterChoice]) -> tuple[list[FilterChoice], list[FilterChoice]]:
    """What is shown at once, those that are set among it, and the rest; one alone would not be worth a click."""
    if name not in LABELS or len(choices) <= SHOWN_AT_ONCE + 1:
        return choices, []
    chosen = [choice for choice in choices if choice.chosen]
    left = [choice for choice in choices if not choice.chosen]
    at_once = max(0, SHOWN_AT_ONCE - len(chosen))
    return [choice for choice in choices if choice.chosen or choice in left[:at_once]], left[at_once:]


def chips(names: Names, params: SearchParams) -> list[PageLink]:
    """The filters that are set, each with the address of the search without it."""
    links = SearchLinks(params)
    chosen = [PageLink(names.circle(value), links.toggled("circle", value)) for value in params.chosen("circle")]
    chosen += [PageLink(names.network(value), links.toggled("network", value)) for value in params.chosen("network")]
    for kind in LABELS:
        chosen += [PageLink(value, links.toggled(kind, value)) for value in params.chosen(kind)]
    chosen += [PageLink(language_name(value), links.toggled("language", value)) for value in params.languages]
    if params.year is not None:
        chosen.append(PageLink(str(params.year), links.toggled("year", str(params.year))))
    if params.after is not None:
        chosen.append(PageLink(_("from {day}").format(day=format_date(params.after)), links.without_day("after")))
    if params.before is not None:
        chosen.append(PageLink(_("until {day}").format(day=format_date(params.before)), links.without_day("before")))
    return chosen


def sortings(params: SearchParams, *, ranked: bool) -> list[PageLink]:
    """The orders to choose from; relevance only if words are `ranked`: filters alone find everything alike."""
    links = SearchLinks(params)
    here = Order.NEWEST if params.sorting is Order.RELEVANCE and not ranked else params.sorting
    return [
        PageLink(_(label), links.sorted_by(order), current=order is here, name=order.value)
        for order, label in ORDERS.items()
        if ranked or order is not Order.RELEVANCE
    ]


def count_sentence(params: SearchParams, total: int) -> str:
    """What a screen reader is told, and the heading of the list: `12 recordings`."""
    if params.empty:
        return _("Recent recordings")
    if total == 0:
        return _("Nothing found")
    return ngettext("{count} recording", "{count} recordings", total).format(count=format_number(total))
