"""Every route of the application, asked as every kind of viewer over recordings of every visibility: nothing of what a
viewer may not see is in any answer, and what they may not see is answered like what is not there. A route that this
test does not know makes it fail.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from index.embedded.index import EmbeddedIndex
from index.memory import MemoryIndex
from index.port import SearchIndex
from kring.access import Access
from kring.model import State
from kring.settings import Settings, WebSettings
from search_ui.app import create_app
from search_ui.auth.identity import SESSION_COOKIE
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.http.alike import alike
from tests.support.patience import PATIENCE
from tests.support.web.browser import serving
from tests.support.web.guarded_archive import CIRCLES, KEYS, PEOPLE, Guarded, GuardedArchive, word_of
from tests.support.web.searches import searches

VIEWERS = ["anonymous", *PEOPLE, *KEYS]
PLAIN = {"Accept-Encoding": "identity"}
"""Packed, the same answer with another word in it has another length."""
MISSING = "f" * 16
NOWHERE = word_of(999)
"""Written like the words of the archive, and in none of its recordings."""

CAPTIONS = [f"{own}.{kind}" for own in ("transcript", "english") for kind in ("txt", "json")]
CAPTIONS += [f"{own}.{kind}" for own in ("captions", "english") for kind in ("vtt", "srt")]
READ = [
    "/r/{recording_id}",
    "/r/{recording_id}/events",
    "/r/{recording_id}/embed",
    "/r/{recording_id}/attachments/{sha256}",
    "/r/{recording_id}/chapters.vtt",
    "/r/{recording_id}/chapters.json",
    *(f"/r/{{recording_id}}/{name}" for name in CAPTIONS),
    "/media/{recording_id}/playback",
    "/media/{recording_id}/playback.{suffix}",
    "/media/{recording_id}/poster",
    "/media/{recording_id}/waveform.svg",
    "/api/recordings/{recording_id}",
    "/api/recordings/{recording_id}/transcript",
]
"""Of one recording, for those who may see it."""
CHANGE: dict[tuple[str, str], Any] = {
    ("GET", "/r/{recording_id}/edit"): None,
    ("GET", "/r/{recording_id}/remove"): None,
    **{("POST", f"/r/{{recording_id}}/{act}"): None for act in ("withdraw", "put-back", "keep", "erase")},
    ("GET", "/api/recordings/{recording_id}/corrected"): None,
    ("POST", "/api/recordings/{recording_id}/corrections"): {
        "change": {"kind": "line", "start": 6.0, "end": 9.0, "before": "Mer om felles sak.", "text": "Mer om saken."}
    },
    ("POST", "/api/recordings/{recording_id}/sound"): {"name": "0"},
    ("POST", "/api/recordings/{recording_id}/retry"): None,
    ("POST", "/api/recordings/{recording_id}/attachments"): b"%PDF-1.4 new",
    ("DELETE", "/api/recordings/{recording_id}/attachments/{sha256}"): None,
    ("GET", "/r/{recording_id}/remove/passage"): None,
    ("POST", "/r/{recording_id}/remove/passage"): b"from=1&to=2&reason=x&sure=yes",
}
"""Of one recording, for those who may change it; with what is sent."""
UPLOADS: dict[tuple[str, str], Any] = {
    ("PATCH", "/api/uploads/{upload_id}"): {"details": {}},
    ("DELETE", "/api/uploads/{upload_id}"): None,
    ("GET", "/api/uploads/{upload_id}/parts"): None,
    ("POST", "/api/uploads/{upload_id}/parts/{number}"): None,
    ("PUT", "/api/uploads/{upload_id}/parts/{number}"): b"x",
    ("POST", "/api/uploads/{upload_id}/complete"): {"parts": []},
    ("POST", "/api/uploads/{upload_id}/files"): b"%PDF-",
    ("DELETE", "/api/uploads/{upload_id}/files/{sha256}"): None,
}
"""Of one upload, for the person whose it is."""
LISTS = [
    "/", "/api/search", "/feed.xml", "/c/{value}", "/n/{value}", "/t/{value:path}", "/c/{value}/feed.xml",
    "/n/{value}/feed.xml", "/t/{value:path}/feed.xml", "/api/circles", "/api/me", "/upload", "/uploads",
    "/api/uploads", "/left-out", "/api/left-out", "/sign-in", "/account", "/people", "/circles", "/circles/{value}",
    "/audit", "/audit.csv", "/removed", "/person",
]  # fmt: skip
"""About many recordings, or none."""
NEITHER = {
    ("GET", "/healthz"), ("GET", "/language/{code}"), ("GET", "/api/openapi.json"), ("HEAD", "/api/openapi.json"),
    ("POST", "/api/uploads/check"), ("POST", "/api/uploads"), ("POST", "/api/me"), ("POST", "/sign-in"),
    ("POST", "/sign-out"), ("POST", "/account/name"), ("POST", "/account/sign-out-everywhere"),
    ("POST", "/api/passkeys"), ("POST", "/api/passkeys/options"), ("POST", "/api/passkeys/sign-in"),
    ("POST", "/api/passkeys/sign-in/options"), ("POST", "/account/passkeys/{passkey_id}/remove"),
    ("POST", "/people"), ("POST", "/people/{account_id}"), ("POST", "/account/keys"),
    ("POST", "/circles"), ("POST", "/circles/{value}"),
    ("POST", "/person"), ("POST", "/person/undo"),
    ("POST", "/account/keys/{key_hash}/revoke"), ("GET", "/sign-in/{provider}"), ("GET", "/sign-in/{provider}/back"),
    ("POST", "/account/feeds"), ("POST", "/account/feeds/{token_hash}/revoke"),
}  # fmt: skip
"""They know of no recording, or are asked by tests of their own below and beside this one."""


@dataclass
class Walk:
    """The application over GuardedArchive, a client for each viewer, and how much was looked at."""

    guarded: GuardedArchive
    access: Access
    clients: dict[str, httpx.Client]
    app: FastAPI
    asked: int = 0

    def ask(self, viewer: str, method: str, path: str, **more: Any) -> httpx.Response:
        self.asked += 1
        if not path.endswith("/events"):
            return self.clients[viewer].request(method, path, **more)
        with self.clients[viewer].stream(method, path, **more) as answer:  # it goes on for an hour
            if answer.status_code == 200:
                lines = answer.iter_lines()
                answer._content = "".join(next(lines, "") for _ in range(8)).encode()
            else:
                answer.read()
        return answer

    def check(self, viewer: str, what: str, answer: httpx.Response, *, but: str = "") -> None:
        """Nothing of a recording that `viewer` may not see is in the answer, apart from the one that was asked for by
        its id, or by the word `but`."""
        text = f"{answer.headers} {answer.text}"
        for recording, word in self.guarded.secrets(viewer, self.access):
            assert word == but or word not in text, f"{viewer}, {what}: {recording} leaks"
            assert recording.id in what or recording.id not in text, f"{viewer}, {what}: {recording} leaks"
        if answer.status_code == 200 and viewer != "anonymous" and "no-store" not in answer.headers["cache-control"]:
            public = any(each.id in what for each in self.guarded.all if self._is_public(each))
            assert public, f"{viewer}, {what}: may be kept"

    def _is_public(self, recording: Guarded) -> bool:
        return recording.seen_by(self.guarded.viewer("anonymous"), self.access)


@pytest.fixture(scope="module", params=["memory", pytest.param("embedded", marks=pytest.mark.slow)])
def walk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("walk")
    with ExitStack() as opened:
        index: SearchIndex = MemoryIndex()
        if request.param == "embedded":
            index = EmbeddedIndex(folder / "index", writer=True)
            opened.callback(index.close)
            index.rebuild([])
        guarded = GuardedArchive(Archive(MemoryStore()))
        guarded.fill(index)
        settings = Settings(data_dir=folder, web=WebSettings(facilitators="link"))
        app = create_app(settings, guarded.archive, index, MemoryRuns())
        origin = opened.enter_context(serving(app))
        clients = {
            viewer: opened.enter_context(
                httpx.Client(
                    base_url=origin,
                    timeout=PATIENCE,
                    cookies=cookies(guarded, viewer),
                    headers=PLAIN | key_header(guarded, viewer),
                )
            )
            for viewer in VIEWERS
        }
        yield Walk(guarded, Access(CIRCLES), clients, app)


def cookies(guarded: GuardedArchive, viewer: str) -> dict[str, str]:
    return {SESSION_COOKIE: guarded.sessions[viewer]} if viewer in guarded.sessions else {}


def key_header(guarded: GuardedArchive, viewer: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {guarded.keys[viewer]}"} if viewer in guarded.keys else {}


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(app.routes):
        if route.path != "/static":
            assert route.path is not None
            assert route.methods, route.path
            yield from ((method, route.path) for method in route.methods)


def filled(path: str, recording_id: str, sha256: str) -> str:
    values = {"recording_id": recording_id, "upload_id": recording_id, "sha256": sha256, "suffix": "mp4", "number": "1"}
    return path.format(**values)


def sent(method: str, body: Any) -> dict[str, Any]:
    named = {"params": {"name": "a.pdf", "kind": "attachment"}} if isinstance(body, bytes) and method == "POST" else {}
    return named | ({"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {})


def pdf_of(recording: Guarded, walk: Walk) -> str:
    try:
        [attachment] = walk.guarded.archive.manifest(recording.id).attachments
    except ValueError:
        return "0" * 64
    return attachment.original.sha256


def test_every_route_is_known(walk: Walk) -> None:
    readable = {*READ, *LISTS}
    known = {*CHANGE, *UPLOADS, *NEITHER}
    unknown = {
        (method, path)
        for method, path in routes(walk.app)
        if (method, path) not in known and not (method in {"GET", "HEAD", "OPTIONS"} and path in readable)
    }
    assert not unknown
    there = {path for _, path in routes(walk.app)}
    assert {path for path in readable if path not in there} == set()


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_recording_is_shown_to_those_who_may_see_it_only(walk: Walk, viewer: str) -> None:
    sees = {each.id for each in walk.guarded.all} - {each.id for each in walk.guarded.unseen(viewer, walk.access)}
    reading = [(method, path) for method, path in routes(walk.app) if path in READ]
    for method, path in reading:
        for recording in walk.guarded.recordings:
            asked = filled(path, recording.id, pdf_of(recording, walk))
            for headers in ({}, {"Range": "bytes=0-9", "If-None-Match": "*"}):
                answer = walk.ask(viewer, method, asked, headers=headers)
                walk.check(viewer, f"{method} {asked}", answer)
                if recording.id not in sees:
                    missing = walk.ask(viewer, method, filled(path, MISSING, "0" * 64), headers=headers)
                    assert alike(answer, missing, (recording.id, MISSING), (pdf_of(recording, walk), "0" * 64)), asked
                elif recording.state is State.PUBLISHED:
                    assert answer.status_code in {200, 204, 206, 304, 503}, (asked, answer.status_code)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_an_upload_is_shown_to_those_who_will_see_the_recording(walk: Walk, viewer: str) -> None:
    upload = walk.guarded.upload
    sees = upload.seen_by(walk.guarded.viewer(viewer), walk.access)
    answer = walk.ask(viewer, "GET", f"/r/{upload.id}")
    assert (answer.status_code == 200) is sees
    assert (upload.word in answer.text) is sees
    for (method, path), body in UPLOADS.items():
        answer = walk.ask(viewer, method, filled(path, upload.id, "0" * 64), **sent(method, body))
        assert answer.status_code in {403, 404}, (method, path)
        walk.check(viewer, f"{method} {path} {upload.id}", answer)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_recording_is_changed_by_facilitators_of_its_circle_only(walk: Walk, viewer: str) -> None:
    who = walk.guarded.viewer(viewer)
    for (method, path), body in CHANGE.items():
        for recording in walk.guarded.recordings:
            if walk.access.may_change(who, recording.circle):
                continue
            before = walk.guarded.archive.manifest(recording.id)
            answer = walk.ask(viewer, method, filled(path, recording.id, "0" * 64), **sent(method, body))
            walk.check(viewer, f"{method} {path} {recording.id}", answer)
            if not who.may_change_something or recording.seen_by(who, walk.access):
                published = recording.state is State.PUBLISHED
                assert answer.status_code == 403 or (not published and answer.status_code == 404), (path, recording)
            else:
                missing = walk.ask(viewer, method, filled(path, MISSING, "0" * 64), **sent(method, body))
                assert alike(answer, missing, (recording.id, MISSING)), (path, recording)
            assert walk.guarded.archive.manifest(recording.id) == before


@pytest.mark.parametrize("viewer", VIEWERS)
def test_what_a_viewer_may_not_see_is_searched_like_what_is_not_there(walk: Walk, viewer: str) -> None:
    for recording in walk.guarded.unseen(viewer, walk.access):
        for asked, missing in zip(searches(recording.word), searches(NOWHERE), strict=True):
            answer, nothing = walk.ask(viewer, "GET", asked), walk.ask(viewer, "GET", missing)
            walk.check(viewer, asked, answer, but=recording.word)
            words = [(recording.word[:length], NOWHERE[:length]) for length in (14, 12, 10)]
            assert alike(answer, nothing, *words), (asked, recording)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_lists_name_only_what_a_viewer_may_see(walk: Walk, viewer: str) -> None:
    narrowed = ["", "?q=felles", "?q=fell&typing=1", "?q=felles+sak&sort=oldest&page=2", "?part=results", "?q=tal"]
    for method, path in routes(walk.app):
        if path not in LISTS:
            continue
        values = [*CIRCLES, "nord", "skjult", "Felles%20emne"] if "{value" in path else [""]
        for value in values:
            for parameters in narrowed:
                asked = re.sub(r"\{value[^}]*\}", value, path) + parameters
                walk.check(viewer, f"{method} {asked}", walk.ask(viewer, method, asked))


@pytest.mark.parametrize("viewer", VIEWERS)
def test_numbers_are_those_of_what_a_viewer_may_see(walk: Walk, viewer: str) -> None:
    who = walk.guarded.viewer(viewer)
    seen = [
        each
        for each in walk.guarded.recordings
        if each.state is State.PUBLISHED and not each.withdrawn and each.seen_by(who, walk.access)
    ]
    for asked in ("/api/search", "/api/search?q=felles", "/api/search?topic=Felles+emne"):
        found = walk.ask(viewer, "GET", asked).json()
        assert found["total"] == len(seen)
        counted = {slug: sum(each.circle == slug for each in seen) for slug in CIRCLES}
        assert found["facets"]["circle"] == {slug: count for slug, count in counted.items() if count}
        assert set(found["facets"]["organisation"]) == {f"Kommune {each.word}" for each in seen}
    assert len(re.findall("<item>", walk.ask(viewer, "GET", "/feed.xml").text)) == len(seen)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_circle_is_no_secret_to_those_who_find_something_in_it_or_belong_to_its_network(
    walk: Walk, viewer: str
) -> None:
    who = walk.guarded.viewer(viewer)
    known = {
        slug
        for slug, circle in CIRCLES.items()
        if walk.access.belongs_to(who, circle)
        or any(
            each.circle == slug and each.seen_by(who, walk.access)
            for each in walk.guarded.recordings
            if not each.withdrawn
        )
    }
    assert {circle["slug"] for circle in walk.ask(viewer, "GET", "/api/circles").json()} == known
    for slug, circle in CIRCLES.items():
        for method in ("GET", "POST"):
            settings = walk.ask(viewer, method, f"/circles/{slug}")
            if who.may_change_something and not walk.access.settings_of(who, slug):
                missing = walk.ask(viewer, method, f"/circles/{'x' * len(slug)}")
                assert alike(settings, missing, (slug, "x" * len(slug)))
        if slug not in known:
            assert circle.name not in walk.ask(viewer, "GET", "/circles").text
        page = walk.ask(viewer, "GET", f"/c/{slug}")
        assert (page.status_code == 200) is (slug in known)
        if slug not in known:
            assert alike(page, walk.ask(viewer, "GET", f"/c/{'x' * len(slug)}"), (slug, "x" * len(slug)))
            for asked in (f"/?circle={slug}", f"/?q=circle:{slug}", "/", "/?q=network:nor"):
                assert circle.name not in walk.ask(viewer, "GET", asked).text


def test_on_which_basis_a_recording_may_be_kept_is_for_its_facilitators(walk: Walk) -> None:
    recording = next(each for each in walk.guarded.recordings if each.circle == "lukket")
    for viewer in ("member of lukket", "member of nord", "facilitator of lukket", "operator"):
        if not recording.seen_by(walk.guarded.viewer(viewer), walk.access):
            continue
        basis = walk.ask(viewer, "GET", f"/api/recordings/{recording.id}").json()["details"]["legal_basis"]
        changes = walk.access.may_change(walk.guarded.viewer(viewer), recording.circle)
        assert basis == (recording.details.legal_basis if changes else None)


@pytest.mark.parametrize("viewer", [viewer for viewer in PEOPLE if "facilitator" in viewer or viewer == "operator"])
def test_one_uploads_to_ones_own_circles_and_a_file_of_others_stays_theirs(walk: Walk, viewer: str) -> None:
    who = walk.guarded.viewer(viewer)
    page = walk.ask(viewer, "GET", "/upload").text
    file = {"name": "a.mp4", "size": 99, "type": "video/mp4"}
    for slug, circle in CIRCLES.items():
        changes = walk.access.may_change(who, slug)
        assert (f'<option value="{slug}">{circle.name}</option>' in page) is changes
        details = {"title": "t", "circle": slug, "date": "2026-01-01"}
        sha256 = hashlib.sha256(f"{slug} {viewer}".encode()).hexdigest()
        answer = walk.ask(viewer, "POST", "/api/uploads", json=file | {"sha256": sha256, "details": details})
        assert answer.status_code == (201 if changes else 403)
    unknown = {"title": "t", "circle": "finnes-ikke", "date": "2026-01-01"}
    if not who.operator:
        refused = walk.ask(viewer, "POST", "/api/uploads", json=file | {"sha256": "1" * 64, "details": unknown})
        assert refused.status_code == 403  # like a circle of others
    for recording in walk.guarded.recordings:
        walk.guarded.archive.store.put_bytes(
            walk.guarded.archive.manifest(recording.id).original.key, b"x", media_type="video/mp4"
        )
        answer = walk.ask(viewer, "POST", "/api/uploads/check", json=file | {"sha256": recording.sha256})
        walk.check(viewer, "check", answer)
        assert answer.status_code == (200 if recording.seen_by(who, walk.access) else 409)


def test_how_much_was_looked_at(walk: Walk, capsys: pytest.CaptureFixture[str]) -> None:
    """Last of all, the number that is reported: the tests above fail at the first leak."""
    with capsys.disabled():
        print(f"\nleaks: 0 of {walk.asked} answers, to {len(VIEWERS)} kinds of viewers")  # noqa: T201
