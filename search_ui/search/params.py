"""What somebody searches for: the parameters of the search page and of `/api/search`, and links that change them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal, NamedTuple, Self
from urllib.parse import urlencode

from fastapi import Query as Parameter

from index.port import Filters, Order, Query
from index.text.folding import same
from kring.languages import ALIASES

MAX_TEXT = 400
"""Characters of a query; longer ones are refused."""

Values = Annotated[list[str], Parameter(max_length=50)]


Kind = Literal["circle", "network", "topic"]


class Inside(NamedTuple):
    """The page of a circle, a network or a topic that is searched: a filter that is neither offered nor a parameter."""

    kind: Kind
    value: str
    path: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """One search, as an address says it. `year` narrows `after` and `before`.

    `spaced`: a space follows the text, so its last word is whole, also while somebody types.
    """

    text: str = ""
    circles: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    year: int | None = None
    after: date | None = None
    before: date | None = None
    page: int = 1
    typing: bool = False
    spaced: bool = False
    order: Order = Order.RELEVANCE
    inside: Inside | None = None
    topics: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    """Like topics in any case of their letters."""

    @property
    def sorting(self) -> Order:
        """The order people see: where no words are asked for nothing is more relevant, so the newest come first."""
        return Order.NEWEST if self.order is Order.RELEVANCE and not self.text else self.order

    @property
    def narrowed(self) -> bool:
        """Whether any filter is set, beside that of the page."""
        return any(name != "sort" for name, _ in self.kept())

    @property
    def empty(self) -> bool:
        """Nothing is asked: the start page."""
        return not self.text and not self.narrowed and self.page == 1 and self.sorting is Order.NEWEST

    def chosen(self, kind: str) -> tuple[str, ...]:
        """The values of a filter, without that of the page."""
        return tuple(value for name, value in self.kept() if name == kind)

    def query(self, *, per_page: int = 10, passages: int = 3) -> Query:
        after, before = self.after, self.before
        if self.year is not None:
            first, last = date(self.year, 1, 1), date(self.year, 12, 31)
            after = max(after or first, first)
            before = min(before or last, last)
        filters = Filters(
            circles=frozenset(self.circles),
            networks=frozenset(self.networks),
            languages=frozenset(self.languages),
            after=after,
            before=before,
            topics=frozenset(self.topics),
            organisations=frozenset(self.organisations),
        )
        return Query(
            text=f"{self.text} " if self.spaced else self.text,
            filters=filters,
            typing=self.typing,
            page=self.page,
            per_page=per_page,
            passages=passages,
            order=self.sorting,
        )

    def kept(self) -> list[tuple[str, str]]:
        """The parameters that stay when other words are asked for."""
        pairs = [("circle", value) for value in self.circles]
        pairs += [("network", value) for value in self.networks]
        pairs += [("topic", value) for value in self.topics]
        pairs += [("organisation", value) for value in self.organisations]
        pairs += [("language", value) for value in self.languages]
        single = {"year": self.year, "after": self.after, "before": self.before}
        pairs += [(name, str(value)) for name, value in single.items() if value is not None]
        if self.sorting is not (Order.RELEVANCE if self.text else Order.NEWEST):
            pairs.append(("sort", self.sorting.value))
        return [pair for pair in pairs if self.inside is None or pair[0] != self.inside.kind]

    @property
    def path(self) -> str:
        """The page on which this is searched."""
        return self.inside.path if self.inside else "/"

    def url(self) -> str:
        """The address of this search's page; what goes without saying is not in it."""
        pairs = [("q", self.text)] if self.text else []
        pairs += self.kept()
        if self.typing and self.text and not self.spaced:
            pairs.append(("typing", "1"))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def feed_url(self) -> str:
        """The address of a feed of what this search finds, now and later; its order is its own."""
        lasting = replace(self, order=Order.RELEVANCE)
        pairs = [("q", self.text)] if self.text else []
        pairs += lasting.kept()
        address = f"{self.path.rstrip('/')}/feed.xml"
        return f"{address}?{urlencode(pairs)}" if pairs else address

    def within(self, inside: Inside) -> Self:
        """This search on such a page."""
        match inside.kind:
            case "circle":
                return replace(self, circles=(inside.value,), inside=inside)
            case "network":
                return replace(self, networks=(inside.value,), inside=inside)
            case "topic":
                return replace(self, topics=(inside.value,), inside=inside)

    def at_page(self, page: int) -> Self:
        return replace(self, page=page)

    def sorted_by(self, order: Order) -> Self:
        return replace(self, order=order, page=1)

    def asking(self, text: str) -> Self:
        """Other words, all else the same."""
        return replace(self, text=text, page=1, typing=False, spaced=False)

    def toggled(self, name: str, value: str) -> Self:
        """This search with one filter value added, or taken away where it is set. There is one year at a time."""
        first = replace(self, page=1)
        match name:
            case "circle":
                return replace(first, circles=_toggle(self.circles, value))
            case "network":
                return replace(first, networks=_toggle(self.networks, value))
            case "language":
                return replace(first, languages=_toggle(self.languages, value))
            case "topic":
                return replace(first, topics=_toggle_label(self.topics, value))
            case "organisation":
                return replace(first, organisations=_toggle_label(self.organisations, value))
            case "year":
                return replace(first, year=None if str(self.year) == value else int(value))
        raise ValueError(f"no filter with values is called {name}")

    def without_day(self, name: Literal["after", "before"]) -> Self:
        first = replace(self, page=1)
        return replace(first, after=None) if name == "after" else replace(first, before=None)

    def unfiltered(self) -> Self:
        bare = replace(type(self)(), text=self.text, typing=self.typing, spaced=self.spaced, order=self.order)
        return bare.within(self.inside) if self.inside else bare

    def with_beginnings(self) -> Self:
        """The same search where the last word may be the beginning of a longer one."""
        return replace(self, typing=True, spaced=False, page=1)


