"""All of Kring over one archive in memory, with something in every state, and a browser that visits it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from index.memory import MemoryIndex
from kring.access import Role
from kring.intake.left_out import MOST, LeftOutReason
from kring.intake.uploads import Upload, UploadState, source_of
from kring.model import Details, Hole, Manifest, Original, Step, Withdrawal, now
from kring.model.erased import EmptiedPlace, Erasure, Place
from kring.people.accounts import Roles
from kring.people.audit import Act
from kring.sentence import Sentence
from kring.settings import Settings
from search_ui.app import create_app
from search_ui.auth.identity import ID_COOKIE, SESSION_COOKIE
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.archive.erasures import Erasures
from storage.archive.left_out import keep_left_out
from storage.archive.people import People
from storage.audit import Audit, Doer
from storage.keys import withdrawn_key
from storage.leases import Leases, owner_name
from storage.memory.store import MemoryStore
from storage.notices import Notices
from tests.support.left_out import told
from tests.support.patience import PATIENCE
from tests.support.web import facilitator, member_archive, sample_archive
from tests.support.web.browser import DESKTOP, Complaints, serving
from tests.support.web.member_archive import SOUND
from tests.support.web.pages import Place as PagePlace

SECRET = "0123456789abcdef" * 2
ME = hashlib.sha256(SECRET.encode()).hexdigest()[:16]
LOCALES = {"nb": "nb-NO", "da": "da-DK", "nl": "nl-NL", "en": "en-GB"}
LEFT_OUT = [
    "2026-03-12 Møte_med_et_langt_navn_uten_mellomrom_om_skytjenester_og_anskaffelser.mp4 has no circle: write "
    "`circle = '…'` into a.toml or into the source's settings.",
    "Webinar <b>2</b>.mp3 ends in nothing but zeros: it is probably still being copied; if not, copy it anew.",
    "Somebody else's sentence.",
]
CONTACT = "Els Verhaeghe <secretariaat>, kenniskring-west@lokale-besturen.example.org"
SAID_NO = "Failed to load resource"
"""What Chromium writes to the console where the page itself is answered with an error."""


@dataclass
class Everything:
    """Where it is served, and what is in it beside `web_members`."""

    origin: str
    archive: Archive
    ids: dict[str, str]
    """By the words in the paths of PLACES."""
    owner: str
    session: str
    """Of a facilitator with an account."""

    def path(self, path: str) -> str:
        return path.format(**self.ids)

    def keep_working(self) -> None:
        leases = Leases(self.archive.store, lease_seconds=60)
        leases.take(self.ids["working"], self.owner)
        leases.beat(self.ids["working"], self.owner, Step.TRANSCRIBE, 0.42)


@contextmanager
def everything(data: Path) -> Iterator[Everything]:
    index, archive = MemoryIndex(), Archive(MemoryStore())
    member_archive.fill(archive, index)
    others = archive.circle("kenniskring-west")
    archive.put_circle(others.model_copy(update={"previews": True, "contact": CONTACT}))
    waiting, stopped = sample_archive.add_unfinished(archive)
    ids = {"waiting": waiting.id, "stopped": stopped.id, "working": _working(archive), "holed": _holed(archive)}
    for state, name in zip(UploadState, ("arriving", "arrived", "spoilt"), strict=True):
        ids[name] = _upload(archive, name, state)
    ids["withdrawn"] = _take_away(archive)
    keep_left_out(archive.store, "here", "Fellesområdet", told(*LEFT_OUT), now())
    gone = [
        LeftOutReason(says=f"{number}.mp3 was not taken in. Gone.", name=f"Episode {number}")
        for number in range(MOST + 2)
    ]
    keep_left_out(archive.store, "here", "podcast", gone, now())
    settings = Settings(data_dir=data)
    with serving(create_app(settings, archive, index, MemoryRuns())) as origin:
        yield Everything(origin, archive, ids, owner_name("run"), _people(archive))


def _people(archive: Archive) -> str:
    """Some with an account, and the session of the first of them."""
    people = People(archive.store)
    circles = {"personvern-nord": Role.FACILITATOR, "drift-nord": Role.MEMBER}
    roles = Roles(circles=circles, networks={"nord": Role.MEMBER})
    first, _ = (people.accept(people.invite(name, roles, by="Ola")) for name in ("Kari Nordli", "Ola <b>Berg</b>"))
    for act, says in ((Act.SIGN_IN, "by an invitation"), (Act.ROLES, "personvern-nord: facilitator")):
        Audit(archive.store).record(Doer(first.id, first.name, as_operator=act is Act.ROLES), act, first.id, says)
    people.invite("Mette Holm", Roles(circles={"personvern-nord": Role.MEMBER}), by="Kari Nordli")
    return people.begin_session(first, "Firefox, Windows")


def _take_away(archive: Archive) -> str:
    """One that is withdrawn, one that its circle will keep no longer, and two that were erased, one just now."""
    day, title = date(2025, 3, 4), "Et møte som ikke var avtalt"
    talk = sample_archive.Talk("withdrawn", "personvern-nord", day, "nb", title, ())
    hidden = archive.create(sample_archive.received(talk))
    withdrawal = Withdrawal(by="kari", by_name="Kari Nordli", at=now(), reason="en av deltakerne ba om det")
    archive.update(hidden.id, lambda old: old.model_copy(update={"withdrawn": withdrawal}))
    archive.store.put_bytes(withdrawn_key(hidden.id), b"", media_type="application/json")
    archive.change_circle("drift-nord", lambda circle: circle.model_copy(update={"retention_months": 1}))
    Notices(archive.store).keep({sample_archive.TALKS[1].id: now().date()})
    erasures = Erasures(archive.store)
    for number, circle in enumerate(("personvern-nord", "drift-nord")):
        wish = Erasure(id=f"{number:016x}", circle=circle, by="kari", reason="ba om det", asked_at=now())
        erasures.ask(wish)
    left = Sentence("Another recording has the same file, so it stays.")
    places = (EmptiedPlace(place=Place.TRANSCRIPTS, removed=2), EmptiedPlace(place=Place.ORIGINALS, left=left))
    erasures.finish(f"{0:016x}", (*places, EmptiedPlace(place=Place.STORE, removed=1)))
    return hidden.id


def _working(archive: Archive) -> str:
    talk = sample_archive.Talk(
        "working", "drift-nord", sample_archive.TALKS[1].day, "nb", "Slik ruller vi ut Windows til skolene", ()
    )
    return archive.create(sample_archive.received(talk)).id


def _holed(archive: Archive) -> str:
    """SOUND with a stretch that nothing was heard in."""
    manifest = archive.manifest(SOUND.id)
    heard = sample_archive.transcript_of(SOUND).model_copy(
        update={"fingerprint": "with-holes", "holes": (Hole(start=50.0, end=55.0),)}
    )
    key = archive.put_transcript(manifest.original.sha256, heard)

    def change(old: Manifest) -> Manifest:
        assert old.transcript is not None
        return old.model_copy(update={"transcript": old.transcript.model_copy(update={"key": key})})

    return archive.update(SOUND.id, change).id


def _upload(archive: Archive, name: str, state: UploadState) -> str:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    problem = (
        "What has arrived of møte.mp4 is not the file that was chosen: it was changed while it was sent, or damaged on "
        "the way. Upload it again."
    )
    upload = Upload(
        id=source_of(sha256).recording_id,
        original=Original(sha256=sha256, size=9_000_000, file_name="møte.mp4"),
        details=Details(
            title=f"Møte om skytjenester: {name}", circle="drift-nord", date=sample_archive.TALKS[0].day, language="nb"
        ),
        parts_id="",
        part_size=5_000_000,
        state=state,
        problem=problem if state is UploadState.FAILED else None,
        by=ME,
        begun_at=now(),
        changed_at=now(),
    )
    return archive.create_upload(upload).id


@contextmanager
def visiting(browser: Browser, all_of_it: Everything, place: PagePlace, **options: object) -> Iterator[Page]:
    """That page, made ready. Fails at the end where the browser complained or a foreign host was asked."""
    context = _context(browser, all_of_it.origin, place, options)
    if place.account:
        context.add_cookies([{"name": SESSION_COOKIE, "value": all_of_it.session, "url": all_of_it.origin}])
    complaints = Complaints()
    complaints.watch(context, all_of_it.origin)
    scripts: set[str] = set()
    context.on("response", lambda answer: scripts.update(_script(answer.url)))
    if place.name == "working":
        all_of_it.keep_working()
    try:
        page = context.new_page()
        page.goto(all_of_it.path(place.path))
        if place.prepare:
            place.prepare(page)
        yield page
        said = [one for one in complaints if not (place.says_no and one.startswith(SAID_NO))]
        assert not said, "\n".join(said)
        assert scripts == set(place.scripts), f"{place.name} loads the scripts {sorted(scripts)}"
    finally:
        context.close()


def _script(address: str) -> list[str]:
    name = urlsplit(address).path.rpartition("/")[2]
    return [name] if name.endswith(".js") else []


def _context(browser: Browser, origin: str, place: PagePlace, options: dict[str, object]) -> BrowserContext:
    usual: dict[str, object] = {"base_url": origin, "viewport": DESKTOP, "reduced_motion": "reduce"}
    context = browser.new_context(**(usual | {"locale": LOCALES[place.language]} | options))  # type: ignore[arg-type]
    context.add_cookies([{"name": ID_COOKIE, "value": SECRET, "url": origin}])
    if not place.without_link and not place.account:
        facilitator.let_in(context, origin)
    context.set_default_timeout(PATIENCE * 1000)
    return context
