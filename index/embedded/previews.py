"""That there are recordings, for those who may not see them: searched by what people call them, never by what they say.

Only the documents of recordings are asked, and of these only `subject` and `subject_keys`, which no passage has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from tantivy import Occur, Query as Condition

from index.embedded.filters import any_of, in_recordings
from index.embedded.generations import engine_errors
from index.embedded.searcher import buckets
from index.embedded.snapshot import Snapshot
from index.port import PreviewHit, Query
from index.query.parser import ParsedQuery, Part, Phrase
from index.query.word_variants import with_variants


def previews_in(snapshot: Snapshot, query: Query, subject: ParsedQuery) -> tuple[PreviewHit, ...]:
    """Those of `query.visible_to`, the newest first, at most `query.per_page`."""
    with engine_errors():
        search = _SubjectSearch(snapshot, query.visible_to)
        return search.newest(with_variants(subject, search.occurring), query.per_page)


class _SubjectSearch:
    def __init__(self, snapshot: Snapshot, audiences: Collection[str] | None) -> None:
        self._schema, self._searcher = snapshot.index.schema, snapshot.searcher
        self._columns = snapshot.columns
        recordings = [Condition.term_query(self._schema, "passage", False)]
        if audiences is not None:
            recordings.append(any_of(self._term("audience", audience) for audience in sorted(audiences)))
        self._limits = [(Occur.Must, Condition.const_score_query(limit, 0.0)) for limit in recordings]

    def occurring(self, parts: Sequence[Part]) -> list[Part]:
        """Those that any of the recordings is about."""
        return [part for part in parts if self._occurs(part)]

    def newest(self, subject: ParsedQuery, most: int) -> tuple[PreviewHit, ...]:
        query = self._query(subject.parts, subject.excluded)
        recs = buckets(self._searcher, query, "rec", len(self._columns.cards))
        rows = self._columns.passing(self._columns.rows(recs), subject.filters)[:most]
        titles = self._titles(self._columns.recs[rows].tolist())
        cards = [self._columns.cards[row] for row in rows]
        return tuple(PreviewHit(title, card.cell[0], card.date) for title, card in zip(titles, cards, strict=True))

    def _occurs(self, part: Part) -> bool:
        if isinstance(part, Phrase) and not all(self._searcher.doc_freq("subject", word) for word in part.folded):
            return False  # most ways to part a word are in no title at all
        return bool(self._searcher.search(self._query([part]), 1, count=False).hits)

    def _titles(self, recs: Sequence[int]) -> list[str]:
        asked = Condition.boolean_query([(Occur.Must, in_recordings(self._schema, recs)), *self._limits])
        places = [at for _, at in self._searcher.search(asked, max(1, len(recs)), count=False).hits]
        found = self._searcher.fast_field_values("rec", places)
        titles = {
            rec: bytes(self._searcher.doc(at)["heading"][0]).decode() for rec, at in zip(found, places, strict=True)
        }
        return [titles[rec] for rec in recs]

    def _query(self, parts: Iterable[Part], excluded: Iterable[Part] = ()) -> Condition:
        wanted = [(Occur.Must, any_of(self._ways(part))) for part in parts]
        unwanted = [(Occur.MustNot, any_of(self._ways(part))) for part in excluded]
        return Condition.boolean_query([*wanted, *unwanted, *self._limits])

    def _ways(self, part: Part) -> list[Condition]:
        """The ways in which a title or topic can have it: any of them will do."""
        ways: list[Condition] = []
        for variant in (part, *part.variants):
            if isinstance(variant, Phrase):
                ways.append(self._words(variant.folded))
                continue
            if variant.prefix:
                ways.append(Condition.regex_query(self._schema, "subject", f"{variant.beginning}.*"))
            if variant.key:
                ways.append(self._term("subject_keys", variant.key))
            elif not variant.prefix:
                ways.append(self._words((variant.forms[0].folded,)))
        return ways

    def _words(self, folded: Sequence[str]) -> Condition:
        if len(folded) > 1:
            return Condition.phrase_query(self._schema, "subject", list(folded))
        return Condition.term_query(self._schema, "subject", folded[0], index_option="freq")

    def _term(self, field: str, term: str) -> Condition:
        return Condition.term_query(self._schema, field, term, index_option="basic")
