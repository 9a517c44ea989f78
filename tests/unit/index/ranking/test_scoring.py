from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from index.query.parser import parse
from index.query.typos import tolerate_typos
from index.ranking.matches import Marker
from index.ranking.scoring import Scored, Scorer, best_first, idf_weights, recording_score
from tests.support.passages import recording


def scored(
    query: str,
    text: str,
    *,
    title: str = "t",
    language: str = "nb",
    speakers: tuple[str, ...] = (),
    weights: tuple[float, ...] = (),
    typing: bool = False,
) -> Scored:
    wanted = tolerate_typos(parse(query, typing=typing), lambda word: word.text == "sykkwl")
    marker = Marker((*wanted.parts, *wanted.optional))
    (passage,) = recording("a", text, title=title, language=language, speakers=speakers)
    return Scorer(marker, len(wanted.parts), weights).score(passage)


def score(query: str, text: str, **options: object) -> float:
    return scored(query, text, **options).score  # type: ignore[arg-type]


def test_topics_and_organisations_count_less_than_the_title_and_more_than_a_translation() -> None:
    def of(query: str, title: str = "t", **options: tuple[str, ...]) -> float:
        wanted = parse(query)
        (passage,) = recording("a", "noe annet", title=title, **options)
        return Scorer(Marker(wanted.parts), len(wanted.parts)).score(passage).score

    assert falling(
        of("arkiv", "Arkiv"), of("arkiv", topics=("Arkiv",)), of("arkiv", topics=("Nasjonalarkiv",)), of("arkiv")
    )
    assert of("arkiv", "Arkiv", topics=("Arkiv", "Arkiv")) == of("arkiv", "Arkiv")
    assert of("arkiv", organisations=("Arkiv",)) == of("arkiv", topics=("Arkiv",))
    assert of("personvern", topics=("Personvern",)) > of("personvern", topics=("Databeskyttelse",)) > 0


def test_what_is_said_counts_more_than_what_is_written_alike() -> None:
    wanted = parse("krav arkiv")
    scorer = Scorer(Marker(wanted.parts), 2)
    said, page = (
        scorer.score(one) for one in recording("a", "om krav til arkiv", pages=["Krav til arkiv. Arkiv er krav."])
    )
    assert (said.own, page.own) == (2, 2)
    assert falling(said.score, page.score)
    assert best_first(said) < best_first(page)


def falling(*scores: float) -> bool:
    return all(one > other for one, other in pairwise(scores))


@pytest.mark.parametrize("title", ["t", "{}"])
def test_the_better_a_word_matches_the_higher(title: str) -> None:
    """Alike in length and number of words."""

    def of(query: str, word: str, **options: object) -> float:
        return score(query, f"om {word}", title=title.format(word), **options)

    assert falling(
        of("opplæring", "opplæring"),
        of("opplaering", "opplæring"),
        of("opplæringa", "opplæring"),
        of("vern", "personvern"),
        of("informasjonssikkerhet", "informatiebeveiliging", language="nl"),
        0.0,
    )
    assert of("skøyte", "skøyte " + "fyll " * 240) > score("skøyte", "skoyte skoyte skoyte", title=title)
    assert falling(of("vern", "personvern"), of("sykk", "sykkel", typing=True), of("sykkwl", "sykkel"), 0.0)


def test_what_is_not_there_is_worth_nothing() -> None:
    assert scored("båt", "om tog").score == 0.0
    assert scored("båt", "").score == 0.0
    assert scored("", "om tog").score == 0.0


def test_a_translation_in_title_and_text_stays_below_the_word_in_the_text() -> None:
    said = "gegevensbescherming"
    both = score("personvern", f"{said}, en nog eens {said}", title=said, language="nl")
    assert score("personvern", "om personvern " + "og så videre " * 100) > both > 0


def test_a_term_of_several_words_counts_once() -> None:
    several = score("personvern", "data protection xx", language="en")
    assert several == score("personvern", "privacy xxxx xx xx", language="en")


def test_a_word_in_the_title_counts_as_well() -> None:
    in_text, in_title = score("båt", "om båt"), score("båt", "om tog", title="båt")
    assert score("båt", "om båt", title="båt") > in_title > in_text > 0


def test_a_word_said_again_counts_a_little_more() -> None:
    once, often = score("båt", "båt tog tog tog"), score("båt", "båt båt båt båt")
    assert once < often < score("båt tog", "båt tog tog tog")


def test_a_short_passage_above_a_long_one() -> None:
    assert score("båt", "en båt") > score("båt", "en båt " + "som går " * 100)
    assert score("båt", "en båt " + "x" * 2000) == score("båt", "en båt " + "x" * 4000)


