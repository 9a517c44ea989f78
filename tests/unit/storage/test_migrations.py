"""Documents that an older Kring stored."""

from __future__ import annotations

import json
import time

import pytest

from kring.corrections.changes import Correction
from kring.intake.left_out import LeftOuts
from kring.intake.uploads import Upload
from kring.model import SCHEMA_VERSION, Circle, Manifest
from kring.sentence import Sentence
from storage.archive.feeds import FeedLook
from storage.documents import DamagedDocument, NewerDocument, read_document, write_document
from storage.migrations import UPGRADES, upgraded, version_of
from storage.migrations.sentences_2 import LONGEST, recognised

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
MANIFEST_2 = """{
 "schema_version": 2,
 "id": "0123456789abcdef",
 "version": 3,
 "source": {"source": "upload", "external_id": "ab"},
 "details": {"title": "Møte om personvern", "circle": "personvern", "date": "2024-04-02"},
 "original": {"sha256": "00000000000000000000000000000000000000000000000000000000000000ab",
   "size": 25, "file_name": "a.mp4"},
 "state": "failed",
 "problem": {"step": "probe", "transient": false, "at": "2024-04-02T10:00:00Z",
   "message": "The file has 5.2 GB; at most 4 GB are taken. Split it in parts."},
 "attachments": [{"title": "Slides", "original": {"size": 9, "file_name": "slides.pdf",
   "sha256": "00000000000000000000000000000000000000000000000000000000000000cd"},
   "problem": "libfoo broke."}],
 "received_at": "2024-04-02T10:00:00Z",
 "changed_at": "2024-04-02T10:00:00Z"
}"""
UPLOAD_2 = """{
 "schema_version": 2,
 "id": "0123456789abcdef",
 "by": "4c1b",
 "details": {"title": "Møte", "circle": "personvern", "date": "2024-04-02"},
 "original": {"sha256": "00000000000000000000000000000000000000000000000000000000000000ab",
   "size": 25, "file_name": "a.mp4"},
 "parts_id": "x", "part_size": 8388608,
 "state": "failed",
 "problem": "The sound track of this file is empty; export the recording again with sound.",
 "begun_at": "2024-04-02T10:00:00Z",
 "changed_at": "2024-04-02T10:00:00Z"
}"""
LEFT_OUT_2 = """{
 "schema_version": 2,
 "source": "podcast",
 "items": [{"name": "Episode 1", "since": "2024-04-02T10:00:00Z",
   "says": "a.mp3 was not taken in. The sound track of this file is empty; export the recording again with sound."}]
}"""
CIRCLE_1 = '{"slug": "personvern", "name": "Personvern", "network": "agder", "network_name": "Agder"}'
CIRCLE_3 = CIRCLE_1.replace("{", '{"schema_version": 3, "glossary": ["Pasientjournal"], "visibility": "circle", ', 1)
CORRECTION_1 = """{
 "schema_version": 1,
 "recording_id": "0123456789abcdef",
 "number": 1,
 "by": "4c1b",
 "at": "2024-04-02T10:00:00Z",
 "change": {"kind": "undo", "number": 1}
}"""


@pytest.mark.parametrize(
    ("kind", "stored"), [(Manifest, MANIFEST_1), (Circle, CIRCLE_1), (Circle, CIRCLE_3), (Correction, CORRECTION_1)]
)
def test_an_older_document_is_read_and_written_as_today(
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


FEED_LOOK_1 = """{
 "schema_version": 1,
 "source": "podcast", "read_as": "x", "good_until": "2024-04-02T10:00:00Z", "answered_by": "x", "first_document": "x",
 "recordings": [], "waiting": [],
 "problems": [{"says": "a.mp3 was not taken in. libfoo broke."}]
}"""
EMPTY = Sentence("The sound track of this file is empty; export the recording again with sound.")


def test_texts_of_the_second_version_are_templates_and_values_from_the_third_on() -> None:
    manifest = read_document(Manifest, "key", MANIFEST_2.encode())
    assert manifest.problem is not None
    large = manifest.problem.message
    assert large == "The file has 5.2 GB; at most 4 GB are taken. Split it in parts."
    assert large.template == "The file has {size} GB; at most {most} GB are taken. Split it in parts."
    assert large.values == {"size": "5.2", "most": "4"}
    broke = manifest.attachments[0].problem
    assert broke is not None
    assert (broke, broke.template, broke.values) == ("libfoo broke.", "libfoo broke.", {})
    upload = read_document(Upload, "key", UPLOAD_2.encode())
    assert upload.problem is not None
    assert (upload.problem.template, upload.problem.values) == (str(EMPTY), {})
    (left_out,) = read_document(LeftOuts, "key", LEFT_OUT_2.encode()).items
    assert left_out.says.template == "{name} was not taken in. {problem}"
    assert left_out.says.values == {"name": "a.mp3", "problem": EMPTY}
    assert isinstance(left_out.says.values["problem"], Sentence)
    (problem,) = read_document(FeedLook, "key", FEED_LOOK_1.encode()).problems
    assert problem.says.values == {"name": "a.mp3", "problem": "libfoo broke."}
    for document in (manifest, upload):
        stored = write_document(document)
        assert json.loads(stored)["schema_version"] == SCHEMA_VERSION
        assert read_document(type(document), "key", stored) == document
    assert json.loads(write_document(manifest))["problem"]["message"] == {
        "template": "The file has {size} GB; at most {most} GB are taken. Split it in parts.",
        "values": {"size": "5.2", "most": "4"},
    }


def test_the_more_specific_template_is_recognised() -> None:
    inner = "Line 3: the transcript has more than 200000 captions; split the recording."
    outer = "Line 3: the transcript has more than 9 captions; export it again."
    told = (recognised(inner), recognised(outer))
    assert told[0] is not None
    assert told[1] is not None
    assert told[0].template != told[1].template
    assert told == (inner, outer)


def test_recognising_costs_no_time() -> None:
    began = time.process_time()
    for piece in ("Line ", ": the transcript ", " is too large ", "(", " (x) before it starts ", " "):
        assert recognised((piece * LONGEST)[:LONGEST]) is None
    assert time.process_time() - began < 2
    assert recognised(f"{'x' * LONGEST} is too large to be a transcript; add the right file.") is None


@pytest.mark.parametrize("version", ["true", '"two"', "0", "-1", "null"])
def test_a_version_that_is_none_is_damage(version: str) -> None:
    data = MANIFEST_1.replace('"schema_version": 1', f'"schema_version": {version}, "what": "is this"')
    with pytest.raises(DamagedDocument):
        read_document(Manifest, "recordings/x.json", data.encode())
