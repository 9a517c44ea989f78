from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from hypothesis import given, settings, strategies as st

from index.port import Fragment, Passage, PassageHit, Reason, ReasonKind, RecordingHit
from index.query.parser import parse
from index.query.typos import tolerate_typos
from index.ranking.highlight import EXCERPT, Span, fragments, passage_hit, recording_hit, visible_spans
from index.ranking.matches import Marker, Match
from index.ranking.scoring import Scorer
from tests.support.passages import marked, plain


def passage(
    text: str, starts: Sequence[tuple[int, float]] = (), *, title: str = "Tittel", language: str = "nb", number: int = 0
) -> Passage:
    recording = "0" * 16
    return Passage(
        f"{recording}-{number}", recording, 1, 5.0, 35.0, text, starts, title, "c", "n", language, date(2024, 1, 1)
    )


def spans(text: str, query: str) -> list[Span]:
    wanted = parse(query)
    marker = Marker((*wanted.parts, *wanted.optional))
    return visible_spans(text, marker.marks(passage(text, title="–")).text, len(wanted.parts))


def hit(of: Passage, query: str) -> PassageHit:
    wanted = parse(query)
    return passage_hit(Scorer(Marker(wanted.parts), len(wanted.parts)).score(of), len(wanted.parts))


def found(query: str, *passages: Passage, count: int = 1) -> RecordingHit:
    wanted = tolerate_typos(parse(query), lambda word: word.text in {"sykkwl", "persovnern"} and not word.misspelt)
    marker = Marker((*wanted.parts, *wanted.optional))
    scorer = Scorer(marker, len(wanted.parts))
    return recording_hit([scorer.score(one) for one in passages], marker, len(wanted.parts), count)


class TestSpans:
    @staticmethod
    def marked(text: str, query: str) -> list[str]:
        return marked(fragments(text, spans(text, query)))

    def test_what_is_marked(self) -> None:
        assert self.marked("Anskaffelsene – og anskaffelser!", "anskaffelse") == ["Anskaffelsene", "anskaffelser"]
        assert self.marked("Digital post er post", '"digital post"') == ["Digital post"]
        assert self.marked("ingen treff", "sykkel") == []
        assert self.marked("a", "") == []

    def test_they_do_not_overlap_and_the_longest_at_a_place_is_shown(self) -> None:
        assert self.marked("Digital post er post", '"digital post" post') == ["Digital post", "post"]
        assert self.marked("tog tog tog", '"tog tog" tog') == ["tog tog", "tog"]
        assert self.marked("godt person vern", "person personvern") == ["person vern"]

    def test_of_alike_long_ones_the_best_match(self) -> None:
        (span,) = spans("personvern", "person personvern")
        assert (span.start, span.end, span.part, span.match) == (0, 10, 1, Match.EXACT)

    def test_optional_words_are_not_marked(self) -> None:
        assert self.marked("hvor er toget", "hvor er toget") == ["toget"]


class TestFragments:
    SPANS = (Span(2, 4, 0, Match.EXACT), Span(4, 6, 1, Match.STEM))

    def test_cut_where_matches_begin_and_end(self) -> None:
        assert fragments("aabbccdd", self.SPANS) == (
            Fragment("aa"),
            Fragment("bb", hit=True),
            Fragment("cc", hit=True),
            Fragment("dd"),
        )

    def test_a_match_that_is_not_all_inside_is_plain(self) -> None:
        assert fragments("aabbccdd", self.SPANS, 3, 7) == (Fragment("b"), Fragment("cc", hit=True), Fragment("d"))
        assert fragments("aabbccdd", self.SPANS, 2, 5) == (Fragment("bb", hit=True), Fragment("c"))

    def test_none_is_empty(self) -> None:
        assert fragments("", ()) == ()
        assert fragments("ab", (Span(0, 2, 0, Match.EXACT),)) == (Fragment("ab", hit=True),)


class TestExcerpt:
    def test_a_short_text_is_shown_whole(self) -> None:
        assert plain(hit(passage("x" * EXCERPT), "tog").fragments) == "x" * EXCERPT

    def test_words_stay_whole(self) -> None:
        text = ("abcdefghi " * 100).strip()
        assert plain(hit(passage(text), "tog").fragments) == "abcdefghi " * 23 + "abcdefghi …"
        middle = plain(hit(passage(f"{text} tog {text}"), "tog").fragments)
        assert middle.startswith("… abcdefghi ")
        assert middle.endswith(" abcdefghi …")

    def test_the_beginning_and_the_end_of_the_text_have_no_ellipsis(self) -> None:
        text = "fyll " * 100
        assert plain(hit(passage(f"tog {text}"), "tog").fragments).startswith("tog fyll")
        assert plain(hit(passage(f"{text}tog"), "tog").fragments).endswith("fyll tog")

    def test_some_words_are_shown_before_the_match(self) -> None:
        shown = hit(passage("fyll " * 100 + "tog" + " fyll" * 100), "tog").fragments
        before = shown[1].text
        assert shown[0].text == "… "
        assert 20 < len(before) <= 60
        assert shown[2] == Fragment("tog", hit=True)

    def test_it_is_where_most_parts_are_together(self) -> None:
        text = "tog " + "fyll " * 80 + "tog og båt " + "fyll " * 80 + "båt"
        assert marked(hit(passage(text), "båt tog").fragments) == ["tog", "båt"]

    def test_better_matches_rather_than_more_of_a_worse_kind(self) -> None:
        text = "personvern " * 4 + "fyll " * 80 + "vern " + "fyll " * 80
        assert marked(hit(passage(text), "vern").fragments) == ["vern"]

    def test_the_earliest_of_equals(self) -> None:
        text = "fyll " * 80 + "tog " + "fyll " * 80 + "tog" + " fyll" * 80
        starts = ((0, 5.0), (text.index("tog"), 10.0), (text.rindex("tog"), 20.0))
        assert hit(passage(text, starts), "tog").hit_at == 10.0

    def test_a_match_longer_than_an_excerpt_is_shown_whole(self) -> None:
        phrase = " ".join(["lokomotivfører"] * 30)
        text = f"{'fyll ' * 40}{phrase}{' fyll' * 40}"
        assert marked(hit(passage(text), f'"{phrase}"').fragments) == [phrase]


