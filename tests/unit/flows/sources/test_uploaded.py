"""What people have uploaded in a browser becomes recordings, whatever happens on the way; the archive in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from flows.new_runs import start_new
from flows.sources import open_source, open_sources
from flows.sources.uploaded import Uploaded
from flows.steps import steps
from flows.steps.steps import Job
from flows.steps.uploads import sweep_uploads
from kring.errors import DiskFull, NotFound, SourceError, StorageDown
from kring.intake.item import Item
from kring.intake.uploads import Upload, UploadState, attempt_of, item_of, source_of
from kring.model import UPLOAD, Attachment, Circle, Details, Original, Step, now
from kring.settings import MediaLimits, Settings
from services.ports import Ports
from services.problems import record_problem
from services.runs.memory import MemoryRuns
from services.runs.port import run_key
from storage import BROUGHT_UPLOAD
from storage.archive.archive import Archive
from storage.keys import incoming_key, upload_key
from storage.leases import Leases
from storage.memory.store import MemoryStore

DATA = b"a recording" * 1000
BYTES = "application/octet-stream"
CAPTIONS = Original(sha256="1" * 64, size=3, file_name="a.vtt")
SLIDES = Attachment(original=Original(sha256="2" * 64, size=3, file_name="a.pdf"), title="Lysark")


class Killed(BaseException):
    """The process is gone, whatever it was doing."""


class Fragile(MemoryStore):
    """Kills whoever changes it for the so-many-th time, before or after the change is made."""

    left: int | None = None
    after = False

    def put_bytes(self, key: str, data: bytes, **condition: Any) -> str:
        self._count(after=False)
        etag = super().put_bytes(key, data, **condition)
        self._count(after=True)
        return etag

    def put_file(self, key: str, path: Path, **more: Any) -> None:
        self._count(after=False)
        super().put_file(key, path, **more)
        self._count(after=True)

    def delete(self, key: str) -> None:
        self._count(after=False)
        super().delete(key)
        self._count(after=True)

    def _count(self, *, after: bool) -> None:
        if self.left is None or self.after is not after:
            return
        self.left -= 1
        if self.left < 0:
            raise Killed


class House:
    def __init__(self, folder: Path, media: MediaLimits | None = None) -> None:
        self.store = Fragile()
        self.archive = Archive(self.store)
        self.archive.put_circle(Circle(slug="privacy", name="P", network="n", network_name="N"))
        settings = Settings(data_dir=folder, media=media or MediaLimits())
        self.ports = Ports(settings, self.archive, Leases(self.store, lease_seconds=60))
        self.id = ""

    def upload(self, announced: bytes = DATA, arrived: bytes = DATA, **more: Any) -> Upload:
        digest, moment = sha256(announced).hexdigest(), now()
        self.id = source_of(digest).recording_id
        values: dict[str, Any] = {
            "id": self.id,
            "original": Original(sha256=digest, size=len(announced), file_name="meeting.mp4"),
            "details": Details(title="T", circle="privacy", date=moment.date()),
            "parts_id": "parts",
            "part_size": 1 << 24,
            "state": UploadState.ARRIVED,
            "attachments": (SLIDES,),
            "captions": CAPTIONS,
            "by": "kari",
            "begun_at": moment,
            "changed_at": moment,
        }
        upload = self.archive.create_upload(Upload(**values | more))
        self.store.put_bytes(incoming_key(self.id), arrived, media_type=BYTES)
        return upload

    @property
    def source(self) -> Uploaded:
        return Uploaded(self.ports.settings, self.archive)

    def receive(self, item: Item | None) -> None:
        steps.receive(Job(self.ports, self.id, lambda _fraction, _note: None, item))

    def check_taken_in(self) -> None:
        manifest = self.archive.manifest(self.id)
        assert self.store.get_bytes(manifest.original.key).data == DATA
        assert (manifest.source.source, manifest.brought_by) == (UPLOAD, "kari")
        assert (manifest.captions, manifest.attachments) == (CAPTIONS, (SLIDES,))
        assert not self.store.exists(incoming_key(self.id))
        assert not self.store.exists(upload_key(self.id))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_what_has_arrived_becomes_a_recording_and_nothing_is_left_of_the_upload(house: House) -> None:
    house.upload()
    (item,) = house.source.list()
    house.receive(item)
    house.check_taken_in()
    assert list(house.source.list()) == []
    house.receive(item)  # asked for twice
    house.check_taken_in()


def test_the_pages_and_the_source_agree_on_the_item(house: House) -> None:
    upload = house.upload()
    (item,) = house.source.list()
    assert item.model_dump(mode="json", exclude_defaults=True) == item_of(upload) | {
        "details": item.details.model_dump(mode="json", exclude_defaults=True)
    }
    assert item.attempt == attempt_of(upload)
    assert item.recording_id == upload.id


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("moment", range(5))
def test_killed_at_any_moment_nothing_is_lost(house: House, moment: int, after: bool) -> None:
    house.upload()
    (item,) = house.source.list()
    house.store.left, house.store.after = moment, after
    try:
        house.receive(item)
    except Killed:
        pass
    else:
        assert moment >= 4, "the moments do not reach the end"
    house.store.left = None
    received = [manifest.id for manifest in house.archive.manifests()]
    house.receive(None if received else next(house.source.list()))  # as `reconcile` and `discover` go on
    house.check_taken_in()


def test_it_goes_on_with_what_was_fetched(house: House, tmp_path: Path) -> None:
    upload = house.upload()
    dest = tmp_path / "out"
    dest.write_bytes(DATA[:5000])
    told: list[int] = []
    house.source.fetch(upload.id, dest, lambda done, _total: told.append(done))
    assert dest.read_bytes() == DATA
    assert min(told) > 5000


def test_what_a_power_cut_has_left_on_the_disk_does_not_spoil_the_upload(house: House) -> None:
    house.upload()
    (item,) = house.source.list()
    part = house.ports.settings.work_dir / house.id / "original.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(4096))
    house.receive(item)
    house.check_taken_in()


def test_what_is_not_what_was_announced_is_refused_and_may_be_sent_again(house: House) -> None:
    house.upload(arrived=DATA[:-1] + b"!")
    (item,) = house.source.list()
    with pytest.raises(SourceError, match="Upload it again"):
        house.receive(item)
    upload = house.archive.upload(house.id)
    assert upload.state is UploadState.FAILED
    assert "Upload it again" in (upload.problem or "")
    assert not house.store.exists(incoming_key(house.id))
    assert list(house.source.list()) == []
    with pytest.raises(NotFound):
        house.archive.manifest(house.id)
    house.archive.forget_upload(house.id)
    house.upload(begun_at=now() + timedelta(seconds=1))
    (again,) = house.source.list()
    assert again.attempt != item.attempt
    house.receive(again)
    house.check_taken_in()


def test_bytes_that_have_gone_are_said_to_be(house: House) -> None:
    house.upload()
    (item,) = house.source.list()
    house.store.delete(incoming_key(house.id))
    with pytest.raises(SourceError, match="upload the recording again"):
        house.receive(item)
    assert house.archive.upload(house.id).state is UploadState.FAILED


def test_one_that_was_taken_back_is_said_to_be(house: House) -> None:
    house.upload()
    (item,) = house.source.list()
    house.archive.forget_upload(house.id)
    with pytest.raises(SourceError, match="taken back"):
        house.receive(item)


def test_a_full_disk_waits_and_says_so_where_the_person_looks(tmp_path: Path) -> None:
    house = House(tmp_path, MediaLimits(spare_disk_mb=10**9))
    house.upload()
    (item,) = house.source.list()
    with pytest.raises(DiskFull) as full:
        house.receive(item)
    record_problem(house.archive, house.id, Step.RECEIVE, str(full.value), transient=True)
    upload = house.archive.upload(house.id)
    assert upload.state is UploadState.ARRIVED
    assert upload.problem == str(full.value)
    assert [one.recording_id for one in house.source.list()] == [house.id]


def test_what_is_said_while_the_manifest_is_written_is_not_lost(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.upload()
    (item,) = house.source.list()
    create = house.archive.create

    def create_and_change(manifest: Any) -> Any:
        made = create(manifest)
        better = manifest.details.model_copy(update={"title": "A better title"})
        house.archive.update_upload(house.id, lambda old: old.model_copy(update={"details": better}))
        return made

    monkeypatch.setattr(house.archive, "create", create_and_change)
    house.receive(item)
    assert house.archive.manifest(house.id).details.title == "A better title"
    house.check_taken_in()


def test_what_was_corrected_since_is_not_undone(house: House) -> None:
    upload = house.upload()
    (item,) = house.source.list()
    house.receive(item)
    better = upload.details.model_copy(update={"title": "A better title"})
    house.archive.update(house.id, lambda old: old.model_copy(update={"details": better}))
    house.archive.create_upload(upload)  # a run was killed before it could forget it
    house.receive(None)
    assert house.archive.manifest(house.id).details.title == "A better title"
    house.check_taken_in()


def test_only_what_has_arrived_is_offered(house: House) -> None:
    house.upload(state=UploadState.ARRIVING)
    assert list(house.source.list()) == []


def test_it_is_one_of_the_sources_without_any_setting(house: House) -> None:
    assert [source.name for source in open_sources(house.ports.settings, house.archive)] == [UPLOAD]
    assert open_source(house.ports.settings, house.archive, UPLOAD).name == UPLOAD


def test_discover_starts_what_arrived_while_nobody_could_be_asked(house: House) -> None:
    upload, runs = house.upload(), MemoryRuns()
    vars(house.ports)["runs"] = runs  # where `cached_property` keeps it
    assert start_new(house.source, house.ports) == 1
    ((key, asked),) = runs.asked.items()
    assert key == run_key(upload.id, attempt_of(upload))
    house.receive(Item.model_validate(asked["item"]))
    assert start_new(house.source, house.ports) == 0


@pytest.mark.parametrize("state", [UploadState.ARRIVING, UploadState.FAILED])
def test_what_nobody_goes_on_with_is_forgotten_after_a_week(house: House, state: UploadState) -> None:
    upload = house.upload(state=state)
    assert sweep_uploads(house.archive, upload.changed_at + BROUGHT_UPLOAD - timedelta(hours=1)) == 0
    assert sweep_uploads(house.archive, upload.changed_at + BROUGHT_UPLOAD + timedelta(hours=1)) == 1
    assert not house.store.exists(incoming_key(house.id))
    assert not house.store.exists(upload_key(house.id))


def test_what_has_arrived_is_never_forgotten(house: House) -> None:
    upload = house.upload()
    assert sweep_uploads(house.archive, upload.changed_at + 10 * BROUGHT_UPLOAD) == 0


def test_a_store_that_does_not_answer_spoils_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.upload()
    (item,) = house.source.list()

    def down(*_: Any) -> Iterator[bytes]:
        raise StorageDown("It does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(house.store, "open", down)
        with pytest.raises(StorageDown):
            house.receive(item)
    assert house.archive.upload(house.id).state is UploadState.ARRIVED
    house.receive(item)
    house.check_taken_in()
