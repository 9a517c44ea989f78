"""Every page there is, and what opens on it, for tests that look at all of them (tests/support/web/full_site.py)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.support.web.member_archive import FILM, SOUND
from tests.support.web.sample_archive import HOSTILE, SILENT, TALKS


@dataclass(frozen=True)
class Place:
    """A page, and what is done on it before it is looked at."""

    name: str
    path: str
    prepare: Callable[[Page], None] | None = None
    language: str = "en"
    without_link: bool = False
    """Asked for by somebody who may not edit."""
    account: bool = False
    """Asked for by a facilitator who has signed in with an account."""
    says_no: bool = False
    scripts: tuple[str, ...] = ()
    """All that it loads."""


def _click(*selectors: str) -> Callable[[Page], None]:
    def click(page: Page) -> None:
        for selector in selectors:
            page.locator(selector).first.click()

    return click


def _dialog(name: str) -> Callable[[Page], None]:
    def open_it(page: Page) -> None:
        expect(page.locator("#desk")).to_be_visible()
        page.locator(f"[data-opens={name}]:visible").first.click()
        expect(page.locator(f"dialog#{name}")).to_be_visible()

    return open_it


def _name_to_fix(page: Page) -> None:
    _dialog("names")(page)
    page.get_by_label("Written now").fill("personvern")
    page.get_by_label("Should be").fill("datavern")
    expect(page.locator(".places")).to_be_visible()


def _history(page: Page) -> None:
    _dialog("history")(page)
    expect(page.locator("#history .event").first).to_be_visible()


def _desk(page: Page) -> None:
    expect(page.locator("#desk")).to_be_visible()


def _choose(page: Page) -> None:
    page.locator(".uppy-DragDrop-input").set_input_files(
        {"name": "2026-03-01 Personvern.mp4", "mimeType": "video/mp4", "buffer": b"film" * 999}
    )
    card = page.locator(".upload-card")
    expect(card).to_have_attribute("data-state", "ready")
    card.locator("summary").click()
    card.locator("[value=other]").check()


def _sent_without(page: Page) -> None:
    _choose(page)
    page.locator("[data-at=submit]").click()
    expect(page.locator(".field-error:visible").first).to_be_visible()


def _sending(page: Page) -> None:
    page.context.route(re.compile(r"/parts/\d+$"), lambda _: None)  # which never get there
    _choose(page)
    card = page.locator(".upload-card")
    card.locator("[name=circle]").select_option("drift-nord")
    card.locator("[name=other_basis]").fill("Offentleglova § 3")
    card.locator("[data-at=submit]").click()
    expect(page.locator(".uppy-StatusBar")).to_be_visible()


def _invite(page: Page) -> None:
    page.locator("#name").fill("Els Verhaeghe-Van den Broeck")
    page.locator("button.primary").click()
    expect(page.locator("#made")).to_be_visible()


def _make_circle(page: Page) -> None:
    page.locator(".new-circle summary").click()
    page.locator("#circle-name").fill("Skytjenester og samarbeid")


def _circle_refused(page: Page) -> None:
    page.locator("#circle-glossary").fill(f"Fjordane\n{'x' * 61}")
    page.locator("form.circle button").click()
    expect(page.locator("#circle-glossary-error")).to_be_visible()


def _circle_overtaken(page: Page) -> None:
    page.locator("[name=seen]").evaluate("field => { field.value = ''; }")
    page.locator("#circle-purpose").fill("Personvern i skole og helse")
    page.locator("#circle-glossary").fill("Fjordane\nDPIA")
    page.locator("form.circle button").click()
    expect(page.locator("#circle-purpose-now")).to_be_visible()


def _circle_saved(page: Page) -> None:
    page.locator("form.circle button").click()
    expect(page.locator(".saved")).to_be_visible()


def _key(page: Page) -> None:
    page.locator("#keys-heading ~ .new-key summary").click()
    page.locator("#key-name").fill("Nattlig eksport")
    page.locator("#keys-heading ~ .new-key button").click()
    expect(page.locator("#made")).to_be_visible()


def _feed(page: Page) -> None:
    page.locator(".follow summary").click()
    page.locator(".follow .private button").click()
    expect(page.locator("#made")).to_be_visible()


def _erase(page: Page) -> None:
    page.locator("#erase-reason").fill("samtykket er trukket tilbake")
    page.locator(".danger-line").click()
    expect(page.locator("#sure-heading")).to_be_visible()


def _choose_other(page: Page) -> None:
    file = {"name": "kortere.mp4", "mimeType": "video/mp4", "buffer": b"shorter" * 999}
    page.locator(".uppy-DragDrop-input").set_input_files(file)
    expect(page.locator(".upload-card")).to_have_attribute("data-state", "ready")
    expect(page.locator(".upload-card [name=title]")).to_be_hidden()
    page.locator("[data-at=submit]").click()
    expect(page.locator("#replace-error")).to_be_visible()


def _go_on(page: Page) -> None:
    page.locator("main form[method=post] button").click()
    expect(page.locator("#sure-heading")).to_be_visible()


def _replace(page: Page) -> None:
    _go_on(page)
    page.locator("main form[method=post] button").click()
    expect(page.locator("#result-heading")).to_be_visible()


def _sure(page: Page) -> None:
    page.locator("[name=reason]").fill("Et navn som ikke skal stå her")
    page.locator("[value=replace]").check()
    page.locator(".danger-line").click()
    expect(page.locator(".final .danger")).to_be_visible()


def _refused(page: Page) -> None:
    expect(page.locator("#code-error")).to_be_visible()


SEARCH, PLAYER, EDIT, UPLOAD = ("search.js",), ("player.js",), ("edit.js",), ("upload.js", "hashing.js")
FOLLOWING, SIGN_IN = ("following.js",), ("sign_in.js", "passkeys.js")
_DESK, SOON = f"/r/{FILM.id}/edit", TALKS[1]

PLACES = (
    Place("start", "/", scripts=SEARCH),
    Place("start in Norwegian", "/", language="nb", scripts=SEARCH),
    Place("search tips", "/", _click(".tips summary"), scripts=SEARCH),
    Place("results", "/?q=personvern", scripts=SEARCH),
    Place("results, narrowed, in Dutch", "/?q=personvern&circle=drift-nord", language="nl", scripts=SEARCH),
    Place("results, followed", "/?q=personvern", _click(".follow summary"), scripts=SEARCH),
    Place("a page in a document", "/?q=personvernombudet+kommunen", language="da", scripts=SEARCH),
    Place("nothing found", "/?q=zzzyyyxxx", scripts=SEARCH),
    Place("results, and what others have talked about", "/?q=personvern", account=True, language="nl", scripts=SEARCH),
    Place("only others have talked about it", "/?q=documentendienst", account=True, scripts=SEARCH),
    Place("not understood", "/?q=personvern+after:sommer", says_no=True, scripts=SEARCH),
    Place("film", f"/r/{FILM.id}", scripts=PLAYER),
    Place("film in Norwegian, inside search", f"/r/{FILM.id}?q=personvern&t=14", language="nb", scripts=PLAYER),
    Place("film, transcript", f"/r/{FILM.id}", _click(".menu:not(.embed) summary"), scripts=PLAYER),
    Place("film, embedding", f"/r/{FILM.id}", _click(".embed summary"), scripts=PLAYER),
    Place("sound, inside search", f"/r/{SOUND.id}?q=kommunen", scripts=PLAYER),
    Place("nothing inside", f"/r/{SOUND.id}?q=zzzyyyxxx", scripts=PLAYER),
    Place("hostile words", f"/r/{HOSTILE.id}", scripts=PLAYER),
    Place("no speech", f"/r/{SILENT.id}", scripts=PLAYER),
    Place("working", "/r/{working}", scripts=FOLLOWING),
    Place("waiting", "/r/{waiting}", language="nb", scripts=FOLLOWING),
    Place("stopped", "/r/{stopped}", scripts=FOLLOWING),
    Place("arriving", "/r/{arriving}", scripts=FOLLOWING),
    Place("arrived", "/r/{arrived}", scripts=FOLLOWING),
    Place("did not arrive", "/r/{spoilt}", language="nl", scripts=FOLLOWING),
    Place("upload", "/upload", scripts=("upload.js",)),
    Place("upload, a file", "/upload", _choose, language="nb", scripts=UPLOAD),
    Place("upload, a file not described", "/upload", _sent_without, scripts=UPLOAD),
    Place("upload, being sent", "/upload", _sending, scripts=UPLOAD),
    Place("uploads", "/uploads", scripts=("uploads.js",)),
    Place("left out", "/left-out"),
    Place("left out, in Dutch", "/left-out", language="nl"),
    Place("editor", _DESK, _desk, scripts=EDIT),
    Place("editor, sound with a hole", "/r/{holed}/edit", _desk, language="nb", scripts=EDIT),
    Place("editor, keys", _DESK, _dialog("keys"), scripts=EDIT),
    Place("editor, names", _DESK, _name_to_fix, scripts=EDIT),
    Place("editor, speakers", _DESK, _dialog("speakers"), scripts=EDIT),
    Place("editor, chapters", _DESK, _dialog("chapters"), language="da", scripts=EDIT),
    Place("editor, details", _DESK, _dialog("details"), scripts=EDIT),
    Place("editor, history", _DESK, _history, scripts=EDIT),
    Place("circle", f"/c/{SOUND.circle}", scripts=SEARCH),
    Place("network", "/n/nord", language="nb", scripts=SEARCH),
    Place("topic", "/t/Personvern", scripts=SEARCH),
    Place("embedded film", f"/r/{FILM.id}/embed", scripts=("embed.js",)),
    Place("embedded sound", f"/r/{SOUND.id}/embed?t=20", language="nb", scripts=("embed.js",)),
    Place("not there", "/nowhere", says_no=True),
    Place("upload, without the link", "/upload", without_link=True, says_no=True, language="nb", scripts=SIGN_IN),
    Place("the way in", "/sign-in", without_link=True, language="nl", scripts=SIGN_IN),
    Place("the way in, a wrong code", "/sign-in#wrong", _refused, without_link=True, says_no=True, scripts=SIGN_IN),
    Place("the way out", "/sign-in", language="da", scripts=("sign_in.js",)),
    Place("account", "/account", account=True, scripts=("passkeys.js",)),
    Place("account in Dutch", "/account", account=True, language="nl", scripts=("passkeys.js",)),
    Place("signed in", "/sign-in", account=True, scripts=("sign_in.js",)),
    Place("people", "/people", account=True),
    Place("people, a link was made", "/people", _invite, account=True, language="nb"),
    Place("people, for an operator", "/people", language="da"),
    Place("circles", "/circles", account=True, language="nb"),
    Place("circles, making one", "/circles", _make_circle),
    Place("a circle's settings", "/circles/personvern-nord", account=True, language="da"),
    Place("a circle's settings, for an operator", "/circles/personvern-nord", language="nl"),
    Place("a circle's settings, saved", "/circles/personvern-nord", _circle_saved, account=True),
    Place(
        "a circle's settings, refused",
        "/circles/personvern-nord",
        _circle_refused,
        account=True,
        says_no=True,
        language="nb",
    ),
    Place(
        "a circle's settings, changed by two", "/circles/personvern-nord", _circle_overtaken, account=True, says_no=True
    ),
    Place("withdrawn", "/r/{withdrawn}", account=True, scripts=FOLLOWING),
    Place("soon to be erased", f"/r/{SOON.id}", scripts=PLAYER),
    Place("remove", f"/r/{SOON.id}/remove"),
    Place("remove, when it is withdrawn", "/r/{withdrawn}/remove", account=True, language="da"),
    Place("erase, asked once more", f"/r/{FILM.id}/remove", _erase, account=True, language="nb"),
    Place("replace a file", f"/upload?replaces={FILM.id}", _choose_other, language="nl", scripts=UPLOAD),
    Place("what was removed", "/removed", _click(".new-key summary")),
    Place("a person", "/person?name=Kari+Nordli", account=True),
    Place("a person, are you sure", "/person?name=Kari+Nordli", _go_on, account=True, language="nb"),
    Place("a person, replaced", "/person?name=Jens+Friis", _replace, language="da"),
    Place("a person who is nowhere", "/person?name=Zzzyyyxxx", language="nl"),
    Place("what people did", "/audit"),
    Place("what people did, nothing of that", "/audit?who=zzzyyyxxx", language="nl"),
    Place("a passage to take out", f"/r/{FILM.id}/remove/passage?from=2&to=20"),
    Place("a passage to take out, for sure", f"/r/{FILM.id}/remove/passage?from=2&to=20", _sure, language="nb"),
    Place("account, a key was made", "/account", _key, account=True, language="nb", scripts=("passkeys.js",)),
    Place("circle, followed, signed in", f"/c/{FILM.circle}", _click(".follow summary"), account=True, scripts=SEARCH),
    Place(
        "search, followed, signed in",
        "/?q=kommune",
        _click(".follow summary"),
        language="da",
        account=True,
        scripts=SEARCH,
    ),
    Place(
        "a private feed was made",
        f"/c/{FILM.circle}",
        _feed,
        language="nl",
        account=True,
        scripts=("search.js", "copying.js"),
    ),
    Place("not for who has not signed in", "/r/{working}", without_link=True, says_no=True),
)
