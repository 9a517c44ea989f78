"""What a query asks for, before any engine. The language of queries, the same for all engines:

    anskaffelse skytjenester        both words, in any inflection
    "digital post"                  these words, so, one after the other
    -skole  -"digital post"         not if this is said
    speaker:"Kari Bø"               circle:, network:, topic:, organisation:, language:, year:, after:, before:

Days are inclusive, and a month or a year stands for its first day (after) or its last (before).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from unicodedata import category

from index.port import Filters, Order, QuerySummary
from index.query.filters import MAY_BECOME_A_DAY, QUOTATION_MARKS, filter_name, with_filter
from index.text.analysis import CONCEPT, Forms, tokens
from index.text.glossary import concept_of
from index.text.stopwords import STOP_WORDS
from kring.errors import BadQuery

MAX_CHARACTERS = 1000
MAX_WORDS = 32
MAX_REQUIRED = 10
"""Words and phrases that are asked of a passage; further ones are optional (Meilisearch reads no more than ten)."""
_LONGEST_TERM = 4  # words of a term of the glossary
_QUOTED = r'"[^"]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|»[^«]*«|”[^”]*”'
_PIECE = re.compile(
    rf"(?P<minus>(?<!\S)-(?=[^\W_]|[{QUOTATION_MARKS}]))?(?:(?P<name>[A-Za-z]+):)?"
    rf"(?:(?P<quoted>{_QUOTED})|(?<=:)(?P<open>[{QUOTATION_MARKS}].*)|(?P<word>[^\s{QUOTATION_MARKS}]+|\S|(?<=:)))",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A word, or the several words of one term of the glossary; of these the stop words are left out."""

    text: str
    """As it was typed, from the offset `start` of the query to `end`."""
    start: int
    end: int
    forms: tuple[Forms, ...]
    concept: str = ""
    """The glossary's slug for what it means."""
    prefix: bool = False
    """Still being written: words that begin so match too."""
    typos: int = 0
    """Letters that may be wrong, after the first, in a folded word; for a word that is nowhere."""
    misspelt: bool = False
    """The forms are those of a word of the glossary, which it nearly is."""
    variants: tuple[Part, ...] = ()
    """Other ways to write it, as one word or several: any of them will do."""

    @property
    def key(self) -> str:
        """The one key that every passage has in which this is found; empty for a stop word: that is found as it is.

        With `prefix` a folded word that begins with `beginning` will do as well.
        """
        return CONCEPT + self.concept if self.concept else self.forms[0].stem

    @property
    def beginning(self) -> str:
        return self.forms[0].folded

    @property
    def resembles_stop_word(self) -> bool:
        """A stop word, which has no key, has the folded form of one of its words: `as` that of Ås."""
        return any(form.stem and form.folded in STOP_WORDS for form in self.forms)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in quotes: these, in this order, in these forms (accents aside)."""

    folded: tuple[str, ...]
    text: str = field(default="", compare=False)
    """As it was typed, with its signs."""
    variants: tuple[Part, ...] = ()
    """Other ways to write it, as of a word."""


Part = QueryWord | Phrase


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """`parts`: what a passage must have. `optional` words only rank. `excluded`: what it must not have."""

    parts: tuple[Part, ...] = ()
    optional: tuple[QueryWord, ...] = ()
    excluded: tuple[Part, ...] = ()
    filters: Filters = field(default_factory=Filters)
    signs: tuple[str, ...] = ()
    """What was asked for and cannot be searched for: it has neither letter nor digit."""

    @property
    def nothing_searchable(self) -> bool:
        """There is nothing to search for in what was asked: that finds nothing, not everything."""
        return bool(self.signs) and not self.parts

    @property
    def summary(self) -> QuerySummary:
        has_quotation = any(isinstance(part, Phrase) for part in self.parts)
        return QuerySummary(self.filters, bool(self.parts), has_quotation, self.nothing_searchable)

    def order(self, asked: Order) -> Order:
        """The order of the results. If nothing, or nothing but stop words, is asked for, nothing is more relevant:
        then the newest come first."""
        tells = any(isinstance(part, Phrase) or part.prefix or part.key for part in self.parts)
        return Order.NEWEST if asked is Order.RELEVANCE and not tells else asked


def parse(text: str, filters: Filters | None = None, *, typing: bool = False) -> ParsedQuery:
    """What `text` asks for, within `filters`.

    With `typing` the last word is a prefix, unless something (a space, say) already follows it, and what cannot be
    meant yet (`after:20`) is left out.
    Raises BadQuery, with one sentence, for what cannot be meant.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadQuery(
            "The search text is longer than {most} characters; search for a few words of it.", most=MAX_CHARACTERS
        )
    asked = _Parser(filters or Filters())
    for piece in _PIECE.finditer(text):
        unfinished = typing and piece.end() == len(text) and piece["quoted"] is None
        try:
            narrows = asked.narrow(piece)
        except BadQuery:
            if not (unfinished and MAY_BECOME_A_DAY.fullmatch(_value(piece).strip(QUOTATION_MARKS))):
                raise
            asked.only_signs = False
            continue
        if not narrows:
            asked.add(piece, unfinished=unfinished)
    asked.flush()
    parsed = _checked(asked.parts, asked.excluded, asked.filters)
    only_signs = asked.only_signs and text.strip() and not parsed.parts
    return replace(parsed, signs=(text.strip(),) if only_signs else tuple(asked.signs))


