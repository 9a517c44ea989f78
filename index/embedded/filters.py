"""Conditions on documents of the embedded index, without a score: filters, recordings, what is said or written."""

from __future__ import annotations

import re
from collections.abc import Iterable

import tantivy
from tantivy import Occur, Query

from index.embedded.schema import rec_of
from index.facets.cards import KINDS, values_of
from index.port import Filters


def filter_conditions(schema: tantivy.Schema, filters: Filters) -> list[Query]:
    """The filters, but for speakers, as conditions."""
    conditions = [
        any_of(Query.term_query(schema, field, value, index_option="basic") for value in sorted(values))
        for field, values in zip(KINDS, values_of(filters), strict=True)
        if values
    ]
    if filters.after is not None or filters.before is not None:
        after = filters.after.toordinal() if filters.after else None
        before = filters.before.toordinal() if filters.before else None
        conditions.append(Query.range_query(schema, "day", tantivy.FieldType.Integer, after, before))
    if filters.recording_id is not None:
        known = re.fullmatch("[0-9a-f]{16}", filters.recording_id)
        conditions.append(in_recordings(schema, [rec_of(filters.recording_id)] if known else []))
    return conditions


def in_recordings(schema: tantivy.Schema, recs: Iterable[int]) -> Query:
    """The documents of these recordings; no score."""
    return Query.const_score_query(any_of(Query.term_query(schema, "rec", rec) for rec in recs), 0.0)


def in_attachments(schema: tantivy.Schema, which: bool = True) -> Query:
    """What stands in attachments; with False what is said."""
    return Query.const_score_query(Query.term_query(schema, "written", which), 0.0)


def any_of(queries: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])
