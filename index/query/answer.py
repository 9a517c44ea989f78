"""One search, from its text to its answer: the same for every engine, which only has to find."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from index.port import Filters, Lack, Missing, Order, PreviewHit, Query, Results
from index.query.engine import Engine
from index.query.missing import nothing_searchable, with_signs
from index.query.parser import ParsedQuery, Part, QueryWord, parse
from index.query.suggest import suggestion
from index.text.folding import label_key

SHORTEST_BEGINNING = 3
"""Letters of a word that is being typed from which on it may begin words of a title that others are told of."""


def answer(query: Query, open_engine: Callable[[ParsedQuery], Engine]) -> Results:
    """What `query` finds, and what is to be said about it. Its text is parsed here, and nowhere else.

    `open_engine` is given the parsed query. Raises BadQuery before that, and what `open_engine` and the engine raise.
    """
    began = time.perf_counter()
    parsed = parse(query.text, query.filters, typing=query.typing)
    results = _answer(open_engine(parsed), query, parsed)
    return replace(results, query=parsed.summary, seconds=time.perf_counter() - began)


def answer_previews(query: Query, find: Callable[[ParsedQuery], tuple[PreviewHit, ...]]) -> tuple[PreviewHit, ...]:
    """What `query` lets those know who may not see what it finds. `find` is given the subject that it asks for.

    Raises BadQuery, and what `find` raises.
    """
    subject = _subject(parse(query.text, query.filters, typing=query.typing))
    return find(subject) if subject is not None else ()


def _subject(parsed: ParsedQuery) -> ParsedQuery | None:
    """What is asked for as a subject: words that tell something, or a topic.

    None if nothing is, and for whoever asks within a circle, a network, a language, an organisation or a speaker: they
    mean what they see of these, and would else be told what a recording is not.
    """
    filters = parsed.filters
    subject = replace(parsed, parts=tuple(map(_begun, parsed.parts)), optional=())
    tells = subject.order(Order.RELEVANCE) is Order.RELEVANCE
    named = filters.topics and not (parsed.parts or parsed.signs)
    allowed = filters == Filters(topics=filters.topics, after=filters.after, before=filters.before)
    return subject if allowed and (tells or named) else None


def _begun(part: Part) -> Part:
    """The same; a word of which next to nothing is typed yet only stands for itself."""
    if isinstance(part, QueryWord) and part.prefix and len(part.beginning) < SHORTEST_BEGINNING:
        return replace(part, prefix=False)
    return part


def _answer(engine: Engine, query: Query, parsed: ParsedQuery) -> Results:
    if parsed.nothing_searchable:
        return nothing_searchable(parsed)
    engine_answer = engine.find(query, parsed)
    results = with_signs(engine_answer.results, parsed)
    if not results.total and (unknown_filters := tuple(_unknown(engine, parsed.filters))):
        nowhere = tuple(
            missing for missing in results.missing if missing.lack is not Lack.ELSEWHERE
        )  # the filter is why
        return replace(results, missing=unknown_filters + nowhere)
    if any(missing.lack is Lack.NOWHERE for missing in results.missing):
        return replace(results, suggestion=suggestion(engine, query, engine_answer))
    return results


def _unknown(engine: Engine, filters: Filters) -> Iterator[Missing]:
    """The filters that no recording of the archive passes, as they are written in a query."""
    if filters == Filters(recording_id=filters.recording_id, after=filters.after, before=filters.before):
        return
    facets = engine.find(Query(per_page=1), ParsedQuery()).results.facets
    asked = {
        "circle": filters.circles,
        "network": filters.networks,
        "language": filters.languages,
        "topic": filters.topics,
        "organisation": filters.organisations,
    }
    for kind, values in asked.items():
        known = {label_key(value) for value in facets[kind]}
        yield from (_nowhere(kind, value) for value in sorted(values) if label_key(value) not in known)
    for word in sorted(filters.speakers):
        speaking = ParsedQuery(filters=Filters(speakers=frozenset({word})))
        if not engine.find(Query(per_page=1), speaking).results.total:
            yield _nowhere("speaker", word)


def _nowhere(kind: str, value: str) -> Missing:
    return Missing(f'{kind}:"{value}"' if " " in value else f"{kind}:{value}", Lack.NOWHERE)
