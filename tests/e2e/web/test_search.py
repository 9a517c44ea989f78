"""The search page in a real browser: typing, filters, history, keyboard, phone, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Route, expect

from index.memory import MemoryIndex
from index.port import Query, Results
from search_ui.app import create_app
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.web import facilitator, sample_archive
from tests.support.web.browser import PHONE, browser, eventually, open_page, player_time, serving
from tests.support.web.sample_archive import HOSTILE, LONG, TALKS

__all__ = ["browser"]


class SuggestingIndex(MemoryIndex):
    """It has an idea for one word that is nowhere."""

    def search(self, query: Query) -> Results:
        results = super().search(query)
        return replace(results, suggestion="kredsen") if query.text == "suggested" else results


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    store, index = MemoryStore(), SuggestingIndex()
    sample_archive.fill(Archive(store), index)
    with serving(create_app(facilitator.WITHOUT_FILES, Archive(store), index)) as origin:
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


def test_filters_are_links_that_narrow_and_widen(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        page.evaluate("window.stayed = true")
        count = page.get_by_role("heading", level=2)
        circles = page.get_by_role("group", name="Circle")
        west = circles.get_by_role("link", name="Kenniskring West")
        assert west.get_attribute("href") == "/?circle=kenniskring-west"
        west.click()
        expect(count).to_have_text("2 recordings")
        expect(west).to_be_focused()
        expect(west).to_have_attribute("aria-current", "true")
        expect(page).to_have_url(f"{origin}/?circle=kenniskring-west")
        page.get_by_role("group", name="Year").get_by_role("link", name="2026").press("Enter")
        expect(count).to_have_text("1 recording")
        expect(page).to_have_url(f"{origin}/?circle=kenniskring-west&year=2026")
        page.get_by_role("link", name="Remove filter: 2026").click()
        expect(count).to_have_text("2 recordings")
        circles.get_by_role("link", name="Partners abroad").click()
        expect(page).to_have_url(f"{origin}/?circle=kenniskring-west&circle=partners")
        circles.get_by_role("link", name="Partners abroad").click()
        expect(count).to_have_text("2 recordings")
        page.get_by_label("Words to find").fill("sportclub")
        expect(count).to_contain_text("1 recording about")
        expect(page).to_have_url(re.compile("circle=kenniskring-west"))
        page.go_back()
        expect(count).to_have_text("2 recordings")
        assert page.evaluate("window.stayed")


def test_sorting_stays_in_the_address_while_words_change(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        order = page.get_by_role("navigation", name="Order")
        expect(order.get_by_role("link")).to_have_text(["Newest", "Oldest"])
        order.get_by_role("link", name="Oldest").click()
        expect(page.locator(".card h3").first).to_have_text(LONG.title)
        expect(page).to_have_url(f"{origin}/?sort=oldest")
        page.get_by_label("Words to find").fill("kommuner")
        expect(page.get_by_role("heading", level=2)).to_contain_text("about kommuner")
        expect(page).to_have_url(f"{origin}/?q=kommuner&sort=oldest&typing=1")
        expect(order.get_by_role("link", name="Oldest")).to_have_attribute("aria-current", "true")
        order.get_by_role("link", name="Relevance").click()
        expect(page).to_have_url(f"{origin}/?q=kommuner&typing=1")


def test_a_space_ends_a_word_and_leaves_the_address_clean(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        field = page.get_by_label("Words to find")
        field.press_sequentially("kreds")
        expect(page).to_have_url(f"{origin}/?q=kreds&typing=1")
        with page.expect_request(re.compile(r"q=kreds\+&typing=1&part=results")):
            field.press("Space")
        expect(page).to_have_url(f"{origin}/?q=kreds")
        expect(field).to_have_value("kreds ")
        field.press_sequentially("forening")
        expect(field).to_have_value("kreds forening")
        expect(page).to_have_url(f"{origin}/?q=kreds+forening&typing=1")


def test_search_tips_are_examples_to_follow(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        example = page.get_by_role("link", name="language:nb")
        expect(example).to_be_hidden()
        page.get_by_text("Search tips").click()
        example.click()
        expect(page.get_by_label("Words to find")).to_have_value("language:nb")
        expect(page.get_by_role("heading", level=2)).to_contain_text("4 recordings")
        expect(page).to_have_url(f"{origin}/?q=language%3Anb")


def test_what_is_not_understood_is_said_beside_the_field(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, complaints):
        page.goto("/?q=personvern&year=2026")
        field = page.get_by_label("Words to find")
        before = page.locator(".card").count()
        field.fill("personvern after:sommer")
        expect(page.get_by_role("alert")).to_contain_text("is not a date")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value("personvern after:sommer")
        expect(page.locator(".card")).to_have_count(before)
        field.fill("personvern after:2025")
        expect(page.get_by_role("alert")).to_be_hidden()
        expect(field).not_to_have_attribute("aria-invalid", "true")
        page.goto("/?q=personvern+after:sommer&year=2026")
        expect(page.get_by_role("alert")).to_contain_text("is not a date")
        expect(page.get_by_role("link", name="after:2025-09")).to_be_visible()
        field.fill("personvern after:2025")
        expect(page.locator(".card")).to_have_count(before)
        expect(page).to_have_url(re.compile("year=2026"))
        assert all("400" in complaint for complaint in complaints)
        complaints.clear()


def test_an_unknown_circle_leads_to_the_known_one(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto('/?q=borger+circle:"Digital Post"')
        expect(page.get_by_text("There is no circle")).to_be_visible()
        page.get_by_role("link", name="digital-post").last.click()
        expect(page.locator(".card h3").first).to_contain_text("Digital Post")
        expect(page.get_by_label("Words to find")).to_have_value("borger circle:digital-post")


def test_a_misspelt_word_still_leads_somewhere(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/?q=saksbehandlingsystm")
        expect(page.locator(".why")).to_contain_text("was not found; this is about")
        page.goto("/?q=suggested")
        suggestion = page.get_by_text("Did you mean")
        expect(suggestion).to_be_visible()
        suggestion.get_by_role("link").click()
        expect(page.get_by_label("Words to find")).to_have_value("kredsen")
        expect(page.locator(".card h3").first).to_contain_text("Digital Post")


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
        expect(page).to_have_url(re.compile("q=risikovurdering"))
        expect(page.locator(".card h3").first).to_be_visible()
        before = page.locator(".card").count()
        page.locator("#f-circle-personvern-nord").click()
        expect(page.locator(".card")).to_have_count(1)
        page.get_by_label("Words to find").press("Enter")  # the filter stays with the words
        expect(page).to_have_url(re.compile("circle=personvern-nord"))
        page.get_by_text("Search tips").click()
        expect(page.get_by_role("link", name="language:nb")).to_be_visible()
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
        for path in (
            "/nothing-here",
            "/?q=zanzibar",
            "/?q=nothinglikethis",
            "/?circle=partners",
            "/?q=circle:zz",
            "/?q=suggested",
            "/?q=after:x",
            "/",
        ):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        complaints[:] = [complaint for complaint in complaints if "404" not in complaint and "400" not in complaint]
        assert page.locator("details.filters").get_attribute("open") is None
        page.locator("details.tips summary").tap()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
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
        assert len(sizes) == 3  # its script, what all pages look like, and what lists of recordings do
        assert sum(sizes) < 30_000
