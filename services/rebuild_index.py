"""Feeding an index afresh from the bucket, with all cores: reading and analysing is nearly all of the work.

Worker processes read recordings and prepare them for the index; this process hands what they made to the engine, in
the order of the bucket, with no more than a few recordings in memory at a time.
"""

from __future__ import annotations

import gc
import logging
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import get_context

from index.passages.build import passages_of
from index.port import Prepared
from kring.errors import Damaged, KringError, NotFound, TransientError
from kring.model import Circle, State, Step
from kring.process import cores, die_with_parent
from kring.settings import Settings
from services.ports import Ports, open_ports
from services.problems import damaged_of, record_problem

FEW = 40
"""Recordings that are read sooner than other processes have started."""
log = logging.getLogger(__name__)

_AHEAD = 3  # recordings a worker process has waiting


def begin_index(ports: Ports) -> None:
    """Build the index of an archive in which nothing is yet: people find it empty, not in preparation."""
    if ports.index.needs_rebuild and next(iter(ports.archive.ids()), None) is None:
        rebuild_index(ports)


def rebuild_index(ports: Ports) -> int:
    """Build the index afresh from the bucket; the number of passages. Search stays up meanwhile.

    A recording whose transcript or circle cannot be read is left out and says so in its status; it holds up no other.
    """
    left_out: dict[str, KringError] = {}

    def prepared() -> Iterator[Prepared]:
        for read in read_all(ports):
            if read.damaged is not None:
                log.warning("left out recording %s: %s", read.recording_id, read.damaged)
            elif read.problem is not None:
                left_out[read.recording_id] = read.problem
            elif read.prepared is not None:
                yield read.prepared

    count = ports.index.rebuild_prepared(prepared())
    for recording_id, error in left_out.items():
        shown = damaged_of(recording_id) if isinstance(error, Damaged | NotFound) else error
        record_problem(ports.archive, recording_id, Step.INDEX, shown.sentence, transient=False)
    return count


@dataclass(frozen=True, slots=True)
class Read:
    """One recording as the bucket has it: ready for the index, or why not, or neither if it is not published."""

    recording_id: str
    prepared: Prepared | None = None
    problem: KringError | None = None
    """Why it cannot be indexed, if its manifest can be read and so can say it."""
    damaged: KringError | None = None
    """Why its manifest cannot be read."""


def read_all(ports: Ports) -> Iterator[Read]:
    """Every recording. Raises TransientError if the object store does not answer: then nothing is complete."""
    ids = list(ports.archive.ids())
    workers = cores()
    if len(ids) <= FEW or workers == 1:
        reader = _Reader(ports)
        with _no_collection():
            yield from map(reader.read, ids)
        return
    with (
        ProcessPoolExecutor(workers, get_context("spawn"), _open, (ports.settings,)) as pool,
        _no_collection(),
    ):
        yield from _in_order(pool, ids, workers * _AHEAD)


def _in_order(pool: ProcessPoolExecutor, ids: Iterable[str], ahead: int) -> Iterator[Read]:
    remaining = iter(ids)
    waiting: deque[Future[Read]] = deque(pool.submit(_read, recording_id) for recording_id in islice(remaining, ahead))
    try:
        while waiting:
            read = waiting.popleft().result()
            waiting.extend(pool.submit(_read, recording_id) for recording_id in islice(remaining, 1))
            yield read
    finally:
        pool.shutdown(cancel_futures=True)


class _Reader:
    def __init__(self, ports: Ports) -> None:
        self._archive = ports.archive
        self._index = ports.index
        self._circle = cache(self._find_circle)

    def read(self, recording_id: str) -> Read:
        try:
            manifest = self._archive.manifest(recording_id)
        except NotFound:  # erased since it was listed
            return Read(recording_id)
        except Damaged as error:
            return Read(recording_id, damaged=error)
        try:
            if manifest.state is not State.PUBLISHED or manifest.transcript is None or manifest.withdrawn is not None:
                return Read(recording_id)
            passages = passages_of(
                manifest,
                self._circle(manifest.details.circle),
                self._archive.transcript_of(manifest),
                self._archive.attached(manifest),
            )
        except TransientError:
            raise
        except KringError as error:
            return Read(recording_id, problem=error)
        return Read(recording_id, self._index.prepare(passages))

    def _find_circle(self, slug: str) -> Circle:
        return self._archive.circle(slug)


_reader: _Reader | None = None  # of this worker process


def _open(settings: Settings) -> None:
    """Begin a worker process."""
    global _reader  # noqa: PLW0603  a pool knows no other way to keep something between its tasks
    die_with_parent()
    gc.disable()
    _reader = _Reader(open_ports(settings))


def _read(recording_id: str) -> Read:
    assert _reader is not None  # noqa: S101
    return _reader.read(recording_id)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Python's cycle collector off: reading makes millions of small tuples and no cycles, and looking for some takes as
    long as all the rest."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
