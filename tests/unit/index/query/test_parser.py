from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from index.port import Filters
from index.query.parser import MAX_CHARACTERS, MAX_REQUIRED, MAX_WORDS, Part, Phrase, QueryWord, parse
from index.query.typos import distance, tolerate_typos
from index.text.analysis import CONCEPT
from kring.errors import BadQuery


def plain(part: Part) -> str | tuple[str, ...]:
    return part.folded if isinstance(part, Phrase) else part.text


def parts(text: str, *, typing: bool = False) -> list[str | tuple[str, ...]]:
    return [plain(part) for part in parse(text, typing=typing).parts]


def only(text: str, *, typing: bool = False) -> QueryWord:
    (part,) = parse(text, typing=typing).parts
    assert isinstance(part, QueryWord)
    return part


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_nothing_is_asked_for(text: str) -> None:
    assert parse(text) == parse("")
    assert not parse(text).nothing_searchable


@pytest.mark.parametrize("text", ["-", "…", '"', '""', "« »", "_", "!!!", "😀", "-😀", "❤️ 👍🏽", "+ -"])
def test_signs_alone_are_nothing_to_search_for(text: str) -> None:
    assert parse(text).parts == ()
    assert parse(text).nothing_searchable
    assert parse(f" {text} circle:x").nothing_searchable == any(unicodedata.category(sign) == "So" for sign in text)
    assert not parse(f"{text} tog").nothing_searchable


@pytest.mark.parametrize("text", ["-", '"', "circle:x", "circle:", "after:20"])
def test_what_is_begun_is_no_sign(text: str) -> None:
    assert not parse(text, typing=True).nothing_searchable
    assert not parse(text, Filters(circles=frozenset({"x"})), typing=True).nothing_searchable


def test_pictures_are_told_apart() -> None:
    assert parse("tog👍🏽❤️ 🇳🇴, 👩‍🏫 😀😀 tog™ 20 €").signs == ("👍🏽❤️", "🇳🇴", "👩‍🏫", "😀😀", "™")


def test_words_and_phrases_in_order() -> None:
    assert parts('Sykkel "post til eldre" sykkel «Alene»') == ["Sykkel", ("post", "til", "eldre"), ("alene",)]


@pytest.mark.parametrize(
    "text",
    [
        '"Små, båter"',
        "“små båter”",
        "„små båter“",
        "„små båter”",
        "«små båter»",
        '"små\nbåter"',
        "»små båter«",
        "”små båter”",
        '"små båter" «små båter»',
    ],
)
def test_a_phrase_in_the_quotes_of_any_country(text: str) -> None:
    assert parse(text).parts == (Phrase(("sma", "bater")),)


@pytest.mark.parametrize("text", ['"små båter', "små båter«", "“små båter", 'små" båter'])
def test_a_quote_that_is_not_closed_is_none(text: str) -> None:
    assert parts(text) == ["små", "båter"]


def test_a_word_has_a_key_and_its_concept_stands_before_its_stem() -> None:
    assert only("sykkelen").key == only("sykler").key
    assert not only("sykkelen").key.startswith(CONCEPT)
    assert only("personvernet").key == only("gegevensbescherming").key == CONCEPT + "data-protection"


def test_neighbouring_words_are_a_term_of_the_glossary() -> None:
    term = only("Kunstig intelligens")
    assert (term.text, term.concept, len(term.forms)) == ("Kunstig intelligens", "artificial-intelligence", 2)
    assert parts("intelligens kunstig") == ["intelligens", "kunstig"]
    assert parts("kunstig -sykkel intelligens") == ["kunstig", "intelligens"]
    assert parts('kunstig "sykkel" intelligens') == ["kunstig", ("sykkel",), "intelligens"]
    assert parts("kunstig intelligens", typing=True) == ["kunstig", "intelligens"]  # intelligensen, perhaps


def test_a_term_with_a_stop_word_inside() -> None:
    term = only("right of access")
    assert (term.text, term.concept, len(term.forms)) == ("right of access", "right-of-access", 2)


