"""Accounts without rights for a part that must not run as root, and what such an account can reach."""

from __future__ import annotations

import grp
import os
import pwd
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from cli.stack.postgres.server import environment

PRIVATE = range(61184, 65520)
"""User ids that systemd keeps for services without a name of their own (`DynamicUser=`); no package takes them."""
SYSTEM = range(1, 1000)


def unused_account() -> int:
    """A user and group id that is nobody's: no account, no group and no process has it.

    So whatever belongs to it is out of the reach of `nobody`, whom other services run as.
    """
    taken = {entry.pw_uid for entry in pwd.getpwall()} | {entry.gr_gid for entry in grp.getgrall()} | _running()
    return random.choice([number for number in PRIVATE if number not in taken])  # noqa: S311 — no secret


def idle_account() -> int | None:
    """The user id of an account without rights that runs nothing now, `nobody` first; None: there is none."""
    running = _running()
    named = sorted(pwd.getpwall(), key=lambda entry: entry.pw_name != "nobody")
    fit = (account.pw_uid for account in named if account.pw_name == "nobody" or account.pw_uid in SYSTEM)
    return next((number for number in fit if number not in running | {0}), None)


def runs_as(command: Sequence[str | Path], *, user: int | None, group: int | None) -> subprocess.CompletedProcess[str]:
    """Run a short command as this user and group; None: as we are. Raises OSError, TimeoutExpired."""
    how: dict[str, Any] = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 120}
    if user is not None:
        how |= {"user": user, "group": group, "extra_groups": []}
    return subprocess.run(command, env=environment(), check=False, **how)


def enters(account: int | None, folder: Path) -> bool:
    """Whether this account can enter the folder: tried, not reckoned."""
    return runs_as(["/bin/sh", "-c", 'cd "$0"', folder], user=account, group=account).returncode == 0


def let_in(account: int, folder: Path) -> None:
    """Let this account, and nobody else, enter a folder that so far only its owner enters; others stay as they are.

    Its group becomes the account's own, to which nobody else belongs, and may enter but not look.
    """
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077 == 0:
        os.chown(folder, -1, account)
        folder.chmod(mode | 0o010)


def give(account: int, folder: Path) -> None:
    """Make the folder and all in it the account's."""
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(root, name), account, account, follow_symlinks=False)
    os.chown(folder, account, account)


def _running() -> set[int]:
    return {uid for process in psutil.process_iter(["uids"]) if process.info["uids"] for uid in process.info["uids"]}
