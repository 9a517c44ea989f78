"""The search page in a real browser: typing, filters, history, keyboard, phone, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from index.memory import MemoryIndex
from kring.settings import Settings
from search_ui.app import create_app
from storage.archive import Archive
from storage.memory import MemoryStore
from tests import web_archive
from tests.browser import PHONE, browser, eventually, open_page, player_time, serving
from tests.web_archive import HOSTILE, TALKS

__all__ = ["browser"]


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    store, index = MemoryStore(), MemoryIndex()
    web_archive.fill(Archive(store), index)
    with serving(create_app(Settings(data_dir=Path("unused")), Archive(store), index)) as origin:
        yield origin


def test_results_appear_while_typing_without_a_reload(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        expect(page.get_by_role("heading", name="Recent recordings")).to_be_visible()
        page.evaluate("window.stayed = true")
        page.get_by_label("Words to find").press_sequentially("personvernomb", delay=20)
        first = page.locator(".card").first
        expect(first.get_by_role("heading")).to_contain_text("Personvern i skolen")
        expect(first.locator("mark").first).to_be_visible()
        expect(page).to_have_title(re.compile("personvernomb"))
        expect(page).to_have_url(re.compile(r"q=personvernomb&typing=1"))
        expect(page.locator("#announce")).to_have_text(re.compile(r"recordings?$"))
        assert page.evaluate("window.stayed")
        page.reload()
        expect(first.get_by_role("heading")).to_contain_text("Personvern i skolen")


def test_a_late_answer_does_not_overwrite_a_newer_one(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        field = page.get_by_label("Words to find")
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route(re.compile(r"q=zanzibar&"), hold)
        field.fill("zanzibar")
        expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
        field.fill("kredsen")
        expect(page.locator(".card h3").first).to_contain_text("Digital Post")
        assert len(held) == 1
        assert page.url.endswith("q=kredsen&typing=1")


def test_filters_narrow_and_chips_remove_them(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        page.get_by_role("checkbox", name="Kenniskring West").check()
        expect(page.get_by_role("heading", level=2)).to_have_text("2 recordings")
        expect(page.get_by_role("checkbox", name="Kenniskring West")).to_be_focused()
        page.get_by_role("radio", name="2026").check()
        expect(page.get_by_role("heading", level=2)).to_have_text("1 recording")
        expect(page).to_have_url(re.compile(r"circle=kenniskring-west&year=2026"))
        page.get_by_role("link", name="Remove filter: 2026").click()
        expect(page.get_by_role("heading", level=2)).to_have_text("2 recordings")
        page.get_by_label("Words to find").fill("sportclub")
        expect(page.get_by_role("heading", level=2)).to_contain_text("1 recording about")
        expect(page).to_have_url(re.compile("circle=kenniskring-west"))


def test_back_and_forward_bring_searches_back(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        field = page.get_by_label("Words to find")
        field.fill("personvern")
        field.press("Enter")
        expect(page.get_by_role("heading", level=2)).to_contain_text("about personvern")
        assert page.url.endswith("/?q=personvern")
        field.fill("kredsen")
        field.press("Enter")
        expect(page.get_by_role("heading", level=2)).to_contain_text("about kredsen")
        page.go_back()
        expect(page.get_by_role("heading", level=2)).to_contain_text("about personvern")
        expect(field).to_have_value("personvern")
        page.go_back()
        expect(page.get_by_role("heading", level=2)).to_have_text("Recent recordings")
        page.go_forward()
        expect(field).to_have_value("personvern")


def test_a_passage_opens_at_its_time(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/?q=personvernombudet")
        link = page.locator(".passages a.time").first
        seconds = float(re.search(r"[?&]t=([\d.]+)", link.get_attribute("href") or "").group(1))  # type: ignore[union-attr]
        link.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(TALKS[0].title)
        eventually(page, lambda: abs(player_time(page) - seconds) < 0.5)
        expect(page.locator(".line[aria-current] mark")).to_have_text(re.compile("personvernombud", re.IGNORECASE))


def test_paging_keeps_the_keyboard_where_it_matters(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        page.get_by_role("link", name="Next page").click()
        expect(page.get_by_text("Page 2 of 2")).to_be_visible()
        expect(page.locator("#found-heading")).to_be_focused()
        page.go_back()
        expect(page.get_by_text("Page 1 of 2")).to_be_visible()


def test_the_keyboard_alone_is_enough(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        expect(page.get_by_label("Words to find")).to_be_focused()
        page.keyboard.type("foreninger")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=2)).to_contain_text("about foreninger")
        link = page.locator(".passages a.time").first
        for _ in range(20):
            page.keyboard.press("Tab")
            if link.evaluate("link => link === document.activeElement"):
                break
        expect(link).to_be_focused()
        assert link.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(TALKS[3].title)


def test_search_and_filters_work_without_javascript(browser: Browser, origin: str) -> None:
    with open_page(browser, origin, java_script_enabled=False) as (page, _):
        page.goto("/")
        page.get_by_label("Words to find").fill("risikovurdering")
        page.get_by_role("button", name="Search").click()
        expect(page.locator(".card h3").first).to_be_visible()
        before = page.locator(".card").count()
        page.get_by_role("checkbox", name="Personvern Nord").check()
        page.get_by_role("button", name="Show these").click()
        expect(page.locator(".card")).to_have_count(1)
        assert before > 1
        page.get_by_role("link", name="Remove filter: Personvern Nord").click()
        expect(page.locator(".card")).to_have_count(before)


def test_an_unanswered_search_says_so_and_recovers(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, complaints):
        page.goto("/")
        page.route("**/*part=results*", lambda route: route.abort())
        page.get_by_label("Words to find").fill("kredsen")
        expect(page.get_by_role("alert")).to_contain_text("does not answer")
        page.unroute("**/*part=results*")
        page.get_by_label("Words to find").fill("kreds")
        expect(page.get_by_role("alert")).to_be_hidden()
        assert all("ERR_FAILED" in complaint for complaint in complaints)
        complaints.clear()


def test_hostile_text_does_not_run(browser: Browser, origin: str) -> None:
    evil = "\"'><img src=x onerror=window.owned=7></title><script>window.owned=8</script>"
    with open_page(browser, origin) as (page, _):
        page.goto("/?q=zanzibar")
        expect(page.locator(".card h3")).to_contain_text("<script>")
        page.get_by_label("Words to find").fill(evil)
        expect(page.get_by_role("heading", level=2)).to_contain_text("onerror")
        page.goto(f"/r/{HOSTILE.id}?q=zanzibar")
        expect(page.locator(".lines")).to_contain_text("<script>window.owned=3</script>")
        expect(page.locator(".lines mark")).to_have_text("zanzibar")
        assert page.evaluate("window.owned") is None
        assert page.locator("img[src=x]").count() == 0


def test_a_phone_needs_no_sideways_scrolling(browser: Browser, origin: str) -> None:
    with open_page(browser, origin, viewport=PHONE, has_touch=True, is_mobile=True) as (page, complaints):
        for path in ("/nothing-here", "/?q=zanzibar", "/?q=nothinglikethis", "/?circle=partners", "/"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        complaints[:] = [complaint for complaint in complaints if "404" not in complaint]
        assert page.locator("details.filters").get_attribute("open") is None
        page.locator("details.filters summary").tap()
        expect(page.get_by_role("group", name="Circle")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_search_page_is_light(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/?q=personvern", wait_until="networkidle")
        sizes = page.evaluate(
            "performance.getEntriesByType('resource')"
            ".filter(entry => /\\.(js|css)/.test(entry.name)).map(entry => entry.encodedBodySize)"
        )
        assert len(sizes) == 2
        assert sum(sizes) < 30_000
