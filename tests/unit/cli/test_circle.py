"""`kring circle …`, typed as people type it; the archive in memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.circle import app
from cli.commands import circles
from kring.errors import BadMetadata, StorageDown, UnknownCircle
from kring.model import Circle, Visibility
from kring.people.audit import Act
from kring.settings import Settings
from services.ports import Ports
from storage.archive.archive import Archive
from storage.audit import Audit
from storage.leases import Leases
from storage.memory.store import MemoryStore
from transcribe.pipeline.prompt import fitting_terms


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Archive:
    store = MemoryStore()
    ports = Ports(Settings(), Archive(store), Leases(store, lease_seconds=60))
    monkeypatch.setattr(circles, "connect", lambda: ports)
    return ports.archive


def kring(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def make() -> None:
    made = kring("add", "privacy", "--name", "Privacy", "--network", "n", "--language", "no", "--add-term", "Fjordane")
    assert made.exit_code == 0, made.output
    assert "is there" in made.output


def test_a_circle_is_made(archive: Archive) -> None:
    make()
    assert archive.circle("privacy") == Circle(
        slug="privacy", name="Privacy", network="n", network_name="n", language="nb", glossary=("Fjordane",)
    )


def test_adding_it_again_keeps_what_is_not_said(archive: Archive) -> None:
    make()
    kring("change", "privacy", "--english", "--visibility", "public", "--network-name", "The network")
    kring("add", "privacy", "--name", "Other", "--network", "n")
    circle = archive.circle("privacy")
    assert (circle.name, circle.language, circle.english, circle.glossary) == ("Other", "nb", True, ("Fjordane",))
    assert (circle.visibility, circle.network_name) == (Visibility.PUBLIC, "The network")


def test_one_thing_is_changed_and_no_other(archive: Archive) -> None:
    make()
    before = archive.circle("privacy")
    said = kring("change", "privacy", "--english").output
    assert archive.circle("privacy") == before.model_copy(update={"english": True})
    assert "kring retranscribe --circle privacy" in said
    assert "already" in kring("change", "privacy", "--english").output
    kring("change", "privacy", "--no-english", "--language", "heard")
    assert archive.circle("privacy") == before.model_copy(update={"language": None})


def test_terms_come_from_a_file_and_one_by_one(archive: Archive, tmp_path: Path) -> None:
    make()
    file = tmp_path / "terms.txt"
    file.write_text("Gloppen\n\n# a note\ndigital post\n", encoding="utf-8")
    kring("change", "privacy", "--glossary", str(file), "--add-term", "KS", "--remove-term", "gloppen")
    assert archive.circle("privacy").glossary == ("digital post", "KS")
    shown = kring("show", "privacy").output
    assert "2 terms" in shown
    assert "    digital post\n    KS" in shown
    assert "2 terms" in kring("list").output


def test_what_is_wrong_changes_nothing(archive: Archive, tmp_path: Path) -> None:
    make()
    before = archive.circle("privacy")
    binary = tmp_path / "terms.bin"
    binary.write_bytes(b"\xff\xfe\x00")
    wrong: list[tuple[type[Exception], str, Iterable[str]]] = [
        (BadMetadata, "Say what", ()),
        (BadMetadata, "no term", ("--remove-term", "x")),
        (BadMetadata, "61 characters", ("--add-term", "x" * 61)),
        (BadMetadata, "UTF-8", ("--glossary", str(binary))),
        (BadMetadata, "network", ("--network", "No Slug")),
        (BadMetadata, "language: .*klingon", ("--language", "klingon")),
    ]
    for kind, message, arguments in wrong:
        with pytest.raises(kind, match=message):
            kring("change", "privacy", *arguments)
    assert archive.circle("privacy") == before
    with pytest.raises(UnknownCircle, match="there are: privacy"):
        kring("change", "nowhere", "--english")


def test_a_glossary_that_is_too_long_for_the_engine_says_so(archive: Archive, tmp_path: Path) -> None:
    make()
    assert "can take" not in kring("change", "privacy", "--add-term", "KS").output
    terms = tmp_path / "terms.txt"
    terms.write_text("\n".join(f"the name of municipality number {number}" for number in range(40)), encoding="utf-8")
    said = kring("change", "privacy", "--glossary", str(terms)).output
    taken = len(fitting_terms(archive.circle("privacy").glossary))
    assert 0 < taken < 40
    assert f"the first {taken} of them" in said
    assert f"the first {taken} of them" in kring("show", "privacy").output


def test_what_a_circle_is_for_and_how_long_it_keeps_recordings(archive: Archive) -> None:
    make()
    before = archive.circle("privacy")
    kring("change", "privacy", "--purpose", "Sharing", "--contact", "kari@n.no", "--previews", "--retention", "24")
    more = {"purpose": "Sharing", "contact": "kari@n.no", "previews": True, "retention_months": 24}
    assert archive.circle("privacy") == before.model_copy(update=more)
    shown = kring("show", "privacy").output
    assert all(said in shown for said in ("Sharing", "kari@n.no", "24 months"))
    listed = kring("list").output
    assert "previews" in listed
    assert "24" in listed
    kring("change", "privacy", "--purpose", "", "--contact", "", "--no-previews", "--retention", "never")
    assert archive.circle("privacy") == before
    assert "until erased" in kring("show", "privacy").output
    kring("add", "other", "--name", "Other", "--network", "n", "--purpose", "Else", "--retention", "1")
    assert (archive.circle("other").purpose, archive.circle("other").retention_months) == ("Else", 1)
    assert "1 month" in kring("show", "other").output
    with pytest.raises(BadMetadata, match="retention months: Write a whole number"):
        kring("change", "privacy", "--retention", "soon")


def test_a_network_keeps_its_name_in_a_new_circle(archive: Archive) -> None:
    kring("add", "one", "--name", "One", "--network", "n", "--network-name", "North")
    kring("add", "two", "--name", "Two", "--network", "n")
    assert archive.circle("two").network_name == "North"


def test_what_is_done_is_written_down_before_it_is_done(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    make()
    kring("change", "privacy", "--purpose", "Nothing of this", "--english")
    kring("change", "privacy", "--english")  # is like that already
    with pytest.raises(BadMetadata):
        kring("change", "privacy", "--network", "No Slug")
    said = [(entry.act, entry.by, entry.about, entry.says) for entry in Audit(archive.store).entries()]
    assert said == [
        (Act.CIRCLE, "command", "privacy", "english, purpose"),
        (Act.CIRCLE, "command", "privacy", "made"),
    ]
    before = archive.circle("privacy")

    def down(*_: object, **__: object) -> None:
        raise StorageDown("the object store refused the connection")

    monkeypatch.setattr(Audit, "record", down)
    with pytest.raises(StorageDown):
        kring("change", "privacy", "--name", "Other")
    with pytest.raises(StorageDown):
        kring("add", "new", "--name", "New", "--network", "n")
    assert archive.circles() == [before]
