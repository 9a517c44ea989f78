"""Taking a passage out of a recording: from asking until no byte of it is left, with real files and real ffmpeg."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.new_runs import _has_other_captions, _is_whole
from flows.steps import steps
from flows.steps.steps import Superseded
from kring.corrections.apply import chapters
from kring.corrections.changes import DetailsChange, ErasedChange, NameChange
from kring.errors import Conflict, InputError, SearchDown
from kring.intake.item import Item
from kring.model import Manifest, Renditions, State
from services.reconcile.plan import Unindex
from services.reconcile.reconcile import reconcile
from services.removal.erasure import ask_erasure, carry_out
from services.removal.leftovers import finish_cuts
from services.retranscribe import ask_again
from storage.audit import Doer
from storage.keys import cutting_key, renditions_of, transcripts_of
from storage.verify.verify import verify
from tests.support.cut_recording import GOES, SECRETS, STAYS, CutRecording
from transcribe.recipe import RECIPE, chosen_in, recipe_of


@pytest.fixture
def recording(tmp_path: Path) -> CutRecording:
    made = CutRecording(tmp_path)
    assert all(made.holding(word) for word in (*SECRETS, *STAYS))
    assert made.found("Hemmelighet") == made.found("Velkommen") == 1
    return made


def renditions(manifest: Manifest) -> Renditions:
    assert manifest.renditions is not None
    return manifest.renditions


def assert_gone(recording: CutRecording) -> None:
    manifest = recording.manifest
    assert {word: recording.holding(word) for word in SECRETS} == {word: [] for word in SECRETS}
    assert all(recording.holding(word) for word in STAYS)
    assert recording.said() == "Velkommen til Vestland Rettet takk for idag"
    assert recording.found("Hemmelighet") == recording.found("lekket") == 0
    assert recording.found("Velkommen") == recording.found("Rettet") == 1
    made = renditions(manifest)
    for key in (made.playback, made.speech):
        assert recording.loudest(key, GOES[0] + 0.1, GOES[1] - 0.1) <= 1
        assert recording.loudest(key, 0.2, 1.8) > 1000
        assert recording.loudest(key, 3.2, 5.5) > 1000
    report = verify(recording.archive, deep=True)
    assert report.damages == ()
    assert report.orphans == report.older == ()
    assert not recording.archive.store.exists(cutting_key(recording.id))
    assert all(cut.done_at for cut in manifest.cuts)
    assert finish_cuts(recording.ports) == []
    assert reconcile(recording.ports) == []


def test_a_passage_goes_and_the_original_is_kept(recording: CutRecording) -> None:
    before, old = recording.manifest, set(recording.objects())
    after = recording.take_out()
    assert_gone(recording)
    assert after.original == before.original
    assert recording.loudest(after.original.key, *GOES) > 1000
    assert set(renditions(before).keys).isdisjoint(recording.objects())
    assert before.original.key in old & set(recording.objects())
    changes = [correction.change for correction in recording.archive.corrections(recording.id)]
    assert [correction.number for correction in recording.archive.corrections(recording.id)] == [1, 2, 3, 4, 5, 6]
    assert [isinstance(change, ErasedChange) for change in changes] == [True, False, True, False, False, False]
    assert isinstance(changes[4], NameChange)
    assert isinstance(changes[5], DetailsChange)
    assert after.details.title == "Møtet"
    assert [chapter.title for chapter in chapters(recording.archive.corrections(recording.id))] == ["Slutten"]
    assert after.former is None


def test_the_original_is_replaced(recording: CutRecording) -> None:
    before = recording.manifest
    after = recording.take_out(replace=True)
    assert_gone(recording)
    assert after.original != before.original
    assert after.original.file_name == "møte.mp4"
    assert recording.loudest(after.original.key, GOES[0] + 0.1, GOES[1] - 0.1) <= 1
    store = recording.archive.store
    assert not store.exists(before.original.key)
    assert not [*store.list(renditions_of(before.original.sha256)), *store.list(transcripts_of(before.original.sha256))]
    assert renditions(after).recipe == RECIPE
    assert recording.add("x").original == after.original  # the source offers it once more
    assert not store.exists(before.original.key)
    item = Item(
        ref=before.source,
        file_name="møte.mp4",
        location="x",
        details=before.details,
        sha256=before.original.sha256,
        grown=True,
        captions_sha256=None,
    )
    assert not _is_whole(recording.archive, item)
    ask_erasure(recording.archive, recording.reindexing, recording.id, Doer("kari"), "x")
    carry_out(recording.ports)
    assert not [key for key in recording.objects() if recording.id in key and not key.startswith("erased/")]


def test_the_platforms_words_go(tmp_path: Path) -> None:
    recording = CutRecording(tmp_path, captions=True)
    before = recording.manifest
    assert before.captions is not None
    after = recording.take_out()
    assert_gone(recording)
    assert after.captions is not None
    assert after.captions != before.captions
    assert recording.engine.heard == []
    assert after.transcript is not None
    assert (after.transcript.engine, after.transcript.language) == ("platform", "nb")
    transcript = recording.archive.transcript(after.transcript.key)
    assert [(segment.start, segment.speaker) for segment in transcript.segments] == [(0.5, "Kari"), (4.0, "Kari")]
    recording.give_captions(recording.vtt("Fødselsnummeret lekket"))  # the source brings them once more
    assert recording.manifest.captions == after.captions
    item = Item(
        ref=before.source,
        file_name="a.mp4",
        location="x",
        details=before.details,
        captions_sha256=before.captions.sha256,
    )
    assert not _has_other_captions(recording.archive, item)
    recording.give_captions(recording.vtt("Fødselsnummeret lekket nok en gang"))  # others, that have them too
    recording.make()
    assert recording.said() == "Velkommen til Vestland Rettet takk for idag"
    there = recording.manifest.captions
    assert there is not None
    assert there.sha256 == after.captions.sha256
    assert finish_cuts(recording.ports) == [recording.id]
    assert_gone(recording)


def test_a_transcript_without_anything_left_is_made_by_the_engine(tmp_path: Path) -> None:
    recording = CutRecording(tmp_path, captions=True)
    recording.take_out(passage=(0.4, 4.9))
    assert recording.manifest.captions is None
    assert recording.said() == ""
    assert not recording.holding("Velkommen")


def test_nothing_is_there_from_the_moment_it_is_asked_for(recording: CutRecording) -> None:
    asked = recording.ask()
    assert recording.found("Velkommen") == recording.found("Hemmelighet") == 0
    assert (asked.state, asked.renditions, asked.transcript, asked.english) == (State.RECEIVED, None, None, None)
    recording.reindexing.refresh(asked)
    reconcile(recording.ports)
    assert recording.found("Velkommen") == 0
    assert len(recording.runs.runs(recording.id)) == 1
    assert finish_cuts(recording.ports) == []
    with pytest.raises(Conflict, match="being made again"):
        recording.ask(passage=(4.0, 5.0))
    assert recording.manifest.cuts == asked.cuts


@pytest.mark.parametrize("passage", [(5.9, 7.0), (0.0, 5.8)])
def test_passages_at_the_borders(recording: CutRecording, passage: tuple[float, float]) -> None:
    if passage == (0.0, 5.8):
        with pytest.raises(InputError, match="erase the recording"):
            recording.ask(passage=passage)
        assert recording.found("Velkommen") == 1
        assert recording.manifest.state is State.PUBLISHED
        return
    assert len(recording.take_out(passage=passage).cuts) == 1
    assert recording.found("Hemmelighet") == 1


def test_one_passage_after_the_other(recording: CutRecording) -> None:
    recording.take_out()
    after = recording.take_out(replace=True, passage=(0.4, 1.6))
    assert not recording.holding("Velkommen")
    assert not recording.holding("Hemmelighet")
    assert [cut.in_original for cut in after.cuts] == [False, False]
    assert recording.loudest(after.original.key, 2.1, 2.9) <= 1
    assert recording.said() == "Rettet takk for idag"
    assert verify(recording.archive, deep=True).sound


def test_later_transcripts_are_without_it_too(recording: CutRecording) -> None:
    recording.take_out()
    recording.engine.model = "newer"
    recording.engine.heard.clear()
    ask_again(recording.archive, recording.id)
    recording.make()
    assert recording.engine.heard == ["Velkommen til Fjordane", "Takk for idag"]
    recording.settings.work_dir.mkdir(exist_ok=True)
    assert recipe_of(recording.manifest) == renditions(recording.manifest).recipe
    assert chosen_in(recipe_of(recording.manifest)).startswith("-cut")


def test_a_run_that_is_publishing_meanwhile_does_not_publish_it(
    recording: CutRecording, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_again(recording.archive, recording.id)
    really = steps._transcribed

    def asked_meanwhile(*arguments: object) -> object:
        monkeypatch.setattr(steps, "_transcribed", really)
        made = really(*arguments)  # type: ignore[arg-type]
        recording.ask()
        return made

    monkeypatch.setattr(steps, "_transcribed", asked_meanwhile)
    with pytest.raises(Superseded):
        steps.publish(recording.job(), {})
    assert recording.manifest.state is State.RECEIVED
    steps.publish(recording.job(), {})  # Prefect tries the step again
    steps.index(recording.job())
    assert finish_cuts(recording.ports) == [recording.id]
    assert_gone(recording)


def test_a_round_that_is_cut_off_comes_to_its_end(recording: CutRecording, monkeypatch: pytest.MonkeyPatch) -> None:
    recording.ask()
    recording.make()

    def down(*_: object) -> None:
        raise SearchDown("It does not answer.")

    for cut_off in ("rebuild_prepared", "forget_past"):
        with monkeypatch.context() as away:
            away.setattr(recording.index, cut_off, down)
            with pytest.raises(SearchDown):
                finish_cuts(recording.ports)
    assert recording.archive.store.exists(cutting_key(recording.id))
    assert finish_cuts(recording.ports) == [recording.id]
    assert_gone(recording)


def test_an_index_that_does_not_answer_is_told_later(recording: CutRecording, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise SearchDown("It does not answer.")

    with monkeypatch.context() as away:
        away.setattr(recording.index, "remove", down)
        away.setattr(recording.index, "replace", down)
        recording.ask()
    assert recording.found("Hemmelighet") == 1
    assert Unindex(recording.id) in reconcile(recording.ports)
    assert recording.found("Hemmelighet") == 0


def test_what_another_recording_has_too_stays_with_it(recording: CutRecording) -> None:
    other = recording.make(recording.add("y").id)
    assert set(renditions(other).keys) == set(renditions(recording.manifest).keys)
    recording.take_out(replace=True)
    there = recording.objects()
    assert {other.original.key, *renditions(other).keys} <= there.keys()
    assert recording.archive.manifest(other.id) == other
    assert verify(recording.archive, deep=True).sound
    assert not recording.holding("Hemmelighet")


def test_one_that_is_worked_on_waits(recording: CutRecording) -> None:
    recording.ask()
    recording.make()
    assert recording.ports.leases.take(recording.id, "elsewhere/1/2/run")
    assert finish_cuts(recording.ports) == []
    assert recording.archive.store.exists(cutting_key(recording.id))
    recording.ports.leases.release(recording.id, "elsewhere/1/2/run")
    assert finish_cuts(recording.ports) == [recording.id]