class _Parser:
    """What the pieces of a query come to, one after another."""

    def __init__(self, filters: Filters) -> None:
        self.filters = filters
        self.parts: list[Part] = []
        self.excluded: list[Part] = []
        self.signs: dict[str, None] = {}
        self.only_signs = True
        """There was no filter, and no word is begun that may still become one."""
        self._run: list[QueryWord] = []  # words that stand next to each other, unquoted

    def flush(self) -> None:
        self.parts += terms_in(self._run)
        self._run = []

    def narrow(self, piece: re.Match[str]) -> bool:
        """Whether the piece is a filter. Raises BadQuery."""
        value = _value(piece)
        name = filter_name(piece["name"], value)
        if name:
            self.flush()
            self.only_signs = False
            self.filters = with_filter(self.filters, name, value, minus=bool(piece["minus"]))
        return bool(name)

    def add(self, piece: re.Match[str], *, unfinished: bool) -> None:
        """A piece that is no filter. `unfinished`: it is still being typed."""
        value = _value(piece)
        words = words_in(value, piece.end() - len(value))
        before = words_in(piece["name"], piece.start("name")) if piece["name"] else []
        self.only_signs &= not unfinished or bool(value.strip(f"{QUOTATION_MARKS}-"))
        if piece["minus"]:
            self.flush()
            self.excluded += before
            if piece["quoted"] is not None:
                self.excluded.append(_phrase(value, piece["quoted"]))
            elif not unfinished or self.parts:
                self.excluded += words
            self.only_signs &= not words
            return
        self.signs |= dict.fromkeys(_emoji(value))
        self._run += before
        if piece["quoted"] is not None:
            self.flush()
            self.parts.append(_phrase(value, piece["quoted"]))
            return
        if unfinished and words and value.endswith(words[-1].text):
            words[-1] = replace(words[-1], prefix=True)
        self._run += words


def _value(piece: re.Match[str]) -> str:
    """What stands after minus and name, without the signs of a quotation."""
    return piece["quoted"][1:-1] if piece["quoted"] is not None else piece["open"] or piece["word"] or ""


def _emoji(text: str) -> list[str]:
    """Emoji and their like, neighbours together; other signs go without saying."""
    groups = ("".join(group) for drawn, group in groupby(text, key=_is_emoji) if drawn)
    return [group for group in groups if any(category(sign) == "So" for sign in group)]


def _is_emoji(sign: str) -> bool:
    """Whether it is such a sign, or what joins, tints or varies them."""
    return category(sign) == "So" or sign in "\u200d\ufe0e\ufe0f" or "\U0001f3fb" <= sign <= "\U0001f3ff"


def _phrase(text: str, quoted: str) -> Phrase:
    return Phrase(tuple(token.forms.folded for token in tokens(text, "")), quoted)


def words_in(text: str, start: int) -> list[QueryWord]:
    """The words of a piece of the query that begins at `start`."""
    return [
        QueryWord(text[token.start : token.end], start + token.start, start + token.end, (token.forms,))
        for token in tokens(text, "")
    ]


def terms_in(run: Sequence[QueryWord]) -> Iterator[QueryWord]:
    """Neighbouring words joined if together they are a term of the glossary: the longest first."""
    at = 0
    while at < len(run):
        for size in range(min(_LONGEST_TERM, len(run) - at), 0, -1):
            words = run[at : at + size]
            if size == 1 and not words[0].forms[0].stem:
                yield words[0]
            elif term := _term(words):
                yield term
            else:
                continue
            at += size
            break


def _term(words: Sequence[QueryWord]) -> QueryWord | None:
    """These words as one, if they are a term or a single word. A term begins and ends with words that are no stop
    words."""
    first, last = words[0], words[-1]
    forms = tuple(form for word in words for form in word.forms if form.stem)
    if not (first.forms[0].stem and last.forms[-1].stem):
        return None
    concept = None if last.prefix else concept_of([form.stem for form in forms])
    if len(words) == 1:
        return replace(first, concept=concept or "")
    if concept is None:
        return None
    text = first.text + "".join(" " * (word.start > before.end) + word.text for before, word in pairwise(words))
    misspelt = any(word.misspelt for word in words)
    return QueryWord(text, first.start, last.end, forms, concept, misspelt=misspelt)


def _checked(parts: Sequence[Part], excluded: Sequence[Part], filters: Filters) -> ParsedQuery:
    parts, excluded = (
        [part for part in some if isinstance(part, QueryWord) or part.folded] for some in (parts, excluded)
    )
    parts = without_repeats(parts)
    excluded = without_repeats(excluded)
    if (
        sum(len(part.folded) if isinstance(part, Phrase) else len(part.forms) for part in (*parts, *excluded))
        > MAX_WORDS
    ):
        raise BadQuery("The search has more than {most} words; search for a few of them.", most=MAX_WORDS)
    if excluded and not parts:
        raise BadQuery("Say also what to search for, not only what to leave out.")
    phrases = [part for part in parts if isinstance(part, Phrase)]
    if len(phrases) > MAX_REQUIRED:
        raise BadQuery("The search has more than {most} quotations; search for a few of them.", most=MAX_REQUIRED)
    telling = [part for part in parts if isinstance(part, Phrase) or part.forms[0].stem]
    if len(telling) > MAX_REQUIRED:
        telling = [*phrases, *(part for part in telling if isinstance(part, QueryWord))]
    required = (telling or parts)[:MAX_REQUIRED]
    optional = tuple(part for part in parts if part not in required and isinstance(part, QueryWord))
    return ParsedQuery(tuple(required), optional, tuple(excluded), filters)


def without_repeats(parts: Sequence[Part]) -> list[Part]:
    """Each key once: of two words with one key the one still being written, else the first."""
    distinct: dict[object, Part] = {}
    for part in parts:
        same = (part.forms[0].stem or part.forms[0].folded, part.concept) if isinstance(part, QueryWord) else part
        if same not in distinct or (isinstance(part, QueryWord) and part.prefix):
            distinct[same] = part
    return list(distinct.values())
