from __future__ import annotations

from datetime import date

from hypothesis import given, settings, strategies as st

from index.highlight import EXCERPT, fragments, passage_hit, recording_hit, spans
from index.port import Passage
from index.wanted import parse


def passage(text: str, starts: tuple[tuple[int, float], ...] = (), *, title: str = "Tittel") -> Passage:
    return Passage("0" * 16 + "-0", "0" * 16, 1, 5.0, 35.0, text, starts, title, "c", "n", "nb", date(2024, 1, 1))


def marked(text: str, query: str) -> list[str]:
    return [piece.text for piece in fragments(text, spans(text, "nb", parse(query))) if piece.hit]


def test_what_is_marked() -> None:
    assert marked("Anskaffelsene – og anskaffelser!", "anskaffelse") == ["Anskaffelsene", "anskaffelser"]
    assert marked("Digital post er post", '"digital post"') == ["Digital post"]
    assert marked("Digital post er post", '"digital post" post') == ["Digital post", "post"]
    assert marked("ingen treff", "personvern") == []
    assert marked("a", "") == []


def test_the_time_is_that_of_the_first_match_shown() -> None:
    text = "om post. " + "fyll " * 100 + "digital post til eldre"
    starts = ((0, 5.0), (3, 5.5), (text.index("digital"), 30.0), (text.index("eldre"), 32.0))
    hit = passage_hit(passage(text, starts), parse("digital post eldre"))
    assert hit.hit_at == 30.0
    assert [piece.text for piece in hit.fragments if piece.hit] == ["digital", "post", "eldre"]
    assert passage_hit(passage(text, starts), parse("post")).hit_at == 5.5
    assert passage_hit(passage(text, starts), parse("tittel")).hit_at == 5.0
    assert passage_hit(passage("post"), parse("post")).hit_at == 5.0


def test_an_excerpt_keeps_words_whole() -> None:
    text = "abcdefghi " * 100
    hit = passage_hit(passage(text.strip()), ())
    assert "".join(piece.text for piece in hit.fragments) == "abcdefghi " * 23 + "abcdefghi …"


def test_the_title_is_marked() -> None:
    hit = recording_hit([passage("hei", title="Om <b>post</b>")], parse("post"), 1)
    assert [(piece.text, piece.hit) for piece in hit.title] == [("Om <b>", False), ("post", True), ("</b>", False)]


words = st.lists(st.sampled_from(["post", "eldre", "Å", "fyll", "digital", "<b>", "x" * 300, "\u0000"]), max_size=120)


@settings(deadline=None)  # a busy machine is no failure
@given(words.map(" ".join), st.sampled_from(["post", "digital eldre", '"digital post"', "xx", ""]))
def test_an_excerpt_is_a_piece_of_the_text(text: str, query: str) -> None:
    parts = parse(query)
    assert "".join(piece.text for piece in fragments(text, spans(text, "nb", parts))) == text
    hit = passage_hit(passage(text), parts)
    shown = "".join(piece.text for piece in hit.fragments)
    assert shown.removeprefix("… ").removesuffix(" …") in text
    assert len(shown) <= EXCERPT + 310  # a word of 300 characters may be whole
    assert any(piece.hit for piece in hit.fragments) == bool(spans(text, "nb", parts))