def test_a_speaker_counts_as_what_is_said() -> None:
    named = scored("kari", "om båt", speakers=("Kari Bø",))
    assert named.own == 1
    assert named.score >= score("kari", "om kari")
    assert scored("kari", "om båt", speakers=("Ola",)).score == 0.0


def test_the_parts_it_has_itself() -> None:
    assert scored("båt tog", "om båt", title="tog").own == 1
    assert scored("båt tog", "om båter og tog").own == 2
    assert scored("båt", "ikke her", title="båt").own == 0
    assert scored("båt og", "om dette og hint").own == 0  # `og` is optional


def test_its_marks_go_with_it() -> None:
    marks = scored("båt", "en båt, to båter", title="båt", speakers=("Ola Båt",)).marks
    assert [[mark.first for mark in found] for found in (marks.text, marks.title, marks.names)] == [[1, 3], [0], [1]]


class TestNearness:
    FILL = "fyll " * 10

    def test_the_closer_the_higher(self) -> None:
        assert falling(
            score("båt tog", f"båt tog {self.FILL}"),
            score("båt tog", f"båt fyll tog {self.FILL.removesuffix('fyll ')}"),
            score("båt tog", f"båt {self.FILL}tog "),
        )

    def test_the_nearest_of_several_places_counts(self) -> None:
        far = score("båt tog", f"båt båt {self.FILL}tog ")
        assert score("båt tog", f"båt {self.FILL}båt tog ") > far
        assert score("båt tog", f"båt tog {self.FILL}båt ") > far

    def test_one_part_is_near_to_nothing(self) -> None:
        assert score("båt", f"båt {self.FILL}båt") == score("båt", f"båt båt {self.FILL}".strip())

    def test_three_together_above_two_together(self) -> None:
        assert score("båt tog bil", f"båt tog bil {self.FILL}") > score("båt tog bil", f"båt tog {self.FILL}bil ")

    def test_the_words_of_a_term_are_near_to_each_other_too(self) -> None:
        assert score("digital post", f"digital post {self.FILL}") > score("digital post", f"digital {self.FILL}post ")

    def test_next_to_a_phrase(self) -> None:
        query, said = '"digital brev til alle" vedtak', "digital brev til alle"
        assert score(query, f"{said} vedtak") == score(query, f"vedtak {said}") > score(query, f"{said} fyll vedtak")

    def test_translations_are_not_near(self) -> None:
        together = score("personvern bil", f"gegevensbescherming bil {self.FILL}", language="nl")
        assert together == score("personvern bil", f"gegevensbescherming {self.FILL}bil ", language="nl")

    def test_in_one_compound(self) -> None:
        assert score("person vern", "godt personvern") > score("person", "godt personvern") * 2


class TestWeights:
    def test_the_telling_part_counts_more(self) -> None:
        assert score("båt tog", "en båt", weights=(1.0, 0.3)) > score("båt tog", "et tog", weights=(1.0, 0.3)) > 0

    def test_all_alike_without_any(self) -> None:
        assert score("båt tog", "en båt") == score("båt tog", "en båt", weights=(1.0, 0.3))

    def test_optional_words_add_a_little(self) -> None:
        with_it, without = score("hvor båt", "hvor båt"), score("hvor båt", "hvem båt")
        assert without < with_it < without + 0.5


class TestTelling:
    def test_the_rarest_has_one(self) -> None:
        weights = idf_weights([50, 2, 100], 100)
        assert weights[1] == 1.0
        assert falling(weights[1], weights[0], weights[2], 0.0)

    def test_alike(self) -> None:
        assert idf_weights([3, 3], 10) == [1.0, 1.0]
        assert idf_weights([0], 0) == [1.0]
        assert idf_weights([], 10) == []

    @given(st.lists(st.integers(0, 10_000), min_size=1), st.integers(0, 5_000))
    def test_never_above_one_nor_nothing(self, frequencies: list[int], total: int) -> None:
        weights = idf_weights(frequencies, total)
        assert max(weights) == 1.0
        assert all(0 < weight <= 1 for weight in weights)
        ordered = [weight for _, weight in sorted(zip(frequencies, weights, strict=True))]
        assert all(one >= other - 1e-9 for one, other in pairwise(ordered))


@given(st.floats(0.1, 20), st.integers(1, 50))
def test_a_recording_with_more_passages_is_worth_more_but_never_twice(best: float, passages: int) -> None:
    assert recording_score(best, 1) == pytest.approx(best, abs=0.001)
    assert (
        recording_score(best, 1)
        <= recording_score(best, passages)
        <= recording_score(best, passages + 1)
        < best * 2 + 0.4
    )
    assert recording_score(best, 2) > recording_score(best, 1)
