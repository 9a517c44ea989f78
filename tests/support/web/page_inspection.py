"""Looking at a page in real Chromium as people meet it: with axe-core, the keyboard, a narrow window, forced colours.

Each function tells what is wrong, in words; nothing wrong is an empty list.
"""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.repository import REPOSITORY

SCRIPT = Path(__file__).with_suffix(".js")
AXE = REPOSITORY / "search_ui" / "js" / "node_modules" / "axe-core" / "axe.min.js"
NAMED = frozenset(
    {
        "button", "checkbox", "combobox", "dialog", "image", "link", "listbox", "menuitem", "option", "progressbar",
        "radio", "region", "search", "searchbox", "slider", "spinbutton", "switch", "tab", "textbox",
        "DisclosureTriangle", "Audio", "Video", "img", "Date", "navigation", "popUpButton",
    }
)  # fmt: skip
"""Roles that say nothing to who cannot see, unless there is a name to them."""
MOST_STEPS = 40
MOST_LOOKS = 20


@cache
def _axe() -> str:
    if not AXE.exists():
        pytest.fail(f"{AXE} is not there; `make web` installs it")
    return AXE.read_text()


def begin(page: Page) -> None:
    """Once for each document."""
    page.evaluate(SCRIPT.read_text())
    page.evaluate(_axe())


def axe(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.0 to 2.2, A and AA; the size of targets (2.5.8) among it."""
    return _told(page, "looking.axe()")


def contrasts(page: Page) -> list[str]:
    """The part of it that another theme can change."""
    return _told(page, "looking.contrasts()")


def sideways(page: Page) -> list[str]:
    return _told(page, "looking.sideways()")


def moving(page: Page) -> list[str]:
    """What moves, or would, although people ask for less of that."""
    page.emulate_media(reduced_motion="reduce")
    try:
        page.evaluate("looking.settled({ animations: false })")
        return [str(one) for one in page.evaluate("looking.moving()")]
    finally:
        page.emulate_media(reduced_motion="no-preference")


def by_tab(page: Page) -> list[str]:
    """Walk through all controls with Tab: each is reached, is seen to have the focus, and is not covered then."""
    settle(page)
    page.evaluate("looking.begin()")
    for _ in range(MOST_STEPS):  # more than there are controls: a player has some of its own, dates have three parts
        left = min(10, int(page.evaluate("looking.missed().length")))
        if left == 0:
            break
        for _press in range(left):
            page.keyboard.press("Tab")
    return _told(page, "looking.end()")


def unseen(page: Page) -> list[str]:
    """Controls that cannot be seen with the colours people force upon pages, at the top of the page and at its end."""
    bench = page.context.new_page()  # what is served here may not read pictures out of addresses
    try:
        bench.evaluate(SCRIPT.read_text())
        told: list[str] = []
        for place in ("0", "document.documentElement.scrollHeight"):
            page.evaluate(f"scrollTo(0, {place})")
            told += bench.evaluate("([picture, places]) => looking.faint(picture, places)", _picture(page))
        return list(dict.fromkeys(told))
    finally:
        bench.close()


def _picture(page: Page) -> list[object]:
    """The window as PNG in base64, and where its controls were while it was taken: a busy machine, or a page that asks
    the server for news, may move them between the one and the other."""
    for _ in range(MOST_LOOKS):
        settle(page)
        places = page.evaluate("looking.places()")
        picture = page.screenshot(animations="disabled", caret="hide")
        if places == page.evaluate("looking.places()"):
            return [base64.b64encode(picture).decode(), places]
    raise AssertionError(f"the controls of {page.url} do not stay where they are")


def nameless(page: Page) -> list[str]:
    """What screen readers are told without a name, from Chromium's own accessibility tree."""
    settle(page)
    session = page.context.new_cdp_session(page)
    try:
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    finally:
        session.detach()
    told = []
    for node in nodes:
        role, name = node.get("role", {}).get("value"), node.get("name", {}).get("value", "")
        if not node["ignored"] and role in NAMED and not name.strip():
            told.append(f"no name: {role} {node.get('properties', [])[:2]}")
    return told


def settle(page: Page) -> None:
    """Wait until the page is as it was asked to be; after `emulate_media` and a new size too."""
    page.evaluate("looking.settled()")


def _told(page: Page, what: str) -> list[str]:
    settle(page)
    return [str(one) for one in page.evaluate(what)]
