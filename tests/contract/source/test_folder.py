"""A watched folder as people and their systems leave it: recycle bins, copies that pause, files that change."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from flows.new_runs import AT_ONCE, start_new
from flows.sources.folders.copying import ZEROS
from flows.sources.folders.folder import Folder
from flows.steps import steps
from flows.steps.steps import Job
from kring.errors import NotThere, SourceError
from kring.intake.item import Item
from kring.intake.left_out import LeftOutReason
from kring.model import Circle, Manifest, State, now
from kring.settings import FolderSource, Settings
from services.ports import Ports
from services.retry import LONGEST_PAUSE, MOST_TRIES
from services.runs.port import NOT_THERE, STOPPED, Run, StateType
from services.scratch import scratch_folder
from storage.archive.archive import Archive
from storage.leases import Leases
from storage.memory.store import MemoryStore
from storage.verify.findings import DamageKind
from storage.verify.verify import verify
from tests.support.left_out import says
from tests.support.passages import recording

SOUND = bytes(range(256)) * 4000
WHEN = datetime(2026, 3, 12, 12, tzinfo=UTC)


class House:
    """One watched folder, and an archive in memory."""

    def __init__(self, folder: Path) -> None:
        self.watched = folder / "watched"
        self.watched.mkdir()
        source = FolderSource(name="it", path=self.watched, circle="privacy", settle_seconds=0)
        settings = Settings(data_dir=folder / "data", sources=(source,))
        self.archive = Archive(MemoryStore())
        self.archive.put_circle(Circle(slug="privacy", name="P", network="n", network_name="N"))
        self.ports = Ports(settings, self.archive, Leases(self.archive.store, lease_seconds=60))
        self.folder = Folder(source, settings, self.archive)
        self.runs: list[Run] = []
        self.let_go: list[str] = []

    def look(self) -> list[Item]:
        return list(self.folder.list())

    def receive(self, item: Item) -> Manifest:
        steps.receive(Job(self.ports, item.recording_id, lambda _fraction, _note: None, item))
        return self.archive.manifest(item.recording_id)

    def discover(self) -> tuple[list[Item], list[str]]:
        """What a look asks for, and what it says of the rest."""
        runs, stopped = Runs(self.runs), list[LeftOutReason]()
        vars(self.ports)["runs"] = runs  # where `cached_property` keeps it
        start_new(self.folder, self.ports, stopped)
        self.let_go += runs.settled
        return runs.asked, [one.says for one in stopped]

    def ended(self, item: Item, name: str, message: str = "Gone.", since: datetime | None = None) -> None:
        parameters = {"recording_id": item.recording_id, "title": "T", "item": item.model_dump(mode="json")}
        moment = since or now()
        self.runs.insert(
            0,
            Run(
                id=f"run {len(self.runs)}",
                recording_id=item.recording_id,
                state=StateType.FAILED,
                state_name=name,
                message=message,
                created=moment,
                since=moment,
                parameters=parameters,
                tags=(),
                place=moment,
            ),
        )


class Runs:
    def __init__(self, runs: list[Run]) -> None:
        self.there, self.asked, self.settled = runs, list[Item](), list[str]()

    def runs(self, *, finished_well: bool) -> list[Run]:
        return self.there

    def newest(self, recording_id: str) -> Run | None:
        return next((run for run in self.there if run.recording_id == recording_id), None)

    def start(self, recording_id: str, *, item: dict[str, Any], after: str | None, **_: Any) -> str:
        last = self.newest(recording_id)
        assert after == (last.id if last else None)
        self.asked.append(Item.model_validate(item))
        return "new"

    def let_go(self, run_id: str) -> None:
        self.settled.append(run_id)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        "#recycle/a.mp4", "@eaDir/a.mp4/SYNO@.mp4", "$RECYCLE.BIN/S-1/a.mp4", ".Trash-1000/files/a.mp4",
        ".Trashes/a.mp4", ".hidden/a.mp4", ".a.mp4", "._a.mp4", "~$a.mp4", "sub/@Recycle/a.mp4",
        "System Volume Information/a.mp4",
        "lost+found/a.mp4", ".snapshot/daily/a.mp4", ".stversions/a.mp4", "__MACOSX/a.mp4", "~snapshot/a.mp4",
        "a.mp4.part", "a.mp4.crdownload", "a.mp4.filepart", "a.mp4.tmp", "a.mp4.partial", ".a.mp4.Xy12", "a.mp4~",
        "a.part.mp4", "a.PART.MP4", "a.mp4.part.mp4", "a.crdownload.mp4", "Unconfirmed 123.crdownload", "a.mp4.!qB",
        "a.!qB.mp4", "a.temp.mp4", "a.tmp.mkv", "a.filepart.mp4", "a.mp4.part-Frag12", "a.mp4.ocTransferId7.part",
        "a.mp4.1f2e.ffs_tmp", "~syncthing~a.mp4", "a.mp4.download/a.mp4", "a.mp4.opdownload", "a.incomplete.mp3",
    ],
)  # fmt: skip
def test_what_systems_keep_for_themselves_is_left_alone(house: House, path: str) -> None:
    (house.watched / path).parent.mkdir(parents=True, exist_ok=True)
    (house.watched / path).write_bytes(SOUND)
    (house.watched / "møter #1").mkdir()
    (house.watched / "møter #1" / "@våren.mp4").write_bytes(SOUND)
    assert [item.file_name for item in house.look()] == ["@våren.mp4"]
    assert says(house.folder) == ()


@pytest.mark.parametrize(
    "name",
    [
        "part 2.mp4", "x.part2.mp4", "Teil.part1.mp4", "part.mp4", "tmp.mp4", "x part.mp4", "x.del2.mp4", "Temp.mp4",
        "x.parts.mp4", "download.mp4", "a.download/x.mp4", "Unconfirmed report.mp4", "x.2.mp4", "departement.mp4",
    ],
)  # fmt: skip
def test_recordings_in_parts_are_taken(house: House, name: str) -> None:
    (house.watched / name).parent.mkdir(exist_ok=True)
    (house.watched / name).write_bytes(SOUND)
    assert [item.file_name for item in house.look()] == [Path(name).name]


@pytest.mark.parametrize("name", ["a.part.mp4", "a.mp4.part", "~$a.mp4", ".a.mp4.AbC123"])
def test_what_gets_its_final_name_is_taken_then(house: House, name: str) -> None:
    (house.watched / name).write_bytes(SOUND)
    assert house.look() == []
    (house.watched / name).rename(house.watched / "a.mp4")
    assert [item.file_name for item in house.look()] == ["a.mp4"]


def test_a_folder_that_cannot_be_listed_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (house.watched / "shut").mkdir()
    list_folder = os.scandir

    def listed(path: str) -> Any:
        if path.endswith("shut"):  # the administrator may read every folder
            raise PermissionError(13, "Permission denied", path)
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", listed)
    assert house.look() == []
    (problem,) = says(house.folder)
    assert problem.startswith("The folder shut cannot be read")


def test_a_copy_that_paused_becomes_the_whole_in_the_same_recording(house: House) -> None:
    file = house.watched / "2026-03-12 Møte.mp3"
    file.write_bytes(SOUND[:300_000])
    (half,) = house.look()
    before = house.receive(half)
    assert before.original.size == 300_000
    house.archive.update(before.id, lambda old: old.model_copy(update={"state": State.PUBLISHED}))
    for size in (600_000, len(SOUND)):
        file.write_bytes(SOUND[:size])
        (whole,) = house.look()
        assert whole.recording_id == half.recording_id
        assert (whole.sha256, whole.grown) == (sha256(SOUND[:size]).hexdigest(), True)
        assert [item.sha256 for item in house.discover()[0]] == [whole.sha256]
        after = house.receive(whole)
        assert (after.id, after.original.size, after.state) == (before.id, size, State.RECEIVED)
        assert (after.media, after.renditions, after.transcript) == (None, None, None)
        assert house.discover() == ([], [])
    assert [manifest.id for manifest in house.archive.manifests()] == [before.id], "no half stands beside the whole"
    assert {one.kind for one in verify(house.archive, deep=True).damages} <= {DamageKind.MISSING}
    file.rename(house.watched / "2026-03-12 Møte om post.mp3")
    (renamed,) = house.look()
    assert (renamed.recording_id, renamed.sha256) == (before.id, whole.sha256)


def grown(house: House, first: bytes, whole: bytes, *, between: Callable[[Path], None] | None = None) -> bool:
    """Whether a file that was `first` when it was taken in comes in as the same recording once it is `whole`."""
    file = house.watched / "a.mp3"
    file.write_bytes(first)
    (half,) = house.look()
    house.receive(half)
    if between:
        between(file)
    file.write_bytes(whole)
    (item,) = house.look()
    return (item.recording_id, item.sha256) == (half.recording_id, sha256(whole).hexdigest())


def test_a_copy_that_was_broken_off_and_begun_again_becomes_the_whole(house: House) -> None:
    def away(file: Path) -> None:
        file.unlink()
        assert house.look() == []

    assert grown(house, SOUND[:300_000], SOUND, between=away)


def test_room_that_was_filled_after_it_was_taken_in_becomes_the_whole(house: House) -> None:
    assert grown(house, SOUND[:700_000] + bytes(len(SOUND) - 700_000), SOUND)


def test_two_files_that_begin_alike_and_go_on_in_silence_are_two(house: House) -> None:
    head = b"RIFF" * 11
    assert not grown(house, head + bytes(ZEROS // 2), head + SOUND)


def test_the_whole_is_known_again_without_the_memory(house: House) -> None:
    file = house.watched / "a.mp3"
    assert grown(house, SOUND[:300_000], SOUND)
    (whole,) = house.look()
    house.receive(whole)
    for memory in (house.ports.settings.data_dir / "sources").glob("*.json"):
        memory.unlink()
    assert [item.recording_id for item in house.look()] == [whole.recording_id]
    assert house.discover() == ([], [])
    file.rename(house.watched / "b.mp3")
    assert [item.recording_id for item in house.look()] == [whole.recording_id]


def test_nothing_of_the_half_is_found_or_used_once_the_whole_is_there(house: House) -> None:
    file = house.watched / "a.mp3"
    file.write_bytes(SOUND[:300_000])
    (half,) = house.look()
    manifest, index = house.receive(half), house.ports.index
    index.rebuild(replace(one, recording_id=manifest.id) for one in recording("half", "the first half"))
    assert set(index.versions()) == {manifest.id}
    scratch = scratch_folder(house.ports.settings, manifest.id)
    (scratch / "speech.flac").write_bytes(b"of the half")
    file.write_bytes(SOUND)
    (whole,) = house.look()
    house.receive(whole)
    assert not (scratch / "speech.flac").exists()
    assert index.versions() == {}


def test_a_whole_that_cannot_be_fetched_is_tried_after_pauses(house: House) -> None:
    assert grown(house, SOUND[:300_000], SOUND)
    (whole,) = house.look()
    asked = 0
    for _ in range(6):
        asked += len(house.discover()[0])
        house.ended(whole, NOT_THERE)
    assert asked == 2, "at once, by the next look, and then after a pause"


def test_another_file_under_the_same_name_is_another_recording(house: House) -> None:
    file = house.watched / "a.mp3"
    file.write_bytes(SOUND[:300_000])
    (first,) = house.look()
    file.write_bytes(b"another" + SOUND)
    (other,) = house.look()
    assert other.recording_id != first.recording_id
    assert not other.grown


def test_what_a_program_is_writing_waits(house: House) -> None:
    with (house.watched / "a.mp3").open("wb") as file:
        file.write(SOUND)
        file.flush()
        assert house.look() == []
    assert len(house.look()) == 1


def test_room_that_waits_for_its_bytes_is_no_recording_yet(house: House) -> None:
    file = house.watched / "a.mp4"
    file.write_bytes(SOUND + bytes(ZEROS))
    assert house.look() == []
    (problem,) = says(house.folder)
    assert problem.startswith("a.mp4 ends in nothing but zeros")
    (house.watched / "silence.wav").write_bytes(SOUND + bytes(ZEROS))
    file.write_bytes(SOUND)
    assert {item.file_name for item in house.look()} == {"a.mp4", "silence.wav"}


def test_no_link_to_a_sidecar_leads_out_of_the_folder(house: House, tmp_path: Path) -> None:
    (tmp_path / "secret.toml").write_text('title = "A secret"\n', encoding="utf-8")
    (house.watched / "a.mp3").write_bytes(SOUND)
    (house.watched / "a.toml").symlink_to(tmp_path / "secret.toml")
    (item,) = house.look()
    assert item.details.title == "a"


def test_a_file_renamed_while_it_was_queued_is_taken_by_the_next_look(house: House) -> None:
    file = house.watched / "a.mp3"
    file.write_bytes(SOUND)
    (queued,) = house.look()
    file.rename(house.watched / "b.mp3")
    with pytest.raises(NotThere, match="no longer in the watched folder"):
        house.receive(queued)
    for name in (NOT_THERE, STOPPED):  # also if it was stopped for another reason, with another name
        house.runs.clear()
        house.ended(queued, name)
        asked, stopped = house.discover()
        assert ([item.file_name for item in asked], stopped) == (["b.mp3"], [])
    assert house.receive(asked[0]).original.file_name == "b.mp3"


def test_what_could_not_be_fetched_is_tried_again_after_ever_longer_pauses(house: House) -> None:
    (house.watched / "a.mp3").write_bytes(SOUND)
    (item,) = house.look()
    seconds = house.ports.settings.worker.discover_seconds
    house.ended(item, NOT_THERE)
    assert len(house.discover()[0]) == 1, "the next look tries it"
    house.ended(item, NOT_THERE)
    assert house.discover() == ([], ["a.mp3 was not taken in. Gone."])
    house.runs[0] = replace(house.runs[0], since=now() - timedelta(seconds=seconds + 1))
    assert len(house.discover()[0]) == 1
    while len(house.runs) < MOST_TRIES - 1:
        house.ended(item, NOT_THERE)
    house.runs[0] = replace(house.runs[0], since=now() - timedelta(seconds=LONGEST_PAUSE - 60))
    assert house.discover()[0] == []
    house.runs[0] = replace(house.runs[0], since=now() - timedelta(seconds=LONGEST_PAUSE + 1))
    assert len(house.discover()[0]) == 1, "at last once a day"
    house.ended(item, NOT_THERE, since=now() - timedelta(days=365))
    assert house.discover() == ([], ["a.mp3 was not taken in. Gone."]), "and nothing is tried for ever"


def test_of_many_that_cannot_be_fetched_a_few_are_tried_at_a_time(house: House) -> None:
    for number in range(AT_ONCE + 5):
        (house.watched / f"{number:02}.mp3").write_bytes(SOUND + bytes([number + 1]))
    for item in house.look():
        house.ended(item, NOT_THERE)
    asked, stopped = house.discover()
    assert (len(asked), len(stopped)) == (AT_ONCE, 5)
    (house.watched / "new.mp3").write_bytes(SOUND)
    assert "new.mp3" in {item.file_name for item in house.discover()[0]}, "what is new waits for none of them"


def test_what_is_no_longer_there_is_no_longer_waited_for(house: House) -> None:
    file = house.watched / "a.mp3"
    file.write_bytes(SOUND)
    (item,) = house.look()
    house.ended(item, NOT_THERE)
    house.ended(item, STOPPED)
    file.unlink()
    house.watched.rename(house.watched.with_name("aside"))
    with pytest.raises(SourceError, match="does not exist"):
        house.discover()
    assert house.let_go == [], "a look that failed says nothing of what is there"
    house.watched.with_name("aside").rename(house.watched)
    assert house.discover() == ([], [])
    assert house.let_go == ["run 1", "run 0"]


def test_what_its_server_wants_to_be_left_alone_for_is_tried_after_that(house: House) -> None:
    (house.watched / "a.mp3").write_bytes(SOUND)
    (item,) = house.look()
    house.ended(item, NOT_THERE, "It answers 429.", now() - timedelta(days=1))
    house.runs[0] = replace(house.runs[0], not_before=now() + timedelta(minutes=10))
    assert house.discover() == ([], ["a.mp3 was not taken in. It answers 429."])
    house.runs[0] = replace(house.runs[0], not_before=now() - timedelta(seconds=1))
    assert len(house.discover()[0]) == 1


def test_what_a_crash_stopped_is_left_to_reconcile_which_knows_its_place(house: House) -> None:
    (house.watched / "a.mp3").write_bytes(SOUND)
    (item,) = house.look()
    house.ended(item, "Crashed")
    assert house.discover() == ([], [])


def test_what_would_stop_again_is_told_and_not_tried(house: House) -> None:
    (house.watched / "a.mp3").write_bytes(SOUND)
    (item,) = house.look()
    house.ended(item, STOPPED, "a.mp3 has 70000 MB.", now() - timedelta(days=30))
    assert house.discover() == ([], ["a.mp3 has 70000 MB."])
