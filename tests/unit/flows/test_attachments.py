"""What is attached to a recording is read with its run, once, and can be found; the archive in memory."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from flows import attachments, steps
from flows.attachments import with_text
from flows.plan import Restart
from index.port import Query
from kring.errors import StorageDown
from kring.model import Attachment, Original, Pages, State
from storage.verify.verify import verify
from tests.support.media.pdf import encrypted, pdf
from tests.unit.flows.test_plan import ask
from tests.unit.flows.test_transcripts import House
from transcribe.documents.pdf import PROTECTED


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr("flows.transcripts.coverage", lambda *_: (3.0, ()))
    return House(tmp_path)


def attach(house: House, *files: bytes) -> None:
    added = []
    for number, data in enumerate(files):
        original = Original(sha256=sha256(data).hexdigest(), size=len(data), file_name=f"{number}.pdf")
        house.archive.store.put_bytes(original.key, data, media_type="application/octet-stream")
        added.append(Attachment(original=original, title=f"Lysark {number}"))
    house.change_manifest(attachments=(*house.manifest.attachments, *added))


def count_reading(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    read: list[str] = []
    read_pages = attachments.read_pages

    def counted(path: Path) -> Pages:
        read.append(path.name)
        return read_pages(path)

    monkeypatch.setattr(attachments, "read_pages", counted)
    return read


def test_its_text_is_read_with_the_run_and_found(house: House) -> None:
    attach(house, pdf("Forside", "Skytjenester i Bodø"))
    house.publish()
    steps.index(house.job)
    (attachment,) = house.manifest.attachments
    assert attachment.problem is None
    assert [pages.pages for _, pages in house.archive.attached(house.manifest)] == [("Forside", "Skytjenester i Bodø")]
    (hit,) = house.index.search(Query("skytjenester")).hits
    (passage,) = hit.passages
    assert (passage.attachment, passage.page) == (attachment.original.sha256, 2)
    assert list(house.job.folder.glob("attachment*")) == []
    assert attachment.text not in {info.key for info in verify(house.archive).orphans or ()}


def test_one_that_cannot_be_read_says_why_and_holds_up_nothing(house: House) -> None:
    attach(house, encrypted(pdf("Hemmelig"), "secret"), pdf("Lysark"))
    house.publish()
    bad, good = house.manifest.attachments
    assert (bad.text, bad.problem) == (None, PROTECTED)
    assert good.text is not None
    assert (house.manifest.state, house.manifest.problem) == (State.PUBLISHED, None)
    assert ask([house.manifest], indexed={house.id: house.manifest.version}) == []


def test_a_later_one_is_all_that_is_read_then(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    read = count_reading(monkeypatch)
    attach(house, pdf("Første"), encrypted(pdf("Hemmelig"), "secret"))
    house.publish()
    assert len(read) == 2
    attach(house, pdf("Tredje"))
    (action,) = ask([house.manifest], indexed={house.id: house.manifest.version})
    assert action == Restart(house.id, "a document to be read", house.manifest)
    house.publish()
    assert len(read) == 3
    assert [one.is_read for one in house.manifest.attachments] == [True] * 3
    version = house.manifest.version
    house.publish()
    assert (len(read), house.manifest.version) == (3, version)


def test_what_was_read_before_a_crash_is_not_read_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    read = count_reading(monkeypatch)
    attach(house, pdf("Lysark"))
    update = house.archive.update

    def down(*_: object) -> object:
        raise StorageDown("It does not answer.")

    monkeypatch.setattr(house.archive, "update", down)
    with pytest.raises(StorageDown):
        house.publish()
    monkeypatch.setattr(house.archive, "update", update)
    house.publish()
    assert len(read) == 1
    assert house.manifest.attachments[0].text is not None


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
