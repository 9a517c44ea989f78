"""What is attached to a recording is read with its run, once, and can be found; the archive in memory."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from flows.steps import attachments, steps
from flows.steps.attachments import with_text
from index.port import Query
from kring.errors import StorageDown
from kring.model import Attachment, Original, Pages, State
from services.reconcile.plan import Restart
from storage.verify.verify import verify
from tests.support.archived_recording import ArchivedRecording
from tests.support.media.pdf import encrypted, pdf
from tests.unit.services.reconcile.test_plan import ask
from transcribe.documents.pdf import PROTECTED

pytestmark = pytest.mark.slow  # each document is read in a process of its own


@pytest.fixture
def archived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArchivedRecording:
    monkeypatch.setattr("flows.steps.transcribe.coverage", lambda *_: (3.0, ()))
    return ArchivedRecording(tmp_path)


def attach(archived: ArchivedRecording, *files: bytes) -> None:
    added = []
    for number, data in enumerate(files):
        original = Original(sha256=sha256(data).hexdigest(), size=len(data), file_name=f"{number}.pdf")
        archived.archive.store.put_bytes(original.key, data, media_type="application/octet-stream")
        added.append(Attachment(original=original, title=f"Lysark {number}"))
    archived.change_manifest(attachments=(*archived.manifest.attachments, *added))


def count_reading(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    read: list[str] = []
    read_pages = attachments.read_pages

    def counted(path: Path) -> Pages:
        read.append(path.name)
        return read_pages(path)

    monkeypatch.setattr(attachments, "read_pages", counted)
    return read


def test_its_text_is_read_with_the_run_and_found(archived: ArchivedRecording) -> None:
    attach(archived, pdf("Forside", "Skytjenester i Bodø"))
    archived.publish()
    steps.index(archived.job)
    (attachment,) = archived.manifest.attachments
    assert attachment.problem is None
    assert [pages.pages for _, pages in archived.archive.attached(archived.manifest)] == [
        ("Forside", "Skytjenester i Bodø")
    ]
    (hit,) = archived.index.search(Query("skytjenester")).hits
    (passage,) = hit.passages
    assert (passage.attachment, passage.page) == (attachment.original.sha256, 2)
    assert list(archived.job.folder.glob("attachment*")) == []
    assert attachment.text not in {info.key for info in verify(archived.archive).orphans or ()}


def test_one_that_cannot_be_read_says_why_and_holds_up_nothing(archived: ArchivedRecording) -> None:
    attach(archived, encrypted(pdf("Hemmelig"), "secret"), pdf("Lysark"))
    archived.publish()
    bad, good = archived.manifest.attachments
    assert (bad.text, bad.problem) == (None, PROTECTED)
    assert good.text is not None
    assert (archived.manifest.state, archived.manifest.problem) == (State.PUBLISHED, None)
    assert ask([archived.manifest], indexed={archived.id: archived.manifest.version}) == []


def test_a_later_one_is_all_that_is_read_then(archived: ArchivedRecording, monkeypatch: pytest.MonkeyPatch) -> None:
    read = count_reading(monkeypatch)
    attach(archived, pdf("Første"), encrypted(pdf("Hemmelig"), "secret"))
    archived.publish()
    assert len(read) == 2
    attach(archived, pdf("Tredje"))
    (action,) = ask([archived.manifest], indexed={archived.id: archived.manifest.version})
    assert action == Restart(archived.id, "a document to be read", archived.manifest)
    archived.publish()
    assert len(read) == 3
    assert [one.is_read for one in archived.manifest.attachments] == [True] * 3
    version = archived.manifest.version
    archived.publish()
    assert (len(read), archived.manifest.version) == (3, version)


def test_what_was_read_before_a_crash_is_not_read_again(
    archived: ArchivedRecording, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = count_reading(monkeypatch)
    attach(archived, pdf("Lysark"))
    update = archived.archive.update

    def down(*_: object) -> object:
        raise StorageDown("It does not answer.")

    monkeypatch.setattr(archived.archive, "update", down)
    with pytest.raises(StorageDown):
        archived.publish()
    monkeypatch.setattr(archived.archive, "update", update)
    archived.publish()
    assert len(read) == 1
    assert archived.manifest.attachments[0].text is not None


def test_what_is_added_renamed_or_removed_meanwhile_stays_so() -> None:
    one, two, three = (
        Attachment(original=Original(sha256=digit * 64, size=1, file_name="a.pdf"), title=digit) for digit in "123"
    )
    read = {
        one.original.sha256: one.model_copy(update={"text": "key"}),
        two.original.sha256: two.model_copy(update={"problem": "no"}),
    }
    renamed = one.model_copy(update={"title": "Lysark"})
    assert with_text((renamed, three), read) == (renamed.model_copy(update={"text": "key"}), three)
