"""Documents of other versions in one archive: counted by `kring verify`, and those of a newer Kring never called
damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.commands.status import entries_of
from cli.commands.verify import run_verify
from cli.terminal.condition import Condition
from kring.intake.requests import Request
from kring.intake.uploads import Upload
from kring.model import SCHEMA_VERSION, Circle, Original, now
from kring.settings import Settings
from services.ports import Ports
from storage.archive.archive import Archive
from storage.archive.requests import Requests
from storage.documents import NewerDocument
from storage.keys import (
    circle_key,
    correction_key,
    manifest_key,
    request_key,
    transcript_key,
    upload_key,
)
from storage.leases import Leases
from storage.port import ObjectStore
from storage.verify.findings import read_findings
from storage.verify.verify import inspect, verify
from tests.contract.storage.test_archive import DATA, ID, SHA256, correction, manifest, transcript
from tests.contract.storage.test_object_store import BYTES

NEWER = SCHEMA_VERSION + 1
OTHER = "f" * 16


@pytest.fixture
def archive(store: ObjectStore) -> Archive:
    """An archive with one document of each kind, as this program stores them."""
    archive = Archive(store)
    store.put_bytes(manifest().original.key, DATA, media_type=BYTES)
    archive.create(manifest())
    archive.put_circle(Circle(slug="personvern", name="Personvern", network="agder", network_name="Agder"))
    archive.put_transcript(SHA256, transcript())
    archive.correct(ID, lambda _before: correction(ID))
    return archive


def reversion(archive: Archive, key: str, version: int | None, **more: object) -> None:
    """Store the document at `key` as another Kring would have; None: as one of the first, which named no version."""
    plain = json.loads(archive.store.get_bytes(key).data)
    del plain["schema_version"]
    plain = {"schema_version": version, **plain} if version is not None else plain
    archive.store.put_bytes(key, json.dumps(plain | more).encode(), media_type=BYTES)


def test_documents_are_counted_by_version(archive: Archive) -> None:
    archive.create(manifest(OTHER))
    reversion(archive, manifest_key(OTHER), 1)
    archive.put_circle(Circle(slug="anskaffelser", name="Anskaffelser", network="agder", network_name="Agder"))
    reversion(archive, circle_key("anskaffelser"), None)
    archive.put_transcript(SHA256, transcript("ha det").model_copy(update={"fingerprint": "fw-base-2"}))
    report = verify(archive)
    assert report.versions == {
        "circles": {1: 1, SCHEMA_VERSION: 1},
        "corrections": {SCHEMA_VERSION: 1},
        "manifests": {1: 1, SCHEMA_VERSION: 1},
        "transcripts": {SCHEMA_VERSION: 2},
    }
    assert report.newer == ()


def test_the_version_is_found_wherever_it_stands_in_a_document(archive: Archive) -> None:
    plain = json.loads(archive.store.get_bytes(manifest_key(ID)).data)
    moved = {"brought_by": "x" * 500} | {name: value for name, value in plain.items() if name != "schema_version"}
    moved |= {"brought_by": "x" * 500, "schema_version": 1}
    archive.store.put_bytes(manifest_key(ID), json.dumps(moved).encode(), media_type=BYTES)
    assert verify(archive).versions["manifests"] == {1: 1}


def test_what_cannot_be_read_is_damaged_and_not_counted(archive: Archive) -> None:
    archive.store.put_bytes(manifest_key(OTHER), b"{ not json", media_type=BYTES)
    report = verify(archive)
    assert report.versions["manifests"] == {SCHEMA_VERSION: 1}
    assert [damage.key for damage in report.damages] == [manifest_key(OTHER)]


KEYS: dict[str, Callable[[], str]] = {
    "manifest": lambda: manifest_key(ID),
    "circle": lambda: circle_key("personvern"),
    "transcript": lambda: transcript_key(SHA256, transcript().fingerprint),
    "correction": lambda: correction_key(ID, 1),
    "upload": lambda: upload_key(OTHER),
    "request": lambda: request_key(OTHER),
}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("deep", [False, True])
def test_a_document_of_a_newer_kring_is_named_and_never_called_damaged(archive: Archive, name: str, deep: bool) -> None:
    brought = Original(sha256=SHA256, size=len(DATA), file_name="b.mp4")
    moment = now()
    archive.create_upload(
        Upload(
            id=OTHER,
            original=brought,
            details=manifest().details,
            parts_id="p",
            part_size=1,
            by="x",
            begun_at=moment,
            changed_at=moment,
        )
    )
    Requests(archive.store).keep(Request(id=OTHER, parameters={}, asked_at=moment))
    key = KEYS[name]()
    reversion(archive, key, NEWER, surprise="of the next version")
    report = verify(archive, deep=deep)
    assert (report.damages, report.newer, report.sound) == ((), (key,), True)
    assert report.versions[f"{name}s"] == {NEWER: 1}
    assert read_findings(archive.store) == ()


def test_what_a_newer_manifest_names_is_nobodys_orphan(archive: Archive) -> None:
    assert verify(archive).orphans is not None
    reversion(archive, manifest_key(ID), NEWER)
    assert (verify(archive).orphans, verify(archive).older) == (None, ())


def test_repair_and_reading_refuse_a_newer_document_in_one_sentence(archive: Archive) -> None:
    reversion(archive, correction_key(ID, 1), NEWER)
    with pytest.raises(NewerDocument, match=r"made by a newer Kring .*; update this one\.$"):
        Archive(archive.store).corrections(ID)
    reversion(archive, manifest_key(ID), NEWER)
    before = archive.store.get_bytes(manifest_key(ID))
    for refused in (
        lambda: inspect(archive, ID),
        lambda: archive.manifest(ID),
        lambda: archive.update(ID, lambda m: m),
    ):
        with pytest.raises(
            NewerDocument, match=rf"^recordings/{ID}.json was made by a newer Kring .*; update this one\.$"
        ):
            refused()
    assert archive.store.get_bytes(manifest_key(ID)) == before


def test_a_newer_request_hides_no_other(archive: Archive) -> None:
    requests = Requests(archive.store)
    for recording_id in (ID, OTHER):
        requests.keep(Request(id=recording_id, parameters={}, asked_at=now()))
    reversion(archive, request_key(ID), NEWER)
    assert list(requests.all()) == [OTHER]


@pytest.fixture
def ports(archive: Archive, tmp_path: Path) -> Ports:
    settings = Settings(data_dir=tmp_path)
    return Ports(settings, archive, Leases(archive.store, lease_seconds=60))


def test_status_shows_a_newer_recording_as_stopped(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    reversion(ports.archive, manifest_key(ID), NEWER)
    monkeypatch.setattr("cli.commands.status.on_their_way", lambda _ports: [])
    [entry] = entries_of(ports, {}, ())
    assert (entry.id, entry.line.state, entry.line.text) == (ID, Condition.STOPPED, "made by a newer Kring")
    assert "update this one" in entry.line.reason


def test_the_command_says_versions_to_people_and_programs(
    ports: Ports, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cli.commands.verify.connect", lambda: ports)
    ports.archive.create(manifest(OTHER))
    reversion(ports.archive, manifest_key(OTHER), NEWER)
    assert run_verify(deep=False, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["versions"]["manifests"] == {str(SCHEMA_VERSION): 1, str(NEWER): 1}
    assert (said["newer"], said["faults"], said["orphans"]) == ([manifest_key(OTHER)], [], None)
    assert run_verify(deep=False, as_json=False) == 0
    lines = " ".join(capsys.readouterr().out.split())
    assert f"manifests: 1 of version {SCHEMA_VERSION}, 1 of version {NEWER}" in lines
    assert f"newer {manifest_key(OTHER)}: made by a newer Kring; update this one" in lines