def wanted(
    q: Annotated[
        str,
        Parameter(
            max_length=MAX_TEXT,
            description='Words to find; empty: everything, newest first. "Quotes" keep words together, -word leaves '
            "out, circle: network: topic: organisation: speaker: language: year: after: before: narrow.",
        ),
    ] = "",
    circle: Values = [],  # noqa: B006  FastAPI copies defaults
    network: Values = [],  # noqa: B006
    language: Values = [],  # noqa: B006
    topic: Values = [],  # noqa: B006
    organisation: Values = [],  # noqa: B006
    year: Annotated[str, Parameter(pattern=r"^([12]\d{3})?$", description="Four digits; empty: any.")] = "",
    after: Annotated[date | None, Parameter(description="First day, as YYYY-MM-DD.")] = None,
    before: Annotated[date | None, Parameter(description="Last day, as YYYY-MM-DD.")] = None,
    page: Annotated[int, Parameter(ge=1, le=1000)] = 1,
    typing: Annotated[
        bool, Parameter(description="The last word may be the beginning of a longer one, unless a space follows it.")
    ] = False,
    sort: Annotated[Order, Parameter(description="Without words to find, relevance is newest.")] = Order.RELEVANCE,
) -> Wanted:
    """The search an address asks for; parameters that make no sense are refused by FastAPI (422)."""
    words = q.replace("\0", " ").split()
    return Wanted(
        text=" ".join(words),
        circles=_distinct(circle),
        networks=_distinct(network),
        languages=_distinct([ALIASES.get(code, code) for code in language]),
        topics=_distinct(topic),
        organisations=_distinct(organisation),
        year=int(year) if year else None,
        after=after,
        before=before,
        page=page,
        typing=typing,
        spaced=bool(words) and q[-1:].isspace(),
        order=sort,
    )


def _distinct(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _toggle(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(v for v in values if v != value) if value in values else (*values, value)


def _toggle_label(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    left = tuple(v for v in values if same(v) != same(value))
    return left if left != values else (*values, value)
