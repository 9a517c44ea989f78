"""Correcting a transcript in a real browser: the keyboard alone, names, speakers, chapters, taking back."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from kring.model import Hole, Visibility
from tests.support.web import facilitator
from tests.support.web.browser import browser, eventually, open_page, player_time
from tests.support.web.editing_site import Desk, all_saved, desk, edit, focused, note, paused, text_field, write

__all__ = ["browser", "desk"]


def test_it_works_with_the_keyboard_alone(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    heard = desk.lines(manifest)
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        for _press in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
                break
        assert focused(page) == heard[0].text
        page.keyboard.press("Escape")
        eventually(page, lambda: player_time(page) > 0.2)
        assert not paused(page)
        page.keyboard.press("Escape")
        eventually(page, lambda: paused(page))
        page.keyboard.press("Control+a")
        page.keyboard.type("Velkommen til zebramøtet.")
        page.keyboard.press("Enter")
        assert focused(page) == heard[1].text
        expect(note(page, 0)).to_have_text("Saved")
        assert "Velkommen til zebramøtet." in desk.captions(manifest), "everybody sees what is saved"
        assert f"/r/{manifest.id}" in desk.found('"Velkommen til zebramøtet."')
        page.keyboard.press("Shift+Enter")
        assert focused(page) == "Velkommen til zebramøtet."
        assert desk.lines(manifest)[0].text == "Velkommen til zebramøtet."
        assert desk.lines(manifest)[1] == heard[1]


def test_keys_move_in_the_recording(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    heard = desk.lines(manifest)
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        text_field(page, 3).focus()
        page.keyboard.press("Control+Enter")
        eventually(page, lambda: player_time(page) >= heard[3].start)
        page.keyboard.press("Escape")
        before = player_time(page)
        page.keyboard.press("F2")
        eventually(page, lambda: abs(before - 3 - player_time(page)) < 0.2)
        text_field(page, 7).focus()
        page.keyboard.press("Control+.")
        assert focused(page) == heard[2].text
        expect(page.locator(".take[aria-current]")).to_have_count(1)


def test_the_buttons_do_what_the_keys_do(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording(3)
    heard = desk.lines(manifest)
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        page.get_by_role("button", name="Play from 00:00:06").click()
        eventually(page, lambda: player_time(page) >= heard[1].start)
        page.get_by_role("button", name="Pause").click()
        eventually(page, lambda: paused(page))
        before = player_time(page)
        page.get_by_role("button", name="Back 3 seconds").click()
        eventually(page, lambda: abs(before - 3 - player_time(page)) < 0.2)
        page.get_by_role("button", name="Go to the line being played").click()
        assert focused(page) == heard[0].text
        page.get_by_label("Speed").select_option("1.5")
        assert page.evaluate("document.getElementById('player').playbackRate") == 1.5


def test_a_typing_person_is_not_pulled_away(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin, viewport={"width": 1280, "height": 420}, reduced_motion="reduce") as (page, _):
        edit(page, manifest)
        text_field(page, 0).click()
        page.evaluate("document.getElementById('player').currentTime = 40")
        expect(page.locator(".take[aria-current]")).to_have_count(1)
        expect(text_field(page, 0)).to_be_in_viewport()
        page.keyboard.press("Control+.")
        expect(page.locator(".take[aria-current] textarea")).to_be_focused()
        expect(page.locator(".take[aria-current]")).to_be_in_viewport()


def test_no_key_is_taken_where_something_else_is_open(browser: Browser, desk: Desk) -> None:
    with open_page(browser, desk.origin) as (page, _):
        edit(page, desk.recording())
        page.get_by_role("button", name="Keys and help").click()
        dialog = page.get_by_role("dialog", name="Keys and help")
        expect(dialog).to_contain_text("Back 3 seconds")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        assert paused(page)
        expect(page.get_by_role("button", name="Keys and help")).to_be_focused()


def test_a_name_is_fixed_everywhere_after_looking_at_the_places(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        text_field(page, 5).evaluate("field => { field.focus(); field.setSelectionRange(6, 16); }")
        page.get_by_role("button", name="Fix a name everywhere").click()
        dialog = page.get_by_role("dialog", name="Fix a name everywhere")
        expect(dialog.get_by_label("Written now")).to_have_value("personvern")
        expect(dialog.get_by_role("status")).to_have_text("It occurs in 2 lines.")
        dialog.get_by_label("Should be").fill("Zebravern")
        expect(dialog.get_by_role("region", name="Where it stands").locator("li")).to_have_count(2)
        expect(dialog.locator("li").first).to_contain_text("om personvernZebravern i skolen")
        assert not any("Zebravern" in line.text for line in desk.lines(manifest))
        dialog.get_by_role("button", name="Change 2 lines").click()
        expect(dialog).to_be_hidden()
        expect(text_field(page, 0)).to_have_value("Velkommen til morgenmøtet om Zebravern i skolen.")
        expect(text_field(page, 4)).to_have_value(
            "Vi fant ut at personvernombudet ikke var med før avtalen var signert."
        )
        assert sum("Zebravern" in line.text for line in desk.lines(manifest)) == 2


def test_names_with_signs_and_names_within_names(browser: Browser, desk: Desk) -> None:
    """A hyphen and an apostrophe are letters like others; where the new name stands already nothing is changed."""
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        write(page, 0, "E-post fra Nord-Aurdal, og Berg kommune svarer Berg.")
        all_saved(page)
        names = page.get_by_role("dialog", name="Fix a name everywhere")
        for find, replace, lines, text in (
            ("Nord-Aurdal", "Sør-Aurdal", 1, "E-post fra Sør-Aurdal, og Berg kommune svarer Berg."),
            ("Berg", "Berg kommune", 1, "E-post fra Sør-Aurdal, og Berg kommune svarer Berg kommune."),
        ):
            page.get_by_role("button", name="Fix a name everywhere").click()
            names.get_by_label("Written now").fill(find)
            names.get_by_label("Should be").fill(replace)
            names.get_by_role("button", name=f"Change {lines} line").click()
            expect(text_field(page, 0)).to_have_value(text)
            assert desk.lines(manifest)[0].text == text
        page.get_by_role("button", name="Fix a name everywhere").click()
        names.get_by_label("Written now").fill("Berg")
        names.get_by_label("Should be").fill("Berg kommune")
        expect(names.get_by_role("status")).to_have_text(
            "It does not occur as a whole word with exactly these letters."
        )
        expect(names.get_by_role("button", name="Change")).to_be_disabled()


def test_a_speaker_is_called_otherwise(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        page.get_by_role("button", name="Speakers").click()
        page.get_by_label("Name of the speaker Ola Berg").fill("Ola Bergh")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Name of the speaker Ola Bergh")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(".who:visible", has_text="Ola Bergh")).to_have_count(2)
        assert sum(line.speaker == "Ola Bergh" for line in desk.lines(manifest)) == 4


def test_chapters_are_made_renamed_and_removed(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    start = desk.lines(manifest)[3].start
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        text_field(page, 3).click()
        page.get_by_role("button", name="Chapter here").click()
        expect(page.get_by_label("Begins at")).to_have_value("00:00:14")
        page.get_by_label("Title of the new chapter").fill("Risiko")
        page.keyboard.press("Enter")
        expect(page.locator(".chapter h3")).to_have_text("Risiko")
        assert page.locator(".chapter + .take").get_attribute("data-start") == str(start)
        page.get_by_label("Title of the chapter at 00:00:14").fill("Risikovurdering")
        page.get_by_role("dialog").get_by_role("button", name="Change").click()
        expect(page.locator(".chapter h3")).to_have_text("Risikovurdering")
        with facilitator.client(desk.origin) as web:
            [chapter] = web.get(f"/r/{manifest.id}/chapters.json").json()["chapters"]
        assert (chapter["startTime"], chapter["title"]) == (start, "Risikovurdering")
        page.get_by_role("button", name="Remove the chapter Risikovurdering").click()
        expect(page.locator(".chapter")).to_have_count(0)


def test_details_are_corrected_in_one_go(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        page.get_by_role("button", name="Title, date and more").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Title", exact=True).fill("Personvern i skolen")
        dialog.get_by_label("Topics").fill("personvern\nskole")
        dialog.get_by_label("Who may see it").select_option("Everyone")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.locator(".dialog-foot [role=status]")).to_have_text("Saved.")
        expect(page.locator("#title")).to_have_text("Personvern i skolen")
        details = desk.archive.manifest(manifest.id).details
        assert (details.title, details.topics) == ("Personvern i skolen", ("personvern", "skole"))
        assert details.visibility is Visibility.PUBLIC
        assert details.date == manifest.details.date
        assert [one.change.kind for one in desk.archive.corrections(manifest.id)] == ["details"]


def test_documents_are_added_and_removed(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        page.get_by_role("button", name="Title, date and more").click()
        pdf = {"name": "Lysbilder.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF"}
        page.get_by_label("Add slides or a report").set_input_files(pdf)  # type: ignore[arg-type]
        expect(page.locator(".attachments .name")).to_have_text("Lysbilder")
        assert [one.title for one in desk.archive.manifest(manifest.id).attachments] == ["Lysbilder"]
        page.get_by_role("button", name="Remove Lysbilder").click()
        expect(page.locator(".attachments .name")).to_have_count(0)
        assert desk.archive.manifest(manifest.id).attachments == ()


def test_everything_can_be_taken_back_and_counted_again(browser: Browser, desk: Desk) -> None:
    manifest = desk.recording()
    heard = desk.lines(manifest)
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        page.get_by_label("Your name").fill("Kari fra Nord")
        page.keyboard.press("Enter")
        write(page, 1, "Ganske nytt.")
        page.get_by_role("button", name="Undo", exact=True).click()
        expect(text_field(page, 1)).to_have_value(heard[1].text)
        page.get_by_role("button", name="What was changed").click()
        event = page.locator("#history .event")
        expect(event).to_contain_text("taken back by you")
        event.get_by_role("button", name="Redo").click()
        expect(text_field(page, 1)).to_have_value("Ganske nytt.")
        event.get_by_role("button", name="Undo").click()
        expect(text_field(page, 1)).to_have_value(heard[1].text)
        assert desk.lines(manifest) == heard
        assert [one.by_name for one in desk.archive.corrections(manifest.id)] == ["Kari fra Nord"] * 4


def test_an_emptied_line_goes_and_a_hole_is_written_into(browser: Browser, desk: Desk) -> None:
    heard = desk.lines(desk.recording())
    manifest = desk.recording(holes=(Hole(heard[-1].end + 1, heard[-1].end + 3),))
    with open_page(browser, desk.origin) as (page, _):
        edit(page, manifest)
        write(page, 2, "")
        expect(page.locator(".take")).to_have_count(len(heard) - 1)
        page.get_by_role("button", name="Write down what is said here").click()
        expect(page.locator(".take textarea").last).to_be_focused()
        expect(page.locator(".gap")).to_be_hidden()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Keys and help").focus()
        expect(page.locator(".take")).to_have_count(len(heard) - 1)
        page.get_by_role("button", name="Write down what is said here").click()
        page.keyboard.type("Takk for i dag.")
        page.keyboard.press("Enter")
        all_saved(page)
        expect(page.locator(".gap")).to_be_hidden()
        texts = [line.text for line in desk.lines(manifest)]
        assert texts == [*(line.text for n, line in enumerate(heard) if n != 2), "Takk for i dag."]
        page.reload()
        expect(page.locator(".take.corrected")).to_have_count(1)
        expect(note(page, len(heard) - 1)).to_have_text("Corrected by a person")