class TestTyping:
    @pytest.mark.parametrize(
        ("text", "prefixes"),
        [
            ("sykkel i sk", ["sk"]),
            ("sykkel i sk ", []),
            ("sykkel, sk.", []),
            ("sykkel-sk", ["sk"]),
            ('"sykkel i', ["i"]),
            ('"sykkel"', []),
            ("sykkel -sk", []),
            ("", []),
        ],
    )
    def test_only_the_word_being_written_is_a_prefix(self, text: str, prefixes: list[str]) -> None:
        wanted = parse(text, typing=True)
        words = [part for part in (*wanted.parts, *wanted.optional) if isinstance(part, QueryWord)]
        assert [word.beginning for word in words if word.prefix] == prefixes
        finished = parse(text)
        assert not any(part.prefix for part in (*finished.parts, *finished.optional) if isinstance(part, QueryWord))

    def test_a_word_and_its_prefix_are_one(self) -> None:
        assert only("sykkel sykkel", typing=True).prefix
        assert not only("sykkel sykkel").prefix

    def test_a_filter_still_being_written_is_none_yet(self) -> None:
        assert parse("sykkel circle:", typing=True) == parse("sykkel")

    @pytest.mark.parametrize("unfinished", ["after:20", "year:2", "before:2025-", "-circle", "-s"])
    def test_what_cannot_be_meant_yet_is_left_out(self, unfinished: str) -> None:
        assert parse(unfinished, typing=True) == parse("")
        with pytest.raises(BadQuery):
            parse(f"{unfinished} ", typing=True)

    @pytest.mark.parametrize("hopeless", ["after:summer", "year:20x", "circl:p"])
    def test_what_will_never_be_meant_is_explained_at_once(self, hopeless: str) -> None:
        with pytest.raises(BadQuery):
            parse(hopeless, typing=True)

    def test_a_quotation_still_being_written(self) -> None:
        assert parse('sykkel speaker:"', typing=True) == parse("sykkel")
        assert parse('sykkel speaker:"Kar', typing=True).filters.speakers == {"kar"}


class TestRequired:
    def test_stop_words_are_optional_beside_others(self) -> None:
        wanted = parse("hvor er sykkelen")
        assert [part.text for part in wanted.optional] == ["hvor", "er"]
        assert [plain(part) for part in wanted.parts] == ["sykkelen"]

    def test_stop_words_alone_are_wanted_as_they_are(self) -> None:
        wanted = parse("hvor er")
        assert [plain(part) for part in wanted.parts] == ["hvor", "er"]
        assert wanted.optional == ()
        assert {part.key for part in wanted.parts if isinstance(part, QueryWord)} == {""}

    def test_stop_words_of_a_phrase_stay(self) -> None:
        assert parts('"hvor er" sykkelen') == [("hvor", "er"), "sykkelen"]

    def test_at_most_ten_and_further_words_are_optional(self) -> None:
        wanted = parse(" ".join(f"ord{number}" for number in range(MAX_REQUIRED + 3)))
        assert [plain(part) for part in wanted.parts] == [f"ord{number}" for number in range(10)]
        assert [part.text for part in wanted.optional] == ["ord10", "ord11", "ord12"]

    def test_phrases_go_before_further_words(self) -> None:
        wanted = parse(" ".join(f"ord{number}" for number in range(MAX_REQUIRED)) + ' "små båter"')
        assert len(wanted.parts) == MAX_REQUIRED
        assert wanted.parts[0] == Phrase(("sma", "bater"))
        assert [part.text for part in wanted.optional] == ["ord9"]

    def test_forms_of_one_word_are_asked_for_once(self) -> None:
        assert parts("sykkel sykler SYKKELEN") == ["sykkel"]
        assert parts("hvor HVOR") == ["hvor"]


class TestExcluded:
    @pytest.mark.parametrize(
        ("text", "excluded"),
        [
            ("tog -sykkel", ["sykkel"]),
            ("-sykkel tog", ["sykkel"]),
            ('tog -"små båter" -sykkel', [("sma", "bater"), "sykkel"]),
            ("tog -sykkel -sykkel", ["sykkel"]),
            ('tog -foo:"små båter"', ["foo", ("sma", "bater")]),
            ("tog -foo:sykkel", ["foo", "sykkel"]),
            ("tog sykkel-båt", []),
            ("tog - sykkel", []),
            ("tog --sykkel", []),
            ('tog -""', []),
        ],
    )
    def test_a_minus_before_a_word_or_a_phrase(self, text: str, excluded: list[str | tuple[str, ...]]) -> None:
        wanted = parse(text)
        assert [plain(part) for part in wanted.excluded] == excluded
        assert "tog" in [plain(part) for part in wanted.parts]
        assert not {*wanted.excluded} & {*wanted.parts}

    def test_an_excluded_word_means_the_word_and_not_its_translations(self) -> None:
        (excluded,) = parse("tog -personvern").excluded
        assert isinstance(excluded, QueryWord)
        assert excluded.key == excluded.forms[0].stem


