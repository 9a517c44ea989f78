"""Who works on a recording now: a lease in the bucket, so that it holds over all machines."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil

from kring.errors import Conflict
from kring.model import Activity, Step, now
from kring.sentence import from_stored
from storage.documents import JSON, read_replaceable, write_document
from storage.keys import activity_key
from storage.port import ObjectStore

START_TOLERANCE = 2.0
"""Seconds by which two readings of one process's start may differ: it is reckoned from a boot time that clocks move."""


NOBODY = ""
"""Owner of a lease that was let go. It is not deleted: a delete could hit a successor's."""


class Leases:
    """At most one live owner per recording, at `runs/<recording-id>.json`."""

    def __init__(self, store: ObjectStore, *, lease_seconds: float) -> None:
        self._store = store
        self._lease = timedelta(seconds=lease_seconds)

    def take(self, recording_id: str, owner: str) -> bool:
        """Whether `owner` holds the recording now. False: a live process holds it.

        A holder whose process is gone from this machine, or who has not reported for the lease's time, is replaced.
        """
        held, etag = self._look(recording_id)
        if held is not None and held.owner != owner and self.is_alive(held):
            return False
        activity = Activity(recording_id=recording_id, owner=owner, step=Step.RECEIVE, beat_at=now())
        try:
            self._write(activity, etag)
        except Conflict:
            return False
        return True

    def beat(self, recording_id: str, owner: str, step: Step, fraction: float, note: str = "") -> None:
        """Say that `owner` is alive and how far `step` is (0 to 1). Raises Conflict if it is no longer theirs."""
        held, etag = self._look(recording_id)
        if held is None or held.owner != owner:
            raise Conflict(f"Another run has taken over the recording {recording_id}; this one stops.")
        report = Activity(
            recording_id=recording_id, owner=owner, step=step, fraction=fraction, note=from_stored(note), beat_at=now()
        )
        self._write(report, etag)

    def release(self, recording_id: str, owner: str) -> None:
        """Let go; nothing happens if it is another's by now, not even a moment ago."""
        held, etag = self._look(recording_id)
        if held is None or held.owner != owner:
            return
        with suppress(Conflict):  # taken over in between
            self._write(held.model_copy(update={"owner": NOBODY}), etag)

    def read(self, recording_id: str) -> Activity | None:
        """Who holds the recording, dead or alive; None: no process."""
        held = self._look(recording_id)[0]
        return None if held is None or held.owner == NOBODY else held

    def is_alive(self, activity: Activity) -> bool:
        """Whether the holder reported within the lease's time and, on this machine, its process still runs."""
        held = activity.owner != NOBODY and now() - activity.beat_at <= self._lease
        return held and _process_may_run(activity.owner)

    def _look(self, recording_id: str) -> tuple[Activity | None, str | None]:
        return read_replaceable(self._store, Activity, activity_key(recording_id))

    def _write(self, activity: Activity, etag: str | None) -> None:
        self._store.put_bytes(
            activity_key(activity.recording_id),
            write_document(activity),
            media_type=JSON,
            if_match=etag,
            if_absent=etag is None,
        )


def owner_name(flow_run_id: str) -> str:
    """`<host>/<pid>/<process start>/<flow run id>` of this process: names one run in one process for ever."""
    return f"{_host()}/{os.getpid()}/{psutil.Process().create_time():.2f}/{flow_run_id}"


def _host() -> str:
    """This machine as processes see it: two of one name, or two containers on one, must not look for each other's."""
    name = socket.gethostname().replace("/", "-")
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        return f"{name}.{boot}.{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:  # not Linux
        return name


def _process_may_run(owner: str) -> bool:
    """False only if the process is known to be gone: it was on this machine, and it is not there any more."""
    host, _, rest = owner.partition("/")
    pid, _, rest = rest.partition("/")
    start = rest.partition("/")[0]
    if host != _host():
        return True
    try:
        process = psutil.Process(int(pid))
        same = abs(process.create_time() - float(start)) <= START_TOLERANCE
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, ValueError):
        return False
    except psutil.AccessDenied:
        return True
