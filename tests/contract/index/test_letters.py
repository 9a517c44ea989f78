"""Letters that people cannot type, and signs that cannot be seen: what every index makes of them."""

from __future__ import annotations

import unicodedata

from index.port import Query, SearchIndex
from tests.support.passages import fill, found, ids, marked, recording, search

TYPED = {
    "Áŋŋel": "annel",
    "Ŧuovlla": "tuovlla",
    "ráđđi": "raddi",
    "Čáhcesuolu": "cahcesuolu",
    "Šuoššjávri": "suossjavri",
    "ǥõõlǯ": "goolz",
    "Łukasz": "lukasz",
    "Wałęsa": "WALESA",
    "źdźbło": "zdzblo",
    "Işık": "isik",
    "İzmir": "izmir",
    "Çağlar": "caglar",
    "Əliyev": "eliyev",
    "Ħamrun": "hamrun",
    "Ǿrsted": "orsted",
    "Straße": "strasse",
    "þing": "thing",
    "зелёный": "зеленый",
    "नमस्ते": "नमस्ते",  # vowel signs do not end a word
    "مُحَمَّد": "محمد",
}
UNSEEN = ("\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u200e", "\u034f", "\ufe0f")


def test_a_letter_and_what_is_typed_for_it(index: SearchIndex) -> None:
    fill(index, *(recording(said, f"vi var i {said} i fjor", title="t") for said in TYPED))
    for said, typed in TYPED.items():
        for asked in (typed, said, said.upper(), unicodedata.normalize("NFD", said), f'"{typed}"'):
            results = index.search(Query(asked))
            assert found(results) == ids(said), asked
            assert marked(results.hits[0].passages[0].fragments) == [said]
        assert search(index, typed[:4], typing=True) == ids(said)


def test_what_cannot_be_seen_inside_a_word(index: SearchIndex) -> None:
    fill(index, *(recording(between, f"om person{between}vern", title="t") for between in UNSEEN))
    for asked in ("personvern", "\ufeffper\u00adson\u200bvern\u200e"):
        hits = index.search(Query(asked)).hits
        assert sorted(hit.recording_id for hit in hits) == sorted(ids(*UNSEEN))
        assert all(marked(hit.passages[0].fragments)[0].endswith("vern") for hit in hits)


def test_a_name_is_no_stop_word_of_the_same_letters(index: SearchIndex) -> None:
    named = {"Ås": "as", "Ål": "al", "Møre": "more", "ånd": "and", "hår": "har", "André": "andre"}
    fill(
        index,
        *(recording(name, f"vi var i {name} med {stop} skole", title="t") for name, stop in named.items()),
        *(recording(stop, f"bare {stop} skole", title="t") for stop in named.values()),
    )
    for name, stop in named.items():
        results = index.search(Query(name))
        assert (found(results), results.total) == (ids(name), 1)
        assert marked(results.hits[0].passages[0].fragments) == [name]
        assert search(index, f"{name} skole") == ids(name)
        assert index.search(Query(f"skole -{name}")).total == 2 * len(named) - 1
        assert sorted(search(index, stop)) == sorted(ids(name, stop))  # as who lacks the letter types it
    assert search(index, "aas") == ids("Ås")