class TestFilters:
    @pytest.mark.parametrize(
        ("text", "filters"),
        [
            ("circle:Personvern circle:post", Filters(circles=frozenset({"personvern", "post"}))),
            ('CIRCLE:"personvern"', Filters(circles=frozenset({"personvern"}))),
            ("network:digi-fjordane", Filters(networks=frozenset({"digi-fjordane"}))),
            ("language:nb language:dansk language:Norsk", Filters(languages=frozenset({"nb", "da"}))),
            ("speaker:«Kari Bø»", Filters(speakers=frozenset({"kari", "bo"}))),
            ("speaker:Kari speaker:Bø", Filters(speakers=frozenset({"kari", "bo"}))),
            ("year:2024", Filters(after=date(2024, 1, 1), before=date(2024, 12, 31))),
            ("year:2024-02", Filters(after=date(2024, 2, 1), before=date(2024, 2, 29))),
            ("after:2025", Filters(after=date(2025, 1, 1))),
            ("before:2025", Filters(before=date(2025, 12, 31))),
            ("after:2025-2", Filters(after=date(2025, 2, 1))),
            ("before:2025-02", Filters(before=date(2025, 2, 28))),
            ("after:2025-02-03 before:2025-03-02", Filters(after=date(2025, 2, 3), before=date(2025, 3, 2))),
            ("after:2025 after:2024", Filters(after=date(2025, 1, 1))),
            ("year:2025 before:2025-06", Filters(after=date(2025, 1, 1), before=date(2025, 6, 30))),
        ],
    )
    def test_understood(self, text: str, filters: Filters) -> None:
        assert parse(text) == parse("", filters)
        asked = parse(f"tog {text} båt")
        assert (asked.filters, [plain(part) for part in asked.parts]) == (filters, ["tog", "båt"])

    def test_they_narrow_the_filters_given(self) -> None:
        given = Filters(circles=frozenset({"post"}), after=date(2024, 1, 1), before=date(2024, 6, 30), recording_id="a")
        filters = parse("circle:skole after:2023 before:2024-03", given).filters
        assert filters.circles == {"post", "skole"}
        assert (filters.after, filters.before) == (date(2024, 1, 1), date(2024, 3, 31))
        assert filters.recording_id == "a"

    @pytest.mark.parametrize("text", ["kl:tolv", "https://tog.no", "12:30", "see:circle", "blå:circle"])
    def test_other_words_before_a_colon_are_words(self, text: str) -> None:
        assert parse(text).filters == Filters()
        assert parse(text).parts

    def test_a_quotation_after_another_word_is_a_phrase(self) -> None:
        assert parts('sier:"små båter"') == ["sier", ("sma", "bater")]


def test_topics_and_organisations_as_they_are_written() -> None:
    asked = parse('topic:Sky topic:"Digital  Post" organization:Bø organisation:«Ål kommune» ord')
    assert asked.filters.topics == {"Sky", "Digital Post"}
    assert asked.filters.organisations == {"Bø", "Ål kommune"}
    assert [plain(part) for part in asked.parts] == ["ord"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("after:2025-13", "“after:2025-13” is not a date; write a year, a month or a day: after:2025"),
        ("before:2025-02-30", "is not a date"),
        ("year:last", "is not a date"),
        ("year:0000", "is not a date"),
        ("year:20251", "is not a date"),
        ("year:2025-00", "is not a date"),
        ("after:2025-01-00", "is not a date"),
        ("year:2025-00-07", "is not a date"),
        ("year:2024 year:2025", "“year:2025” and the other dates leave no day: 2025-01-01 is after 2024-12-31."),
        ("after:2025-02 before:2025-01", "leave no day: 2025-02-01 is after 2025-01-31."),
        ('speaker:"!!!" tog', "“speaker:!!!” is not a name; write one, as in speaker:Kari."),
        ("circle:", "“circle:” needs something after it, as in circle:personvern."),
        ('speaker:" "', "“speaker:” needs something after it"),
        ("topic:", "“topic:” needs something after it, as in topic:personvern."),
        ("organization:", "“organisation:” needs something after it, as in organisation:Fjordane."),
        ("topics:post", "There is no “topics:”; did you mean “topic:”?"),
        ("-organisation:bø", "“-organisation:” cannot be used"),
        ("circl:post", "There is no “circl:”; did you mean “circle:”?"),
        ('speakr:"Kari Bø"', "did you mean “speaker:”"),
        ("-circle:post", "“-circle:” cannot be used: a minus leaves out words, as in -skole."),
        ('-circle:"post"', "“-circle:” cannot be used"),
        ("-skole", "Say also what to search for"),
        ("circle:post -skole", "Say also what to search for"),
        ("a" * (MAX_CHARACTERS + 1), f"longer than {MAX_CHARACTERS} characters"),
        (" ".join(f"o{number}" for number in range(MAX_WORDS + 1)), f"more than {MAX_WORDS} words"),
        (" ".join(f'"ord{number}"' for number in range(MAX_REQUIRED + 1)), f"more than {MAX_REQUIRED} quotations"),
        ('"' + "en to " * 17 + '"', f"more than {MAX_WORDS} words"),
    ],
)
def test_what_cannot_be_meant_is_explained(text: str, sentence: str) -> None:
    with pytest.raises(BadQuery) as raised:
        parse(text)
    assert sentence in str(raised.value)


