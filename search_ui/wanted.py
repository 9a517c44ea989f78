"""What somebody searches for: the parameters of the search page and of `/api/search`, and links that change them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Self
from urllib.parse import urlencode

from fastapi import Query as Parameter

from index.port import Filters, Query
from transcribe.languages import ALIASES

MAX_TEXT = 400
"""Characters of a query; longer ones are refused."""

Values = Annotated[list[str], Parameter(max_length=50)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One search, as an address says it. `year` narrows `after` and `before`."""

    text: str = ""
    circles: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    year: int | None = None
    after: date | None = None
    before: date | None = None
    page: int = 1
    typing: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether any filter is set."""
        return bool(self.circles or self.networks or self.languages or self.year or self.after or self.before)

    @property
    def empty(self) -> bool:
        """Nothing is asked: the start page."""
        return not self.text and not self.narrowed and self.page == 1

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
        )
        return Query(self.text, filters, self.typing, self.page, per_page, passages)

    def url(self) -> str:
        """The address of this search's page."""
        pairs: list[tuple[str, str]] = [("q", self.text)] if self.text else []
        pairs += [("circle", value) for value in self.circles]
        pairs += [("network", value) for value in self.networks]
        pairs += [("language", value) for value in self.languages]
        single = {"year": self.year, "after": self.after, "before": self.before}
        pairs += [(name, str(value)) for name, value in single.items() if value is not None]
        if self.typing and self.text:
            pairs.append(("typing", "1"))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return "/?" + urlencode(pairs) if pairs else "/"

    def at_page(self, page: int) -> Self:
        return replace(self, page=page)

    def without(self, name: str, value: str = "") -> Self:
        """This search with one filter value (of year, after, before: the only one) taken away."""
        first = replace(self, page=1)
        match name:
            case "circle":
                return replace(first, circles=tuple(v for v in self.circles if v != value))
            case "network":
                return replace(first, networks=tuple(v for v in self.networks if v != value))
            case "language":
                return replace(first, languages=tuple(v for v in self.languages if v != value))
            case "year":
                return replace(first, year=None)
            case "after":
                return replace(first, after=None)
            case "before":
                return replace(first, before=None)
        raise ValueError(f"no filter is called {name}")

    def unfiltered(self) -> Self:
        return replace(type(self)(), text=self.text, typing=self.typing)

    def with_beginnings(self) -> Self:
        """The same search where the last word may be the beginning of a longer one."""
        return replace(self, typing=True, page=1)


def wanted(
    q: Annotated[
        str, Parameter(max_length=MAX_TEXT, description="Words to find; empty: everything, newest first.")
    ] = "",
    circle: Values = [],  # noqa: B006  FastAPI copies defaults
    network: Values = [],  # noqa: B006
    language: Values = [],  # noqa: B006
    year: Annotated[str, Parameter(pattern=r"^([12]\d{3})?$", description="Four digits; empty: any.")] = "",
    after: Annotated[date | None, Parameter(description="First day, as YYYY-MM-DD.")] = None,
    before: Annotated[date | None, Parameter(description="Last day, as YYYY-MM-DD.")] = None,
    page: Annotated[int, Parameter(ge=1, le=1000)] = 1,
    typing: Annotated[bool, Parameter(description="The last word may be the beginning of a longer one.")] = False,
) -> Wanted:
    """The search an address asks for; parameters that make no sense are refused by FastAPI (422)."""
    return Wanted(
        text=" ".join(q.replace("\0", " ").split()),
        circles=_distinct(circle),
        networks=_distinct(network),
        languages=_distinct([ALIASES.get(code, code) for code in language]),
        year=int(year) if year else None,
        after=after,
        before=before,
        page=page,
        typing=typing,
    )


def _distinct(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
