"""Which of what the sources offer gets a run: what is new, what has grown, and what is worth another try."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime

from flows.sources.port import RecordingSource
from kring.addresses import without_secrets
from kring.errors import NotFound
from kring.intake.item import Item
from kring.intake.left_out import LeftOutReason
from kring.intake.requests import Request
from kring.model import UPLOAD, now
from kring.sentence import Sentence
from services.ports import Ports
from services.retry import pause_before
from services.runs.port import NOT_THERE, STOPPED, Run
from services.secret_addresses import hide_secrets
from storage.archive.archive import Archive
from storage.archive.erasures import Erasures
from storage.archive.requests import Requests
from storage.keys import manifest_key

STAYS_OUT = "{name} was not taken in. {problem}"
ENDED = frozenset({STOPPED, NOT_THERE})
"""How runs are called that `reconcile` leaves alone."""
AT_ONCE = 10
"""So many of what could not be fetched are tried again at a time: what is new does not wait for all of them."""


def start_new(source: RecordingSource, ports: Ports, stopped: list[LeftOutReason] | None = None) -> int:
    """One run per item that is not in the archive, or is there and has news; how many were not asked for before.

    What was stopped before it was received and is not tried again by this look is added to `stopped`.
    What the source no longer offers is no longer waited for.
    """
    look = _Look(ports)
    offered: set[str] = set()
    started = 0
    for item in source.list():
        offered.add(item.recording_id)
        if not look.wants(item):
            continue
        last = look.last(item)
        if last is not None and last.going:
            continue
        if last is not None and look.is_held_back(item, last):
            if stopped is not None:
                stopped.append(_why_out(item, last))
            continue
        run_id = ports.runs.start(
            item.recording_id,
            title=item.details.title,
            circle=item.details.circle,
            item=hide_secrets(ports.archive.store, item).model_dump(mode="json"),
            after=item.attempt or (last.id if last is not None else None),
        )
        started += run_id not in look.known
    for run_id in look.no_longer_offered(source.name, offered):
        with suppress(NotFound):  # Prefect has forgotten it meanwhile
            ports.runs.let_go(run_id)
    return started


class _Look:
    """What was known when the look at a source began."""

    def __init__(self, ports: Ports) -> None:
        self._archive, self._runs = ports.archive, ports.runs
        self._erased = Erasures(ports.archive.store).ids()
        self._look_seconds = ports.settings.worker.discover_seconds
        self._requests = Requests(ports.archive.store).all()
        self._before: dict[str, list[Run]] = defaultdict(list)
        """The runs of each recording that did not end well, newest first."""
        for run in ports.runs.runs(finished_well=False):
            self._before[run.recording_id].append(run)
        self.known = {run.id for runs in self._before.values() for run in runs}
        self._places = AT_ONCE - sum(map(_is_being_tried, self._before.values()))

    def wants(self, item: Item) -> bool:
        """Whose run waits or works is not asked for again: of a batch of a hundred, that would be a hundred writes a
        round. Of one that died, or that a person cancelled, `reconcile` knows what becomes."""
        before = self._before.get(item.recording_id, [])
        if (
            item.recording_id in self._erased
            or any(run.going for run in before)
            or _is_cancelled(self._requests.get(item.recording_id), item)
        ):
            return False
        if self._is_received(item):
            return _is_whole(self._archive, item) or _has_other_captions(self._archive, item)
        return not before or before[0].state_name in ENDED or item.attempt is not None

    def last(self, item: Item) -> Run | None:
        """Its last run; None if that says nothing of what is offered now."""
        if item.attempt is not None:
            return None
        before = self._before.get(item.recording_id)
        if before and not self._is_received(item):  # no question to Prefect for what stays out, look after look
            return before[0]
        return self._runs.newest(item.recording_id)

    def is_held_back(self, item: Item, last: Run) -> bool:
        """Whether what stopped it would stop it again, or it is not its turn; else it takes one of the places for what
        is tried again."""
        if last.state_name not in ENDED or (self._is_received(item) and not _is_whole(self._archive, item)):
            return False
        before = self._before.get(item.recording_id) or [last]
        if self._places <= 0 or not is_worth_a_try(item, before, self._look_seconds, now()):
            return True
        self._places -= 1
        return False

    def no_longer_offered(self, source: str, offered: Collection[str]) -> list[str]:
        """Runs that were stopped before anything was received, of what a whole look has not found any more."""
        return [
            run.id
            for recording_id, before in self._before.items()
            if recording_id not in offered and source != UPLOAD and before[0].source == source
            for run in before
            if before[0].state_name in ENDED and run.state_name in ENDED
            if not self._archive.store.exists(manifest_key(recording_id))
        ]

    def _is_received(self, item: Item) -> bool:
        return self._archive.store.exists(manifest_key(item.recording_id))


def _is_being_tried(before: Sequence[Run]) -> bool:
    return before[0].going and any(run.state_name == NOT_THERE for run in before)


def _is_cancelled(request: Request | None, item: Item) -> bool:
    """Whether a person has cancelled its run and has not asked for it again since."""
    if request is None or request.cancelled_at is None:
        return False
    return (request.parameters.get("item") or {}).get("attempt") == item.attempt


def _why_out(item: Item, run: Run) -> LeftOutReason:
    name = item.details.title if "://" in item.location else item.file_name
    if item.file_name in run.message:
        return LeftOutReason(says=run.reason, name=name)
    return LeftOutReason(says=Sentence(STAYS_OUT, name=item.file_name, problem=run.reason), name=name)


def _is_whole(archive: Archive, item: Item) -> bool:
    """Of a recording that is there: whether that is only the first part of this item."""
    if not item.grown:
        return False
    manifest = archive.manifest(item.recording_id)
    return item.sha256 != manifest.original.sha256 and not manifest.has_given_up(item.sha256 or "")


def _has_other_captions(archive: Archive, item: Item) -> bool:
    if item.captions_sha256 is None:
        return False
    manifest = archive.manifest(item.recording_id)
    if manifest.has_given_up(item.captions_sha256):
        return False
    return manifest.captions is None or manifest.captions.sha256 != item.captions_sha256


def is_worth_a_try(item: Item, before: Sequence[Run], look_seconds: float, moment: datetime) -> bool:
    """Whether what was stopped before it was received is tried again by this look.

    It is where it lies elsewhere than before (a file that was renamed). What could not be fetched is tried by the next
    look, then after ever longer pauses, and in the end no more. All else stays as it was, so it would stop again.
    `before`: its runs, newest first. `look_seconds`: from one look to the next.
    """
    last = before[0]
    then: dict[str, object] = last.parameters.get("item") or {}
    offered = (without_secrets(item.location), item.file_name, item.sha256)
    if offered != tuple(then.get(name) for name in ("location", "file_name", "sha256")):
        return True
    if last.state_name != NOT_THERE or last.pauses(moment):
        return False
    pause = pause_before(sum(run.state_name == NOT_THERE for run in before), look_seconds)
    return (moment - last.since).total_seconds() >= pause
