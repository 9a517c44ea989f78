"""Bringing recordings in with a real browser: the form, what it says, and what goes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from kring.intake.uploads import UploadState
from tests.support.web.browser import PHONE, browser, eventually
from tests.support.web.upload_page import AXE, PART, Site, recording, site, visiting
from transcribe.containers.kinds import SUFFIXES

__all__ = ["browser", "site"]


def test_a_file_is_described_sent_and_asked_to_be_worked_on(browser: Browser, site: Site, tmp_path: Path) -> None:
    file = recording(tmp_path, "2025-03-14_Personvern_i_skolen.mp4", 3 * PART + 17)
    slides = tmp_path / "slides.pdf"
    slides.write_bytes(b"%PDF-1.4\n%%EOF\n")
    with visiting(browser, site) as visit:
        visit.choose(file)
        card = visit.card()
        expect(card.get_by_label("Title")).to_have_value("Personvern i skolen")
        expect(card.get_by_label("Date it was recorded")).to_have_value("2025-03-14")
        card.get_by_label("Circle").select_option("privacy")
        expect(card.get_by_label("Language spoken").locator("option").first).to_have_text("As the circle has it: Dutch")
        expect(card.get_by_label("Who may see it").locator("option").first).to_have_text(
            "As the circle has it: The circle only"
        )
        card.get_by_label("Language spoken").select_option("nb")
        card.get_by_label("Another reason").check()
        card.get_by_label("Which reason").fill("Offentleglova § 3")
        card.locator("summary").click()
        card.get_by_label("Presenters").fill("Kari Nordmann, Ola Hansen,")
        card.get_by_label("Topics").fill("personvern")
        card.get_by_label("Slides and other documents").set_input_files(str(slides))
        card.get_by_role("button", name="Send").click()
        visit.state(card, "done")
        upload = site.uploads()[0]
        expect(card.get_by_role("link", name="Follow its progress")).to_have_attribute("href", f"/r/{upload.id}")
        assert sorted(visit.sent) == [1, 2, 3, 4]
    assert upload.state is UploadState.ARRIVED
    assert site.content(upload) == file.read_bytes()
    said = upload.details
    assert (said.title, said.circle, said.date.isoformat()) == ("Personvern i skolen", "privacy", "2025-03-14")
    assert (said.language, said.visibility, said.legal_basis) == ("nb", None, "Offentleglova § 3")
    assert (said.presenters, said.topics) == (("Kari Nordmann", "Ola Hansen"), ("personvern",))
    assert [one.original.file_name for one in upload.attachments] == ["slides.pdf"]
    assert [asked["recording_id"] for asked in site.runs.asked.values()] == [upload.id]


def test_what_is_missing_is_said_at_its_field(browser: Browser, site: Site, tmp_path: Path) -> None:
    with visiting(browser, site) as visit:
        visit.choose(recording(tmp_path, "talk.mp3", 1000))
        card = visit.card()
        visit.state(card, "ready")
        card.get_by_role("button", name="Send").click()
        circle = card.get_by_label("Circle")
        expect(circle).to_be_focused()
        expect(circle).to_have_attribute("aria-invalid", "true")
        expect(circle).to_have_accessible_description("Choose the circle it belongs to.")
        expect(card.get_by_label("Public meeting")).to_have_accessible_description("Say why it may be kept and shown.")
        visit.fill(card)
        expect(circle).not_to_have_attribute("aria-invalid", "true")
        expect(card.get_by_text("Say why it may be kept and shown.")).to_be_hidden()
    assert site.uploads() == []


def test_a_file_beside_it_that_will_not_do_is_said_at_its_field(browser: Browser, site: Site, tmp_path: Path) -> None:
    slides = tmp_path / "slides.pdf"
    slides.write_text("no PDF at all")
    with visiting(browser, site) as visit:
        visit.choose(recording(tmp_path, "talk.mp3", 1000))
        card = visit.card()
        visit.fill(card)
        card.locator("summary").click()
        field = card.get_by_label("Slides and other documents")
        field.set_input_files(str(slides))
        card.get_by_role("button", name="Send").click()
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("slides.pdf: "))
        field.set_input_files([])
        expect(field).not_to_have_attribute("aria-invalid", "true")
        card.get_by_role("button", name="Send").click()
        visit.state(card, "done")
    assert site.uploads()[0].attachments == ()


@pytest.mark.parametrize(
    ("name", "size", "says"),
    [
        ("minutes.docx", 10, "is not a recording by its name"),
        ("empty.mp4", 0, "is empty"),
        ("long.mp4", 51_000_000, "at most 0.05 GB are taken"),
    ],
)
def test_what_cannot_be_taken_is_said_at_once(
    browser: Browser, site: Site, tmp_path: Path, name: str, size: int, says: str
) -> None:
    with visiting(browser, site) as visit:
        visit.choose(recording(tmp_path, name, size))
        visit.state(visit.card(), "refused")
        expect(visit.card().get_by_role("status").first).to_contain_text(says)
        expect(visit.card().get_by_label("Title")).to_be_hidden()
        visit.card().get_by_role("button", name="Remove").click()
        expect(visit.card()).to_have_count(0)


def test_the_chooser_shows_what_is_taken(browser: Browser, site: Site, tmp_path: Path) -> None:
    with visiting(browser, site) as visit:
        offered = (visit.page.locator(".uppy-DragDrop-input").get_attribute("accept") or "").split(",")
        assert set(offered) == {"audio/*", "video/*", *SUFFIXES}
        for number, name in enumerate(("dictation.amr", "camera.M2TS", "book.m4b")):
            visit.choose(recording(tmp_path, name, 1000 + number))
            visit.state(visit.card(number), "ready")


def test_a_file_that_is_there_already_is_not_sent_again(browser: Browser, site: Site, tmp_path: Path) -> None:
    file = recording(tmp_path, "talk.mp3", 2000)
    with visiting(browser, site) as visit:
        visit.choose(file)
        visit.fill(visit.card())
        visit.card().get_by_role("button", name="Send").click()
        visit.state(visit.card(), "done")
        visit.open()
        visit.choose(file.rename(tmp_path / "the same talk.mp3"))
        visit.state(visit.card(), "there")
        upload = site.uploads()[0]
        expect(visit.card().get_by_role("link", name="talk")).to_have_attribute("href", f"/r/{upload.id}")
        assert visit.sent == {1: 1}


def test_several_files_go_at_once(browser: Browser, site: Site, tmp_path: Path) -> None:
    files = [recording(tmp_path, f"part-{number}.mp4", PART + number) for number in (1, 2, 3)]
    with visiting(browser, site, viewport=PHONE) as visit:
        visit.choose(*files)
        visit.choose(files[0])
        expect(visit.page.get_by_role("alert")).to_contain_text("part-1.mp4 is in the list already.")
        for number in (0, 2):
            visit.fill(visit.card(number), "drift")
        visit.page.get_by_role("button", name="Send all of them").click()
        expect(visit.card(1).get_by_label("Circle")).to_be_focused()
        for number in (0, 2):
            visit.state(visit.card(number), "done")
        visit.fill(visit.card(1))
        visit.card(1).get_by_role("button", name="Send").click()
        visit.state(visit.card(1), "done")
    assert {site.content(upload) for upload in site.uploads()} == {file.read_bytes() for file in files}
    assert {upload.details.circle for upload in site.uploads()} == {"privacy", "drift"}


def test_what_was_brought_in_is_listed(browser: Browser, site: Site, tmp_path: Path) -> None:
    with visiting(browser, site) as visit:
        visit.hold_after = 2
        visit.choose(recording(tmp_path, "talk.mp4", 4 * PART))
        visit.fill(visit.card())
        visit.card().get_by_role("button", name="Send").click()
        eventually(visit.page, lambda: len(visit.held) == 2)
        page = visit.context.new_page()
        page.goto("/uploads")
        entry = page.locator("[data-id]")
        expect(entry).to_contain_text("Not all of it has arrived yet: 50 %")
        expect(entry.get_by_role("link", name="Choose the same file again to continue")).to_have_attribute(
            "href", "/upload"
        )
        page.on("dialog", lambda dialog: dialog.accept())
        entry.get_by_role("button", name="Remove").click()
        expect(entry).to_have_count(0)
        expect(page.get_by_role("heading", name="Your uploads")).to_be_focused()
        assert site.uploads() == []


@pytest.mark.parametrize(
    ("language", "sending", "pause"),
    [
        ("nb", "Laster opp", "Pause"),
        ("da", "Uploader", "Pause"),
        ("nl", "Aan het uploaden", "Pauze"),
    ],
)
def test_uppy_speaks_the_language_of_the_page(
    browser: Browser, site: Site, tmp_path: Path, language: str, sending: str, pause: str
) -> None:
    with visiting(browser, site, locale=language) as visit:
        visit.hold_after = 0
        visit.choose(recording(tmp_path, "talk.mp4", PART))
        card = visit.card()
        card.locator("select[name=circle]").select_option("privacy")
        card.locator("input[name=basis]").first.check()
        visit.state(card, "ready")
        card.locator("[data-at=submit]").click()
        bar = visit.page.locator(".uppy-StatusBar")
        expect(bar).to_contain_text(sending)
        expect(bar.get_by_role("button", name=pause)).to_be_visible()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_nothing_bars_anybody_from_the_page(browser: Browser, site: Site, tmp_path: Path, colours: str) -> None:
    with visiting(browser, site, color_scheme=colours) as visit:
        visit.hold_after = 1
        visit.choose(recording(tmp_path, "one.mp4", 2 * PART), recording(tmp_path, "two.txt", 5))
        visit.fill(visit.card())
        visit.card().get_by_role("button", name="Send").click()
        eventually(visit.page, lambda: len(visit.held) == 1)
        visit.choose(recording(tmp_path, "three.mp4", 1000))
        third = visit.card(2)
        visit.state(third, "ready")
        third.locator("summary").click()
        third.get_by_role("button", name="Send").click()
        visit.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = visit.page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })")
        problems = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
    assert problems == []
