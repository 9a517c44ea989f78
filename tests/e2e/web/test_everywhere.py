"""Every page in real Chromium, for everybody: axe-core, the keyboard, narrow windows, both themes, forced colours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.web import page_inspection
from tests.support.web.browser import browser
from tests.support.web.full_site import Everything, everything, visiting
from tests.support.web.pages import PLACES, Place

__all__ = ["browser"]

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def all_of_it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    with everything(tmp_path_factory.mktemp("data")) as served:
        yield served


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_it_is_there_for_everybody(browser: Browser, all_of_it: Everything, place: Place) -> None:
    found: dict[str, list[str]] = {}
    with visiting(browser, all_of_it, place) as page:
        page_inspection.begin(page)
        found["names"] = page_inspection.nameless(page)
        for name, size in (("wide", WIDE), ("narrow", NARROW)):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            found[f"axe, {name}, light"] = page_inspection.axe(page)
            page.emulate_media(color_scheme="dark")
            found[f"axe, {name}, dark"] = page_inspection.contrasts(page)
            page.emulate_media(color_scheme="light")
        found |= _zoomed(page)
        found["motion"] = page_inspection.moving(page)
        page.emulate_media(reduced_motion="reduce")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        found["keyboard, wide"] = page_inspection.by_tab(page)
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        page.emulate_media(forced_colors="active")
        found["keyboard, narrow, forced colours"] = page_inspection.by_tab(page)
        found["forced colours"] = page_inspection.unseen(page)
    wrong = [f"{name}: {one}" for name, told in found.items() for one in told]
    assert not wrong, "\n".join(wrong)


def _zoomed(page: Page) -> dict[str, list[str]]:
    """A window of 1280 px at 200 % and at 400 % (WCAG 1.4.10)."""
    found = {}
    for width in (640, 320):
        page.set_viewport_size({"width": width, "height": 640})
        found[f"{width} px wide"] = page_inspection.sideways(page)
    return found


WRONG = """<!doctype html><html lang="en"><title>Wrong</title><style>
.pale { color: #eee; background: #fff; border: 0 } .bare:focus { outline: none }
.tiny { width: 9px; height: 9px; padding: 0; border: 0; font-size: 1px }
.slow { transition: all 1s } .wide { width: 3000px } .lid { position: fixed; inset: 0; background: #fff }</style>
<main><h1>Wrong</h1><button class="pale">Pale</button> <button class="bare">Bare</button>
<button class="tiny">Tiny</button><button class="tiny">Small</button><p class="slow wide">Wide and slow</p>
<input>%s</main>"""


def test_each_look_sees_what_is_wrong(browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_content(WRONG % "")
    page_inspection.begin(page)
    found = " ".join(page_inspection.axe(page))
    assert all(rule in found for rule in ("color-contrast", "label", "target-size")), found
    assert "color-contrast" in " ".join(page_inspection.contrasts(page))
    assert ["textbox" in one for one in page_inspection.nameless(page)] == [True]
    assert page_inspection.sideways(page)
    assert any("slow" in one for one in page_inspection.moving(page))
    assert any("Bare" in one for one in page_inspection.by_tab(page))
    assert any("Pale" in one for one in page_inspection.unseen(page))
    page.set_content(WRONG % '<div class="lid"></div>')
    page_inspection.begin(page)
    assert any("covered" in one and "Bare" in one for one in page_inspection.by_tab(page))
    context.close()


MOVING = """<!doctype html><html lang="en"><title>Moving</title><style>
button { position: absolute; color: #000; background: #fff; border: 2px solid #000 }</style><button>Here</button>
<script>let at = 0; const button = document.querySelector("button"); const moves = () => {
at += 7; button.style.translate = `${at % 500}px ${at % 300}px`; if (at < %s) setTimeout(moves, 10); };
moves()</script>"""


def test_a_page_is_looked_at_once_it_rests(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content(MOVING.replace("%s", "700"))
        page_inspection.begin(page)
        assert page_inspection.unseen(page) == []
        restless = context.new_page()
        restless.set_content(MOVING.replace("%s", "Infinity"))
        page_inspection.begin(restless)
        with pytest.raises(AssertionError, match="do not stay where they are"):
            page_inspection.unseen(restless)
