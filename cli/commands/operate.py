"""What operators ask for: `kring reconcile`, `reindex`."""

from __future__ import annotations

import time

from cli.terminal.connection import connect
from cli.terminal.output import say
from services.search_index.ownership import require_own_index


def run_reconcile(*, retry_failed: bool) -> int:
    """Say what was done; 1 if something could not be put right."""
    ports = connect()
    require_own_index(ports.settings, ports.archive.store)
    from services.reconcile.reconcile import describe_action, reconcile

    problems: list[str] = []
    actions = reconcile(ports, retry_failed=retry_failed, problems=problems)
    for action in actions:
        say(describe_action(action))
    for problem in problems:
        say(f"not done        {problem}")
    say("Nothing is unfinished." if not actions and not problems else f"{len(actions)} things put right.")
    return 1 if problems else 0


def run_reindex() -> int:
    from services.rebuild_index import rebuild_index

    started = time.monotonic()
    count = rebuild_index(connect())
    say(f"{count} passages indexed in {time.monotonic() - started:.1f} s.")
    return 0
