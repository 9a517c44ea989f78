"""The search index in memory: small, plain, and held to the same promises. It says what the others must find.

A passage matches when each part of the query (or, if no passage has all, as many of them as any passage
has) is found in its text, its speakers or its recording's title. A recording shows the passages that have a part
in their own text or speakers; if only its title matches, its first passage stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from index.facets.cards import Card, card_of, facet_counts, in_order, passing, spellings
from index.passages.build import by_recording
from index.port import Order, Passage, Prepared, PreviewHit, Query, RecordingHit, Results
from index.query.answer import answer, answer_previews
from index.query.engine import EngineAnswer
from index.query.missing import possibly_missing, with_missing
from index.query.parser import ParsedQuery, Part, Phrase
from index.query.typos import distance, tolerate_typos
from index.query.word_variants import with_variants
from index.ranking.highlight import recording_hit
from index.ranking.matches import Marker
from index.ranking.scoring import Scored, Scorer, best_first, idf_weights, recording_score
from index.text.analysis import Analysed, SubjectWords, analysed, subject_words
from index.unready import not_ready


@dataclass(frozen=True)
class _Entry:
    passage: Passage

    @cached_property
    def _analysed(self) -> Analysed:
        return analysed(self.passage)

    @cached_property
    def words(self) -> tuple[str, str, str]:
        """Of text, title and speakers, each with a space around every word."""
        known = self._analysed
        return f" {known.text} ", f" {known.title} ", f" {known.speakers} "

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(self._analysed.keys.split())

    @cached_property
    def own(self) -> frozenset[str]:
        """Its keys without those that only the title has."""
        return self.keys - frozenset(self._analysed.lent.split())

    @cached_property
    def subject(self) -> SubjectWords:
        """Of its recording's title and topics."""
        return subject_words(self.passage)

    @cached_property
    def speakers(self) -> frozenset[str]:
        return frozenset(self._analysed.speakers.split())

    def has(self, part: Part) -> bool:
        """Whether it, or its recording's title, has this part of a query."""
        return _has(part, self.keys, self.words)

    def is_about(self, part: Part) -> bool:
        """Whether its recording's title and topics have it."""
        return _has(part, frozenset(self.subject.keys.split()), (f" {self.subject.words} ",))

    def has_in_own_text(self, part: Part) -> bool:
        text, _, speakers = self.words
        return _has(part, self.own, (text, speakers))


class MemoryIndex:
    """Every entry is immutable and the dictionary is replaced whole, so searching needs no lock."""

    def __init__(self, *, built: bool = True) -> None:
        """`built`: it holds all of the (empty) archive from its start, and need not be rebuilt first."""
        self._entries: dict[str, tuple[_Entry, ...]] = {}
        self._built = built

    @property
    def needs_rebuild(self) -> bool:
        return not self._built

    def check(self, *, deep: bool = False) -> None:
        self.search(Query(per_page=1, passages=1))

    def replace(self, recording_id: str, passages: Sequence[Passage]) -> None:
        self._entries = {**self._entries, recording_id: tuple(_Entry(passage) for passage in passages)}
        if not passages:
            self.remove(recording_id)

    def remove(self, recording_id: str) -> None:
        self._entries = {key: entries for key, entries in self._entries.items() if key != recording_id}

    def search(self, query: Query) -> Results:
        return answer(query, lambda _: self._engine(query.visible_to))

    def previews(self, query: Query) -> tuple[PreviewHit, ...]:
        return answer_previews(query, lambda subject: self._engine(query.visible_to).previews(query, subject))

    def rebuild(self, passages: Iterable[Passage]) -> int:
        return self.rebuild_prepared(map(self.prepare, by_recording(passages)))

    def prepare(self, passages: Sequence[Passage]) -> Prepared:
        return Prepared(len(passages), tuple(passages))

    def rebuild_prepared(self, recordings: Iterable[Prepared]) -> int:
        before = self._entries
        made = [recording.content for recording in recordings]
        built = {passages[0].recording_id: tuple(map(_Entry, passages)) for passages in made}
        written = {
            key: entries for key, entries in self._entries.items() if before.get(key) is not entries
        }  # in the meantime
        removed = before.keys() - self._entries.keys()
        self._entries = {key: entries for key, entries in built.items() if key not in removed} | written
        self._built = True
        return sum(map(len, made))

    def forget_past(self) -> None: ...

    def versions(self) -> dict[str, int]:
        return {key: entries[0].passage.version for key, entries in self._entries.items()}

    def close(self) -> None: ...

    def _engine(self, visible_to: frozenset[str] | None) -> _MemoryEngine:
        """Raises IndexNotReady."""
        if not self._built:
            raise not_ready()
        return _MemoryEngine(
            {
                recording_id: entries
                for recording_id, entries in self._entries.items()
                if visible_to is None or entries[0].passage.audience in visible_to
            }
        )


