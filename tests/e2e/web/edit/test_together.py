"""The editor where other things happen: somebody else corrects too, the network goes, the page is loaded again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Dialog, Page, Route, expect

from kring.model import Manifest
from kring.settings import WebSettings
from tests.support.patience import PATIENCE
from tests.support.web import facilitator
from tests.support.web.browser import PHONE, Complaints, browser, eventually, open_page
from tests.support.web.editing_site import (
    Desk,
    all_saved,
    desk,
    edit,
    excuse,
    note,
    opened,
    text_field,
    window_comes_back,
    write,
)

__all__ = ["browser", "desk"]

CORRECTIONS = "**/api/recordings/*/corrections"


@contextmanager
def two(browser: Browser, desk: Desk) -> Iterator[tuple[Page, Page, Complaints]]:
    """Two people with the editor; the second one calls herself Kari. And what the first one's page complains about."""
    with open_page(browser, desk.origin) as (one, complaints), open_page(browser, desk.origin) as (other, _):
        other.request.post(f"{desk.origin}/api/me", data={"name": "Kari"})
        yield one, other, complaints


@pytest.mark.parametrize(("choice", "stays"), [("Keep theirs", "Karis tekst."), ("Use mine", "Min tekst.")])
def test_two_people_change_the_same_line(browser: Browser, desk: Desk, choice: str, stays: str) -> None:
    manifest = desk.recording()
    with two(browser, desk) as (one, other, complaints):
        edit(one, manifest)
        edit(other, manifest)
        write(other, 2, "Karis tekst.")
        all_saved(other)
        write(one, 2, "Min tekst.")
        both = one.locator(".conflict")
        expect(both).to_contain_text("Kari changed this line just now.")
        expect(both.locator(".theirs")).to_have_text("Karis tekst.")
        expect(both.locator(".mine")).to_have_text("Min tekst.")
        expect(one.locator("#state")).to_contain_text("1 line is not saved yet")
        assert desk.lines(manifest)[2].text == "Karis tekst."
        excuse(complaints, "409")
        both.get_by_role("button", name=choice).click()
        expect(text_field(one, 2)).to_be_focused()
        expect(both).to_have_count(0)
        one.keyboard.press("Enter")
        all_saved(one)
        expect(text_field(one, 2)).to_have_value(stays)
        assert desk.lines(manifest)[2].text == stays
        assert one.evaluate("localStorage.length") == 0


