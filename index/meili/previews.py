"""That there are recordings, for those who may not see them: searched by what people call them, never by what they say.

Only the first passage of each recording is asked, and of that only `SUBJECT`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from index.meili.query import Way, body, conditions, ways, ways_of_part
from index.meili.result_page import SORTS, Ask
from index.meili.schema import HEADING, SUBJECT, from_value
from index.port import Filters, Order, PreviewHit, Query
from index.query.parser import ParsedQuery, Part
from index.query.word_variants import with_variants

FIRST = "number = 0"
FIELDS = ("recording_id", "day", "circle", HEADING)


def previews_in(ask: Ask, index: str, query: Query, subject: ParsedQuery) -> tuple[PreviewHit, ...]:
    """Those that `ask` is limited to, the newest first, at most `query.per_page`."""
    subject = with_variants(subject, lambda parts: _occurring(ask, index, parts))
    within = [*conditions(subject.filters), FIRST]
    several: Sequence[Way | None] = (
        ways(subject, len(subject.parts), range(len(subject.parts))) if subject.parts else [None]
    )
    fields = {"attributesToRetrieve": list(FIELDS), "sort": SORTS[Order.NEWEST], "limit": query.per_page}
    answers = ask([body(index, _in_subject(way), within, **fields) for way in several])
    found = {hit["recording_id"]: hit for answer in answers for hit in answer["hits"]}
    newest = sorted(found.values(), key=_newest_first)[: query.per_page]
    return tuple(PreviewHit(hit[HEADING], from_value(hit["circle"]), date.fromordinal(hit["day"])) for hit in newest)


def _occurring(ask: Ask, index: str, parts: Sequence[Part]) -> set[Part]:
    """Those that any of the recordings is about."""
    asked = [(part, way) for part in parts for way in ways_of_part(part)]
    within = [*conditions(Filters()), FIRST]
    answers = ask([body(index, _in_subject(way), within, limit=0) for _, way in asked])
    return {part for (part, _), answer in zip(asked, answers, strict=True) if answer["estimatedTotalHits"]}


def _in_subject(way: Way | None) -> Way | None:
    return None if way is None else replace(way, fields=(SUBJECT,))


def _newest_first(hit: dict[str, Any]) -> tuple[int, str]:
    return -hit["day"], hit["recording_id"]
