"""What is searched for: the parameters of the search page, of feeds and of `/api/search`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal, NamedTuple, Self

from fastapi import Depends, Query as Parameter

from index.port import Filters, Order, Query
from kring.languages import ALIASES

MAX_TEXT = 400
"""Characters of a query; longer ones are refused."""

Values = Annotated[list[str], Parameter(max_length=50)]

Kind = Literal["circle", "network", "topic"]


class SearchScope(NamedTuple):
    """The circle, network or topic whose page is searched: a filter that is neither offered nor a parameter.

    `path`: the address of that page.
    """

    kind: Kind
    value: str
    path: str


@dataclass(frozen=True, slots=True)
class SearchParams:
    """One search, as an address asks for it. `year` narrows `after` and `before`.

    `spaced`: a space follows the text, so its last word is complete, also while it is being typed.
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
    scope: SearchScope | None = None
    topics: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    """Like topics in any case of their letters."""

    @property
    def sorting(self) -> Order:
        """The order of the results: relevance if there is a text, else the newest first."""
        return Order.NEWEST if self.order is Order.RELEVANCE and not self.text else self.order

    @property
    def narrowed(self) -> bool:
        """Whether any filter is set, apart from the scope."""
        return any(name != "sort" for name, _ in self.kept)

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for, as on the start page."""
        return not self.text and not self.narrowed and self.page == 1 and self.sorting is Order.NEWEST

    def chosen(self, kind: str) -> tuple[str, ...]:
        """The values of the filter `kind`, without that of the scope."""
        return tuple(value for name, value in self.kept if name == kind)

    def query(self, *, per_page: int = 10, passages: int = 3) -> Query:
        """The same for the index. `passages`: shown at most of each recording."""
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

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The parameters, with their values, that stay when the text changes."""
        pairs = [("circle", value) for value in self.circles]
        pairs += [("network", value) for value in self.networks]
        pairs += [("topic", value) for value in self.topics]
        pairs += [("organisation", value) for value in self.organisations]
        pairs += [("language", value) for value in self.languages]
        single = {"year": self.year, "after": self.after, "before": self.before}
        pairs += [(name, str(value)) for name, value in single.items() if value is not None]
        if self.sorting is not (Order.RELEVANCE if self.text else Order.NEWEST):
            pairs.append(("sort", self.sorting.value))
        return [pair for pair in pairs if self.scope is None or pair[0] != self.scope.kind]

    def within(self, scope: SearchScope) -> Self:
        """The same search on the page of a circle, a network or a topic."""
        match scope.kind:
            case "circle":
                return replace(self, circles=(scope.value,), scope=scope)
            case "network":
                return replace(self, networks=(scope.value,), scope=scope)
            case "topic":
                return replace(self, topics=(scope.value,), scope=scope)


def search_params(
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
) -> SearchParams:
    """The search that an address asks for; FastAPI refuses parameters that make no sense (422)."""
    words = q.replace("\0", " ").split()
    return SearchParams(
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


SearchParamsDep = Annotated[SearchParams, Depends(search_params)]
