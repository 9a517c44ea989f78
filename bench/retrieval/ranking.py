"""How good a ranking is, against graded judgements (3 exactly what is meant, 2 good, 1 related, else 0). Pure.

nDCG: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4), 2002; with the
exponential gain 2^grade - 1 of Burges et al., "Learning to rank using gradient descent", ICML 2005. The ideal ranking
is cut at the same depth, so a query with many relevant recordings can reach 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

DEPTH = 10
GOOD = 2
"""The least grade that answers the question."""


@dataclass(frozen=True, slots=True)
class Scores:
    success_at_1: float
    """The first hit is good."""
    mrr: float
    """1 / the rank of the first good hit; 0 where none is."""
    ndcg_at_10: float


def scores(ranking: Sequence[str], grades: Mapping[str, int]) -> Scores:
    """`ranking`: what was found, best first; only the first ten count."""
    found = [grades.get(name, 0) for name in ranking[:DEPTH]]
    first = next((rank for rank, grade in enumerate(found, 1) if grade >= GOOD), None)
    best = _gain(sorted(grades.values(), reverse=True)[:DEPTH])
    return Scores(
        success_at_1=float(first == 1),
        mrr=1 / first if first else 0.0,
        ndcg_at_10=_gain(found) / best if best else 0.0,
    )


def mean(each: Iterable[Scores]) -> Scores:
    """Every query counts the same."""
    every = list(each)
    return Scores(
        success_at_1=fmean(one.success_at_1 for one in every),
        mrr=fmean(one.mrr for one in every),
        ndcg_at_10=fmean(one.ndcg_at_10 for one in every),
    )


def _gain(grades: Iterable[int]) -> float:
    """Discounted cumulated gain."""
    return math.fsum((2**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))
