"""What sources offer and cannot be fetched, on the running stack: told, tried again, and let go with its cause."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kring.model import State
from kring.settings import FeedSource, FolderSource, Settings, WorkerSettings
from tests.support.http.web_server import Site, serve
from tests.support.stack.running import Kring, eventually, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

FFMPEG = shutil.which("ffmpeg") or "ffmpeg"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serve() as site:
        site.files["/feed.xml"] = feed(site)
        yield site


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watched")


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory, site: Site, watched: Path) -> Iterator[Kring]:
    podcast = {"url": f"{site.address}/feed.xml", "circle": "privacy", "language": "en", "allow_private": True}
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("left") / "data",
        worker=WorkerSettings(discover_seconds=5, reconcile_seconds=30),
        sources=(
            FolderSource(name="drive", path=watched, settle_seconds=0),
            FeedSource.model_validate({"name": "podcast"} | podcast),
        ),
    )
    with running(settings) as kring:
        yield kring


def feed(site: Site, *names: str) -> bytes:
    day = "<pubDate>Tue, 04 Mar 2025 09:00:00 +0100</pubDate>"
    items = "".join(
        f"<item><title>{name}</title><guid>{name}</guid>{day}"
        f'<enclosure url="{site.address}/{name}.mp3" type="audio/mpeg"/></item>'
        for name in names
    )
    return f'<rss version="2.0"><channel><title>F</title>{items}</channel></rss>'.encode()


def told(kring: Kring, state: str = "left out") -> list[dict[str, Any]]:
    said = json.loads(kring.run("status", "--json").stdout)
    return [one for one in said if one["state"] == state]


def tone(path: Path) -> Path:
    make = ["-f", "lavfi", "-i", "sine=frequency=330:duration=5", str(path)]
    subprocess.run([FFMPEG, "-v", "error", "-y", *make], check=True)
    return path


@pytest.mark.parametrize("status", [404, 503])
def test_what_cannot_be_fetched_at_first_is_taken_by_a_later_look(
    kring: Kring, site: Site, tmp_path: Path, status: int
) -> None:
    name = f"late-{status}"
    site.statuses[f"/{name}.mp3"] = status
    site.headers[f"/{name}.mp3"] = {"Retry-After": "30"} if status == 503 else {}
    site.files["/feed.xml"] = feed(site, name)
    found = eventually(lambda: told(kring), seconds=180, what="it to be told")
    assert (found[0]["source"], str(status) in found[0]["problem"]) == ("podcast", True)
    assert found[0]["name"] == name
    ended = [one for one in kring.ports.runs.runs() if one.parameters["title"] == name and not one.going]
    assert {one.not_before is not None for one in ended} == {status == 503}
    site.files[f"/{name}.mp3"] = tone(tmp_path / "late.mp3").read_bytes()
    site.statuses.clear()
    eventually(
        lambda: any(
            one.details.title == name and one.state is State.PUBLISHED for one in kring.ports.archive.manifests()
        ),
        seconds=240,
        what="the recording to be taken in",
    )
    eventually(lambda: told(kring) == [], seconds=60, what="it to be told no more")


def test_what_is_gone_is_told_and_not_asked_for_again(kring: Kring, site: Site) -> None:
    site.statuses["/over.mp3"] = 410
    site.files["/feed.xml"] = feed(site, "over")
    (one,) = eventually(lambda: told(kring), seconds=120, what="it to be told")
    assert (one["name"], "410 Gone: it was taken away there for good" in one["problem"]) == ("over", True)
    looks = len([path for path, _ in site.requests if path == "/feed.xml"])
    eventually(
        lambda: len([path for path, _ in site.requests if path == "/feed.xml"]) >= looks + 4,
        seconds=120,
        what="four more looks",
    )
    assert [path for path, _ in site.requests].count("/over.mp3") == 1
    site.files["/feed.xml"] = feed(site)
    eventually(lambda: told(kring) == [], seconds=60, what="it to be told no more")
    site.statuses.clear()


def test_what_is_taken_out_of_a_feed_is_no_longer_waited_for(kring: Kring, site: Site) -> None:
    site.files["/feed.xml"] = feed(site, "gone")
    site.statuses["/gone.mp3"] = 404
    eventually(lambda: told(kring, "stopped"), seconds=120, what="the run to stop")
    site.files["/feed.xml"] = feed(site)
    # A try that had begun before it was taken out is neither stopped nor left out while it runs.
    eventually(
        lambda: (told(kring, "stopped"), told(kring), kring.run("status").returncode) == ([], [], 0),
        seconds=240,
        what="it to be let go",
    )
    site.statuses.clear()


def test_what_a_folder_leaves_out_is_told_until_it_is_put_right(kring: Kring, watched: Path) -> None:
    tone(watched / "møte.mp3")
    (one,) = eventually(lambda: told(kring), seconds=60, what="it to be told")
    assert (one["source"], one["id"]) == ("drive", None)
    assert "møte.mp3 has no circle" in one["problem"]
    assert one["name"] == "møte.mp3"
    shown = kring.run("status").stdout
    assert "Left out of the source drive:" in shown
    assert "møte.mp3 has no circle" in shown
    (watched / "møte.toml").write_text('circle = "privacy"\n', encoding="utf-8")
    eventually(lambda: told(kring) == [], seconds=60, what="it to be told no more")
