"""Transcripts as files: what is served, as what, to whom, and when not again."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.requests import Request

from index.memory import MemoryIndex
from kring.access import Viewer, ViewerKind
from kring.model import Manifest, TranscriptRef, Visibility
from kring.settings import Settings
from search_ui.context import Site
from search_ui.http import formatting
from search_ui.recording.captions import sharing_headers
from search_ui.viewer import ArchiveView
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.web.sample_archive import CIRCLES, HOSTILE, SILENT, TALKS, received, transcript_of
from tests.support.web.served_site import Served, served

__all__ = ["served"]

PERSONVERN, INNKJOP = TALKS[0], TALKS[1]
TYPES = {
    "captions.vtt": "text/vtt; charset=utf-8",
    "captions.srt": "application/x-subrip",
    "transcript.txt": "text/plain; charset=utf-8",
    "transcript.json": "application/json",
}


@pytest.fixture(scope="module", autouse=True)
def translated(served: Served) -> Manifest:
    """The first talk has an English track and is for everybody."""
    manifest = served.archive.manifest(PERSONVERN.id)
    own = transcript_of(PERSONVERN)
    lines = tuple(line.model_copy(update={"text": f"English {n}."}) for n, line in enumerate(own.segments))
    english = own.model_copy(update={"fingerprint": "english-test", "language": "en", "segments": lines})
    key = served.archive.put_transcript(manifest.original.sha256, english)
    ref = TranscriptRef(key=key, fingerprint="english-test", engine="faster-whisper", model="base", language="en")
    details = manifest.details.model_copy(update={"visibility": Visibility.PUBLIC})
    return served.archive.update(manifest.id, lambda old: old.model_copy(update={"english": ref, "details": details}))


@pytest.fixture
def missing(served: Served) -> Iterator[None]:
    def lack(seconds: float) -> None:
        def change(old: Manifest) -> Manifest:
            assert old.transcript is not None
            return old.model_copy(update={"transcript": old.transcript.model_copy(update={"missing": seconds})})

        served.archive.update(INNKJOP.id, change)

    lack(41.0)
    yield
    lack(0.0)


@pytest.mark.parametrize(("name", "media_type"), TYPES.items())
def test_every_format_has_an_address(served: Served, name: str, media_type: str) -> None:
    answer = served.web.get(f"/r/{PERSONVERN.id}/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-disposition" not in answer.headers
    assert "Kari Nordli" in answer.text
    assert "personvern" in answer.text
    head = served.web.head(f"/r/{PERSONVERN.id}/{name}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == media_type


@pytest.mark.parametrize("suffix", ["vtt", "srt", "txt", "json"])
def test_the_english_track_has_them_too(served: Served, suffix: str) -> None:
    answer = served.web.get(f"/r/{PERSONVERN.id}/english.{suffix}", params={"download": 1})
    assert "English 0." in answer.text
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="personvern-i-skolen-hva-gjor-vi-med-appene-english.{suffix}"'
    )
    assert served.web.get(f"/r/{INNKJOP.id}/english.{suffix}").status_code == 404


def test_a_download_is_called_after_its_recording(served: Served) -> None:
    for name in TYPES:
        answer = served.web.get(f"/r/{HOSTILE.id}/{name}", params={"download": 1})
        suffix = name.rpartition(".")[2]
        assert answer.headers["content-disposition"] == (
            f'attachment; filename="title-script-window-owned-1-script-quoted-single-abc.{suffix}"'
        )
    assert json.loads(served.web.get(f"/r/{HOSTILE.id}/transcript.json").text)["segments"]
    assert served.web.get(f"/r/{PERSONVERN.id}/english.txt").text.startswith(
        f"{PERSONVERN.title}\n\nTranslated into English by a machine.\n\n[00:00:01] Kari Nordli\nEnglish 0."
    )


def test_what_the_browser_has_is_not_sent_again(served: Served) -> None:
    seen = set()
    for name in (*TYPES, "english.vtt", "english.txt"):
        first = served.web.get(f"/r/{PERSONVERN.id}/{name}")
        assert "no-cache" in first.headers["cache-control"]
        again = served.web.get(f"/r/{PERSONVERN.id}/{name}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        seen.add(first.headers["etag"])
        assert served.web.get(f"/r/{PERSONVERN.id}/{name}", headers={"If-None-Match": '"other"'}).status_code == 200
    assert len(seen) == 6


def test_only_public_recordings_are_for_other_sites(served: Served) -> None:
    origin = {"Origin": "https://player.example"}
    public = served.web.get(f"/r/{PERSONVERN.id}/captions.vtt", headers=origin)
    assert public.headers["access-control-allow-origin"] == "*"
    assert public.headers["cache-control"] == "no-cache"
    asked = served.web.options(
        f"/r/{PERSONVERN.id}/captions.vtt", headers=origin | {"Access-Control-Request-Method": "GET"}
    )
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
    assert "GET" in asked.headers["access-control-allow-methods"]
    for answer in (
        served.web.get(f"/r/{INNKJOP.id}/captions.vtt", headers=origin),
        served.web.options(f"/r/{INNKJOP.id}/captions.vtt", headers=origin),
        served.web.get(f"/r/{PERSONVERN.id}", headers=origin),
        served.web.get(f"/media/{PERSONVERN.id}/playback", headers=origin | {"Range": "bytes=0-0"}),
    ):
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("circle", "own", "shared"),
    [("public", None, True), ("public", "circle", False), ("network", "public", True), ("network", None, False)],
)
def test_a_recordings_own_visibility_goes_before_its_circles(circle: str, own: str | None, shared: bool) -> None:
    archive = Archive(MemoryStore())
    archive.put_circle(CIRCLES[0].model_copy(update={"visibility": Visibility(circle)}))
    view = ArchiveView(Site(Settings(), archive, MemoryIndex(), MemoryRuns()), Viewer(ViewerKind.PERSON, operator=True))
    request = Request({"type": "http", "state": {}})
    manifest = received(PERSONVERN)
    details = manifest.details.model_copy(update={"visibility": Visibility(own) if own else None})
    headers = sharing_headers(view, manifest.model_copy(update={"details": details}), request)
    assert ("Access-Control-Allow-Origin" in headers) is shared
    assert ("private" in headers["Cache-Control"]) is not shared


def test_what_is_not_published_or_not_there_is_404(served: Served) -> None:
    for name in (*TYPES, "english.vtt"):
        assert served.web.get(f"/r/{served.broken.id}/{name}").status_code == 404
        assert served.web.options(f"/r/{served.broken.id}/{name}").status_code == 404
    assert served.web.get(f"/r/{PERSONVERN.id}/captions.ass").status_code == 404
    assert served.web.get(f"/r/{SILENT.id}/captions.vtt").text == "WEBVTT\n"
    assert served.web.get(f"/r/{SILENT.id}/captions.srt").text == ""


def test_the_api_names_them(served: Served) -> None:
    urls = served.web.get(f"/api/recordings/{PERSONVERN.id}").json()["urls"]
    assert {key: url for key, url in urls.items() if key.startswith(("captions", "english"))} == {
        "captions": f"/r/{PERSONVERN.id}/captions.vtt",
        "captions_srt": f"/r/{PERSONVERN.id}/captions.srt",
        "captions_txt": f"/r/{PERSONVERN.id}/transcript.txt",
        "captions_json": f"/r/{PERSONVERN.id}/transcript.json",
        "english": f"/r/{PERSONVERN.id}/english.vtt",
        "english_srt": f"/r/{PERSONVERN.id}/english.srt",
        "english_txt": f"/r/{PERSONVERN.id}/english.txt",
        "english_json": f"/r/{PERSONVERN.id}/english.json",
    }
    assert all(served.web.get(url).status_code == 200 for url in urls.values())
    assert "english" not in served.web.get(f"/api/recordings/{INNKJOP.id}").json()["urls"]


def test_readers_are_told_what_is_missing(served: Served, missing: None) -> None:
    assert "About 40 seconds of speech are missing from this transcript." in served.web.get(f"/r/{INNKJOP.id}").text
    assert "missing from this transcript" not in served.web.get(f"/r/{PERSONVERN.id}").text


@pytest.mark.parametrize(
    ("seconds", "much"),
    [
        (0.4, "A few seconds of speech are"),
        (8, "About 10 seconds of speech are"),
        (41, "About 40 seconds of speech are"),
        (59, "About a minute of speech is"),
        (200, "About 3 minutes of speech are"),
    ],
)
def test_how_much_is_missing_in_words(seconds: float, much: str) -> None:
    assert formatting.missing(seconds) == f"{much} missing from this transcript."
