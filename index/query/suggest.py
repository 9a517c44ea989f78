""" "Did you mean": another word of the archive for one that is nowhere, not even misspelt."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from index.port import Fragment, Lack, Query, RecordingHit
from index.query.engine import Engine, EngineAnswer
from index.query.parser import ParsedQuery, Part, QueryWord, parse
from index.text.analysis import tokens

BEGINNING = 3
"""Letters at the beginning of a word that its suggestions share."""
_LEAST_SIMILARITY = (
    0.82  # Jaro-Winkler similarity (Winkler 1990) that a word must have; below, suggestions read as random
)
_MOST = 5  # words that are tried, the most alike


class _Candidate(NamedTuple):
    """Offers are compared: the larger is the better one."""

    fits: bool
    """It stands in a recording in a language of what else is found, or offered."""
    alike: float
    word: str
    """As it is written there."""
    language: str


def suggestion(engine: Engine, query: Query, engine_answer: EngineAnswer) -> str:
    """The text of the query with a better word for each that is nowhere, if there is one; else empty.

    Each finds something within the same filters, and is written as it stands there.
    """
    nowhere = {missing.text for missing in engine_answer.results.missing if missing.lack is Lack.NOWHERE}
    languages = {hit.language for hit in engine_answer.results.hits}
    replacements: dict[Part, str] = {}
    for word in suggestible_words(engine_answer.parsed):
        candidates = list(_candidates(engine, word, engine_answer.parsed, languages)) if word.text in nowhere else []
        if candidates:
            best = max(candidates)
            replacements[word] = best.word
            languages.add(best.language)
    return with_replacements(query.text, replacements)


def suggestible_words(parsed: ParsedQuery) -> list[QueryWord]:
    """The words for which another may be suggested."""
    words = [part for part in parsed.parts if isinstance(part, QueryWord) and len(part.forms) == 1]
    return [word for word in words if len(word.forms[0].folded) > BEGINNING]


def most_similar(word: QueryWord, vocabulary: Iterable[str]) -> list[str]:
    """The words of `vocabulary` (folded words) most like it, the most alike first, itself apart."""
    asked = word.forms[0].folded
    others = sorted({other for other in vocabulary if other != asked})
    similar = process.extract(asked, others, scorer=JaroWinkler.similarity, score_cutoff=_LEAST_SIMILARITY, limit=_MOST)
    return [other for other, _, _ in similar]


def with_replacements(text: str, replacements: Mapping[Part, str]) -> str:
    """The query `text` with the words of `replacements` in place; empty if there are none."""
    words = sorted(
        (part for part in replacements if isinstance(part, QueryWord)), key=lambda word: word.start, reverse=True
    )
    changed = text
    for word in words:
        changed = changed[: word.start] + replacements[word] + changed[word.end :]
    return changed if words else ""


def _candidates(
    engine: Engine, word: QueryWord, parsed: ParsedQuery, languages: Container[str]
) -> Iterator[_Candidate]:
    """The words most like it, of those that find something."""
    for similar in most_similar(word, engine.words(word.forms[0].folded[:BEGINNING])):
        alone = replace(parse(similar), filters=parsed.filters, excluded=parsed.excluded)
        for hit in engine.find(Query(similar, per_page=3), alone).results.hits:
            if spelling := _as_written(hit, similar):
                similarity = JaroWinkler.similarity(word.forms[0].exact, spelling.casefold())
                yield _Candidate(hit.language in languages, similarity, spelling, hit.language)


def _as_written(hit: RecordingHit, folded: str) -> str:
    """The word as it stands in what is shown of this one, without the capital of the beginning of a sentence."""
    shown = ["".join(piece.text for piece in fragments) for fragments in _fragments(hit)]
    named = [*hit.topics, *hit.organisations, *(name for passage in hit.passages for name in passage.speakers)]
    for text in (*shown, *named):
        for token in tokens(text, ""):
            if token.forms.folded == folded:
                word = text[token.start : token.end]
                return word.lower() if word == word.capitalize() else word
    return ""


def _fragments(hit: RecordingHit) -> Iterator[tuple[Fragment, ...]]:
    yield from (passage.fragments for passage in hit.passages)
    yield hit.title