@dataclass(frozen=True)
class _MemoryEngine:
    """All entries of one moment, by recording."""

    entries: Mapping[str, Sequence[_Entry]]

    def find(self, query: Query, parsed: ParsedQuery) -> EngineAnswer:
        parsed = with_variants(
            parsed, lambda parts: {part for part in parts if any(entry.has(part) for entry in self._all)}
        )
        parsed = tolerate_typos(parsed, lambda word: not any(entry.has(word) for entry in self._all))
        marker = Marker((*parsed.parts, *parsed.optional))
        matching: dict[str, list[_Entry]] = {}
        cards: list[Card] = []
        chosen: list[Card] = []
        least = 0
        for least in range(len(parsed.parts), 0 if parsed.parts else -1, -1):
            matching = {
                key: matches for key, entries in self.entries.items() if (matches := _matching(entries, parsed, least))
            }
            cards = [card_of(matches[0].passage) for matches in matching.values()]
            chosen = passing(cards, parsed.filters)
            if chosen:
                break
        scorer = Scorer(marker, len(parsed.parts), self._idf_weights(parsed) if least < len(parsed.parts) else ())
        scored = {card.recording_id: _scored(matching[card.recording_id], parsed, scorer) for card in chosen}
        best = {
            key: recording_score(scored_passages[0].score, len(scored_passages))
            for key, scored_passages in scored.items()
        }
        ordered = in_order(chosen, parsed.order(query.order), best)
        page = ordered[(query.page - 1) * query.per_page : query.page * query.per_page]
        spelt = spellings(card_of(entries[0].passage) for entries in self.entries.values())
        results = Results(
            hits=tuple(_hit(scored[card.recording_id], marker, parsed, query.passages) for card in page),
            total=len(chosen),
            facets=facet_counts(cards, parsed.filters, spelt),
        )
        if least < len(parsed.parts) or not chosen:
            results = with_missing(results, parsed, least, *self._occurring(parsed))
        return EngineAnswer(results, parsed)

    def previews(self, query: Query, subject: ParsedQuery) -> tuple[PreviewHit, ...]:
        firsts = {recording_id: entries[0] for recording_id, entries in self.entries.items()}
        subject = with_variants(
            subject, lambda parts: {part for part in parts if any(entry.is_about(part) for entry in firsts.values())}
        )
        cards = [
            card_of(entry.passage)
            for entry in firsts.values()
            if all(map(entry.is_about, subject.parts)) and not any(map(entry.is_about, subject.excluded))
        ]
        newest = in_order(passing(cards, subject.filters), Order.NEWEST, {})[: query.per_page]
        shown = [firsts[card.recording_id].passage for card in newest]
        return tuple(PreviewHit(passage.title, passage.circle, passage.date) for passage in shown)

    def words(self, beginning: str) -> set[str]:
        words = {word for entry in self._all for field in entry.words for word in field.split()}
        return {word for word in words if word.startswith(beginning)}

    @cached_property
    def _all(self) -> list[_Entry]:
        return [entry for entries in self.entries.values() for entry in entries]

    def _occurring(self, parsed: ParsedQuery) -> tuple[set[Part], set[Part]]:
        """Of the parts that may be missing: those that occur within the filters, and those that occur anywhere."""
        within_filters = [
            entry for entry in _matching(self._all, parsed, 0) if passing([card_of(entry.passage)], parsed.filters)
        ]
        parts = possibly_missing(parsed)
        here, anywhere = (
            {part for part in parts if any(entry.has(part) for entry in entries)}
            for entries in (within_filters, self._all)
        )
        return here, anywhere

    def _idf_weights(self, parsed: ParsedQuery) -> list[float]:
        return idf_weights([sum(entry.has(part) for entry in self._all) for part in parsed.parts], len(self._all))


def _has(part: Part, keys: frozenset[str], fields: Sequence[str]) -> bool:
    return any(_occurs(variant, keys, fields) for variant in (part, *part.variants))


def _occurs(part: Part, keys: frozenset[str], fields: Sequence[str]) -> bool:
    if isinstance(part, Phrase):
        return any(f" {' '.join(part.folded)} " in field for field in fields)
    if part.prefix and any(f" {part.beginning}" in field for field in fields):
        return True
    if not part.key:
        return any(f" {part.forms[0].folded} " in field for field in fields)
    if part.key in keys:
        return True
    asked = part.forms[0].folded
    return part.typos > 0 and any(distance(word, asked) <= part.typos for field in fields for word in field.split())


def _matching(entries: Sequence[_Entry], parsed: ParsedQuery, least: int) -> list[_Entry]:
    """The passages that match, in the order given."""
    return [
        entry
        for entry in entries
        if sum(entry.has(part) for part in parsed.parts) >= least
        and parsed.filters.speakers <= entry.speakers
        and not any(entry.has(part) for part in parsed.excluded)
    ]


def _scored(entries: Sequence[_Entry], parsed: ParsedQuery, scorer: Scorer) -> list[Scored]:
    """The passages to show, best first: those that match themselves, else the first."""
    own = [entry for entry in entries if any(entry.has_in_own_text(part) for part in parsed.parts)]
    scored = [scorer.score(entry.passage) for entry in (own or entries[:1] if parsed.parts else entries)]
    return sorted(scored, key=best_first)


def _hit(scored: Sequence[Scored], marker: Marker, parsed: ParsedQuery, limit: int) -> RecordingHit:
    shown = scored[:limit] if parsed.parts else scored[:1]
    return recording_hit(shown, marker, len(parsed.parts), len(scored))
