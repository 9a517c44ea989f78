"""Help with the query language: examples of it, and what to write if a circle or network is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from index.port import Filters, Lack, Missing, Results
from search_ui.context import Names
from search_ui.i18n.gettext import _, pgettext
from search_ui.search.facets import PageLink
from search_ui.search.links import search_url, toggled, with_text
from search_ui.search.params import SearchParams

MOST_NAMES = 8
"""Names offered instead of one that is not known."""
LEAST_SIMILARITY = 0.6
"""From this similarity on, one name is offered alone."""
_PLAIN = re.compile(r"[\w .'-]{2,40}")


@dataclass(frozen=True, slots=True)
class Tip:
    """An example that can be followed, and what it does."""

    example: PageLink
    meaning: str


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A circle or network that is asked for and does not exist; `others` can be asked for instead."""

    kind: str
    value: str
    others: list[PageLink]
    guess: bool
    """There is one other, and it was probably meant."""


@dataclass(frozen=True, slots=True)
class MissingWords:
    """What was asked for, and no result holds, for one reason."""

    lack: Lack
    words: list[str]


def missing_words(missing: Iterable[Missing], text: str = "") -> list[MissingWords]:
    """What is to be said of it beside the heading `Nothing found about “text”`, and of what is `lost`."""
    grouped: dict[Lack, list[str]] = {}
    for part in missing:
        in_heading = part.text == text and part.lack is Lack.NOWHERE
        if not in_heading and not part.text.startswith(("circle:", "network:")):
            grouped.setdefault(part.lack, []).append(part.text)
    return [MissingWords(lack, words) for lack, words in grouped.items()]


def tips(names: Names, results: Results | None) -> list[Tip]:
    """The query language in examples, with a circle and a speaker of this archive if there are any."""
    circle = min(names.circles, default="drift")
    examples = {
        pgettext("example of a search", '"data protection"'): _("these words together, in this order"),
        pgettext("example of a search", "school -video"): _("leaves out what contains the word after the minus"),
        f"circle:{circle}": _("only this circle; network: and topic: likewise"),
        f"speaker:{_a_speaker(results)}": _("only what this person says"),
        "language:nb": _("only this language: nb, nn, da, nl, en, …"),
        "after:2025-09": _("from that day, month or year on"),
        "before:2026": _("until then, the day, month or year included"),
    }
    return [Tip(PageLink(text, search_url(SearchParams(text=text))), meaning) for text, meaning in examples.items()]


def _a_speaker(results: Results | None) -> str:
    shown = (passage for hit in results.hits for passage in hit.passages) if results else ()
    known = (speaker for passage in shown for speaker in passage.speakers if _PLAIN.fullmatch(speaker))
    name = next(known, "anna")
    return f'"{name}"' if " " in name else name


def unknown_names(names: Names, params: SearchParams, inside: Filters, results: Results) -> list[UnknownName]:
    """What is asked for, in the address or `inside` the text, that neither the archive nor the results know."""
    circles = {slug: circle.name for slug, circle in names.circles.items()}
    networks = {circle.network: circle.network_name for circle in names.circles.values()}
    return [
        *_unknown("circle", circles, params, (*params.circles, *sorted(inside.circles)), results),
        *_unknown("network", networks, params, (*params.networks, *sorted(inside.networks)), results),
    ]


def _unknown(
    kind: str, known: Mapping[str, str], params: SearchParams, asked: Iterable[str], results: Results
) -> list[UnknownName]:
    unknown = []
    for value in dict.fromkeys(asked):
        if value in known or results.facets.get(kind, {}).get(value):
            continue
        ranked = sorted(known, key=lambda slug: (-similarity(value, slug, known[slug]), slug))
        guess = bool(ranked) and similarity(value, ranked[0], known[ranked[0]]) >= LEAST_SIMILARITY
        others = [
            PageLink(slug, search_url(with_name_replaced(params, kind, value, slug)))
            for slug in ranked[: 1 if guess else MOST_NAMES]
        ]
        unknown.append(UnknownName(kind, value, others, guess))
    return unknown


def similarity(value: str, slug: str, name: str) -> float:
    """0 to 1: how alike what was written is to a slug, or to the name that goes with it."""
    written = value.casefold()
    return max(SequenceMatcher(None, written, other.casefold()).ratio() for other in (slug, name))


def with_name_replaced(params: SearchParams, kind: str, value: str, slug: str) -> SearchParams:
    """The same search with `slug` where `value` stands, in the text or in the address."""
    if value in (params.circles if kind == "circle" else params.networks):
        return toggled(toggled(params, kind, value), kind, slug)
    words = r"\s+".join(map(re.escape, value.split()))
    written = re.compile(rf'\b{kind}:(?:["“„«]\s*{words}\s*["”“»]|{words}(?=\s|$))', re.IGNORECASE)
    return with_text(params, written.sub(f"{kind}:{slug}", params.text))
