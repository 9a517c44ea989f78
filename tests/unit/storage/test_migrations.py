"""Documents that an older Kring stored."""

from __future__ import annotations

import json

import pytest

from kring.corrections.changes import Correction
from kring.model import SCHEMA_VERSION, Circle, Manifest
from storage.documents import DamagedDocument, NewerDocument, read_document, write_document
from storage.migrations import UPGRADES, upgraded, version_of

MANIFEST_1 = """{
 "schema_version": 1,
 "id": "0123456789abcdef",
 "version": 3,
 "source": {"source": "upload", "external_id": "ab"},
 "details": {"title": "Møte om personvern", "circle": "personvern", "date": "2024-04-02"},
 "original": {"sha256": "00000000000000000000000000000000000000000000000000000000000000ab",
   "size": 25, "file_name": "a.mp4"},
 "state": "received",
 "received_at": "2024-04-02T10:00:00Z",
 "changed_at": "2024-04-02T10:00:00Z"
}"""
CIRCLE_1 = '{"slug": "personvern", "name": "Personvern", "network": "agder", "network_name": "Agder"}'
CORRECTION_1 = """{
 "schema_version": 1,
 "recording_id": "0123456789abcdef",
 "number": 1,
 "by": "4c1b",
 "at": "2024-04-02T10:00:00Z",
 "change": {"kind": "undo", "number": 1}
}"""


@pytest.mark.parametrize(("kind", "stored"), [(Manifest, MANIFEST_1), (Circle, CIRCLE_1), (Correction, CORRECTION_1)])
def test_a_document_of_the_first_version_is_read_and_written_as_today(
    kind: type[Manifest | Circle | Correction], stored: str
) -> None:
    document = read_document(kind, "key", stored.encode())
    assert document.schema_version == SCHEMA_VERSION
    assert json.loads(write_document(document)).items() >= {"schema_version": SCHEMA_VERSION}.items()
    assert read_document(kind, "key", write_document(document)) == document


def test_every_older_version_has_its_upgrade() -> None:
    assert list(UPGRADES) == list(range(1, SCHEMA_VERSION))
    assert version_of(upgraded({})) == SCHEMA_VERSION


def test_a_newer_document_is_refused_and_never_called_damaged() -> None:
    newer = MANIFEST_1.replace('"schema_version": 1', f'"schema_version": {SCHEMA_VERSION + 1}, "what": "is this"')
    with pytest.raises(NewerDocument, match=r"made by a newer Kring .*update this one\.$"):
        read_document(Manifest, "recordings/x.json", newer.encode())


@pytest.mark.parametrize("version", ["true", '"two"', "0", "-1", "null"])
def test_a_version_that_is_none_is_damage(version: str) -> None:
    data = MANIFEST_1.replace('"schema_version": 1', f'"schema_version": {version}, "what": "is this"')
    with pytest.raises(DamagedDocument):
        read_document(Manifest, "recordings/x.json", data.encode())