def test_as_much_as_is_allowed() -> None:
    assert parts("a" * MAX_CHARACTERS) == ["a" * MAX_CHARACTERS]
    wanted = parse(" ".join(f"o{number}" for number in range(MAX_WORDS)))
    assert len(wanted.parts) + len(wanted.optional) == MAX_WORDS


class TestTolerating:
    @staticmethod
    def tolerated(
        text: str, nowhere: Callable[[QueryWord], bool] = lambda word: True, *, typing: bool = False
    ) -> QueryWord:
        (part,) = tolerate_typos(parse(text, typing=typing), nowhere).parts
        assert isinstance(part, QueryWord)
        return part

    @pytest.mark.parametrize(
        ("text", "typos"),
        [("skyx", 0), ("bruxt", 1), ("brxukere", 1), ("brukerxxy", 2), ("bruk3", 0)],
    )
    def test_letters_that_may_be_wrong_in_a_word_that_is_nowhere(self, text: str, typos: int) -> None:
        assert self.tolerated(text).typos == typos
        assert self.tolerated(text, lambda word: False) == only(text)

    def test_only_the_word_that_is_nowhere(self) -> None:
        wanted = tolerate_typos(parse("tog brxukere"), lambda word: word.text == "brxukere")
        assert [part.typos for part in wanted.parts if isinstance(part, QueryWord)] == [0, 1]

    def test_it_stands_for_the_word_of_the_glossary_that_it_nearly_is(self) -> None:
        meant = self.tolerated("persovnern", lambda word: word.text == "persovnern" and not word.misspelt)
        assert (meant.text, meant.key, meant.typos) == ("persovnern", CONCEPT + "data-protection", 0)
        assert meant.misspelt

    def test_two_words_may_then_be_a_term(self) -> None:
        wanted = tolerate_typos(
            parse("kunstig inteligens"), lambda word: word.text == "inteligens" and not word.misspelt
        )
        (term,) = wanted.parts
        assert isinstance(term, QueryWord)
        assert (term.text, term.concept) == ("kunstig inteligens", "artificial-intelligence")

    def test_where_nothing_is_misspelt_words_apart_stay_apart(self) -> None:
        wanted = parse('kunstig -sykkel intelligens "båt"')
        assert tolerate_typos(wanted, lambda word: False) == wanted

    def test_a_term_that_is_nowhere_is_taken_for_its_words(self) -> None:
        wanted = tolerate_typos(parse("tog right of access"), lambda word: len(word.forms) > 1)
        assert [plain(part) for part in wanted.parts] == ["tog", "right", "access"]

    def test_phrases_and_what_is_excluded_are_taken_as_they_are(self) -> None:
        wanted = parse('"brxukere" -brxukere')
        assert tolerate_typos(wanted, lambda word: True) == wanted


@pytest.mark.parametrize(
    ("one", "other", "letters"),
    [
        ("sykkel", "sykkel", 0),
        ("sykkel", "sykel", 1),
        ("sykkel", "sykekl", 1),
        ("sykkel", "sykle", 2),
        ("ab", "ba", 99),
    ],
)
def test_distance(one: str, other: str, letters: int) -> None:
    assert distance(one, other) == distance(other, one) == letters


def test_far_words_are_farther_than_any_mistake() -> None:
    assert distance("sykkel", "skog") > 2


pieces = st.sampled_from(
    [
        *("circle:", "year:", "before:", "2025-02", "2025", "-", ":", " ", "x1", "\ud800", "ſ", "½"),
        *('"', "«", "»", "“", "”", "„"),
        *("skole", "og", "Å", "digital", "post"),
    ]
)


@settings(deadline=None, max_examples=300)  # a busy machine is no failure
@given(st.text(max_size=60) | st.lists(pieces, max_size=15).map("".join), st.booleans())
def test_any_text_is_understood_or_explained(text: str, typing: bool) -> None:
    try:
        wanted = parse(text, typing=typing)
    except BadQuery:
        return
    assert len(wanted.parts) <= MAX_REQUIRED
    assert wanted.parts or not (wanted.optional or wanted.excluded)
    assert len(set(wanted.parts)) == len(wanted.parts)
    assert not {*wanted.optional} & {*wanted.parts}
    for part in (*wanted.parts, *wanted.optional, *wanted.excluded):
        assert part.folded if isinstance(part, Phrase) else part.forms
    assert parse(text, wanted.filters, typing=typing) == wanted  # a filter narrows no more the second time
