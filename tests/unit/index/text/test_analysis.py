from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from index.port import Passage
from index.text import analysis
from index.text.analysis import CONCEPT, Forms, FormsCache, analysed, forms_in, subject_words, tokens
from index.text.stemming import stem

PASSAGE = Passage("0" * 16 + "-0", "0" * 16, 1, 0.0, 30.0, "", (), "", "c", "n", "nb", date(2024, 1, 1))


def keys(text: str, language: str = "nb") -> list[str]:
    return analysed(replace(PASSAGE, text=text, language=language)).keys.split()


def forms(word: str, language: str = "nb") -> Forms:
    (token,) = tokens(word, language)
    return token.forms


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("SPØRRE", "sporre"),
        ("å", "a"),
        ("Ærlig", "aerlig"),
        ("Malmö", "malmo"),
        ("één", "een"),
        ("ĳsberg", "ijsberg"),
        ("Straße", "strasse"),
        ("ga\u030ard", "gard"),
        ("vei\u00adleder", "veileder"),
        ("２０２４", "2024"),
        ("Áŋŋel", "annel"),
        ("ŧuoid", "tuoid"),
        ("Čáhci", "cahci"),
        ("Łódź", "lodz"),
        ("Ǿrsted", "orsted"),
        ("Əliyev", "eliyev"),
        ("per\u2060son\ufeffvern", "personvern"),
    ],
)
def test_folding(word: str, folded: str) -> None:
    (token,) = tokens(word, "nb")
    assert token.forms.folded == folded
    assert (token.start, token.end) == (0, len(word))


def test_the_exact_form_keeps_its_letters() -> None:
    assert forms("SPØRRE").exact == "spørre"
    assert forms("ga\u030ard").exact == forms("gård").exact == "gård"


@pytest.mark.parametrize("text", ["", "  ", "_ – …", "\u0301\u200b", "😀"])
def test_neither_letters_nor_digits_are_no_words(text: str) -> None:
    assert list(tokens(text, "nb")) == []
    assert keys(text) == []


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("nb", "anskaffelse", "Anskaffelsene"),
        ("nn", "kommunane", "kommunar"),
        ("da", "aftale", "aftaler"),
        ("nl", "gemeente", "gemeenten"),
        ("en", "assessment", "assessments"),
        ("", "anskaffelse", "anskaffelsene"),
        ("xx", "anskaffelse", "anskaffelsene"),
    ],
)
def test_the_first_key_is_the_stem_that_all_forms_of_a_word_share(language: str, one: str, other: str) -> None:
    assert forms(one, language).stem == forms(other, language).stem == forms(other, language).keys[0]


@pytest.mark.parametrize(
    ("language", "word", "inside"),
    [
        ("nb", "personvernombudet", ["personvern", "ombud"]),
        ("da", "databeskyttelsesrådgiver", ["databeskyttelse", "radgiver"]),
        ("nl", "documentendienst", ["dienst"]),
    ],
)
def test_a_compound_has_the_stems_of_its_parts_in_its_own_language_only(
    language: str, word: str, inside: list[str]
) -> None:
    assert {stem(part) for part in inside} <= set(forms(word, language).keys[1:])
    assert forms(word, "en").keys == (forms(word, "en").stem,)
    assert len(set(forms(word, language).keys)) == len(forms(word, language).keys)


@pytest.mark.parametrize(("word", "stops"), [("og", True), ("Ikke", True), ("the", True), ("båt", False)])
def test_a_stop_word_has_no_keys(word: str, stops: bool) -> None:
    assert (forms(word).stem == "") is stops
    assert (forms(word).keys == ()) is stops
    assert forms(word).folded


@pytest.mark.parametrize(("name", "stop"), [("Ås", "AS"), ("Ål", "al"), ("Møre", "more")])
def test_a_name_is_none_though_it_is_folded_into_one(name: str, stop: str) -> None:
    assert forms(name).folded == forms(stop).folded
    assert forms(name).keys
    assert not forms(stop).keys


def test_keys_are_of_text_speakers_and_title_in_this_order() -> None:
    passage = replace(PASSAGE, text="Sykler og tog", speakers=("Kari Bø", "Ola"), title="Reisen")
    made = analysed(passage)
    assert (made.text, made.speakers, made.title) == ("sykler og tog", "kari bo ola", "reisen")
    assert made.keys.split() == [stem(word) for word in ("sykler", "tog", "kari", "bo", "ola", "reisen")]


