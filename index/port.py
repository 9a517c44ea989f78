"""The search index as Kring sees it. A view: it can be deleted and rebuilt from the bucket at any time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Passage:
    """20 to 60 seconds of consecutive segments of one recording, or a stretch of a page that belongs to it: what is
    indexed and found.

    A recording without speech has one passage with an empty text, so that its title is found.
    `id` is `<recording id>-<number>`: only `a-zA-Z0-9-`. What is said comes before what is written.
    """

    id: str
    recording_id: str
    version: int
    """The manifest's version this was made from."""
    start: float
    end: float
    text: str
    """The segments' texts, joined by single spaces."""
    starts: Sequence[tuple[int, float]]
    """(offset in `text`, seconds): where each segment (or word, if the times of words are known) begins."""
    title: str
    circle: str
    network: str
    language: str
    date: date
    speakers: tuple[str, ...] = ()
    has_video: bool = False
    poster: str | None = None
    duration: float = 0.0
    topics: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    attachment: str | None = None
    """SHA-256 of the attachment it stands in; None: it is spoken. What is written has no times: `start` and `end` are
    0."""
    attachment_title: str = ""
    page: int | None = None
    """Of the attachment, from 1."""
    audience: str = ""
    """Who may find it (`kring.access.audience_of`); empty: only viewers who may find everything."""

    @property
    def number(self) -> int:
        """Its place among the passages of its recording."""
        return int(self.id.rpartition("-")[2])


@dataclass(frozen=True, slots=True)
class Filters:
    """Values of one kind widen each other (or), kinds narrow each other (and); dates are inclusive."""

    circles: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    after: date | None = None
    before: date | None = None
    recording_id: str | None = None
    speakers: frozenset[str] = frozenset()
    """Folded words that must all be among the names of a passage's speakers."""
    topics: frozenset[str] = frozenset()
    """Like `organisations` in any case of their letters: `Personvern` is `personvern`."""
    organisations: frozenset[str] = frozenset()