class TestTime:
    def test_of_the_first_match_that_is_shown(self) -> None:
        text = "om post. " + "fyll " * 100 + "digital post til eldre"
        starts = ((0, 5.0), (3, 5.5), (text.index("digital"), 30.0), (text.index("eldre"), 32.0))
        shown = hit(passage(text, starts), "eldre digital post")
        assert shown.hit_at == 30.0
        assert marked(shown.fragments) == ["digital", "post", "eldre"]
        assert hit(passage(text, starts), "post").hit_at == 5.5

    def test_of_the_segment_where_no_word_has_one(self) -> None:
        text = "om tog og båt. Og bil"
        starts = ((0, 5.0), (15, 12.0))
        assert hit(passage(text, starts), "båt").hit_at == 5.0
        assert hit(passage(text, starts), "bil").hit_at == 12.0

    def test_of_the_passage_where_nothing_is_known(self) -> None:
        assert hit(passage("om tog", ((0, 6.0),)), "tittel").hit_at == 5.0
        assert hit(passage("om tog"), "tog").hit_at == 5.0
        assert hit(passage("om tog", ((3, 6.0),)), "om").hit_at == 5.0


class TestRecording:
    def test_the_title_is_marked_and_stays_plain_text(self) -> None:
        title = found("post", passage("hei", title="Om <b>post</b>")).title
        assert title == (Fragment("Om <b>"), Fragment("post", hit=True), Fragment("</b>"))

    def test_passages_in_the_order_given(self) -> None:
        shown = found("tog", passage("om tog", number=3), passage("to tog", number=1), count=7)
        assert [one.passage_id[-1] for one in shown.passages] == ["3", "1"]
        assert shown.passage_count == 7


class TestReasons:
    def test_none_where_the_word_is_there(self) -> None:
        assert found("personvern", passage("om personvernet")).reasons == ()
        assert found("personvern", passage("privacy", title="Personvern", language="nl")).reasons == ()
        assert found("ombud", passage("personvernombudet")).reasons == ()

    def test_another_name_as_it_stands_there(self) -> None:
        reasons = found("Personvern", passage("onze Gegevensbescherming", language="nl")).reasons
        assert reasons == (Reason("Personvern", "Gegevensbescherming", ReasonKind.TRANSLATION),)

    def test_another_name_of_several_words(self) -> None:
        reasons = found("personvern", passage("On Data Protection and data", language="en")).reasons
        assert reasons == (Reason("personvern", "Data Protection", ReasonKind.TRANSLATION),)

    def test_another_name_in_the_title(self) -> None:
        reasons = found("personvern", passage("hallo", title="Gegevensbescherming", language="nl")).reasons
        assert reasons == (Reason("personvern", "Gegevensbescherming", ReasonKind.TRANSLATION),)

    def test_the_word_in_one_passage_is_enough(self) -> None:
        assert found("personvern", passage("privacy", number=0), passage("personvern", number=1)).reasons == ()

    def test_another_spelling(self) -> None:
        assert found("sykkwl", passage("en Sykkel")).reasons == (Reason("sykkwl", "Sykkel", ReasonKind.SPELLING),)
        reasons = found("persovnern", passage("om personvernet")).reasons
        assert reasons == (Reason("persovnern", "personvernet", ReasonKind.SPELLING),)

    def test_one_for_each_word_and_none_for_optional_ones(self) -> None:
        reasons = found("og sykkwl personvern", passage("sykkel, privacy og", language="en")).reasons
        assert [(reason.asked, reason.because) for reason in reasons] == [
            ("sykkwl", ReasonKind.SPELLING),
            ("personvern", ReasonKind.TRANSLATION),
        ]

    def test_phrases_need_none(self) -> None:
        assert found('"personvern"', passage("personvern")).reasons == ()


words = st.lists(
    st.sampled_from(["post", "eldre", "Å", "fyll", "digital", "<b>", "x" * 300, "\u0000", "ga\u030ard", "–"]),
    max_size=120,
).map(" ".join)
queries = st.sampled_from(["post", "digital eldre", '"digital post"', "digital post", "xx", "gard", "x" * 300, ""])


@settings(deadline=None)  # a busy machine is no failure
@given(words | st.text(), queries)
def test_joined_fragments_are_the_text_again(text: str, query: str) -> None:
    of = spans(text, query)
    made = fragments(text, of)
    assert plain(made) == text
    assert marked(made) == [text[span.start : span.end] for span in of]
    assert all(one.end <= other.start for one, other in pairwise(of))
    assert all(fragment.text for fragment in made)


@settings(deadline=None)
@given(words, queries)
def test_an_excerpt_is_a_piece_of_the_text(text: str, query: str) -> None:
    starts = [(place, 5 + place / 10) for place in range(0, len(text), 10)]
    shown = hit(passage(text, starts), query)
    excerpt = plain(shown.fragments)
    assert excerpt.removeprefix("… ").removesuffix(" …") in text
    assert len(excerpt) <= EXCERPT + 310  # a word of 300 characters may be whole
    assert bool(marked(shown.fragments)) == bool(spans(text, query))
    assert 5 <= shown.hit_at <= 5 + len(text) / 10
    if len(text) <= EXCERPT:
        assert excerpt == text
