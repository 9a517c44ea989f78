"""How passages lie in Meilisearch: the settings of the index, and the way of a passage in and out.

Words come analysed (index/text/analysis.py) and are written so that Meilisearch has nothing to decide: lower-case ASCII
letters and digits, single spaces. A key, and a word with other letters, begin as no word does, so that phrases, and the
beginnings of words being typed, never find them.
`spelling` holds the words again for those that may be misspelt: only there words are long enough for Meilisearch's
typing mistakes, and the first letter, three times there, has to be right. They stand apart (full stops), so that no
pairs of them are stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from index.facets.cards import LABELS, Card
from index.port import Passage, Prepared
from index.text.analysis import SCHEMA, analysed, subject_words, tokens
from index.text.folding import label_key
from index.unready import damaged

_LAYOUT = 6
"""Grows with every change of this module; an index of another number is rebuilt."""
MADE_BY = f"{SCHEMA}-{_LAYOUT}"
ABOUT = "about"
"""Id of the document that says who made the index, and whether it was built from the whole bucket."""
COMPLETE = (f'made_by = "{MADE_BY}"', "complete = true")
"""Conditions that only that document passes, if its values are these."""
SPELT = {kind: f"{kind}_spelt" for kind in LABELS}
"""Kind of label → the attribute with its values as they are spelt; that of its own name has them as they are known."""
CARD_FIELDS = ("recording_id", "version", "day", "circle", "network", "language", *LABELS)
WHOLE = ("recording_id", "number", "passages", "version", "text", "keys", "payload")
"""Fields that every passage has: they are counted to see whether all are there."""
FOUND_IN = ("title", "speakers", "text", "keys", "lent")
OWN = ("speakers", "text", "keys")
"""Without what only the title of the recording has."""
SPELLING = "spelling"
SUBJECT = "subject"
"""Words and keys of what people call the subject of a recording: of its title and topics. Its first passage has it, and
`HEADING`, the title as it is shown, for those who may see no passage."""
HEADING = "heading"
_KEY_BEGINS = "0q"
_OURS = ("0", "q")  # how keys and escaped letters begin, and no word
_SPELT_ENDS = "qzqzqzqzqzqzqzqzqzqz"
_LEAST_SPELT = 4  # letters: one less than a misspelt word has
_LONGEST = 200  # Meilisearch leaves out words of more than 255 bytes
_LONGEST_VALUE = 440  # Meilisearch tells values apart by their first 468 bytes
_NO_VALUE = "-"  # Meilisearch counts no empty strings
_UNSAFE = re.compile("[^a-z0-9._-]")
_CUT = re.compile("%[0-9a-f]?$")
_ESCAPED = re.compile("q((?:10|[0-9a-f])?[0-9a-f]{2,4})q")
_FIELDS = tuple(field.name for field in fields(Passage))

SETTINGS: dict[str, Any] = {
    "searchableAttributes": [*FOUND_IN, SPELLING, SUBJECT],
    "filterableAttributes": [
        "audience",
        "circle",
        "complete",
        "day",
        "language",
        "made_by",
        "network",
        "number",
        "organisation",
        "organisation_spelt",
        "recording_id",
        "speakers_words",
        "topic",
        "topic_spelt",
        "year",
    ],
    "sortableAttributes": ["day", "number", "recording_id"],
    # Ties newest first, then by id, then what is said before what is written; an order that is asked for comes before
    # everything.
    "rankingRules": ["sort", "words", "typo", "proximity", "day:desc", "recording_id:asc", "number:asc"],
    "stopWords": [],
    "synonyms": {},
    "localizedAttributes": [{"attributePatterns": ["*"], "locales": ["nob"]}],  # nothing is guessed, German for one
    "typoTolerance": {
        "enabled": True,
        # A word of 5 letters (one mistake) or 9 (two), and what `spelt` adds.
        "minWordSizeForTypos": {"oneTypo": 5 + 2 + len(_SPELT_ENDS), "twoTypos": 9 + 2 + len(_SPELT_ENDS)},
    },
    "faceting": {"maxValuesPerFacet": 10_000},  # recordings of a page are counted as a facet too
    "pagination": {"maxTotalHits": 1_000_000},
    "searchCutoffMs": 5000,  # longer on a slow machine rather than in a wrong order
    "facetSearch": False,
}
_SETS = ("filterableAttributes", "sortableAttributes", "stopWords")


def same_settings(expected: Any, actual: Any, name: str = "") -> bool:
    """Whether an index has the settings `expected`, which need not name all of them; Meilisearch sorts sets."""
    if isinstance(expected, Mapping) and expected:
        return isinstance(actual, Mapping) and all(
            same_settings(expected[key], actual.get(key), key) for key in expected
        )
    if name in _SETS:
        return isinstance(actual, list) and sorted(map(str, expected)) == sorted(map(str, actual))
    return bool(expected == actual)


def about(*, complete: bool) -> dict[str, Any]:
    return {"id": ABOUT, "made_by": MADE_BY, "complete": complete}


def documents(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """Those of one recording. Each says how many there are: so it is seen if some are missing."""
    return [document(passage, len(passages)) for passage in passages]


def document(passage: Passage, of: int = 1) -> dict[str, Any]:
    words = analysed(passage)
    keys = [plain(key) for key in words.keys.split()]
    lent = {plain(key) for key in words.lent.split()}
    all_words = {*words.text.split(), *words.title.split(), *words.speakers.split()}
    named = {token.forms.folded for name in passage.speakers for token in tokens(name, "")}
    return {
        "id": passage.id,
        "recording_id": passage.recording_id,
        "number": passage.number,
        "passages": of,
        "version": passage.version,
        "circle": as_value(passage.circle),
        "network": as_value(passage.network),
        "language": as_value(passage.language),
        "year": str(passage.date.year),
        "topic": [as_value(label_key(value)) for value in passage.topics],
        "topic_spelt": [as_value(value) for value in passage.topics],
        "organisation": [as_value(label_key(value)) for value in passage.organisations],
        "organisation_spelt": [as_value(value) for value in passage.organisations],
        "day": passage.date.toordinal(),
        "audience": as_value(passage.audience),
        "speakers_words": sorted(map(plain, named)),
        "title": plain_words(words.title),
        "speakers": plain_words(words.speakers),
        "text": plain_words(words.text),
        "keys": " ".join([_KEY_BEGINS + key for key in keys if key not in lent]),
        "lent": " ".join([_KEY_BEGINS + key for key in sorted(lent)]),
        SPELLING: ". ".join(sorted(spelt(word) for word in all_words if len(word) >= _LEAST_SPELT)),
        "payload": _payload(passage),
        **(_about(passage) if passage.number == 0 else {}),
    }


def _about(passage: Passage) -> dict[str, str]:
    subject = subject_words(passage)
    keys = [as_key(key) for key in dict.fromkeys(subject.keys.split())]
    return {SUBJECT: " ".join([plain_words(subject.words), *keys]), HEADING: passage.title}


def prepared(passages: Sequence[Passage]) -> Prepared:
    """The documents of one recording, as JSON."""
    return Prepared(
        len(passages), [json.dumps(document, ensure_ascii=False).encode() for document in documents(passages)]
    )


def plain(word: str) -> str:
    """The word in letters and digits that Meilisearch leaves as they are, the same beginning for the same beginning."""
    return (word if _is_plain(word) and not word.startswith(_OURS) else _plain(word))[:_LONGEST]


def _is_plain(word: str) -> bool:
    return word.isascii() and word.isalnum()


@lru_cache(maxsize=1 << 16)
def _plain(word: str) -> str:
    letters = [c if _is_plain(c) else f"q{ord(c):x}q" for c in word if c != "-"]
    if word.startswith(_OURS):
        letters[0] = f"q{ord(word[0]):x}q"
    return "".join(letters)


def from_plain(word: str) -> str:
    """What was `plain`."""
    return _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), word) if word.startswith("q") else word


def plain_words(words: str) -> str:
    return " ".join([plain(word) for word in words.split()])


def as_key(key: str) -> str:
    """As it stands in `keys` and `lent`."""
    return _KEY_BEGINS + plain(key)


def spelt(folded: str) -> str:
    """As it stands in `spelling`."""
    word = folded[:_LONGEST] if _is_plain(folded) else plain(folded)
    return word[0] * 3 + word[1:] + _SPELT_ENDS


def as_value(value: str) -> str:
    """A value to filter by and to count, in letters that Meilisearch neither changes nor takes for others.

    It is cut where Meilisearch would not look at all of it, after some hundred letters.
    """
    if value in ("", _NO_VALUE):
        return f"%{ord(value):02x}" if value else _NO_VALUE
    safe = _UNSAFE.sub(lambda unsafe: "".join(f"%{byte:02x}" for byte in unsafe[0].encode()), value)
    return safe if len(safe) <= _LONGEST_VALUE else _CUT.sub("", safe[:_LONGEST_VALUE])


def from_value(value: str) -> str:
    """What `as_value` was given, as far as it was not cut."""
    return "" if value == _NO_VALUE else unquote(value, errors="ignore")


def card_in(hit: Mapping[str, Any]) -> Card:
    day = date.fromordinal(hit["day"])
    cell = (from_value(hit["circle"]), from_value(hit["network"]), from_value(hit["language"]), str(day.year))
    topics, organisations = (tuple(map(from_value, hit[kind])) for kind in LABELS)
    return Card(hit["recording_id"], hit["version"], day, cell, topics, organisations)


def _payload(passage: Passage) -> str:
    values = [getattr(passage, name) for name in _FIELDS]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=date.isoformat)


def passage_in(hit: Mapping[str, Any]) -> Passage:
    """Raises IndexNotReady if it is no passage of ours any more."""
    try:
        stored = json.loads(hit["payload"])
    except (KeyError, TypeError, ValueError):
        raise damaged("a passage in it has lost what it said") from None
    if len(stored) != len(_FIELDS):
        raise damaged("it is of another version of Kring")
    values: dict[str, Any] = dict(zip(_FIELDS, stored, strict=True))
    values["date"] = date.fromisoformat(values["date"])
    values["starts"] = tuple([(offset, seconds) for offset, seconds in values["starts"]])
    for name in ("speakers", "topics", "organisations"):
        values[name] = tuple(values[name])
    return Passage(**values)
