"""Captions as people read them, and the limits they keep whatever was said."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from kring.model import Word
from transcribe.captions.line_breaking import LINE, LONGEST, SILENCE, cut, fits, text_of, width, wrap
from transcribe.captions.sentences import ends_sentence


def spoken(text: str) -> list[Word]:
    """Somebody says it: 14 letters a second, a breath after a comma, a longer one after a sentence."""
    words, clock = [], 0.0
    for word in text.split():
        start, clock = clock, clock + max(len(word), 3) / 14
        words.append(Word(round(start, 3), round(clock, 3), word))
        clock += 0.5 if word[-1] in ".?!" and len(word) > 5 else 0.2 if word[-1] == "," else 0.02
    return words


def captions(text: str) -> list[list[str]]:
    return [wrap(text_of(words)) for words in cut(spoken(text))]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "God morgen og velkommen til dette møtet i kunnskapskretsen. Vi skal snakke om personvern i skolen, og om "
            "hvordan f.eks. kommunene kan gjøre det bedre. Møtet er kl. 9.30 den 3. mars, dvs. på tirsdag.",
            [
                ["God morgen og velkommen", "til dette møtet i kunnskapskretsen."],
                ["Vi skal snakke om personvern i skolen,"],
                ["og om hvordan f.eks. kommunene", "kan gjøre det bedre."],
                ["Møtet er kl. 9.30 den 3. mars,", "dvs. på tirsdag."],
            ],
        ),
        (
            "I dag skal vi tale om kunstig intelligens, bl.a. i sagsbehandlingen, og vi har fået besøg af Dr. Hansen "
            "fra universitetet, som har arbejdet med det i mange år og som vil fortælle os hvad der virker.",
            [
                ["I dag skal vi tale om kunstig intelligens,", "bl.a. i sagsbehandlingen,"],
                ["og vi har fået besøg", "af Dr. Hansen fra universitetet,"],
                ["som har arbejdet med det i mange år", "og som vil fortælle os hvad der virker."],
            ],
        ),
        (
            "We hebben bijv. met de gemeente Utrecht gesproken over hoe zij dat doen, omdat zij daar al jaren "
            "ervaring mee hebben en graag willen delen wat er goed ging.",
            [
                ["We hebben bijv. met de gemeente Utrecht", "gesproken over hoe zij dat doen,"],
                ["omdat zij daar al jaren", "ervaring mee hebben"],
                ["en graag willen delen wat er goed ging."],
            ],
        ),
        (
            "Good morning, everybody. So we have asked three municipalities to tell us what they learned about "
            "procurement and the law, which was not as easy as they had hoped when they began the work in the spring.",
            [
                ["Good morning, everybody."],
                ["So we have asked three", "municipalities to tell us"],
                ["what they learned", "about procurement and the law,"],
                ["which was not as easy as they had hoped", "when they began the work in the spring."],
            ],
        ),
    ],
)
def test_captions_read_well(said: str, shown: list[list[str]]) -> None:
    assert captions(said) == shown


@pytest.mark.parametrize(
    ("word", "following", "ends"),
    [
        ("skolen.", "Vi", True),
        ("skolen.”", "Vi", True),
        ("skolen.", "vi", False),
        ("hva?", "ja", True),
        ("så…", "ja", True),
        ("kl.", "Ti", False),
        ("f.eks.", "Oslo", False),
        ("(bl.a.", "Oslo", False),
        ("bijv.", "Utrecht", False),
        ("3.", "Mars", False),
        ("10.30.", "Så", False),
        ("IV.", "Del", False),
        ("2024.", "Så", True),
        ("J.", "Hansen", False),
        ("kring.no.", "Der", True),
        ("ord", "Ord", False),
        ("好。", "我", True),
    ],
)
def test_where_a_sentence_ends(word: str, following: str, ends: bool) -> None:
    assert ends_sentence(word, following) is ends


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("", True),
        ("x" * LINE, True),
        ("x" * (LINE + 1), True),
        ("x" * (LINE + 1) + " y", False),
        ("y " + "x" * (LINE + 1), False),
        ("x" * LINE + " " + "y" * LINE, True),
        ("x" * LINE + " " + "y" * (LINE - 1) + " z", False),
        ("x" * 30 + " " + "y" * 30 + " " + "z" * 20, False),
        ("漢" * 42, True),
        ("漢" * 43, False),
        ("가" * 22, True),
        ("가" * 22 + " 가", False),
        ("ก" * 84, True),
        ("ก" * 85, False),
        ("e\u0301" * 42 + " a", True),
    ],
)
def test_two_lines_hold(text: str, fit: bool) -> None:
    assert fits(text) is fit


def test_a_line_breaks_where_the_sentence_breathes() -> None:
    assert wrap("Kort.") == ["Kort."]
    assert wrap("  to   ord ") == ["to ord"]
    assert wrap(" ") == []
    assert wrap("Ja, det gjør vi, men ikke før vi har spurt dem om det.") == [
        "Ja, det gjør vi,",
        "men ikke før vi har spurt dem om det.",
    ]
    assert wrap("We have waited for the answer of the supplier") == ["We have waited for the answer", "of the supplier"]
    assert wrap("我们邀请了三个城市的代表来分享，他们的经验请大家踊跃提问题") == [
        "我们邀请了三个城市的代表来分享，",
        "他们的经验请大家踊跃提问题",
    ]
    assert wrap("x" * 60) == ["x" * 60]
    assert [len(line) for line in wrap(" ".join(["fire"] * 40))] == [99, 99]


def test_a_long_silence_ends_a_caption_and_a_short_one_need_not() -> None:
    words = [Word(0, 0.5, "vi"), Word(1.0, 1.5, "venter"), Word(1.5 + SILENCE, 4.0, "litt"), Word(4.2, 5, "til")]
    assert [text_of(part) for part in cut(words)] == ["vi venter", "litt til"]


def test_words_may_bring_their_spaces() -> None:
    words = spoken(
        "Vi tar dem samlet, og da vi var ferdige med det, gikk alle hjem igjen. Ja. Det var det hele for nå."
    )
    own = [word._replace(text=f" {word.text}") for word in words]
    assert [text_of(part, "") for part in cut(own, glue="")] == [text_of(part) for part in cut(words)]


def test_a_word_beyond_the_limits_stands_alone() -> None:
    words = [Word(0, 1, "so"), Word(1, 20, "loooong"), Word(20, 21, "ja"), Word(21, 22, "x" * 90), Word(22, 23, "nei")]
    assert [text_of(part) for part in cut(words)] == ["so", "loooong", "ja", "x" * 90, "nei"]


def test_a_language_without_spaces() -> None:
    said = "今天我们要讨论的是学校里的隐私保护问题，以及各个市政当局如何能够做得更好。我们邀请了三个城市的代表。"
    words = [Word(n * 0.2, n * 0.2 + 0.2, char) for n, char in enumerate(said)]
    assert [text_of(part, "") for part in cut(words, glue="")] == [
        "今天我们要讨论的是学校里的隐私保护问题，",
        "以及各个市政当局如何能够做得更好。",
        "我们邀请了三个城市的代表。",
    ]
    mixed = [Word(0, 1, "我们用"), Word(1, 2, " Kubernetes"), Word(2, 3, " 和"), Word(3, 4, "SQL")]
    assert text_of(mixed, "") == "我们用 Kubernetes 和SQL"


texts = st.text(max_size=12) | st.sampled_from(["og", "x" * 43, "kl.", "3.", "slutt.", "ja,", "漢字", "ไทย", "", " "])


@st.composite
def word_lists(draw: st.DrawFn) -> list[Word]:
    words, clock = [], 0.0
    for text in draw(st.lists(texts, max_size=60)):
        start = clock + draw(st.sampled_from([0.0, 0.0, 0.1, 0.5, 1.9, 2.0, 30.0]))
        clock = start + draw(st.sampled_from([0.0, 0.2, 0.4, 3.0, 8.0]))
        words.append(Word(start, clock, text))
    return words


@given(word_lists(), st.sampled_from([" ", ""]))
def test_nothing_is_lost_and_every_limit_is_kept(words: list[Word], glue: str) -> None:
    parts = cut(words, glue=glue)
    assert [word for part in parts for word in part] == words
    for part in parts:
        assert part
        if len(part) > 1:
            assert part[-1].end - part[0].start <= LONGEST
            assert fits(text_of(part, glue))
            assert all(other.start - one.end < SILENCE for one, other in pairwise(part))


@given(st.lists(texts, max_size=20).map(" ".join))
def test_a_wrapped_text_is_the_text(text: str) -> None:
    lines = wrap(text)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert len(lines) <= 2
    assert all(line == line.strip() != "" for line in lines)
    if fits(text) and len(lines) == 2:
        assert max(map(width, lines)) <= LINE


@pytest.mark.slow
def test_a_day_of_words_is_cut_at_once() -> None:
    def hours(count: int) -> Sequence[Word]:
        sentence = spoken("Dette er en setning, og den er verken kort eller lang, men den er sagt før. ")
        shift = sentence[-1].end + 0.4
        return [
            Word(word.start + n * shift, word.end + n * shift, word.text)
            for n in range(count // len(sentence))
            for word in sentence
        ]

    started = time.process_time()
    assert len(cut(hours(50_000))) > 3_000
    assert time.process_time() - started < 15  # about two seconds; four times the words would be four times that
