"""A name counts from the moment it is typed: the server may be slow to keep it, or not there at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from kring.model import Manifest
from search_ui.auth.identity import NAME_COOKIE
from tests.support.web.browser import browser, eventually, open_page
from tests.support.web.editing_site import Desk, all_saved, desk, edit, text_field, write

__all__ = ["browser", "desk"]

ME = "**/api/me"


@contextmanager
def held(page: Page) -> Iterator[list[Route]]:
    """Requests to keep a name, in any tab, wait until the end of the block."""
    waiting: list[Route] = []
    page.context.route(ME, lambda route: waiting.append(route))  # noqa: PLW0108  Playwright marks what it is given
    yield waiting
    page.context.unroute(ME)
    for route in waiting:
        route.continue_()


def name_field(page: Page) -> Locator:
    return page.get_by_label("Your name")


def call(page: Page, name: str) -> None:
    name_field(page).fill(name)
    page.keyboard.press("Enter")


def names(desk: Desk, manifest: Manifest) -> list[str | None]:
    return [one.by_name for one in desk.archive.corrections(manifest.id)]


def kept(page: Page) -> str:
    """As the browser was told to keep it, still quoted."""
    found = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == NAME_COOKIE]
    return found[0] if found else ""


def test_every_change_carries_a_name_that_is_not_kept_yet(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        with held(page) as waiting:
            call(page, "Kåre Åsen")
            write(page, 1, "Ganske nytt.")
            all_saved(page)
            page.get_by_role("button", name="Undo", exact=True).click()
            expect(text_field(page, 1)).not_to_have_value("Ganske nytt.")
            text_field(page, 3).click()
            page.get_by_role("button", name="Chapter here").click()
            page.get_by_label("Title of the new chapter").fill("Risiko")
            page.keyboard.press("Enter")
            expect(page.locator(".chapter h3")).to_have_text("Risiko")
            page.keyboard.press("Escape")
            page.get_by_role("button", name="Title, date and more").click()
            page.get_by_label("Title", exact=True).fill("Personvern i skolen")
            page.get_by_role("button", name="Save").click()
            expect(page.locator("#title")).to_have_text("Personvern i skolen")
            assert names(desk, manifest) == ["Kåre Åsen"] * 4
            assert len(waiting) == 1
            assert kept(page) == ""
        eventually(page, lambda: kept(page) == "K%C3%A5re%20%C3%85sen")
        eventually(page, lambda: page.evaluate("localStorage.length") == 0)


@pytest.mark.parametrize("answer", ["none", "503"])
def test_a_name_that_could_not_be_kept_is_kept_later(browser: Browser, desk: Desk, answer: str) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, complaints):
        edit(page, manifest)
        page.context.route(ME, lambda route: route.abort() if answer == "none" else route.fulfill(status=503))
        with page.expect_event("requestfailed" if answer == "none" else "requestfinished"):
            call(page, "Kari")
        write(page, 1, "Ganske nytt.")
        all_saved(page)
        assert names(desk, manifest) == ["Kari"]
        page.context.unroute(ME)
        edit(page, manifest)
        expect(name_field(page)).to_have_value("Kari")
        eventually(page, lambda: kept(page) == "Kari")
        complaints.clear()  # the browser's own, about the answer that the test gave


def test_a_name_that_is_refused_is_not_carried(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, complaints):
        edit(page, manifest)
        call(page, "Kari")
        eventually(page, lambda: kept(page) == "Kari")
        page.context.route(ME, lambda route: route.fulfill(status=422, json={"error": "No such name."}))
        call(page, "Nobody")
        expect(page.locator("#state")).to_have_text("No such name.")
        write(page, 1, "Ganske nytt.")
        all_saved(page)
        assert names(desk, manifest) == ["Kari"]
        complaints.clear()


def test_the_last_of_several_names_is_the_one_that_stays(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        with held(page):
            call(page, "Kari")
            call(page, "Kari fra Nord")
            write(page, 1, "Ganske nytt.")
            all_saved(page)
        eventually(page, lambda: kept(page) == "Kari%20fra%20Nord")
        call(page, "")
        eventually(page, lambda: kept(page) == "")
        write(page, 2, "Uten navn.")
        all_saved(page)
        assert names(desk, manifest) == ["Kari fra Nord", None]


def test_a_name_typed_in_one_tab_counts_in_all(browser: Browser, desk: Desk, tmp_path: Path) -> None:
    manifest = desk.recording()
    file = tmp_path / "talk.mp3"
    file.write_bytes(b"ID3\x04" + bytes(2000))
    with open_page(browser, desk.origin) as (page, _):
        other, upload = page.context.new_page(), page.context.new_page()
        edit(page, manifest)
        edit(other, manifest)
        upload.goto("/upload")
        with held(page):
            call(page, "Kari")
            expect(name_field(other)).to_have_value("Kari")
            write(other, 1, "Fra den andre.")
            all_saved(other)
            upload.locator(".uppy-DragDrop-input").set_input_files(file)
            card = upload.locator(".upload-card")
            card.get_by_label("Circle").select_option("drift-nord")
            card.get_by_label("Public meeting").check()
            card.get_by_role("button", name="Send").click()
            eventually(upload, lambda: [one.by_name for one in desk.archive.uploads()] == ["Kari"])
        assert names(desk, manifest) == ["Kari"]
        upload.close()
