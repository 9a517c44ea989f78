"""What `kring status` says of a recording on which nobody works."""

from __future__ import annotations

import pytest

from cli.commands.status import StatusEntry
from cli.terminal.condition import Condition, hurt, resting, spoken, working
from kring.model import Activity, Manifest, State, Step, TranscriptRef
from storage.verify.findings import Damage, DamageKind
from tests.unit.services.reconcile.test_plan import NOON, manifest


def published(missing: float = 0.0, *, again: bool = False) -> Manifest:
    reference = TranscriptRef(key="k", fingerprint="f", engine="fake", model="m", language="nb", missing=missing)
    one = manifest("one", State.PUBLISHED, version=3)
    return one.model_copy(update={"transcript": reference, "again": again})


def test_a_recording_that_is_as_it_should_be() -> None:
    line = resting(published(), 3)
    assert (line.mark, line.text, line.fine) == ("✔", "searchable", True)


def test_speech_without_text_is_marked() -> None:
    line = resting(published(41.2), 3)
    assert (line.text, line.fine) == ("searchable · 41 s of speech without text", True)
    assert line.style != resting(published(), 3).style


def test_one_that_waits_for_another_transcript_is_searchable_meanwhile() -> None:
    line = resting(published(again=True), 2)
    assert line.text.startswith("searchable, waiting")
    assert line.fine
    assert not resting(published(again=True), None).fine


def test_one_that_is_transcribed_again_is_searchable_meanwhile() -> None:
    at_work = Activity(recording_id="0" * 16, owner="x", step=Step.TRANSCRIBE, fraction=0.5, note="fast", beat_at=NOON)
    line = working(published(again=True), 2, at_work)
    assert (line.text, line.fine) == ("searchable, transcribe 50% fast", True)
    line = working(published(), None, at_work)
    assert (line.text, line.fine) == ("transcribe 50% fast", False)


def test_one_that_could_not_be_transcribed_again_says_why_and_that_it_is_searchable() -> None:
    stopped = manifest("one", State.PUBLISHED, transient=False)
    line = resting(stopped, 1)
    assert (line.mark, line.text, line.reason) == ("✗", "searchable, but stopped", "probe: It did not work.")
    assert not line.fine
    assert resting(manifest("two", State.FAILED, transient=False), None).text == "stopped"


def test_drift_is_seen() -> None:
    assert "kring reconcile" in resting(published(), 2).text
    assert resting(manifest("one", State.RECEIVED), None).text == "waiting for a worker"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0.4 s"), (41.2, "41 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s")]
)
def test_spoken(seconds: float, text: str) -> None:
    assert spoken(seconds) == text


def test_what_verify_found_damaged_is_shown_with_the_command_that_mends_it() -> None:
    line = hurt("0" * 16, [Damage(key="k", kind=DamageKind.MISSING)])
    assert (line.state, line.fine) == (Condition.DAMAGED, False)
    assert f"kring repair {'0' * 16}" in line.reason


def test_programs_read_the_same() -> None:
    one = published()
    told = StatusEntry(one.id, one.details.title, resting(one, 3), one).as_json()
    assert (told["id"], told["title"], told["state"], told["problem"]) == (
        one.id,
        one.details.title,
        "searchable",
        None,
    )
    stopped = manifest("one", State.PUBLISHED, transient=False)
    told = StatusEntry(stopped.id, "t", resting(stopped, 1), stopped).as_json()
    assert (told["state"], told["problem"]) == ("stopped", "probe: It did not work.")
