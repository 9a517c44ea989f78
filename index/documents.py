"""How a passage lies in Tantivy: the schema, and the way in and out.

Words come analysed (index/analysis.py); Tantivy only splits them at spaces. `rec` is the recording's id as a
signed integer: grouping and counting run over it as a fast field. `card` lies on the first passage of each
recording only, so that one small aggregation reads all recordings. `payload` is the passage itself.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from functools import lru_cache

import tantivy

from index.analysis import columns
from index.cards import Card, card_of
from index.port import Passage

SCHEMA = 1
"""Grows with every change of the schema or of the analysis; an index of another number is rebuilt."""
_FIELDS = tuple(field.name for field in fields(Passage))


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("folded", "speakers", "title"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("exact", "stems", "title_stems"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in ("circle", "network", "language"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("day", indexed=True, fast=True)
    builder.add_integer_field("rec", indexed=True, fast=True)
    builder.add_integer_field("millis", fast=True)
    builder.add_boolean_field("first", indexed=True)
    builder.add_text_field("card", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("payload", stored=True)
    return builder.build()


def rec_of(recording_id: str) -> int:
    """16 hex characters as a signed 64-bit integer."""
    return int(recording_id, 16) - (1 << 63)


def document(passage: Passage, *, first: bool) -> tantivy.Document:
    """`first`: the first passage of its recording, which carries the card."""
    words = columns(passage.text, passage.language)
    title = columns(passage.title, passage.language)
    made = tantivy.Document(
        exact=words.exact,
        folded=words.folded,
        stems=words.stems,
        speakers=columns(" ".join(passage.speakers), "").folded,
        title=title.folded,
        title_stems=title.stems,
        circle=passage.circle,
        network=passage.network,
        language=passage.language,
        day=passage.date.toordinal(),
        rec=rec_of(passage.recording_id),
        millis=round(passage.start * 1000),
        first=first,
        payload=_payload(passage),
    )
    if first:
        made.add_text("card", _write_card(card_of(passage)))
    return made


def _payload(passage: Passage) -> bytes:
    values = [getattr(passage, name) for name in _FIELDS]
    return json.dumps(values, ensure_ascii=False, default=date.isoformat).encode()


def passage_in(stored: tantivy.Document) -> Passage:
    values = dict(zip(_FIELDS, json.loads(bytes(stored["payload"][0])), strict=True))
    values["date"] = date.fromisoformat(values["date"])
    values["starts"] = tuple((offset, seconds) for offset, seconds in values["starts"])
    values["speakers"] = tuple(values["speakers"])
    return Passage(**values)


def _write_card(card: Card) -> str:
    return json.dumps([card.recording_id, card.version, card.date.toordinal(), *card.cell], ensure_ascii=False)


@lru_cache(maxsize=1 << 16)
def read_card(text: str) -> Card:
    recording_id, version, day, circle, network, language, year = json.loads(text)
    return Card(recording_id, version, date.fromordinal(day), (circle, network, language, year))
