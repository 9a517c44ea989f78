"""A person's name is found in every recording, replaced in all of them together, and put back: by services and by
`kring person`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from cli.removal import person as command
from index.memory import MemoryIndex
from index.port import Query
from kring.corrections.changes import Correction, LineChange
from kring.corrections.naming import sought
from kring.errors import InputError, NotAllowed, NotFound
from kring.model import Attachment, Details, Manifest, Original, State, now
from kring.people.audit import Act
from kring.settings import Settings
from services.corrections.renaming import (
    find_act,
    find_everywhere,
    find_name,
    has_act,
    new_act,
    replace_name_in,
    undo_act_in,
)
from services.ports import Ports
from services.runs.memory import MemoryRuns
from services.search_index.reindex import Reindexing
from storage.archive.archive import Archive
from storage.audit import Audit, Doer
from storage.keys import transcript_key
from storage.leases import Leases
from storage.memory.store import MemoryStore
from tests.support.web import sample_archive

pytestmark = pytest.mark.quick

TALK, OTHER = sample_archive.TALKS[0], sample_archive.TALKS[1]
NAME, BY = "Kari Nordli", Doer("p1", "Ola")
PDF = Attachment(original=Original(sha256="a" * 64, size=1, file_name="a.pdf"), title="Lysark av Kari Nordli")


@dataclass
class Held:
    """TALK, in which she speaks; OTHER, which she presents; and one that is not published, named after her."""

    ports: Ports
    unfinished: Manifest

    @property
    def archive(self) -> Archive:
        return self.ports.archive

    @property
    def reindexing(self) -> Reindexing:
        return Reindexing(self.archive, self.ports.index, self.ports.runs)

    def where(self) -> dict[str, bool]:
        """Recording → whether it can be replaced there."""
        found = find_everywhere(self.archive, sought(NAME))
        return {each.manifest.id: each.mentions.can_be_replaced for each in found}

    def finds(self, words: str) -> int:
        return self.ports.index.search(Query(words)).total

    def acts(self) -> list[tuple[Act, str | None, str | None]]:
        return [(entry.act, entry.about, entry.says) for entry in Audit(self.archive.store).entries()]


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Held:
    archive, index = Archive(MemoryStore()), MemoryIndex()
    sample_archive.fill(archive, index)
    unfinished, _ = sample_archive.add_unfinished(archive)
    ports = Ports(Settings(data_dir=tmp_path), archive, Leases(archive.store, lease_seconds=60))
    vars(ports).update(index=index, runs=MemoryRuns())
    monkeypatch.setattr(command, "connect", lambda: ports)
    change_details(archive, OTHER.id, presenters=(NAME, "Ola Berg"))
    change_details(archive, unfinished.id, title=f"Intervju med {NAME}")
    archive.update(TALK.id, lambda old: old.model_copy(update={"attachments": (PDF,)}))
    return Held(ports, unfinished)


def change_details(archive: Archive, recording_id: str, **update: object) -> None:
    def change(old: Manifest) -> Manifest:
        return old.model_copy(update={"details": old.details.model_copy(update=update)})

    archive.update(recording_id, change)


def test_a_name_is_replaced_everywhere_and_put_back(held: Held, capsys: pytest.CaptureFixture[str]) -> None:
    archive = held.archive
    before = {one: archive.manifest(one) for one in (TALK.id, OTHER.id, held.unfinished.id)}
    assert held.where() == dict.fromkeys(before, True)
    assert command.list_person(NAME) == 0
    listed = capsys.readouterr().out
    assert "speaker “Kari Nordli” (5 lines), title of the document “Lysark av Kari Nordli”" in listed
    assert held.acts() == []

    assert command.replace_person(NAME, "Deltaker", yes=True) == 0
    act = capsys.readouterr().out.partition("Act ")[2][:16]
    assert held.where() == {}
    talk, other = archive.manifest(TALK.id), archive.manifest(OTHER.id)
    transcript = archive.transcript_of(talk)
    assert transcript is not None
    assert {segment.speaker for segment in transcript.segments} == {"Deltaker", "Ola Berg"}
    assert talk.attachments[0].title == "Lysark av Deltaker"
    assert other.details.presenters == ("Deltaker", "Ola Berg")
    assert archive.manifest(held.unfinished.id).details.title == "Intervju med Deltaker"
    assert held.finds('speaker:"Kari Nordli"') == 0
    assert held.finds("speaker:Deltaker") == 2
    assert sorted(find_act(archive, act)) == sorted(before)
    said = [says for *_, says in held.acts()]
    assert said == [f"replaced a name (act {act})"] * 3
    assert held.unfinished.id not in held.ports.index.versions()

    assert command.undo_replacement(act) == 0
    assert held.where() == dict.fromkeys(before, True)
    for recording_id, manifest in before.items():
        after = archive.manifest(recording_id)
        assert (after.details, after.attachments) == (manifest.details, manifest.attachments)
    assert archive.transcript_of(archive.manifest(TALK.id)) == sample_archive.transcript_of(TALK)
    assert held.finds('speaker:"Kari Nordli"') == 2
    assert held.acts()[0][2] == f"put a replaced name back (act {act})"
    with pytest.raises(NotFound, match="taken back already"):
        command.undo_replacement(act)


def test_nobody_is_renamed_without_being_asked(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer, "confirm", lambda _: False)
    assert command.replace_person(NAME, "Deltaker", yes=False) == 1
    assert len(held.where()) == 3
    assert held.acts() == []
    assert command.replace_person("Nobody Here", "Deltaker", yes=False) == 0
    for name, to in (("", "Deltaker"), (NAME, "kari nordli"), (NAME, " ")):
        with pytest.raises(InputError):
            command.replace_person(name, to, yes=True)


def test_a_recording_that_cannot_be_read_is_named_and_hinders_no_other(
    held: Held, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = held.archive.manifest(sample_archive.TALKS[2].id)
    assert manifest.transcript is not None
    held.archive.store.delete(transcript_key(manifest.original.sha256, manifest.transcript.fingerprint))
    assert command.replace_person(NAME, "Deltaker", yes=True) == 1
    assert manifest.id in capsys.readouterr().out
    assert list(held.where().values()) == [False]


def test_a_name_that_is_only_where_no_correction_reaches_is_said_to_stay(
    held: Held, capsys: pytest.CaptureFixture[str]
) -> None:
    file = Original(sha256="b" * 64, size=1, file_name="Ola Nordmann.mp4")
    held.archive.update(OTHER.id, lambda old: old.model_copy(update={"original": file}))
    assert command.replace_person("Ola Nordmann", "Deltaker", yes=True) == 0
    printed = capsys.readouterr().out
    assert "stays in the file name “Ola Nordmann.mp4”" in printed
    assert "There is nothing to replace" in printed
    assert held.archive.manifest(OTHER.id).corrected == 0


def test_what_others_change_meanwhile_is_replaced_too(held: Held) -> None:
    archive, manifest = held.archive, held.archive.manifest(TALK.id)
    line = sample_archive.transcript_of(TALK).segments[1]
    change = LineChange(start=line.start, end=line.end, before=line.text, text="Takk, kari nordli.")
    first = True

    def meanwhile(_details: Details) -> None:
        nonlocal first
        if first:
            first = False
            act = new_act()
            archive.correct(TALK.id, lambda stored: _line(stored, change, act))

    assert replace_name_in(
        archive, held.reindexing, manifest, sought(NAME), "Deltaker", new_act(), BY, meanwhile
    )  # fmt: skip
    assert not find_name(archive, archive.manifest(TALK.id), sought(NAME))
    transcript = archive.transcript_of(archive.manifest(TALK.id))
    assert transcript is not None
    assert transcript.segments[1].text == "Takk, Deltaker."


def _line(stored: tuple[Correction, ...], change: LineChange, act: str) -> Correction:
    return Correction(recording_id=TALK.id, number=len(stored) + 1, by="x", at=now(), act=act, change=change)


def test_who_may_not_change_it_any_more_changes_nothing(held: Held) -> None:
    manifest, act = held.archive.manifest(TALK.id), new_act()

    def refuse(details: Details) -> None:
        assert details.circle == TALK.circle
        raise NotAllowed("Not yours.")

    with pytest.raises(NotAllowed):
        replace_name_in(held.archive, held.reindexing, manifest, sought(NAME), "X Y", act, BY, refuse)
    assert not has_act(held.archive, TALK.id, act)
    replace_name_in(held.archive, held.reindexing, manifest, sought(NAME), "X Y", act, BY)
    with pytest.raises(NotAllowed):
        undo_act_in(held.archive, held.reindexing, held.archive.manifest(TALK.id), act, BY, refuse)
    assert has_act(held.archive, TALK.id, act)


def test_one_act_leaves_another_alone(held: Held) -> None:
    archive, manifest = held.archive, held.archive.manifest(TALK.id)
    assert manifest.state is State.PUBLISHED
    acts = [new_act(), new_act()]
    for act, name in zip(acts, (NAME, "Ola Berg"), strict=True):
        replace_name_in(archive, held.reindexing, archive.manifest(TALK.id), sought(name), "Deltaker", act, BY)
    assert undo_act_in(archive, held.reindexing, archive.manifest(TALK.id), acts[0], BY) == 2
    assert [has_act(archive, TALK.id, act) for act in acts] == [False, True]
    transcript = archive.transcript_of(archive.manifest(TALK.id))
    assert transcript is not None
    assert {segment.speaker for segment in transcript.segments} == {NAME, "Deltaker"}
    assert undo_act_in(archive, held.reindexing, archive.manifest(TALK.id), acts[0], BY) == 0
