"""Range requests for playback (RFC 9110, section 14), over a real connection."""

from __future__ import annotations

import httpx
import pytest

from search_ui.recording import media
from tests.support.web import sample_archive
from tests.support.web.sample_archive import TALKS
from tests.support.web.served_site import Served, served

__all__ = ["served"]

PERSONVERN, FORENINGER = TALKS[0], TALKS[3]


@pytest.fixture
def whole() -> bytes:
    return sample_archive.media_bytes(True)[0]


def get(served: Served, **headers: str) -> httpx.Response:
    return served.web.get(f"/media/{PERSONVERN.id}/playback", headers=headers)


def test_all(served: Served, whole: bytes) -> None:
    answer = get(served)
    assert (answer.status_code, answer.content) == (200, whole)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(whole))
    assert answer.headers["cache-control"] == "private, no-store"  # it is for a network
    assert "content-encoding" not in answer.headers


def test_sound_has_its_own_type(served: Served) -> None:
    assert served.web.head(f"/media/{FORENINGER.id}/playback").headers["content-type"] == "audio/mp4"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("0-0", 0, 0),
        ("0-", 0, -1),
        ("100-199", 100, 199),
        ("-500", -500, -1),
        ("1000-99999999999", 1000, -1),
        (" 5 - 9", 5, 9),
        ("-99999999999", 0, -1),
    ],
)
def test_a_piece(served: Served, whole: bytes, asked: str, first: int, last: int) -> None:
    size = len(whole)
    first, last = first % size, last % size
    answer = get(served, Range=f"bytes={asked}")
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}"
    assert answer.content == whole[first : last + 1]


@pytest.mark.parametrize("asked", ["99999999999-", "-0"])
def test_outside(served: Served, whole: bytes, asked: str) -> None:
    answer = get(served, Range=f"bytes={asked}")
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    assert answer.content == b""


@pytest.mark.parametrize(
    "header", ["bytes=9-5", "bytes=a-b", "lines=1-2", "bytes=", "bytes=-", "bytes=0-1,4-5", "0-1", "bytes=--1"]
)
def test_what_is_no_range_gives_all(served: Served, whole: bytes, header: str) -> None:
    answer = get(served, Range=header)
    assert (answer.status_code, len(answer.content)) == (200, len(whole))


def test_head(served: Served, whole: bytes) -> None:
    answer = served.web.head(f"/media/{PERSONVERN.id}/playback", headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (206, b"", "10")
    assert served.web.head(f"/media/{PERSONVERN.id}/playback").headers["content-length"] == str(len(whole))


def test_validators(served: Served, whole: bytes) -> None:
    etag = get(served).headers["etag"]
    assert get(served, **{"If-None-Match": f'"x", W/{etag}'}).status_code == 304
    assert get(served, **{"If-None-Match": '"x"'}).status_code == 200
    assert get(served, Range="bytes=0-9", **{"If-Range": etag}).status_code == 206
    changed = get(served, Range="bytes=0-9", **{"If-Range": '"another"'})
    assert (changed.status_code, len(changed.content)) == (200, len(whole))


def test_a_stream_is_read_in_windows(served: Served, whole: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "WINDOW", 1000)
    assert get(served, Range="bytes=500-4499").content == whole[500:4500]


def test_poster(served: Served) -> None:
    answer = served.web.get(f"/media/{PERSONVERN.id}/poster")
    assert (answer.headers["content-type"], answer.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert served.web.get(f"/media/{FORENINGER.id}/poster").status_code == 404
