"""For members, in a real browser: circles, chapters, the shape of the sound, following, sharing, other sites' pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from index.memory import MemoryIndex
from search_ui.app import create_app
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.http.web_server import serve
from tests.support.web import facilitator, member_archive
from tests.support.web.browser import DESKTOP, PHONE, browser, eventually, open_page, player_time, serving
from tests.support.web.member_archive import CHAPTERS, FILM, SOUND
from tests.support.web.sample_archive import TALKS

__all__ = ["browser"]

INNKJOP = TALKS[1]
READ_CHAPTERS = """() => {
    const track = [...document.getElementById("player").textTracks].find(one => one.kind === "chapters");
    track.mode = "hidden";
    return [...track.cues ?? []].map(cue => [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent]);
}"""
PAGES = ("/", "/c/digital-post", "/n/nord", "/t/Personvern", f"/r/{FILM.id}?q=personvern", f"/r/{SOUND.id}?t=20",
         f"/r/{FILM.id}/embed", f"/r/{SOUND.id}/embed")  # fmt: skip


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    index, archive = MemoryIndex(), Archive(MemoryStore())
    member_archive.fill(archive, index)
    with serving(create_app(facilitator.WITHOUT_FILES, archive, index)) as address:
        yield address


@pytest.fixture(scope="module")
def elsewhere(origin: str) -> Iterator[str]:
    """Another site, whose pages `/film`, `/sound` and `/inner` frame a recording each."""
    with serve() as site:
        for name, talk in {"film": FILM, "sound": SOUND, "inner": INNKJOP}.items():
            frame = f'<iframe src="{origin}/r/{talk.id}/embed?t=14.5" width="640" height="440" allow="fullscreen">'
            site.files[f"/{name}"] = f"<!doctype html><title>Elsewhere</title>{frame}</iframe>".encode()
        yield site.address


def current_chapter(page: Page) -> str:
    return page.locator(".chapters [aria-current]").inner_text()


def test_chromium_reads_the_chapters(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto(f"/r/{FILM.id}")
        eventually(page, lambda: len(page.evaluate(READ_CHAPTERS)) == len(CHAPTERS))
        ends = [start for start, _ in CHAPTERS[1:]] + [60]
        assert page.evaluate(READ_CHAPTERS) == [
            [start, end, title] for (start, title), end in zip(CHAPTERS, ends, strict=True)
        ]


def test_a_chapter_is_gone_to_and_the_one_being_played_is_marked(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto(f"/r/{FILM.id}")
        eventually(page, lambda: page.locator(".chapters [aria-current]").count() == 1)
        assert CHAPTERS[0][1] in current_chapter(page)
        link = page.get_by_role("link", name=CHAPTERS[1][1])
        link.focus()
        page.keyboard.press("Enter")
        eventually(page, lambda: CHAPTERS[1][0] - 0.1 <= player_time(page) < CHAPTERS[1][0] + 5)
        assert CHAPTERS[1][1] in current_chapter(page)
        page.evaluate("document.getElementById('player').currentTime = 33")
        eventually(page, lambda: CHAPTERS[2][1] in current_chapter(page))


def test_a_chapter_is_an_address_too(browser: Browser, origin: str) -> None:
    with open_page(browser, origin, java_script_enabled=False) as (page, _):
        page.goto(f"/r/{FILM.id}")
        page.get_by_role("link", name=CHAPTERS[2][1]).click()
        assert page.url.endswith("?t=31.5")
        assert CHAPTERS[2][1] in current_chapter(page)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_the_shape_of_the_sound_is_played_from(browser: Browser, origin: str, viewport: dict[str, int]) -> None:
    with open_page(browser, origin, viewport=viewport, reduced_motion="reduce") as (page, _):
        page.goto(f"/r/{SOUND.id}?q=kommunen")
        drawing = page.locator("#waveform")
        expect(drawing).to_be_visible()
        expect(drawing.locator(".mark")).not_to_have_count(0)
        eventually(page, lambda: page.evaluate("document.getElementById('player').readyState") >= 1)
        box = drawing.bounding_box()
        assert box is not None
        assert box["height"] > 40
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        eventually(page, lambda: abs(player_time(page) - 30) < 1)
        whole = float(drawing.get_attribute("viewBox").split()[2])  # type: ignore[union-attr]
        eventually(
            page, lambda: abs(float(page.locator("#heard-part").get_attribute("width") or 0) / whole - 0.5) < 0.05
        )
        assert page.evaluate("document.getElementById('player').paused")
        box = drawing.bounding_box()  # on a phone the page follows to the line being said
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 5)
        page.mouse.up()
        eventually(page, lambda: abs(player_time(page) - 45) < 1)


def test_another_site_plays_what_is_public(browser: Browser, origin: str, elsewhere: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    try:
        page = context.new_page()
        for name, talk in (("film", FILM), ("sound", SOUND)):
            page.goto(f"{elsewhere}/{name}")
            frame = next(one for one in page.frames if one.url.startswith(origin))
            frame.locator("#player").wait_for()
            eventually(page, lambda frame=frame: frame.evaluate("document.getElementById('player').readyState") >= 2)
            begun = frame.evaluate("document.getElementById('player').currentTime")
            assert abs(begun - 14.5) < 0.5
            frame.locator("#player").focus()
            page.keyboard.press("Space")
            eventually(page, lambda frame=frame: frame.evaluate("document.getElementById('player').currentTime") > 15.5)
            link = frame.get_by_role("link", name=talk.title)
            assert link.get_attribute("href") == f"{origin}/r/{talk.id}"
            assert link.get_attribute("target") == "_blank"
        caption = frame.locator("#caption")
        eventually(page, lambda: any(text in caption.inner_text() for _, text in SOUND.said))
    finally:
        context.close()


def test_another_site_cannot_show_the_rest(browser: Browser, origin: str, elsewhere: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    said: list[str] = []
    try:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{elsewhere}/inner")
        eventually(page, lambda: any("frame-ancestors" in text for text in said))
        assert not any(frame.url.startswith(f"{origin}/r/") for frame in page.frames)
        facilitator.let_in(context, origin)
        page.goto(f"{origin}/r/{INNKJOP.id}/embed")  # by itself it is a page like any other
        expect(page.locator("#player")).to_be_visible()
    finally:
        context.close()


def test_the_code_for_other_sites_can_begin_at_this_moment(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto(f"/r/{FILM.id}?t=22")
        eventually(page, lambda: abs(player_time(page) - 22) < 0.5)
        page.get_by_text("Embed", exact=True).click()
        code = page.get_by_label("HTML for another site's page")
        assert f'src="{origin}/r/{FILM.id}/embed"' in code.input_value()
        page.get_by_label("Start at 00:00:22").check()
        assert f'src="{origin}/r/{FILM.id}/embed?t=22"' in code.input_value()
        page.keyboard.press("Escape")
        expect(code).to_be_hidden()
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_machine_s_own_menu_for_sharing_is_used_where_there_is_one(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.add_init_script("navigator.share = async what => { window.shared = what; };")
        page.goto(f"/r/{FILM.id}?t=22")
        eventually(page, lambda: abs(player_time(page) - 22) < 0.5)
        page.get_by_role("button", name="Share").click()
        assert page.evaluate("window.shared") == {"title": FILM.title, "url": f"{origin}/r/{FILM.id}?t=22"}
    with open_page(browser, origin) as (page, _):
        page.add_init_script("Object.defineProperty(Navigator.prototype, 'share', {value: undefined});")
        page.goto(f"/r/{FILM.id}")
        expect(page.locator("#copy")).to_be_visible()
        expect(page.locator("#share")).to_be_hidden()


def test_a_search_that_is_typed_is_the_one_that_is_followed(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        expect(page.get_by_text("Subscribe", exact=True)).to_be_visible()
        page.locator("#q").fill("personvern")
        summary = page.get_by_text("Follow this search")
        expect(summary).to_be_visible()
        assert page.locator("#feed").get_attribute("href") == "/feed.xml?q=personvern"
        page.locator(".follow summary").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Address of the feed")).to_have_value(f"{origin}/feed.xml?q=personvern")
        page.keyboard.press("Escape")
        expect(page.get_by_label("Address of the feed")).to_be_hidden()


def test_typing_on_a_circle_s_page_stays_in_the_circle(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/c/drift-nord")
        page.locator("#q").fill("personvern")
        expect(page.locator(".card")).to_have_count(1)
        expect(page.get_by_role("heading", level=1)).to_have_text("Drift og utvikling")
        eventually(page, lambda: page.url.startswith(f"{origin}/c/drift-nord?q=personvern"))
        page.locator("#q").fill("zzzzzzzz")
        page.get_by_role("link", name="See the most recent recordings").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Find what was said")


def test_from_a_card_to_its_circle_and_network_with_the_keyboard(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/")
        page.locator(".card").first.get_by_role("link", name="Personvern Nord").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Personvern Nord")
        page.get_by_role("main").get_by_role("link", name="Digitalt nettverk Nord").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Digitalt nettverk Nord")
        page.get_by_role("link", name="The whole archive").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Find what was said")


def test_a_circle_is_made_and_told_about_without_a_script(browser: Browser, origin: str) -> None:
    with open_page(browser, origin, viewport=PHONE, java_script_enabled=False) as (page, _):
        page.goto("/people")
        page.get_by_role("link", name="Your circles").click()
        page.get_by_text("Make a circle").click()
        page.get_by_label("Name", exact=True).fill("Skytjenester Nord")
        page.get_by_label("Short name", exact=True).fill("sky-nord")
        page.get_by_label("Short name of its network").fill("nord")
        page.get_by_role("button", name="Make the circle").click()
        expect(page.get_by_role("status")).to_contain_text("The circle is there")
        page.get_by_label("Purpose").fill("Deler erfaringer med <skyen>")
        page.get_by_label("Whom to ask").fill("Kari Nordli, kari@nord.example.no")
        page.get_by_label("Months they are kept").fill("24")
        page.get_by_label("Show previews").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved")
        expect(page.get_by_label("Months they are kept")).to_have_value("24")
        expect(page.get_by_label("Show previews")).to_be_checked()
        page.get_by_role("link", name="The circle's page").click()
        expect(page.get_by_text("Deler erfaringer med <skyen>")).to_be_visible()
        address = page.get_by_role("link", name="kari@nord.example.no")
        assert address.get_attribute("href") == "mailto:kari@nord.example.no"
        page.get_by_role("link", name="Settings").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Skytjenester Nord")


@pytest.mark.parametrize("viewport", [PHONE, {"width": 360, "height": 740}, DESKTOP])
def test_no_page_is_wider_than_its_window(browser: Browser, origin: str, viewport: dict[str, int]) -> None:
    with open_page(browser, origin, viewport=viewport) as (page, _):
        for path in PAGES:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
            for menu in page.locator("details.menu > summary").all():
                menu.click()
                assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
                sheet = page.locator("details.menu[open] .menu-sheet").bounding_box()
                assert sheet is not None
                assert sheet["x"] >= 0, path
                assert sheet["x"] + sheet["width"] <= viewport["width"], path
                menu.click()


def test_a_sound_has_its_own_picture_on_its_card(browser: Browser, origin: str) -> None:
    with open_page(browser, origin) as (page, _):
        page.goto("/c/digital-post")
        picture = page.locator(f'img[src="/media/{SOUND.id}/waveform.svg"]')
        expect(picture).to_be_visible()
        eventually(page, lambda: bool(picture.evaluate("image => image.complete && image.naturalWidth > 0")))
