"""Every page in real Chromium, for everybody: axe-core, the keyboard, narrow windows, both themes, forced colours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests import looking
from tests.browser import browser
from tests.everywhere import PLACES, Everything, Place, everything, visiting

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
        looking.begin(page)
        found["names"] = looking.nameless(page)
        for name, size in (("wide", WIDE), ("narrow", NARROW)):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            found[f"axe, {name}, light"] = looking.axe(page)
            page.emulate_media(color_scheme="dark")
            found[f"axe, {name}, dark"] = looking.contrasts(page)
            page.emulate_media(color_scheme="light")
        found |= _zoomed(page)
        found["motion"] = looking.moving(page)
        page.emulate_media(reduced_motion="reduce")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        found["keyboard, wide"] = looking.by_tab(page)
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        page.emulate_media(forced_colors="active")
        found["keyboard, narrow, forced colours"] = looking.by_tab(page)
        found["forced colours"] = looking.unseen(page)
    wrong = [f"{name}: {one}" for name, told in found.items() for one in told]
    assert not wrong, "\n".join(wrong)


def _zoomed(page: Page) -> dict[str, list[str]]:
    """A window of 1280 px at 200 % and at 400 % (WCAG 1.4.10)."""
    found = {}
    for width in (640, 320):
        page.set_viewport_size({"width": width, "height": 640})
        found[f"{width} px wide"] = looking.sideways(page)
    return found
