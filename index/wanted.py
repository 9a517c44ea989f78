"""What a query asks for, before any engine. The language of queries, the same for all engines:

    anskaffelse skytjenester        both words, in any inflection
    "digital post"                  these words, so, one after the other
    -skole  -"digital post"         not where this is said
    speaker:"Kari Bø"               circle:, network:, language:, year:, after:, before:

Days are inclusive, and a month or a year stands for its first day (after) or its last (before).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from rapidfuzz.distance import OSA

from index.analysis import CONCEPT, Forms, tokens
from index.glossary import concept_of, glossary, term_words
from index.port import Filters
from kring.errors import BadQuery

MAX_CHARACTERS = 1000
MAX_WORDS = 32
MAX_REQUIRED = 10
"""Words and phrases that are asked of a passage; further ones are optional (Meilisearch reads no more than ten)."""
_LONGEST_TERM = 4  # words of a term of the glossary
_QUOTED = r'"[^"]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»'
_PIECE = re.compile(
    rf"(?P<minus>(?<!\S)-)?(?:(?P<name>[A-Za-z]+):(?=\S|$))?(?P<quoted>{_QUOTED})|(?P<word>[^\s\"“„«]+|\S)"
)
_FILTER = re.compile(r"(?P<minus>-)?(?P<name>[A-Za-z]+):(?P<value>.*)", re.DOTALL)
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or the several words of one term of the glossary."""

    text: str
    """As it was typed."""
    forms: tuple[Forms, ...]
    concept: str = ""
    """The glossary's slug for what it means."""
    prefix: bool = False
    """Still being written: words that begin so match too."""
    typos: int = 0
    """Letters that may be wrong, after the first, in a folded word; for a word that is nowhere."""
    misspelt: bool = False
    """The forms are those of a word of the glossary, which it nearly is."""

    @property
    def key(self) -> str:
        """The one key that every passage has in which this is found; empty for a stop word: that is found as it is.

        With `prefix` a folded word that begins with `beginning` will do as well.
        """
        return CONCEPT + self.concept if self.concept else self.forms[0].stem

    @property
    def beginning(self) -> str:
        return self.forms[0].folded


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in quotes: these, in this order, in these forms (accents aside)."""

    folded: tuple[str, ...]


Part = Word | Phrase


@dataclass(frozen=True, slots=True)
class Wanted:
    """`parts`: what a passage must have. `optional` words only rank. `excluded`: what it must not have."""

    parts: tuple[Part, ...] = ()
    optional: tuple[Word, ...] = ()
    excluded: tuple[Part, ...] = ()
    filters: Filters = field(default_factory=Filters)

    def tolerating(self, nowhere: Callable[[Word], bool]) -> Wanted:
        """The same where words that are nowhere may be misspelt: one letter from 5, two from 9 letters.

        Such a word stands for the word of the glossary that it nearly is, where the archive has that; else any word of
        the archive that it nearly is will do.
        """
        parts: list[Part] = []
        run: list[Word] = []
        for part in self.parts:
            if isinstance(part, Word):
                run.append(_tolerant(part, nowhere))
            else:
                parts += [*_terms(run), part]
                run = []
        return replace(self, parts=tuple([*parts, *_terms(run)]))


def parse(text: str, filters: Filters | None = None, *, typing: bool = False) -> Wanted:
    """What `text` asks for, within `filters`.

    With `typing` the last word is a prefix, unless something (a space, say) already follows it.
    Raises BadQuery, with one sentence, for what cannot be meant.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadQuery(f"The search text is longer than {MAX_CHARACTERS} characters; search for a few words of it.")
    filters = filters or Filters()
    parts: dict[Part, None] = {}
    excluded: dict[Part, None] = {}
    run: list[Word] = []  # words that stand next to each other, unquoted

    def flush() -> None:
        parts.update(dict.fromkeys(_terms(run)))
        run.clear()

    for minus, name, value, quoted, last in _pieces(text):
        unfinished = typing and last and not quoted
        if name:
            if not (unfinished and not value):
                filters = _narrowed(filters, name, value, minus=minus)
        elif minus:
            excluded.update(dict.fromkeys([_phrase(value)] if quoted else _words(value)))
        elif quoted:
            flush()
            parts[_phrase(value)] = None
        else:
            words = _words(value)
            if unfinished and words and value.endswith(words[-1].text):
                words[-1] = replace(words[-1], prefix=True)
            run += words
    flush()
    return _wanted([part for part in parts if _says(part)], [part for part in excluded if _says(part)], filters)


def distance(one: str, other: str) -> int:
    """Wrong, missing, surplus or swapped letters; 99 where the first letters differ, which typing seldom gets wrong."""
    return OSA.distance(one, other, score_cutoff=2) if one[:1] == other[:1] else 99


def _tolerant(word: Word, nowhere: Callable[[Word], bool]) -> Word:
    asked = word.forms[0].folded
    if len(word.forms) > 1 or not word.forms[0].stem or not asked.isalpha() or len(asked) < 5 or not nowhere(word):
        return word
    typos = 2 if len(asked) >= 9 else 1
    near = [(distance(known, asked), known) for known in _glossary_words()]
    for _, known in sorted(one for one in near if one[0] <= typos):
        meant = next(tokens(known, "")).forms
        corrected = replace(word, forms=(meant,), concept=concept_of([meant.stem]) or "", prefix=False, misspelt=True)
        if not nowhere(corrected):
            return corrected
    return replace(word, typos=typos)


@cache
def _glossary_words() -> tuple[str, ...]:
    """Every word, folded, of every term."""
    terms = (term for languages in glossary().words.values() for each in languages.values() for term in each)
    return tuple(sorted({word for term in terms for word in term_words(term)}))


