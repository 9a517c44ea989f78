"""Bringing recordings in with a real browser: the form, the way of the bytes, and what interrupts it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from index.memory import MemoryIndex
from kring.model import Circle, Visibility
from kring.settings import MediaLimits, Settings
from kring.uploads import Upload, UploadState
from search_ui import arriving
from search_ui.app import create_app
from search_ui.runs import MemoryRuns
from storage.archive import Archive
from storage.keys import incoming_key
from storage.memory import MemoryStore
from tests.browser import PHONE, browser, eventually, serving

__all__ = ["browser"]

MIB = 1024 * 1024
PART = 5 * MIB
AXE = Path(__file__).parents[2] / "search_ui" / "js" / "node_modules" / "axe-core" / "axe.min.js"
EXPECTED = re.compile(r"Failed to load resource")
"""What Chromium itself writes to the console where a server says no or is not reached."""


@dataclass
class Site:
    origin: str
    archive: Archive
    store: MemoryStore
    runs: MemoryRuns

    def uploads(self) -> list[Upload]:
        return list(self.archive.uploads())

    def content(self, upload: Upload) -> bytes:
        return self.store.get_bytes(incoming_key(upload.id)).data


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(arriving, "PART_BYTES", PART)
    archive, runs = Archive(store := MemoryStore()), MemoryRuns()
    for slug, name, language in (("privacy", "Privacy", "nl"), ("drift", "Drift og utvikling", None)):
        archive.put_circle(
            Circle(
                slug=slug,
                name=name,
                network="nord",
                network_name="Nettverk Nord",
                language=language,
                visibility=Visibility.CIRCLE,
            )
        )
    settings = Settings(data_dir=tmp_path, media=MediaLimits(max_gb=0.05))
    with serving(create_app(settings, archive, MemoryIndex(), runs)) as origin:
        yield Site(origin, archive, store, runs)


@dataclass
class Visit:
    """A browser's context on the upload page, and the parts that have gone out of it (number: how often)."""

    context: BrowserContext
    page: Page
    sent: dict[int, int] = field(default_factory=dict)
    held: list[Route] = field(default_factory=list)
    hold_after: int | None = None
    """Once so many parts were let through, the others get no answer; where it is `refusing`, the connection breaks."""
    refusing: bool = False

    def open(self) -> None:
        self.page = self.context.new_page()
        self.page.goto("/upload")

    def choose(self, *files: Path) -> None:
        self.page.locator(".uppy-DragDrop-input").set_input_files([str(file) for file in files])

    def card(self, number: int = 0) -> Locator:
        return self.page.locator(".upload-card").nth(number)

    def fill(self, card: Locator, circle: str = "privacy") -> None:
        card.get_by_label("Circle").select_option(circle)
        card.get_by_label("Public meeting").check()

    def state(self, card: Locator, state: str) -> None:
        expect(card).to_have_attribute("data-state", state, timeout=20_000)

    def on_part(self, route: Route) -> None:
        if route.request.method != "PUT":
            route.continue_()
            return
        if self.hold_after is not None and len(self.sent) >= self.hold_after:
            if self.refusing:
                route.abort()
            else:
                self.held.append(route)
            return
        number = int(route.request.url.rpartition("/")[2])
        self.sent[number] = self.sent.get(number, 0) + 1
        route.continue_()


