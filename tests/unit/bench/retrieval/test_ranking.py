"""The measures of a ranking, on examples worked out by hand."""

from __future__ import annotations

import math

import pytest

from bench.retrieval.ranking import Scores, mean, scores


def ndcg(found: list[int], judged: list[int]) -> float:
    """nDCG@10 of a ranking given by its grades; what is judged but not found is `judged` less `found`."""
    names = [f"found-{place}" for place in range(len(found))]
    grades = dict(zip(names, found, strict=True))
    missing = list(judged)
    for grade in found:
        if grade:
            missing.remove(grade)
    grades |= {f"missing-{place}": grade for place, grade in enumerate(missing)}
    return scores(names, grades).ndcg_at_10


def test_ndcg_by_hand() -> None:
    found = 7 / math.log2(2) + 0 + 3 / math.log2(4) + 1 / math.log2(5)
    ideal = 7 / math.log2(2) + 3 / math.log2(3) + 1 / math.log2(4)
    assert ndcg([3, 0, 2, 1], [3, 2, 1]) == pytest.approx(found / ideal)


def test_what_was_missed_is_in_the_ideal() -> None:
    """Grades 3 2 3 0 1 2 found, 3 and 2 missed: 7 + 1.893 + 3.5 + 0 + 0.387 + 1.069 of 18.771."""
    assert ndcg([3, 2, 3, 0, 1, 2], [3, 3, 3, 2, 2, 2, 1]) == pytest.approx(13.848 / 18.771, abs=1e-4)


def test_the_best_order_is_one_and_the_worst_below() -> None:
    assert ndcg([3, 2, 1], [3, 2, 1]) == 1
    assert 0 < ndcg([1, 2, 3], [3, 2, 1]) < 1


def test_what_is_not_judged_takes_a_place() -> None:
    assert ndcg([0, 3], [3]) == pytest.approx(1 / math.log2(3))


def test_the_ideal_is_cut_at_ten() -> None:
    assert ndcg([3] * 10, [3] * 15) == pytest.approx(1)


def test_nothing_after_the_tenth_counts() -> None:
    names = [str(place) for place in range(11)]
    assert scores(names, {"10": 3}) == Scores(0, 0, 0)


def test_nothing_found() -> None:
    assert scores([], {"a": 3}) == Scores(0, 0, 0)


def test_only_good_hits_are_a_success() -> None:
    assert scores(["a", "b"], {"a": 1, "b": 2}).success_at_1 == 0
    assert scores(["a", "b"], {"a": 1, "b": 2}).mrr == 0.5
    assert scores(["b", "a"], {"a": 1, "b": 2}).success_at_1 == 1


def test_every_query_counts_the_same() -> None:
    assert mean([Scores(1, 1, 1), Scores(0, 0.5, 0.25)]) == Scores(0.5, 0.75, 0.625)