def _pieces(text: str) -> Iterator[tuple[bool, str, str, bool, bool]]:
    """(minus, name of a filter, value, quoted, whether it is the last) of each piece; `name:` only where there is such
    a filter, or nearly."""
    for found in _PIECE.finditer(text):
        last = found.end() == len(text)
        if found["quoted"] is not None:
            name = _filter_name(found["name"])
            if found["name"] and not name:
                yield False, "", found["name"], False, False
            yield bool(found["minus"]), name, found["quoted"][1:-1], True, last
            continue
        word = found["word"]
        known = _FILTER.fullmatch(word)
        if known and (name := _filter_name(known["name"])):
            yield bool(known["minus"]), name, known["value"], False, last
            continue
        minus = len(word) > 1 and word[0] == "-" and (word[1].isalnum())
        yield minus, "", word[1:] if minus else word, False, last


def _filter_name(name: str | None) -> str:
    """The filter of this name; empty where it is a word like others. Raises BadQuery for a misspelt one."""
    name = (name or "").lower()
    if name in _FILTERS or not name:
        return name
    for known in _FILTERS:
        if len(name) >= 4 and OSA.distance(name, known) == 1:
            raise BadQuery(f"There is no “{name}:”; did you mean “{known}:”?")
    return ""


def _narrowed(filters: Filters, name: str, value: str, *, minus: bool) -> Filters:
    value = " ".join(value.split())
    if minus:
        raise BadQuery(f"“-{name}:” cannot be used: a minus leaves out words, as in -skole.")
    if not value:
        raise BadQuery(f"“{name}:” needs something after it, as in {name}:{_FILTERS[name]}.")
    match name:
        case "circle":
            return replace(filters, circles=filters.circles | {value.lower()})
        case "network":
            return replace(filters, networks=filters.networks | {value.lower()})
        case "language":
            return replace(filters, languages=filters.languages | {_LANGUAGES.get(value.lower(), value.lower())})
        case "speaker":
            words = frozenset(token.forms.folded for token in tokens(value, ""))
            return replace(filters, speakers=filters.speakers | words)
        case _:
            first, last = _days(name, value)
            after = max(filter(None, (filters.after, first if name != "before" else None)), default=None)
            before = min(filter(None, (filters.before, last if name != "after" else None)), default=None)
            return replace(filters, after=after, before=before)


def _days(name: str, value: str) -> tuple[date, date]:
    """The first and the last day of a day, a month or a year."""
    written = _DAY.fullmatch(value)
    try:
        if not written:
            raise ValueError
        year, month, day = (int(number or 0) for number in written.groups())
        last_day = day or calendar.monthrange(year, month or 12)[1]
        return date(year, month or 1, day or 1), date(year, month or 12, last_day)
    except ValueError:
        raise BadQuery(
            f"“{name}:{value}” is no date; write a year, a month or a day: {name}:2025, {name}:2025-01, "
            f"{name}:2025-01-31."
        ) from None


def _words(text: str) -> list[Word]:
    return [Word(text[token.start : token.end], (token.forms,)) for token in tokens(text, "")]


def _phrase(text: str) -> Phrase:
    return Phrase(tuple(token.forms.folded for token in tokens(text, "")))


def _says(part: Part) -> bool:
    return isinstance(part, Word) or bool(part.folded)


def _terms(run: Sequence[Word]) -> Iterator[Word]:
    """Neighbouring words, where they are a term of the glossary taken together: the longest first."""
    at = 0
    while at < len(run):
        for size in range(min(_LONGEST_TERM, len(run) - at), 0, -1):
            words = run[at : at + size]
            forms = tuple(form for word in words for form in word.forms)
            known = all(form.stem for form in forms) and not words[-1].prefix
            concept = concept_of([form.stem for form in forms]) if known else None
            if concept or size == 1:
                misspelt = any(word.misspelt for word in words)
                text = " ".join(word.text for word in words)
                yield replace(words[0], text=text, forms=forms, concept=concept or "", misspelt=misspelt)
                at += size
                break


def _wanted(parts: Sequence[Part], excluded: Sequence[Part], filters: Filters) -> Wanted:
    if sum(len(part.folded) if isinstance(part, Phrase) else 1 for part in (*parts, *excluded)) > MAX_WORDS:
        raise BadQuery(f"The search has more than {MAX_WORDS} words; search for a few of them.")
    if excluded and not parts:
        raise BadQuery("Say also what to search for, not only what to leave out.")
    parts = _without_repeats(parts)
    telling = [part for part in parts if isinstance(part, Phrase) or part.forms[0].stem]
    required = (telling or parts)[:MAX_REQUIRED]
    optional = tuple(part for part in parts if part not in required and isinstance(part, Word))
    return Wanted(tuple(required), optional, tuple(dict.fromkeys(excluded)), filters)


def _without_repeats(parts: Sequence[Part]) -> list[Part]:
    """Each key once: of two words with one key the one still being written, else the first."""
    kept: dict[object, Part] = {}
    for part in parts:
        same = (part.forms[0].stem or part.forms[0].folded, part.concept) if isinstance(part, Word) else part
        if same not in kept or (isinstance(part, Word) and part.prefix):
            kept[same] = part
    return list(kept.values())


_FILTERS = {
    "circle": "personvern",
    "network": "digi-fjordane",
    "language": "nb",
    "speaker": "Kari",
    "year": "2025",
    "after": "2025-01",
    "before": "2025-06-30",
}
_LANGUAGES = {
    **{"no": "nb", "norwegian": "nb", "norsk": "nb", "bokmål": "nb", "nynorsk": "nn"},
    **{"danish": "da", "dansk": "da", "dutch": "nl", "nederlands": "nl", "english": "en"},
}
"""Names that people write for the codes."""
