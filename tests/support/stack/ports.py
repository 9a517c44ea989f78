"""Ports for what tests start, or for nobody: no other test gets the same, and no outgoing connection takes it."""

from __future__ import annotations

import os
import random

from cli.stack.free_ports import is_free
from storage.seaweed.program import LOOPBACK

OURS = range(10_000, 20_000)
"""Below the range that Linux takes for outgoing connections, and apart from the one Kring takes its own from."""
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_left = random.sample(OURS[_WORKER::_WORKERS], len(OURS) // _WORKERS)


def free_port() -> int:
    """A port on which nobody listens, given once; it stays free until who asked for it listens there."""
    while not is_free(LOOPBACK, port := _left.pop()):
        pass
    return port
