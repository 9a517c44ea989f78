"""What another transcript changed, word by word."""

from __future__ import annotations

import random
import time

import pytest

from kring.model import Segment, Word
from services.transcript_diff import difference, tokens


def said(*texts: str, seconds: float = 10) -> list[Segment]:
    return [Segment(start=number * seconds, end=(number + 1) * seconds, text=text) for number, text in enumerate(texts)]


def counted(old: str, new: str) -> tuple[int, int, int]:
    found = difference(said(old), said(new))
    return found.changed, found.added, found.removed


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Vi snakker om personvern.", "Vi snakker om personvern.", (0, 0, 0)),
        ("Vi snakker, om personvern", "vi snakker om personvern!", (0, 0, 0)),
        ("Vi bruker digdir sin tjeneste", "Vi bruker Digdir sin tjeneste", (1, 0, 0)),
        ("Vi er her. da begynner vi", "Vi er her, Da begynner vi", (0, 0, 0)),  # a sentence that began there
        ("i fior dane kommune", "i Fjordane kommune", (1, 0, 1)),
        ("en to fire", "en to tre fire", (0, 1, 0)),
        ("en to to tre", "en to tre", (0, 0, 1)),
        ("", "en to", (0, 2, 0)),
        ("en to", "", (0, 0, 2)),
        ("ja - nettopp", "ja nettopp", (0, 0, 0)),
    ],
)
def test_words_are_counted(old: str, new: str, expected: tuple[int, int, int]) -> None:
    assert counted(old, new) == expected


def test_the_share_is_of_the_old_words() -> None:
    found = difference(said("en to tre fire"), said("en to fem fire"))
    assert (found.before, found.after, found.share) == (4, 4, 0.25)
    assert difference([], said("en to")).share == 2


def test_where_a_segment_was_cut_changes_nothing() -> None:
    assert difference(said("en to", "tre fire"), said("en", "to tre", "fire")).share == 0


def test_a_place_has_its_time_and_the_words_around_it() -> None:
    old = said("a b c d e f g h i j", "k l m n o p q r s t")
    new = said("a b c d e f g h i j", "k l MM n o p q r s t")
    (place,) = difference(old, new).places(context=2)
    assert place.at == 12
    assert [(piece.old, piece.new, piece.changed) for piece in place.pieces] == [
        ("k l", "k l", False),
        ("m", "MM", True),
        ("n o", "n o", False),
    ]


def test_changes_close_together_are_one_place_and_far_apart_two() -> None:
    old = said("a b c d e f g h")
    near = list(difference(old, said("a X c d Y f g h")).places(context=1))
    assert [[piece.new for piece in place.pieces] for place in near] == [["a", "X", "c d", "Y", "f"]]
    far = list(difference(old, said("a X c d e Y g h")).places(context=1))
    assert [[piece.new for piece in place.pieces] for place in far] == [["a", "X", "c"], ["e", "Y", "g"]]


def test_what_changed_elsewhere_is_not_shown_as_unchanged() -> None:
    old, new = said("a b c d e f g h"), said("a X c d e Y g h")
    first, second = difference(old, new).places(context=6)
    assert [piece.new for piece in first.pieces] == ["a", "X", "c d e"]
    assert [piece.new for piece in second.pieces] == ["c d e", "Y", "g h"]


def test_removed_words_have_the_time_they_had() -> None:
    (place,) = difference(said("en to tre", "fire fem seks"), said("en to tre", "fire seks")).places()
    assert place.at == pytest.approx(13.33, abs=0.01)
    assert [piece.old for piece in place.pieces if piece.changed] == ["fem"]


def test_words_keep_their_own_times() -> None:
    segment = Segment(start=0, end=9, text="Hei du.", words=(Word(1, 2, " Hei"), Word(5, 6, " du.")))
    assert [(token.text, token.at, token.first) for token in tokens([segment])] == [("Hei", 1, True), ("du.", 5, False)]


@pytest.mark.slow
def test_four_hours_take_seconds() -> None:
    chance = random.Random(1)
    vocabulary = [f"ord{number}" for number in range(5000)]
    old = [chance.choice(vocabulary) for _ in range(40_000)]
    new = [word if chance.random() > 0.1 else chance.choice(vocabulary) for word in old]
    started = time.thread_time()
    found = difference(said(" ".join(old), seconds=14_400), said(" ".join(new), seconds=14_400))
    assert sum(1 for _ in found.places()) > 1000
    assert found.share == pytest.approx(0.1, abs=0.02)
    assert time.thread_time() - started < 20  # about 2 s of one core
