"""Which sound of a file is heard: what the pages say of it where that is doubtful, and choosing another."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from kring.model import Manifest, SoundTrack, SoundTracks
from tests.support.web import facilitator, page_inspection
from tests.support.web.browser import PHONE, browser, open_page
from tests.support.web.editing_site import Desk, desk, edit

__all__ = ["browser", "desk"]

FLOOR = SoundTrack(tracks=(1,), language="nb", speech=True)
INTERPRETER = SoundTrack(tracks=(2,), language="en", speech=True)
QUIET = SoundTrack(tracks=(3,))
BOTH = SoundTrack(tracks=(1, 2), speech=True)
TRACKS = SoundTracks(taken=FLOOR, doubtful=True, there=(FLOOR, INTERPRETER, QUIET, BOTH))
LEFT, RIGHT = (SoundTrack(tracks=(1,), channel=n, position=p, speech=True) for n, p in ((1, "left"), (2, "right")))
STEREO = SoundTracks(taken=LEFT, there=(SoundTrack(tracks=(1,)), LEFT, RIGHT))
SAYS = (
    "People speak in more than one sound of this file; this one is played and transcribed: "
    "sound track 1 (Norwegian Bokmål)."
)


def recording(desk: Desk, tracks: SoundTracks) -> Manifest:
    made = desk.recording()
    assert made.renditions is not None
    renditions = made.renditions.model_copy(update={"sound_tracks": tracks})
    return desk.archive.update(made.id, lambda old: old.model_copy(update={"renditions": renditions}))


def open_sounds(page: Page) -> None:
    tool = page.get_by_role("button", name="Which sound is heard")
    if not tool.is_visible():
        page.get_by_role("button", name="Tools").click()
    tool.click()


def chosen(desk: Desk, manifest: Manifest) -> tuple[str | None, bool]:
    now = desk.archive.manifest(manifest.id)
    return now.sound_track, now.again


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "narrow"])
def test_a_facilitator_chooses_another_sound(browser: Browser, desk: Desk, size: dict[str, int] | None) -> None:
    manifest = recording(desk, TRACKS)
    with open_page(browser, desk.origin, **({"viewport": size} if size else {})) as (page, _):
        page.goto(f"/r/{manifest.id}")
        expect(page.get_by_text(SAYS)).to_be_visible()
        page.get_by_role("link", name="Choose another").click()
        dialog = page.get_by_role("dialog", name="Which sound is heard")
        expect(dialog.get_by_text(SAYS)).to_be_visible()
        expect(dialog.get_by_role("radio")).to_have_count(4)
        expect(dialog.get_by_role("radio", name="sound track 1 (Norwegian Bokmål) heard now")).to_be_checked()
        expect(dialog.get_by_role("radio", name="sound track 3 no speech there")).to_be_visible()
        page_inspection.begin(page)
        assert page_inspection.axe(page) == []
        assert page_inspection.sideways(page) == []
        dialog.get_by_role("radio", name="sound track 2 (English)").check()
        button = dialog.get_by_role("button", name="Use this sound")
        before = button.bounding_box()
        button.click()
        expect(dialog.get_by_text("The recording is being made again with this sound.")).to_be_visible()
        after = button.bounding_box()
        assert before is not None
        assert after is not None
        assert (after["width"], after["height"]) == (before["width"], before["height"]), "the sentence leaves it room"
    assert chosen(desk, manifest) == ("track2", True)
    assert any(asked["recording_id"] == manifest.id for asked in desk.runs.asked.values())


def test_who_says_that_the_right_one_was_taken_is_not_asked_again(browser: Browser, desk: Desk) -> None:
    manifest = recording(desk, TRACKS)
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        open_sounds(page)
        page.get_by_role("button", name="Use this sound").click()
        expect(page.get_by_text("This sound stays.")).to_be_visible()
        assert chosen(desk, manifest) == ("track1", False)
        page.goto(f"/r/{manifest.id}")
        expect(page.get_by_text("Transcribed by")).to_be_visible()
        expect(page.get_by_text("People speak in more than one sound")).to_have_count(0)


def test_channels_are_called_by_their_places(browser: Browser, desk: Desk) -> None:
    manifest = recording(desk, STEREO)
    with open_page(browser, desk.origin) as (page, _):
        page.goto(f"/r/{manifest.id}")
        expect(page.get_by_text("Transcribed by")).to_be_visible()
        expect(page.get_by_text("People speak in more than one sound")).to_have_count(0)
        edit(page, manifest)
        open_sounds(page)
        for name in ("all channels together", "left channel heard now", "right channel"):
            expect(page.get_by_role("radio", name=name)).to_be_visible()


def test_where_there_is_one_sound_nothing_is_said_of_it(browser: Browser, desk: Desk) -> None:
    manifest = recording(desk, SoundTracks(taken=FLOOR, there=(FLOOR,)))
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        expect(page.get_by_role("button", name="Title, date and more")).to_be_visible()
        expect(page.get_by_role("button", name="Which sound is heard")).to_have_count(0)


def test_only_a_sound_of_the_file_is_taken_and_only_from_facilitators(desk: Desk) -> None:
    manifest, old = recording(desk, TRACKS), desk.recording()
    address = f"/api/recordings/{manifest.id}/sound"
    with facilitator.client(desk.origin) as web:
        for path, name in ((address, "track9"), (address, "track1.1"), (f"/api/recordings/{old.id}/sound", "track1")):
            answer = web.post(path, json={"name": name})
            assert answer.status_code == 400
            assert "no such sound" in answer.json()["error"]
        assert chosen(desk, manifest) == (None, False)
        assert web.post(address, json={"name": "track2"}).json()["again"] is True
        assert web.post(address, json={"name": "track1"}).json()["again"] is False  # back before anything was done
    assert httpx.post(f"{desk.origin}{address}", json={"name": "track2"}).status_code == 403
    assert chosen(desk, manifest) == ("track1", False)