def test_a_compound_written_apart_has_the_key_of_the_compound() -> None:
    assert stem("personvern") in keys("et godt person vern")
    assert stem("personvern") not in keys("et godt person vern", "en")
    assert stem("personvern") not in keys("vern person")
    assert stem("personvern") not in keys("person og vern")


def test_a_concept_is_found_by_any_of_its_terms() -> None:
    concept = CONCEPT + "data-protection"
    assert concept in keys("om personvernet")
    assert concept in keys("gegevensbescherming", "nl")
    assert concept in keys("new data and their protection", "en")  # a term's words may stand apart
    assert concept not in keys("new data", "en")


def test_lent_is_what_only_the_title_has() -> None:
    made = analysed(replace(PASSAGE, text="om tog", speakers=("Kari",), title="Tog, Kari og båter"))
    assert made.lent.split() == [stem("bater")]
    assert analysed(replace(PASSAGE, text="om tog", title="Toget")).lent == ""


def test_a_concept_is_lent_where_the_title_alone_has_it() -> None:
    concept = CONCEPT + "data-protection"
    by_title = analysed(replace(PASSAGE, text="our data", title="Data protection", language="en"))
    assert set(by_title.lent.split()) == {stem("protection"), concept}
    assert concept in by_title.keys.split()
    by_both = analysed(replace(PASSAGE, text="our data", title="Protection", language="en"))
    assert by_both.lent.split() == [stem("protection")]
    assert concept in by_both.keys.split()
    by_text = analysed(replace(PASSAGE, text="data protection", title="Personvern", language="en"))
    assert concept in by_text.keys.split()
    assert concept not in by_text.lent.split()


words = st.lists(
    st.sampled_from(["Personvernombudet", "og", "sky", "løsning", "_", "–", "ga\u030ard", "2024", "a" * 150, "ﬁn"])
).map(" ".join)


@settings(deadline=None)  # a busy machine is no failure
@given(st.text() | words, st.sampled_from(["nb", "nn", "da", "nl", "en", "", "xx"]))
def test_tokens_lie_in_the_text_in_order_and_what_is_indexed_agrees(text: str, language: str) -> None:
    found = list(tokens(text, language))
    ends = [0]
    for token in found:
        assert ends[-1] <= token.start < token.end <= len(text)
        assert token.forms.exact.isalnum()
        assert len(token.forms.exact) <= 100
        assert token.forms.keys[:1] == ((token.forms.stem,) if token.forms.stem else ())
        ends.append(token.end)
    made = analysed(replace(PASSAGE, text=text, language=language))
    assert made.text == " ".join(token.forms.folded for token in found)
    indexed = made.keys.split(" ") if made.keys else []
    in_text = [key for token in found for key in token.forms.keys]
    assert indexed[: len(in_text)] == in_text
    assert not made.lent
    titled = analysed(replace(PASSAGE, title=text, language=language))
    assert set(titled.keys.split()) == set(titled.lent.split())


def test_forms_are_remembered_once_and_found_by_each_of_them() -> None:
    known = FormsCache("nb")
    assert known["personvernombudet"] is known["personvernombudet"]
    assert known["_"] is None
    for one in ("personvernombudet", stem("personvernombudet"), stem("personvern")):
        assert known.words_with[one] == {"personvernombudet"}


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_REMEMBERED", 3)
    known = FormsCache("nb")
    for number in range(20):
        made = known[f"ord{number}"]
        assert made == forms_in("nb")[f"ord{number}"]
        assert len(known) <= 3
        assert {word for of in known.words_with.values() for word in of} == set(known)


def test_the_subject_is_what_title_and_topics_say_whatever_is_said() -> None:
    named = replace(PASSAGE, title="Personvernet i skolen", topics=("Digital post",), organisations=("Bø kommune",))
    subject = subject_words(named)
    assert subject.words == "personvernet i skolen | digital post"
    assert {CONCEPT + "data-protection", stem("skolen"), stem("post")} <= set(subject.keys.split())
    assert "kommune" not in subject.keys
    said = replace(named, text="Sykemelding, sier Kari", speakers=("Kari",), attachment="a" * 64, organisations=())
    assert subject_words(said) == subject
    assert subject_words(PASSAGE) == ("", "")
