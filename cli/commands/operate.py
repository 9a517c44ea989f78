"""What operators ask for: `kring reconcile`, `reindex`, `audit`."""

from __future__ import annotations

import json
import sys
import time

from rich.text import Text

from cli.terminal.connection import connect
from cli.terminal.output import out, printable, say
from kring.errors import InputError
from kring.people.audit import Act
from services.search_index.ownership import require_own_index
from storage.audit import Audit


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


def run_audit(*, act: str, who: str, as_json: bool, check: bool) -> int:
    """Print what people did, or, to `check`, whether the record is whole; 1: it is not. Raises InputError."""
    audit = Audit(connect().archive.store)
    if act not in ("", *Act):
        raise InputError(f"There is no act {act!r}; there are: {', '.join(Act)}.")
    if check:
        breaks = audit.breaks()
        for found in breaks:
            say(f"{found.number}: {found.reason}", "red")
        say("The record is whole." if not breaks else f"The record is not whole: {len(breaks)} places.")
        return 1 if breaks else 0
    if as_json:
        json.dump([entry.model_dump(mode="json") for entry in audit.matching(act, who)], sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
        return 0
    for entry in audit.matching(act, who):
        what = " ".join(part for part in (entry.about, entry.says) if part)
        name = entry.by_name or entry.by
        line = Text.assemble((f"{entry.at:%Y-%m-%d %H:%M}  ", "dim"), f"{entry.act.value:<9}", printable(f"{name}  "))
        out.print(line.append(printable(what), style="dim"))
    return 0
