"""The plan of `reconcile`: what is unfinished is started again, what is dead is called dead, the rest is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kring.intake.requests import Request
from kring.model import ADDRESS, Activity, Details, Manifest, Original, Problem, SourceRef, State, Step, Withdrawal
from services.reconcile.plan import Action, Cancel, Crash, Rebuild, Restart, Settle, Unindex, plan
from services.retry import MOST_TRIES
from services.runs.port import NOT_THERE, SHUTTING_DOWN, STOPPED, Run, StateType

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GRACE = timedelta(seconds=60)
PLACE = NOON - timedelta(hours=3)
"""In the queue, of every run here."""
RECEIVED = NOON - timedelta(minutes=1)


def manifest(name: str, state: State, *, transient: bool | None = None, version: int = 1) -> Manifest:
    ref = SourceRef(source="upload", external_id=name)
    problem = None
    if transient is not None:
        problem = Problem(step=Step.PROBE, message="It did not work.", transient=transient, at=NOON)
    return Manifest(
        id=ref.recording_id,
        version=version,
        source=ref,
        details=Details(title=name, circle="privacy", date=date(2026, 3, 1)),
        original=Original(sha256="a" * 64, size=1, file_name="a.mp4"),
        state=state,
        problem=problem,
        received_at=RECEIVED,
        changed_at=NOON,
    )


def run(
    recording_id: str, state: StateType, *, name: str = "", run_id: str = "run-1", age: float = 0, message: str = ""
) -> Run:
    return Run(
        id=run_id,
        recording_id=recording_id,
        state=state,
        state_name=name or state.value.title(),
        message=message,
        created=NOON - timedelta(seconds=age),
        since=NOON - timedelta(seconds=age),
        parameters={"recording_id": recording_id, "title": "x"},
        tags=(),
        place=PLACE,
    )


def activity(recording_id: str, run_id: str) -> Activity:
    return Activity(recording_id=recording_id, owner=f"host/1/2/{run_id}", step=Step.RENDER, beat_at=NOON)


def ask(
    manifests: list[Manifest],
    runs: list[Run] | None = None,
    *,
    indexed: dict[str, int] | None = None,
    working: dict[str, tuple[Activity, bool]] | None = None,
    retry_failed: bool = False,
    corrections: dict[str, int] | None = None,
    requests: dict[str, Request] | None = None,
    erased: set[str] | None = None,
) -> list[Action]:
    return plan(
        manifests,
        indexed or {},
        runs or [],
        working or {},
        moment=NOON,
        grace=GRACE,
        retry_failed=retry_failed,
        corrections=corrections or {},
        requests=requests or {},
        erased=erased or set(),
    )


def test_nothing_is_done_where_all_is_well() -> None:
    done = manifest("done", State.PUBLISHED, version=3)
    assert ask([done], indexed={done.id: 3}) == []


def test_what_was_received_and_has_no_run_is_started() -> None:
    received = manifest("received", State.RECEIVED)
    assert ask([received]) == [Restart(received.id, "unfinished", received, RECEIVED)]


@pytest.mark.parametrize("state", [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING])
def test_what_is_under_way_is_left_alone(state: StateType) -> None:
    received = manifest("received", State.RECEIVED)
    assert ask([received], [run(received.id, state)]) == []


def test_a_run_whose_process_is_gone_is_called_dead_and_goes_on_at_once() -> None:
    received = manifest("received", State.RECEIVED)
    dead = run(received.id, StateType.RUNNING)
    actions = ask([received], [dead], working={received.id: (activity(received.id, "run-1"), False)})
    assert actions == [Crash(dead), Restart(received.id, "unfinished", received, PLACE)]


def test_a_run_that_lives_is_not_called_dead_however_long_it_takes() -> None:
    received = manifest("received", State.RECEIVED)
    old = run(received.id, StateType.RUNNING, age=7200)
    assert ask([received], [old], working={received.id: (activity(received.id, "run-1"), True)}) == []


def test_a_run_without_lease_gets_grace_and_then_is_called_dead() -> None:
    received = manifest("received", State.RECEIVED)
    assert ask([received], [run(received.id, StateType.PENDING, age=59)]) == []
    assert isinstance(ask([received], [run(received.id, StateType.PENDING, age=61)])[0], Crash)


def test_a_problem_that_may_pass_is_tried_again_one_that_cannot_is_not() -> None:
    down = manifest("down", State.FAILED, transient=True)
    broken = manifest("broken", State.FAILED, transient=False)
    assert [action.recording_id for action in ask([down, broken]) if isinstance(action, Restart)] == [down.id]
    asked = ask([down, broken], retry_failed=True)
    assert {action.recording_id for action in asked if isinstance(action, Restart)} == {down.id, broken.id}


def test_what_died_before_it_was_received_is_fetched_again() -> None:
    dead = run("f" * 16, StateType.CRASHED)
    assert ask([], [dead]) == [Restart("f" * 16, "stopped before it was received", None, PLACE)]
    stopped = run("e" * 16, StateType.FAILED, name=STOPPED)
    assert ask([], [stopped]) == []


def test_only_the_newest_run_counts_for_what_was_never_received() -> None:
    newest = run("f" * 16, StateType.SCHEDULED, run_id="run-2")
    assert ask([], [newest, run("f" * 16, StateType.CRASHED)]) == []


def test_a_recording_missing_from_the_index_is_indexed_again() -> None:
    one = manifest("one", State.PUBLISHED, version=2)
    others = [manifest(f"other {number}", State.PUBLISHED) for number in range(3)]
    indexed = {other.id: 1 for other in others} | {one.id: 1}
    assert ask([one, *others], indexed=indexed) == [Restart(one.id, "not in the index", one)]


def asked_again(name: str, version: int = 2) -> Manifest:
    return manifest(name, State.PUBLISHED, version=version).model_copy(update={"again": True})


def test_what_is_to_be_transcribed_again_is_started_unless_it_is_under_way() -> None:
    asked = asked_again("asked")
    assert ask([asked], indexed={asked.id: 1}) == [Restart(asked.id, "to be transcribed again", asked)]
    for state in (StateType.SCHEDULED, StateType.RUNNING):
        assert ask([asked], [run(asked.id, state)], indexed={asked.id: 1}) == []
    dead = run(asked.id, StateType.RUNNING)
    actions = ask([asked], [dead], indexed={asked.id: 1}, working={asked.id: (activity(asked.id, "run-1"), False)})
    assert actions == [Crash(dead), Restart(asked.id, "to be transcribed again", asked, PLACE)]


def test_an_archive_that_is_to_be_transcribed_again_needs_no_other_index() -> None:
    asked = [asked_again(f"{number}") for number in range(4)]
    actions = ask(asked, indexed={one.id: 1 for one in asked})
    assert {type(action) for action in actions} == {Restart}
    assert len(actions) == 4
    assert Rebuild(4) in ask(asked, indexed={}), "but what is in no index at all is missing from it"


def test_an_index_that_lost_most_is_rebuilt_in_one_go() -> None:
    published = [manifest(f"{number}", State.PUBLISHED) for number in range(4)]
    assert ask(published, indexed={published[0].id: 1}) == [Rebuild(3)]


def test_corrections_the_manifest_does_not_know_of_are_put_right_and_made_searchable() -> None:
    known, behind, other = (
        manifest(name, State.PUBLISHED).model_copy(update={"corrected": corrected})
        for name, corrected in (("known", 2), ("behind", 2), ("other", 0))
    )
    indexed = {one.id: 1 for one in (known, behind, other)}
    stored = {known.id: 2, behind.id: 3, "f" * 16: 1}
    assert ask([known, behind, other], indexed=indexed, corrections=stored) == [
        Settle(behind.id),
        Restart(behind.id, "not in the index", behind),
    ]
    busy = run(behind.id, StateType.RUNNING)
    assert ask([behind], [busy], indexed={behind.id: 1}, corrections=stored) == [Settle(behind.id)]
    received = manifest("received", State.RECEIVED)
    assert Settle(received.id) in ask([received], corrections={received.id: 1})


def request(recording_id: str, *, cancelled: bool = False) -> Request:
    wanted = {"recording_id": recording_id, "title": "x", "item": None}
    return Request(id=recording_id, parameters=wanted, asked_at=PLACE, cancelled_at=NOON if cancelled else None)


GONE = "f" * 16


def test_what_a_person_has_cancelled_is_written_down_and_not_started_again() -> None:
    received = manifest("received", State.RECEIVED)
    cancelled = run(received.id, StateType.CANCELLED, message="Flow run was cancelled successfully.")
    assert ask([received], [cancelled]) == [Cancel(cancelled)]
    noted = received.model_copy(
        update={"problem": Problem(step=Step.PROBE, message="Cancelled.", transient=False, at=NOON)}
    )
    assert ask([noted], [cancelled]) == []
    assert ask([noted]) == [], "nor where Prefect's database was made afresh"
    assert [type(action) for action in ask([noted], [cancelled], retry_failed=True)] == [Restart]
    failing = manifest("received", State.FAILED, transient=True)
    assert ask([failing], [cancelled]) == [Cancel(cancelled)]


def test_what_a_stopped_worker_has_cancelled_goes_on() -> None:
    received = manifest("received", State.RECEIVED)
    stopped = run(received.id, StateType.CANCELLED, message=SHUTTING_DOWN)
    assert ask([received], [stopped]) == [Restart(received.id, "unfinished", received, PLACE)]
    assert ask([], [run(GONE, StateType.CANCELLED, message=SHUTTING_DOWN)]) == [
        Restart(GONE, "stopped before it was received", None, PLACE)
    ]


def test_cancelled_before_it_was_received_it_stays_so() -> None:
    cancelled = run(GONE, StateType.CANCELLED)
    assert ask([], [cancelled]) == [Cancel(cancelled)]
    assert ask([], [cancelled], requests={GONE: request(GONE)}) == [Cancel(cancelled)]
    noted = {GONE: request(GONE, cancelled=True)}
    assert ask([], [cancelled], requests=noted) == []
    assert ask([], requests=noted) == [], "nor where Prefect's database was made afresh"
    started = [Restart(GONE, "stopped before it was received", None, PLACE)]
    assert ask([], [cancelled], requests=noted, retry_failed=True) == started
    assert ask([], requests=noted, retry_failed=True) == started


def test_being_cancelled_when_its_worker_died_it_is_cancelled() -> None:
    received = manifest("received", State.RECEIVED)
    cancelling = run(received.id, StateType.CANCELLING, age=5)
    gone = {received.id: (activity(received.id, "run-1"), False)}
    assert ask([received], [cancelling], working=gone) == [Crash(cancelling), Cancel(cancelling)]
    alive = {received.id: (activity(received.id, "run-1"), True)}
    assert ask([received], [cancelling], working=alive) == []


def test_a_wish_that_is_newer_than_the_cancelling_counts() -> None:
    asked = asked_again("asked")  # at noon
    assert ask([asked], [run(asked.id, StateType.CANCELLED, age=60)], indexed={asked.id: 1}) == [
        Restart(asked.id, "to be transcribed again", asked)
    ]


def test_a_newer_run_counts_and_not_the_one_that_was_cancelled_before() -> None:
    received = manifest("received", State.RECEIVED)
    runs = [run(received.id, StateType.CRASHED, run_id="run-2"), run(received.id, StateType.CANCELLED)]
    assert ask([received], runs) == [Restart(received.id, "unfinished", received, PLACE)]


def test_what_was_asked_for_and_no_run_knows_of_is_started() -> None:
    assert ask([], requests={GONE: request(GONE)}) == [Restart(GONE, "stopped before it was received", None, PLACE)]
    assert ask([], [run(GONE, StateType.SCHEDULED)], requests={GONE: request(GONE)}) == []
    received = manifest("received", State.PUBLISHED)
    assert ask([received], indexed={received.id: 1}, requests={received.id: request(received.id)}) == []


def test_what_is_being_asked_for_at_this_moment_is_left_to_who_asks() -> None:
    """Its run is on its way to Prefect; starting it here as well would tell operators of a stop that never was."""
    received = manifest("received", State.RECEIVED)
    just_now = NOON - timedelta(seconds=2)
    assert ask([received.model_copy(update={"received_at": just_now})]) == []
    assert ask([], requests={GONE: request(GONE).model_copy(update={"asked_at": just_now})}) == []


def test_what_is_published_does_not_go_before_others() -> None:
    one = manifest("one", State.PUBLISHED, version=2)
    old = run(one.id, StateType.CRASHED, age=60)  # it is published since
    others = [manifest(f"other {number}", State.PUBLISHED) for number in range(3)]
    indexed = {other.id: 1 for other in others} | {one.id: 1}
    assert ask([one, *others], [old], indexed=indexed) == [Restart(one.id, "not in the index", one, None)]


def not_there(source: str, age: float = 0, run_id: str = "run-1") -> Run:
    """Ended so many seconds ago because its file could not be fetched."""
    ended = run("e" * 16, StateType.FAILED, name=NOT_THERE, age=age, run_id=run_id)
    return replace(ended, parameters={**ended.parameters, "item": {"ref": {"source": source, "external_id": "x"}}})


def test_what_could_not_be_fetched_from_a_source_is_left_to_its_next_look() -> None:
    assert ask([], [not_there("drive", age=10**6)]) == []
    assert len(ask([], [not_there("drive")], retry_failed=True)) == 1


def test_an_address_that_could_not_be_fetched_is_tried_after_ever_longer_pauses() -> None:
    assert len(ask([], [not_there(ADDRESS)])) == 1
    twice = [not_there(ADDRESS, 59), not_there(ADDRESS, 500, "run-0")]
    assert ask([], twice) == []
    assert len(ask([], [replace(twice[0], since=NOON - timedelta(seconds=61)), twice[1]])) == 1
    asked_to_wait = replace(not_there(ADDRESS, age=500), not_before=NOON + timedelta(seconds=1))
    assert ask([], [asked_to_wait]) == []
    assert len(ask([], [replace(asked_to_wait, not_before=NOON)])) == 1
    for_a_month = [not_there(ADDRESS, 10**6 + n, f"run-{n}") for n in range(MOST_TRIES)]
    assert ask([], for_a_month) == [], "nothing is tried for ever"


def test_what_is_withdrawn_or_gone_is_taken_out_of_the_index() -> None:
    shown, hidden = manifest("shown", State.PUBLISHED), manifest("hidden", State.PUBLISHED)
    hidden = hidden.model_copy(update={"withdrawn": Withdrawal(by="kari", at=NOON, reason="x")})
    gone = "f" * 16
    indexed = {shown.id: 1, hidden.id: 1, gone: 1}
    assert set(ask([shown, hidden], indexed=indexed)) == {Unindex(hidden.id), Unindex(gone)}
    assert ask([shown, hidden], indexed={shown.id: 1}) == []


def test_for_what_is_erased_nothing_else_is_done() -> None:
    stopped = manifest("stopped", State.FAILED, transient=True)
    dead = run(stopped.id, StateType.CRASHED)
    lost = run("e" * 16, StateType.CRASHED, run_id="run-2")
    assert ask([stopped], [dead, lost]) != []
    assert ask([stopped], [dead, lost], erased={stopped.id, lost.recording_id}) == []
    assert ask([stopped], indexed={stopped.id: 1}, erased={stopped.id}) == [Unindex(stopped.id)]
