"""How passages and recordings lie in Tantivy: the schema, and the way in and out.

Words come analysed (index/text/analysis.py); Tantivy only splits them at spaces. Beside its passages each recording has
one document of its own: `whole` holds the keys and `words` the words of all its passages, so that what one word finds
is counted over recordings, and `card` what filters and facets need. `rec` is the recording's id as a signed integer:
grouping and counting run over it as a fast field. `payload` is a passage itself. `subject` and `subject_keys` say
what people call the subject of a recording, `heading` is its title: for those who may see no passage.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date
from functools import lru_cache
from typing import TypeAlias, overload

import tantivy

from index.facets.cards import Card, card_of
from index.port import Passage
from index.text.analysis import analysed, subject_words
from index.text.folding import label_key

_FIELDS = tuple(field.name for field in fields(Passage) if field.name != "starts")
SHORT = (1, 2)
"""Letters of the beginnings that are indexed themselves: very many words begin so."""
BEGINS = "^"
"""Stands before such a beginning among the words of a recording."""
_HEAD = 4  # bytes that say how long the JSON at the beginning of a payload is


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("keys", tokenizer_name="whitespace", index_option="freq")
    for name in ("text", "title", "speakers"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("lent", "starts", "title_starts", "whole", "words"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    for name in ("circle", "network", "language", "topic", "organisation", "audience"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("day", indexed=True, fast=True)
    builder.add_integer_field("rec", indexed=True, fast=True)
    builder.add_integer_field("number", fast=True)
    builder.add_boolean_field("passage", indexed=True)
    builder.add_boolean_field("written", indexed=True)
    builder.add_text_field("card", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("payload", stored=True)
    builder.add_text_field("subject", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("subject_keys", tokenizer_name="whitespace", index_option="basic")
    builder.add_bytes_field("heading", stored=True)
    return builder.build()


def rec_of(recording_id: str) -> int:
    """16 hex characters as a signed 64-bit integer."""
    return int(recording_id, 16) - (1 << 63)


Fields: TypeAlias = dict[str, str | int | bytes | list[str]]


def fields_of(passages: Sequence[Passage]) -> Iterator[Fields]:
    """The documents of one recording, before they are Tantivy's: its passages, then itself."""
    all_keys: set[str] = set()
    all_words: set[str] = set()
    for passage in passages:
        words = analysed(passage)
        all_keys.update(words.keys.split())
        all_words.update(words.text.split(), words.title.split(), words.speakers.split())
        yield {
            "keys": words.keys,
            "text": words.text,
            "title": words.title,
            "speakers": words.speakers,
            "lent": words.lent,
            "starts": _starts(f"{words.text} {words.speakers}"),
            "title_starts": _starts(words.title),
            "circle": passage.circle,
            "network": passage.network,
            "language": passage.language,
            "topic": list(map(label_key, passage.topics)),
            "organisation": list(map(label_key, passage.organisations)),
            "day": passage.date.toordinal(),
            "rec": rec_of(passage.recording_id),
            "number": passage.number,
            "passage": True,
            "written": passage.attachment is not None,
            "audience": passage.audience,
            "payload": _payload(passage),
        }
    if passages:
        subject = subject_words(passages[0])
        starts = " ".join({BEGINS + word[:size] for word in all_words for size in SHORT})
        yield {
            "whole": " ".join(all_keys),
            "words": f"{' '.join(all_words)} {starts}",
            "rec": rec_of(passages[0].recording_id),
            "card": _write_card(card_of(passages[0])),
            "subject": subject.words,
            "subject_keys": subject.keys,
            "heading": passages[0].title.encode(),
            "passage": False,
            "audience": passages[0].audience,
        }


def _starts(words: str) -> str:
    return " ".join({word[:size] for word in words.split() for size in SHORT})


def _payload(passage: Passage) -> bytes:
    """JSON, and after it the offsets and the milliseconds of `starts`: some hundred of each, half of a passage."""
    values = [getattr(passage, name) for name in _FIELDS]
    head = json.dumps(values, ensure_ascii=False, default=date.isoformat).encode()
    offsets = array("I", [offset for offset, _ in passage.starts])
    millis = array("I", [round(seconds * 1000) for _, seconds in passage.starts])
    return len(head).to_bytes(_HEAD, "little") + head + offsets.tobytes() + millis.tobytes()


def passage_in(stored: tantivy.Document) -> Passage:
    payload = bytes(stored["payload"][0])
    end = _HEAD + int.from_bytes(payload[:_HEAD], "little")
    values = dict(zip(_FIELDS, json.loads(payload[_HEAD:end]), strict=True))
    values["date"] = date.fromisoformat(values["date"])
    for name in ("speakers", "topics", "organisations"):
        values[name] = tuple(values[name])
    values["starts"] = _Starts(payload[end:])
    return Passage(**values)


class _Starts(Sequence[tuple[int, float]]):
    """`starts` as they lie in a payload: of the many passages that are looked at few are asked for theirs."""

    def __init__(self, stored: bytes) -> None:
        self._numbers = array("I", stored)

    def __len__(self) -> int:
        return len(self._numbers) // 2

    @overload
    def __getitem__(self, place: int) -> tuple[int, float]: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[tuple[int, float], ...]: ...
    def __getitem__(self, place: int | slice) -> tuple[int, float] | tuple[tuple[int, float], ...]:
        if isinstance(place, slice):
            return tuple(self[index] for index in range(*place.indices(len(self))))
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        place %= len(self)
        return self._numbers[place], self._numbers[len(self) + place] / 1000


def _write_card(card: Card) -> str:
    values = [card.recording_id, card.version, card.date.toordinal(), card.cell, *card.labels, card.audience]
    return json.dumps(values, ensure_ascii=False)


@lru_cache(maxsize=1 << 16)
def read_card(text: str) -> Card:
    recording_id, version, day, (circle, network, language, year), topics, organisations, audience = json.loads(text)
    cell = (circle, network, language, year)
    return Card(recording_id, version, date.fromordinal(day), cell, tuple(topics), tuple(organisations), audience)