@contextmanager
def visiting(browser: Browser, site: Site, **options: object) -> Iterator[Visit]:
    context = browser.new_context(base_url=site.origin, **options)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    complaints: list[str] = []
    context.on("console", lambda said: said.type in {"error", "warning"} and complaints.append(said.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.route(
        lambda url: not url.startswith((site.origin, "data:", "blob:", "about:")), lambda route: route.abort()
    )
    visit = Visit(context, context.new_page())
    context.route(re.compile(r"/api/uploads/[0-9a-f]+/parts/\d+$"), visit.on_part)
    try:
        visit.page.goto("/upload")
        yield visit
        assert [said for said in complaints if not EXPECTED.search(said)] == []
    finally:
        for route in visit.held:
            route.abort()
        context.close()


def recording(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


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
        expect(card.get_by_role("link", name="Follow what becomes of it")).to_have_attribute("href", f"/r/{upload.id}")
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


def test_a_lost_network_only_delays(browser: Browser, site: Site, tmp_path: Path) -> None:
    file = recording(tmp_path, "talk.mp4", 6 * PART)
    with visiting(browser, site) as visit:
        visit.hold_after = 2
        visit.choose(file)
        visit.fill(visit.card())
        visit.card().get_by_role("button", name="Send").click()
        eventually(visit.page, lambda: len(visit.held) == 3, seconds=20)
        visit.context.set_offline(True)
        for route in visit.held:
            route.abort("internetdisconnected")
        visit.held.clear()
        visit.hold_after = None
        expect(visit.card().get_by_text("The connection is lost. It goes on by itself.")).to_be_visible()
        visit.state(visit.card(), "sending")
        visit.context.set_offline(False)
        visit.state(visit.card(), "done")
        assert visit.sent == dict.fromkeys(range(1, 7), 1)
    assert site.content(site.uploads()[0]) == file.read_bytes()


def test_a_file_that_changes_while_it_is_sent_is_not_tried_for_ever(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    path = recording(tmp_path, "changing.mp4", 3 * PART)
    with visiting(browser, site) as visit:
        visit.hold_after, visit.refusing = 1, True
        visit.choose(path)
        card = visit.card()
        visit.fill(card)
        card.get_by_role("button", name="Send").click()
        expect(card.get_by_text("The connection is lost.")).to_be_visible(timeout=20_000)
        path.write_bytes(os.urandom(3 * PART))
        later = path.stat().st_mtime + 60  # browsers tell by whole seconds
        os.utime(path, (later, later))
        visit.hold_after = None
        visit.state(card, "failed")
        expect(card.get_by_text("The file could not be read")).to_be_visible()


def test_an_answer_that_is_not_krings_is_said_to_be_strange(browser: Browser, site: Site, tmp_path: Path) -> None:
    """As a network gives that wants a login first."""
    with visiting(browser, site) as visit:
        visit.context.route("**/api/uploads/check", lambda route: route.fulfill(body="<html>Please log in</html>"))
        visit.choose(recording(tmp_path, "talk.mp4", 1000))
        visit.state(visit.card(), "refused")
        expect(visit.card().get_by_text("an answer that was not understood")).to_be_visible()


def test_a_closed_page_goes_on_with_what_is_missing(browser: Browser, site: Site, tmp_path: Path) -> None:
    file = recording(tmp_path, "talk.mp4", 6 * PART)
    with visiting(browser, site) as visit:
        visit.hold_after, visit.refusing = 2, True  # a browser sends what is held back when the page closes
        visit.choose(file)
        visit.fill(visit.card(), "drift")
        visit.card().get_by_label("Title").fill("What we learned")
        visit.card().get_by_role("button", name="Send").click()
        expect(visit.card().get_by_text("The connection is lost. It goes on by itself.")).to_be_visible(timeout=20_000)
        parts = f"/api/uploads/{site.uploads()[0].id}/parts"
        eventually(visit.page, lambda: len(visit.context.request.get(parts).json()) == 2, seconds=20)
        asked: list[str] = []
        visit.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        with visit.page.expect_event("close"):
            visit.page.close(run_before_unload=True)
        assert asked == ["beforeunload"]
        first, visit.sent, visit.hold_after = dict(visit.sent), {}, None

        visit.open()
        visit.choose(file)
        visit.state(visit.card(), "ready")
        expect(visit.card().get_by_role("status").first).to_have_text(
            "33% of it arrived already; it goes on from there."
        )
        expect(visit.card().get_by_label("Title")).to_have_value("What we learned")
        expect(visit.card().get_by_label("Public meeting")).to_be_checked()
        visit.card().get_by_role("button", name="Send").click()
        visit.state(visit.card(), "done")
        assert len(first) == 2
        assert visit.sent == dict.fromkeys(set(range(1, 7)) - first.keys(), 1)
    assert site.content(site.uploads()[0]) == file.read_bytes()


def test_paused_and_gone_on(browser: Browser, site: Site, tmp_path: Path) -> None:
    file = recording(tmp_path, "talk.mp4", 4 * PART)
    with visiting(browser, site) as visit:
        visit.hold_after = 1
        visit.choose(file)
        visit.fill(visit.card())
        visit.card().get_by_role("button", name="Send").click()
        eventually(visit.page, lambda: len(visit.held) == 3, seconds=20)
        visit.page.get_by_role("button", name="Pause").click()
        expect(visit.card().get_by_text("Sending is paused.")).to_be_visible()
        visit.held.clear()
        visit.hold_after = None
        visit.page.get_by_role("button", name="Resume").click()
        visit.state(visit.card(), "done")
    assert site.content(site.uploads()[0]) == file.read_bytes()


def test_cancelled_it_is_gone(browser: Browser, site: Site, tmp_path: Path) -> None:
    with visiting(browser, site) as visit:
        visit.hold_after = 1
        visit.choose(recording(tmp_path, "talk.mp4", 3 * PART))
        visit.fill(visit.card())
        visit.card().get_by_role("button", name="Send").click()
        eventually(visit.page, lambda: len(visit.held) == 2, seconds=20)
        visit.page.on("dialog", lambda dialog: dialog.accept())
        visit.card().get_by_role("button", name="Cancel").click()
        expect(visit.card()).to_have_count(0)
        eventually(visit.page, lambda: site.uploads() == [])


def test_what_was_brought_in_is_listed(browser: Browser, site: Site, tmp_path: Path) -> None:
    with visiting(browser, site) as visit:
        visit.hold_after = 2
        visit.choose(recording(tmp_path, "talk.mp4", 4 * PART))
        visit.fill(visit.card())
        visit.card().get_by_role("button", name="Send").click()
        eventually(visit.page, lambda: len(visit.held) == 2, seconds=20)
        page = visit.context.new_page()
        page.goto("/uploads")
        entry = page.locator("[data-id]")
        expect(entry).to_contain_text("Not all of it has arrived yet: 50 %")
        expect(entry.get_by_role("link", name="Choose the same file again to go on")).to_have_attribute(
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
        eventually(visit.page, lambda: len(visit.held) == 1, seconds=20)
        visit.choose(recording(tmp_path, "three.mp4", 1000))
        third = visit.card(2)
        visit.state(third, "ready")
        third.locator("summary").click()
        third.get_by_role("button", name="Send").click()
        visit.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = visit.page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })")
        problems = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
    assert problems == []