def test_two_people_change_different_lines(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with two(browser, desk) as (one, other, _):
        edit(one, manifest)
        edit(other, manifest)
        write(other, 2, "Karis tekst.")
        all_saved(other)
        write(one, 4, "Min tekst.")
        all_saved(one)
        text_field(one, 6).click()
        one.keyboard.type("Her skriver jeg. ")
        window_comes_back(one)
        expect(text_field(one, 2)).to_have_value("Karis tekst.")
        expect(note(one, 2)).to_have_text("Changed by someone else just now")
        expect(text_field(one, 6)).to_be_focused()
        assert "Her skriver jeg. " in text_field(one, 6).input_value()
        window_comes_back(other)
        expect(text_field(other, 4)).to_have_value("Min tekst.")


def test_two_people_change_the_title(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with two(browser, desk) as (one, other, complaints):
        for page in (one, other):
            edit(page, manifest).get_by_role("button", name="Title, date and more").click()
            expect(page.get_by_role("button", name="Save")).to_be_enabled()
        other.get_by_label("Title", exact=True).fill("Karis tittel")
        other.get_by_role("button", name="Save").click()
        expect(other.locator("#title")).to_have_text("Karis tittel")
        one.get_by_label("Title", exact=True).fill("Min tittel")
        one.get_by_role("button", name="Save").click()
        expect(one.get_by_role("dialog").get_by_text("Now it says: Karis tittel")).to_be_visible()
        expect(one.get_by_label("Title", exact=True)).to_have_value("Min tittel")
        excuse(complaints, "409")
        one.get_by_role("button", name="Save").click()
        expect(one.locator("#title")).to_have_text("Min tittel")
        assert desk.archive.manifest(manifest.id).details.title == "Min tittel"


def test_the_network_goes_and_comes_back(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, complaints):
        edit(page, manifest)
        page.context.set_offline(True)
        write(page, 1, "Skrevet uten nett.")
        write(page, 3, "Dette også.")
        expect(note(page, 1)).to_have_text("Not saved")
        expect(page.locator("#state")).to_contain_text("2 lines are not saved yet; they are kept in this browser.")
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        page.context.set_offline(False)
        all_saved(page)
        assert [desk.lines(manifest)[n].text for n in (1, 3)] == ["Skrevet uten nett.", "Dette også."]
        assert page.evaluate("localStorage.length") == 0
        excuse(complaints, "ERR_INTERNET_DISCONNECTED")


def leave_unsaved(page: Page, desk: Desk, texts: dict[int, str]) -> None:
    """Write lines that cannot be sent, and load the page again although it asks not to."""
    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.route(CORRECTIONS, lambda route: route.abort())
    for number, text in texts.items():
        write(page, number, text)
    expect(page.locator("#state")).to_contain_text("not saved yet")
    page.on("dialog", agree)
    page.reload()
    assert asked == ["beforeunload"]
    page.unroute(CORRECTIONS)


def test_unsaved_lines_are_offered_after_loading_the_page_again(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, complaints):
        edit(page, manifest)
        leave_unsaved(page, desk, {1: "Først.", 3: "Så.", 5: "Til slutt."})
        excuse(complaints, "ERR_FAILED")
        offer = page.get_by_role("region", name="Unsaved lines")
        expect(offer).to_contain_text("You had 3 unsaved lines.")
        assert desk.archive.corrections(manifest.id) == ()
        offer.get_by_role("button", name="Put them back and save them").click()
        expect(offer).to_be_hidden()
        eventually(page, lambda: len(desk.archive.corrections(manifest.id)) == 3)
        assert [desk.lines(manifest)[n].text for n in (1, 3, 5)] == ["Først.", "Så.", "Til slutt."]
        all_saved(page)
        page.reload()
        expect(offer).to_be_hidden()


def test_unsaved_lines_meet_what_was_changed_since(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with two(browser, desk) as (one, other, complaints):
        edit(one, manifest)
        leave_unsaved(one, desk, {1: "Først.", 3: "Så."})
        excuse(complaints, "ERR_FAILED")
        edit(other, manifest)
        write(other, 1, "Karis tekst.")
        all_saved(other)
        one.get_by_role("button", name="Put them back and save them").click()
        expect(one.locator(".conflict .theirs")).to_have_text("Karis tekst.")
        expect(one.locator(".conflict .mine")).to_have_text("Først.")
        eventually(one, lambda: desk.lines(manifest)[3].text == "Så.")
        excuse(complaints, "409")


def test_unsaved_lines_can_be_thrown_away(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, complaints):
        edit(page, manifest)
        leave_unsaved(page, desk, {1: "Bort."})
        excuse(complaints, "ERR_FAILED")
        page.get_by_role("button", name="Discard them").click()
        assert page.evaluate("localStorage.length") == 0
        expect(text_field(page, 1)).to_have_value(desk.lines(manifest)[1].text)


def test_a_lost_answer_is_no_conflict(browser: Browser, desk: Desk) -> None:
    """The server has taken the line, and its answer never came: sent again, it is saved."""
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, complaints):
        edit(page, manifest)
        before = desk.lines(manifest)[1]
        page.route(CORRECTIONS, lambda route: route.abort())
        write(page, 1, "Kom frem.")
        expect(note(page, 1)).to_have_text("Not saved")
        line = {"kind": "line", "start": before.start, "end": before.end, "before": before.text, "text": "Kom frem."}
        address = f"{desk.origin}/api/recordings/{manifest.id}/corrections"
        sent = page.request.post(
            address, data=json.dumps({"change": line}), headers={"Content-Type": "application/json"}
        )
        assert sent.status == 201
        page.unroute(CORRECTIONS)
        page.get_by_role("button", name="Try again").click()
        all_saved(page)
        expect(page.locator(".conflict")).to_have_count(0)
        assert len(desk.archive.corrections(manifest.id)) == 1
        excuse(complaints, "ERR_FAILED")


def post(page: Page, manifest: Manifest, change: dict[str, Any]) -> int:
    """What a program sends; the number of the answer."""
    answer = page.request.post(f"/api/recordings/{manifest.id}/corrections", data={"change": change})
    assert answer.ok, answer.text()
    return int(answer.json()["number"])


def line_of(desk: Desk, manifest: Manifest, number: int, text: str) -> dict[str, Any]:
    line = desk.lines(manifest)[number]
    return {"kind": "line", "start": line.start, "end": line.end, "before": line.text, "text": text}


def hold(page: Page) -> list[Route]:
    """What the page sends, which goes nowhere until somebody lets it."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(CORRECTIONS, keep)
    return held


def test_what_somebody_else_wrote_is_not_taken_back(browser: Browser, desk: Desk) -> None:
    """Two people write the same: the second one's is not stored, and there is nothing of theirs to take back."""
    manifest = desk.recording()
    with two(browser, desk) as (one, other, _):
        edit(one, manifest)
        write(one, 1, "Min egen linje.")
        all_saved(one)
        expect(one.get_by_role("button", name="Undo", exact=True)).to_be_visible()
        post(other, manifest, line_of(desk, manifest, 4, "Den samme teksten."))
        write(one, 4, "Den samme teksten.")
        expect(note(one, 4)).to_have_text("Saved")
        expect(one.get_by_role("button", name="Undo", exact=True)).to_be_hidden()
        assert len(desk.archive.corrections(manifest.id)) == 2


def test_what_others_changed_is_fetched_with_the_next_own_change(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with two(browser, desk) as (one, other, _):
        edit(one, manifest)
        post(other, manifest, line_of(desk, manifest, 2, "Karis tekst."))
        write(one, 5, "Min tekst.")
        expect(text_field(one, 2)).to_have_value("Karis tekst.", timeout=3000)


def test_a_line_saved_twice_keeps_its_two_texts(browser: Browser, desk: Desk) -> None:
    """Somebody comes back to a line that is still on its way, and leaves it again: it is asked for once."""
    manifest = desk.recording()
    with two(browser, desk) as (one, other, complaints):
        edit(one, manifest)
        post(other, manifest, line_of(desk, manifest, 2, "Karis tekst."))
        held = hold(one)
        write(one, 2, "Min tekst.")
        text_field(one, 2).click()
        text_field(one, 6).click()
        eventually(one, lambda: len(held) == 1)
        held[0].continue_()
        expect(one.locator(".conflict .theirs")).to_have_text("Karis tekst.")
        one.wait_for_timeout(300)
        expect(one.locator(".conflict .mine")).to_have_text("Min tekst.")
        expect(one.locator("#state")).to_contain_text("1 line is not saved yet")
        assert one.evaluate("localStorage.length") == 1
        excuse(complaints, "409")


def test_too_many_at_once_is_no_conflict(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, complaints):
        edit(page, manifest)
        page.route(CORRECTIONS, lambda route: route.fulfill(status=409, json={"error": "Others are at it; wait."}))
        write(page, 1, "Kom frem.")
        expect(note(page, 1)).to_have_text("Not saved")
        expect(page.locator(".conflict")).to_have_count(0)
        page.unroute(CORRECTIONS)
        page.get_by_role("button", name="Try again").click()
        all_saved(page)
        assert desk.lines(manifest)[1].text == "Kom frem."
        excuse(complaints, "409")


def test_signs_that_nobody_sees_make_no_conflict(browser: Browser, desk: Desk) -> None:
    """What is pasted can hold marks of direction, and letters in two parts; the server keeps neither."""
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        for text in ("Bla\u030aba\u030ar i Tromso\u200e.", "Blåbær."):
            text_field(page, 1).fill(text)
            page.keyboard.press("Enter")
            all_saved(page)
            expect(page.locator(".conflict")).to_have_count(0)
        assert desk.lines(manifest)[1].text == "Blåbær."
        window_comes_back(page)
        page.wait_for_timeout(300)
        expect(note(page, 1)).not_to_have_text("Changed by someone else just now")


def test_lines_said_at_once_stay_two(browser: Browser, desk: Desk) -> None:
    """Two speakers between just the same borders, as platforms write them."""
    manifest = desk.recording()
    first, *rest = desk.lines(manifest)
    both = (first, first.model_copy(update={"speaker": "Ola Berg", "text": "Ja, nettopp."}), *rest)
    assert manifest.transcript is not None
    heard = desk.archive.transcript(manifest.transcript.key).model_copy(update={"fingerprint": "two", "segments": both})
    key = desk.archive.put_transcript(manifest.original.sha256, heard)
    reference = manifest.transcript.model_copy(update={"key": key, "fingerprint": "two"})
    desk.archive.update(manifest.id, lambda old: old.model_copy(update={"transcript": reference}))
    with two(browser, desk) as (one, other, _):
        edit(one, manifest)
        expect(one.locator(".take")).to_have_count(len(both))
        write(one, 1, "Ja, akkurat.")
        all_saved(one)
        post(other, manifest, line_of(desk, manifest, 5, "Karis tekst."))
        for _again in range(2):
            window_comes_back(one)
            one.wait_for_timeout(300)
        expect(text_field(one, 5)).to_have_value("Karis tekst.")
        expect(one.locator(".take")).to_have_count(len(both))
        assert [text_field(one, n).input_value() for n in (0, 1)] == [first.text, "Ja, akkurat."]
        assert [line.text for line in desk.lines(manifest)[:2]] == [first.text, "Ja, akkurat."]


def test_what_is_opened_while_a_line_is_on_its_way_waits_for_it(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        held = hold(page)
        text_field(page, 1).fill("Underveis.")
        page.get_by_role("button", name="Title, date and more").click()
        eventually(page, lambda: len(held) == 1)
        page.wait_for_timeout(300)
        held[0].continue_()
        expect(page.get_by_role("button", name="Save")).to_be_enabled()


def test_on_a_phone_everything_fits_and_can_be_reached(browser: Browser, desk: Desk) -> None:
    with open_page(browser, desk.origin, viewport=PHONE, has_touch=True, is_mobile=True) as (page, _):
        edit(page, desk.recording())
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_in_viewport()
        expect(page.get_by_role("button", name="Speakers")).to_be_hidden()
        page.get_by_role("button", name="Tools").tap()
        page.get_by_role("button", name="Speakers").tap()
        expect(page.get_by_role("dialog", name="Speakers")).to_be_visible()
        page.get_by_role("button", name="Close").tap()
        expect(page.get_by_role("button", name="Tools")).to_be_focused()


def test_without_javascript_it_can_be_read(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin, java_script_enabled=False) as (page, _):
        page.goto(f"/r/{manifest.id}/edit")
        expect(page.get_by_text("Correcting needs JavaScript")).to_be_visible()
        expect(text_field(page, 0)).to_have_value(desk.lines(manifest)[0].text)
        expect(text_field(page, 0)).not_to_be_editable()


def test_it_is_for_those_who_may(tmp_path_factory: pytest.TempPathFactory) -> None:
    with opened(tmp_path_factory.mktemp("closed"), WebSettings(facilitators="nobody")) as desk:
        assert httpx.get(f"{desk.origin}/r/{desk.recording().id}/edit", timeout=PATIENCE).status_code == 403


def test_what_is_not_published_cannot_be_corrected(desk: Desk) -> None:
    with facilitator.client(desk.origin) as web:
        assert web.get(f"/r/{'0' * 16}/edit").status_code == 404
