"""What a round of a chore tells operators."""

from __future__ import annotations

import pytest

from flows.scheduled import RoundOutcome

WELL, DOWN = RoundOutcome(), RoundOutcome(problems=("feed: it does not answer.",))
OTHER = RoundOutcome(problems=("feed: it is no feed.",))
DONE = RoundOutcome(done=("inbox: 2 new recordings.",))


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [
        (WELL, WELL, False),
        (WELL, DONE, True),
        (DONE, DONE, True),
        (DONE, WELL, False),
        (WELL, DOWN, True),
        (DOWN, DOWN, False),
        (DOWN, OTHER, True),
        (DOWN, WELL, True),
    ],
)
def test_only_what_was_done_and_what_is_newly_wrong_is_news(
    before: RoundOutcome, after: RoundOutcome, news: bool
) -> None:
    assert after.is_news_after(before) is news