class Order(StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class Query:
    """`text` (in the query language of index/query/parser.py) empty: everything, newest first.

    The last word also matches as a prefix when `typing`.
    """

    text: str = ""
    filters: Filters = field(default_factory=Filters)
    typing: bool = False
    page: int = 1
    per_page: int = 10
    passages: int = 3
    """Best passages shown per recording."""
    order: Order = Order.RELEVANCE
    visible_to: frozenset[str] | None = None
    """Only recordings of these audiences exist for this search: for its hits, and also for counts, facets and what it
    suggests. (Which candidates an engine prefers may still follow the words of all.) None: all recordings do."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of text, plain (never HTML); `hit`: it matches the query."""

    text: str
    hit: bool = False


@dataclass(frozen=True, slots=True)
class PassageHit:
    passage_id: str
    start: float
    """Seconds where the passage begins."""
    end: float
    hit_at: float
    """Seconds of the segment or word where the first match of the excerpt is spoken; `start` if the match is in
    the title, 0 in an attachment."""
    fragments: tuple[Fragment, ...]
    """An excerpt of about 240 characters around the matches."""
    speakers: tuple[str, ...] = ()
    attachment: str | None = None
    """SHA-256 of the attachment it stands in; None: it is spoken."""
    attachment_title: str = ""
    page: int | None = None


class ReasonKind(StrEnum):
    TRANSLATION = "translation"
    """The glossary knows both as terms for one thing."""
    SPELLING = "spelling"
    """The word that was asked for is nowhere; this one is nearly the same."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a recording is found that does not hold a word as it was asked for."""

    asked: str
    found: str
    """As it stands in the recording."""
    because: ReasonKind


class Lack(StrEnum):
    NOWHERE = "nowhere"
    """The archive does not have it, not even misspelt."""
    ELSEWHERE = "elsewhere"
    """The archive has it, but not within the filters, or only beside what is left out."""
    SIGN = "sign"
    """There is neither letter nor digit in it: it cannot be searched for."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that was asked for and that no result holds."""

    text: str
    """As it was typed; a quotation with its signs."""
    lack: Lack


@dataclass(frozen=True, slots=True)
class RecordingHit:
    """One recording with its best passages, best first."""

    recording_id: str
    version: int
    title: tuple[Fragment, ...]
    circle: str
    network: str
    language: str
    date: date
    duration: float
    has_video: bool
    poster: str | None
    passages: tuple[PassageHit, ...]
    passage_count: int
    """All passages of this recording that match."""
    reasons: tuple[Reason, ...] = ()
    """For words that neither the title nor the passages shown hold as they were asked for."""
    topics: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    """What was asked for, as it was typed, and stands in other results but not in what is shown of this one."""


@dataclass(frozen=True, slots=True)
class QuerySummary:
    """What a query asks for, as the index has parsed it: pages need not parse the text again."""

    filters: Filters = field(default_factory=Filters)
    """Those of the query, and those in its text."""
    has_words: bool = False
    """It asks for words or quotations, not only for what passes the filters."""
    has_quotation: bool = False
    nothing_searchable: bool = False
    """Something is asked for, and none of it can be searched for: there is neither letter nor digit in it."""


@dataclass(frozen=True, slots=True)
class Results:
    hits: tuple[RecordingHit, ...]
    total: int
    """Recordings that match, over all pages."""
    facets: Mapping[str, Mapping[str, int]]
    """`circle`, `network`, `language`, `year`, `topic`, `organisation` → value → number of *recordings*. The counts of
    a kind ignore the filters of that same kind, so that people see what they would get by adding a value. Topics and
    organisations that differ in the case of letters only are one, spelt as most recordings of the archive spell it."""
    seconds: float = 0.0
    suggestion: str = ""
    """If a word is nowhere: another text to search for, with a word of the archive for it, that finds something."""
    missing: tuple[Missing, ...] = ()
    """What was asked for that none of the results holds."""
    about: tuple[str, ...] = ()
    """What they are for, as it was typed, if that is not all that was asked for."""
    together: bool = True
    """Whether all that they are for stands in one passage; else each has some of it."""
    query: QuerySummary = field(default_factory=QuerySummary)


@dataclass(frozen=True, slots=True)
class PreviewHit:
    """That there is a recording, for those who may not see it. There is no room in it for what was said, nor for an
    id by which it could be asked for."""

    title: str
    circle: str
    date: date


@dataclass(frozen=True, slots=True)
class Prepared:
    """One recording made ready for an engine."""

    passages: int
    content: Any


class SearchIndex(Protocol):
    """Every method raises SearchDown when the engine does not answer. Writers may be in several processes."""

    @property
    def needs_rebuild(self) -> bool:
        """True if the index is new, damaged or of another version: fill it from the bucket with `rebuild`.

        It looks as deep as `check` can.
        """
        ...

    def check(self, *, deep: bool = False) -> None:
        """Search for what is known to be there, as people do.

        `deep`: also look at all that is stored. Raises IndexNotReady if the index has to be built (again) first.
        """

    def replace(self, recording_id: str, passages: Sequence[Passage]) -> None:
        """These passages, and no others, are found for this recording once this returns. All or nothing."""

    def remove(self, recording_id: str) -> None:
        """Nothing of this recording is found once this returns."""

    def search(self, query: Query) -> Results:
        """Raises BadQuery if the query cannot be understood.

        Raises IndexNotReady until the index was built from the bucket once: an answer would say that there is nothing.
        """
        ...

    def previews(self, query: Query) -> tuple[PreviewHit, ...]:
        """The newest recordings of `query.visible_to` whose title and topics have all that `query` asks for, at most
        `query.per_page`: what is said or written in them, and who speaks, neither finds them nor leaves them out.

        None for what asks for no subject (`index/query/answer.py`). Raises like `search`.
        """
        ...

    def rebuild(self, passages: Iterable[Passage]) -> int:
        """Replace everything, without a moment in which search is dark; the number of passages.

        The passages of one recording come together, in order of time.
        """
        ...

    def prepare(self, passages: Sequence[Passage]) -> Prepared:
        """One recording for `rebuild_prepared`: most of the work of a rebuild, and any process may do it."""
        ...

    def rebuild_prepared(self, recordings: Iterable[Prepared]) -> int:
        """As `rebuild`, with what `prepare` made."""
        ...

    def forget_past(self) -> None:
        """Once this returns, the engine's files hold nothing of what was in the index before the last rebuild."""

    def versions(self) -> dict[str, int]:
        """Recording id → the manifest version it is indexed with: how drift is seen. Also of an index that is not built
        to the end."""
        ...

    def close(self) -> None: ...
