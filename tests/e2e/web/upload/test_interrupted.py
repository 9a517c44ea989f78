"""Bringing recordings in with a real browser: what interrupts it, and how it goes on."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.support.web.browser import browser, eventually
from tests.support.web.upload_page import PART, Site, recording, site, visiting

__all__ = ["browser", "site"]


def test_a_lost_network_only_delays(browser: Browser, site: Site, tmp_path: Path) -> None:
    file = recording(tmp_path, "talk.mp4", 6 * PART)
    with visiting(browser, site) as visit:
        visit.hold_after = 2
        visit.choose(file)
        visit.fill(visit.card())
        visit.card().get_by_role("button", name="Send").click()
        eventually(visit.page, lambda: len(visit.held) == 3)
        visit.context.set_offline(True)
        for route in visit.held:
            route.abort("internetdisconnected")
        visit.held.clear()
        visit.hold_after = None
        expect(visit.card().get_by_text("The connection is lost. It continues by itself.")).to_be_visible()
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
        expect(visit.card().get_by_text("answer was not understood")).to_be_visible()


def test_a_closed_page_goes_on_with_what_is_missing(browser: Browser, site: Site, tmp_path: Path) -> None:
    file = recording(tmp_path, "talk.mp4", 6 * PART)
    with visiting(browser, site) as visit:
        visit.hold_after, visit.refusing = 2, True  # a browser sends what is held back when the page closes
        visit.choose(file)
        visit.fill(visit.card(), "drift")
        visit.card().get_by_label("Title").fill("What we learned")
        visit.card().get_by_role("button", name="Send").click()
        expect(visit.card().get_by_text("The connection is lost. It continues by itself.")).to_be_visible(
            timeout=20_000
        )
        parts = f"/api/uploads/{site.uploads()[0].id}/parts"
        eventually(visit.page, lambda: len(visit.context.request.get(parts).json()) == 2)
        visit.context.set_offline(True)  # nothing is tried again while the page closes
        asked: list[str] = []
        visit.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        with visit.page.expect_event("close"):
            visit.page.close(run_before_unload=True)
        assert asked == ["beforeunload"]
        visit.context.set_offline(False)

        visit.open()
        visit.choose(file)
        visit.state(visit.card(), "ready")
        expect(visit.card().get_by_role("status").first).to_have_text(
            "33% of it has already arrived; it continues from there."
        )
        expect(visit.card().get_by_label("Title")).to_have_value("What we learned")
        expect(visit.card().get_by_label("Public meeting")).to_be_checked()
        first, visit.sent, visit.hold_after = dict(visit.sent), {}, None
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
        eventually(visit.page, lambda: len(visit.held) == 3)
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
        eventually(visit.page, lambda: len(visit.held) == 2)
        visit.page.on("dialog", lambda dialog: dialog.accept())
        visit.card().get_by_role("button", name="Cancel").click()
        expect(visit.card()).to_have_count(0)
        eventually(visit.page, lambda: site.uploads() == [])
