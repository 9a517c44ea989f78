"""A chore of the worker, `discover`, `reconcile` or `retain`, round after round in a process of its own.

    python -m flows.chores NAME

The next round begins when the last has ended and its pause is over, so rounds never pile up, however busy the machine
is and however long nobody ran them. They are no flow runs: a thousand a day would bury the recordings on Prefect's runs
page. What a round has done, and what is newly wrong, is told there as a run that says so (`chore` is its tag).
"""

from __future__ import annotations

import faulthandler
import os
import sys

from kring.errors import KringError
from kring.local_stack import connect_locally
from kring.process import die_with_parent
from kring.settings import load_settings
from services.prefect_env import prefect_environment

LONGEST_ROUND = 6 * 3600.0
"""Seconds; a round that takes longer hangs. The process then ends, saying where it stood; the worker starts another.
The first look at a folder reads all its files: 10 TB take as long at 500 MB a second."""


def main(name: str) -> None:
    """Runs until the worker ends. Raises KringError if it cannot begin."""
    die_with_parent()
    settings = connect_locally(load_settings())
    os.environ.update(prefect_environment(settings))

    from flows.scheduled import CHORES, RoundOutcome, attempt, cancelled_by, rest, tell

    chore, before = CHORES[name], RoundOutcome()
    while True:
        faulthandler.dump_traceback_later(LONGEST_ROUND, exit=True)
        cancelled = cancelled_by(chore, settings)
        outcome = attempt(chore, settings)
        if outcome.is_news_after(before) and tell(chore, outcome, before):
            before = outcome
        faulthandler.cancel_dump_traceback_later()
        rest(chore, settings, cancelled)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KringError as error:
        sys.exit(str(error))
