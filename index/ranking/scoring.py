"""How well a passage answers a query: the order of results, the same for every engine.

An engine finds candidates, by the keys; what is asked for as it is stands above the same word in another form,
that above a part of a compound, that above a translation or a misspelling. A word in the title counts as well as in
the passage, and so does one among the topics and organisations. Words that stand close together count more than the
same words far apart. What is spoken stands above what an attachment says alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from index.port import Passage
from index.ranking.matches import Mark, Marker, Marks, Match

WEIGHTS = {
    Match.SPELLING: 0.2,
    Match.TRANSLATION: 0.2,
    Match.PREFIX: 0.3,
    Match.PART: 0.45,
    Match.STEM: 0.75,
    Match.FOLDED: 0.9,
    Match.EXACT: 1.0,
}
_TITLE = 1.2
_LABEL = 0.5  # of a topic or an organisation: what a recording is said to be about, if its title does not say so
_ATTACHMENT = 0.9  # of what an attachment says: a page repeats its words, and can be read at a glance
_REPEATS = 0.08  # at most, for a word that is said again and again
_LENGTH = 0.03  # at most, for a passage of so many letters …
_LONG_TEXT = 1200
_PROXIMITY = 0.5  # for each word beyond the first, if all stand beside each other
_MANY_PASSAGES = 0.4  # at most, for a recording in which many passages match
_OPTIONAL = 0.1
DECIMALS = 3
"""Of a score; passages alike in all that counts are alike in score."""


@dataclass(frozen=True, slots=True)
class Scored:
    passage: Passage
    score: float
    own: int
    """Parts found in its text or its speakers' names."""
    marks: Marks


def best_first(scored: Scored) -> tuple[float, int]:
    """Sort key: of alike ones what is said first, and before all that is written."""
    return (-scored.score, scored.passage.number)


def recording_score(best: float, passages: int) -> float:
    """What a recording is worth whose best passage is worth so much, of so many that match: one that is about it says
    it again and again."""
    return round(best * (1 + _MANY_PASSAGES * (1 - 0.5 ** (passages - 1))), DECIMALS)


def idf_weights(frequencies: Sequence[int], total: int) -> list[float]:
    """How telling each part is, by how few of `total` passages have it: 1 for the rarest.

    The inverse document frequency of BM25 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework").
    """
    rarity = [log(1 + (total - min(frequency, total) + 0.5) / (frequency + 0.5)) for frequency in frequencies]
    return [weight / max(rarity) for weight in rarity]


class Scorer:
    """Scores passages for one search. `weights`: how telling each part is, 1 for the most telling."""

    def __init__(self, marker: Marker, required: int, weights: Sequence[float] = ()) -> None:
        self._marker = marker
        self._required = required
        self._weights = (list(weights) or [1.0] * required) + [_OPTIONAL] * (len(marker.parts) - required)

    def score(self, passage: Passage) -> Scored:
        marks = self._marker.marks(passage)
        in_text = self._best(marks.text, min(len(passage.text), _LONG_TEXT) / _LONG_TEXT)
        in_names = self._best(marks.names, 0.0)
        of_all = [
            max(_TITLE * title, _LABEL * label)
            for title, label in zip(self._best(marks.title, 0.0), self._best(marks.labels, 0.0), strict=True)
        ]
        own = [max(text_score, other) for text_score, other in zip(in_text, in_names, strict=True)]
        less = 1.0 if passage.attachment is None else _ATTACHMENT
        score = sum(weight * (less * o + t) for weight, o, t in zip(self._weights, own, of_all, strict=True))
        score += less * _proximity(marks.text, self._required)
        return Scored(
            passage, round(score, DECIMALS), sum(part_score > 0 for part_score in own[: self._required]), marks
        )

    def _best(self, marks: Iterable[Mark], length: float) -> list[float]:
        """For each part the weight of its best match, a little more if it is repeated."""
        best = [0.0] * len(self._weights)
        count = [0] * len(self._weights)
        for mark in marks:
            best[mark.part] = max(best[mark.part], WEIGHTS[mark.match])
            count[mark.part] += mark.member == 0  # the words of one term count once
        return [
            part_score * (1 + _REPEATS * (1 - 0.5**times) - _LENGTH * length) if part_score else 0.0
            for part_score, times in zip(best, count, strict=True)
        ]


def _proximity(marks: Sequence[Mark], required: int) -> float:
    """More the fewer words stand between the different words asked for, for each that is there beside the first."""
    counted = [mark for mark in marks if mark.part < required and mark.match > Match.PREFIX]
    distinct = {(mark.part, mark.member) for mark in counted}
    if len(distinct) < 2:
        return 0.0
    window: list[Mark] = []
    fewest = float("inf")
    for mark in counted:
        window = [other for other in window if (other.part, other.member) != (mark.part, mark.member)] + [mark]
        if len(window) == len(distinct):
            matched = sum(each.last - each.first + 1 for each in window)
            fewest = min(fewest, max(0, mark.last - window[0].first + 1 - matched))
    more = len(distinct) - 1
    return _PROXIMITY * more / (1 + fewest / more)
