"""What has to be done for the archive to be whole: a pure function of what is there, carried out by `reconcile`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from kring.intake.requests import Request
from kring.model import ADDRESS, Activity, Manifest, State
from services.retry import pause_before
from services.runs.port import NOT_THERE, STOPPED, Run

BEING_ASKED = timedelta(seconds=15)
"""So long after a recording was received or asked for, its first run may still be on its way to Prefect: storing the
one and asking for the other takes a second or two, more on a machine with much to do."""
REBUILD_SHARE = 0.5
"""If more than this share of the published recordings is missing from the index, it is rebuilt in one go."""


@dataclass(frozen=True)
class Crash:
    """Call this run dead: its process is gone. One that was being cancelled is cancelled then."""

    run: Run


@dataclass(frozen=True)
class Restart:
    """Start this recording again."""

    recording_id: str
    why: str
    manifest: Manifest | None
    """None: it was never received; its last run, or the request for it, knows where to fetch it."""
    place: datetime | None = None
    """In the queue; None: the end."""


@dataclass(frozen=True)
class Cancel:
    """Write down that a person has cancelled this run, so that nothing but a person starts the recording again."""

    run: Run


@dataclass(frozen=True)
class Rebuild:
    """Feed the whole index again from the bucket: it is new, damaged or of another version, or lacks too much."""

    missing: int


@dataclass(frozen=True)
class Settle:
    """Have the manifest count the corrections: the process that stored the last ones was stopped before that."""

    recording_id: str


@dataclass(frozen=True)
class Unindex:
    """Take this recording out of the index: it was erased; or withdrawn or cut while the index did not answer."""

    recording_id: str


Action = Crash | Cancel | Restart | Rebuild | Settle | Unindex


def plan(
    manifests: Iterable[Manifest],
    indexed: Mapping[str, int] | None,
    runs: Iterable[Run],
    activities: Mapping[str, tuple[Activity, bool]],
    *,
    moment: datetime,
    grace: timedelta,
    retry_failed: bool = False,
    corrections: Mapping[str, int] = MappingProxyType({}),
    requests: Mapping[str, Request] = MappingProxyType({}),
    look_seconds: float = 60.0,
    erased: Collection[str] = frozenset(),
) -> list[Action]:
    """What has to be done so that every recording is either searchable, being worked on, or stopped for a reason.

    `indexed`: recording → version in the index; None: the index cannot be used as it is. `runs` newest first.
    `activities`: who works on a recording, and whether that process is alive.
    `corrections`: recording → the number of its last correction. `requests`: what was asked for and not received yet.
    `erased`: recordings that were erased or are to be, for which nothing else is done.
    `look_seconds`: after so long what could not be fetched is tried again for the first time.
    A run that claims to work without holding the lease gets `grace` to take it.
    """
    known = {manifest.id: manifest for manifest in manifests if manifest.id not in erased}
    requests = {request.id: request for request in requests.values() if request.id not in erased}
    runs = [run for run in runs if run.recording_id not in erased]
    latest: dict[str, Run] = {}
    tries = Counter[str]()
    actions: list[Action] = []
    busy: set[str] = set()
    dead: set[str] = set()
    for run in runs:
        latest.setdefault(run.recording_id, run)
        tries[run.recording_id] += run.state_name == NOT_THERE
        if run.waiting:
            busy.add(run.recording_id)
        elif run.active:
            if not _is_dead(run, activities.get(run.recording_id), moment, grace):
                busy.add(run.recording_id)
                continue
            dead.add(run.id)
            actions.append(Crash(run))
    behind = {manifest.id for manifest in known.values() if manifest.corrected < corrections.get(manifest.id, 0)}
    actions += [Settle(recording_id) for recording_id in known if recording_id in behind]
    drifted, rebuild = _drift(known.values(), indexed, behind)
    for recording_id, manifest in known.items():
        why = _unfinished(manifest, retry_failed) or ("not in the index" if recording_id in drifted else "")
        last = latest.get(recording_id)
        if not why or recording_id in busy or (last is None and _is_being_asked(manifest, moment)):
            continue
        ended_since = last is not None and (last.id in dead or last.since >= manifest.changed_at)
        if last is not None and ended_since and last.cancelled and not retry_failed:
            actions.append(Cancel(last))
        elif last is None or not ended_since or retry_failed or not last.pauses(moment):
            place = last.place if last is not None and ended_since else _received(manifest)
            actions.append(Restart(recording_id, why, manifest, place))
    for recording_id in dict.fromkeys([*latest, *requests]):
        if recording_id not in known and recording_id not in busy:
            last = latest.get(recording_id)
            if last is None and moment - requests[recording_id].asked_at < BEING_ASKED:
                continue
            if last is None or retry_failed or not _waits(last, tries[recording_id], moment, look_seconds):
                actions += _missing(recording_id, last, requests.get(recording_id), dead, retry_failed)
    return [*actions, rebuild] if rebuild else [*actions, *_unindexed(known.values(), indexed or {})]


def _unindexed(manifests: Iterable[Manifest], indexed: Mapping[str, int]) -> Iterator[Unindex]:
    """What search still finds and should not."""
    shown = {manifest.id for manifest in manifests if manifest.withdrawn is None and not _is_being_cut(manifest)}
    return (Unindex(recording_id) for recording_id in sorted(indexed.keys() - shown))


def _is_being_cut(manifest: Manifest) -> bool:
    """Whether a passage is being taken out, so that nothing of it may be found."""
    return bool(manifest.cuts) and manifest.state is not State.PUBLISHED


def _is_being_asked(manifest: Manifest, moment: datetime) -> bool:
    """Whether it was received just now, so that its first run is probably on its way to Prefect."""
    fresh = manifest.state is State.RECEIVED and manifest.problem is None and not manifest.again
    return fresh and moment - manifest.received_at < BEING_ASKED


def _missing(
    recording_id: str, last: Run | None, request: Request | None, dead: Collection[str], retry_failed: bool
) -> list[Action]:
    """What to do for a recording that was never received and has no active run; `last` or `request` is given."""
    noted = request is not None and request.cancelled_at is not None
    if last is not None and last.cancelled and not retry_failed:
        return [] if noted else [Cancel(last)]
    if noted and not retry_failed:
        return []
    lost = last is None or last.id in dead or _ended_badly(last, retry_failed)
    place = last.place if last is not None else request.asked_at if request is not None else None
    return [Restart(recording_id, "stopped before it was received", None, place)] if lost else []


def _waits(last: Run, tries: int, moment: datetime, look_seconds: float) -> bool:
    """Whether it could not be fetched and its next try has not come. What a source lists, the source's next look tries,
    which knows where it lies now; what a person gave the address of is tried from here."""
    if last.pauses(moment):
        return True
    if last.state_name != NOT_THERE:
        return False
    return last.source != ADDRESS or (moment - last.since).total_seconds() < pause_before(tries, look_seconds)


def _received(manifest: Manifest) -> datetime | None:
    """The place in the queue of a recording that no run tells; what is published already can wait."""
    return None if manifest.state is State.PUBLISHED else manifest.received_at


def _drift(
    manifests: Iterable[Manifest], indexed: Mapping[str, int] | None, behind: Collection[str]
) -> tuple[set[str], Rebuild | None]:
    """Recordings to index one by one, or all in one go. Those left out for a reason wait for a person.

    Those `behind` get a newer version in a moment.
    """
    published = [
        manifest
        for manifest in manifests
        if manifest.state is State.PUBLISHED and manifest.problem is None and manifest.withdrawn is None
    ]
    if indexed is None:
        return set(), Rebuild(len(published))
    drifted = {
        manifest.id for manifest in published if manifest.id in behind or _is_stale(manifest, indexed.get(manifest.id))
    }
    if len(drifted) > 1 and len(drifted) > REBUILD_SHARE * len(published):
        return set(), Rebuild(len(drifted))
    return drifted, None


def _is_stale(manifest: Manifest, indexed: int | None) -> bool:
    """One that is to be transcribed again is indexed after that; until then its old passages are the right ones."""
    return indexed is None if manifest.again else indexed != manifest.version


def _is_dead(run: Run, activity: tuple[Activity, bool] | None, moment: datetime, grace: timedelta) -> bool:
    if activity is not None and activity[0].owner.endswith(f"/{run.id}"):
        return not activity[1]
    return moment - run.since > grace


def _unfinished(manifest: Manifest, retry_failed: bool) -> str:
    if manifest.problem is not None:
        return manifest.problem.message if manifest.problem.transient or retry_failed else ""
    if manifest.again:
        return "to be transcribed again"
    if not all(attachment.is_read for attachment in manifest.attachments):
        return "a document to be read"
    return "" if manifest.state is State.PUBLISHED else "unfinished"


def _ended_badly(run: Run, retry_failed: bool) -> bool:
    """Killed, ended by a stop, or failed in a way that may pass. What was stopped for a reason waits."""
    if run.state_name == STOPPED:
        return retry_failed
    return run.state.value in {"CRASHED", "FAILED", "CANCELLED"}
