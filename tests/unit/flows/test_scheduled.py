"""What a round of a chore tells operators."""

from __future__ import annotations

import pytest

from flows.scheduled import Outcome

WELL, DOWN = Outcome(), Outcome(problems=("feed: it does not answer.",))
OTHER = Outcome(problems=("feed: it is no feed.",))
DONE = Outcome(done=("inbox: 2 new recordings.",))


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
def test_only_what_was_done_and_what_is_newly_wrong_is_news(before: Outcome, after: Outcome, news: bool) -> None:
    assert after.is_news_after(before) is news
