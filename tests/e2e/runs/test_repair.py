"""Damage on the running stack: `verify` finds it, `status` and the pages show it, one command mends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kring.corrections.changes import LineChange
from kring.model import State
from kring.settings import Settings
from tests.contract.storage.test_corrections import making
from tests.e2e.runs.test_retranscribe import add, cut, searchable
from tests.support.patience import PATIENCE
from tests.support.stack.running import Kring, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
RUBBISH = b"\xff\x00rubbish"


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kring]:
    with running(Settings(data_dir=tmp_path_factory.mktemp("damage") / "data")) as kring:
        yield kring


def test_damage_is_found_shown_and_mended(kring: Kring, tmp_path: Path) -> None:
    path = cut(tmp_path / "damaged.m4a")
    add(kring, "privacy", path)
    whole = searchable(kring, "damaged")
    assert whole.transcript is not None
    assert whole.renditions is not None
    assert whole.renditions.peaks is not None
    archive, store = kring.ports.archive, kring.ports.archive.store
    heard = archive.transcript(whole.transcript.key).segments[0]
    line = LineChange(start=heard.start, end=heard.end, before=heard.text, text="A person wrote this.")
    archive.correct(whole.id, making(line))
    assert kring.run("verify", "--deep").returncode == 0

    store.put_bytes(whole.transcript.key, RUBBISH, media_type="application/json")
    store.put_bytes(whole.renditions.playback, b"0123456789", media_type="audio/mp4")
    store.delete(whole.renditions.peaks)
    found = kring.run("verify")
    assert found.returncode == 1, found.stdout
    for key in (whole.transcript.key, whole.renditions.playback, whole.renditions.peaks):
        assert key in found.stdout
    assert f"kring repair {whole.id}" in found.stdout
    assert "damaged" in found.stdout

    status = kring.run("status")
    assert status.returncode == 1, status.stdout
    assert f"kring repair {whole.id}" in status.stdout
    [told] = json.loads(kring.run("status", "--json").stdout)
    assert (told["id"], told["title"], told["state"]) == (whole.id, "damaged", "damaged")
    assert "kring repair" in told["problem"]

    page = httpx.get(f"{kring.address}/r/{whole.id}", timeout=PATIENCE)
    assert page.status_code == 200
    assert f"kring repair {whole.id}" in page.text
    captions = httpx.get(f"{kring.address}/r/{whole.id}/captions.vtt", timeout=PATIENCE)
    assert captions.status_code == 503
    assert "kring repair" in captions.text

    done = kring.run("repair", whole.id)
    assert done.returncode == 0, done.stdout + done.stderr
    assert kring.run("verify", "--deep").returncode == 0
    status = kring.run("status")
    assert status.returncode == 0, status.stdout
    mended = archive.manifest(whole.id)
    assert mended.problem is None
    assert mended.transcript is not None
    assert mended.transcript.key == whole.transcript.key
    written = archive.transcript_of(mended)
    assert written is not None
    assert written.segments[0].text == "A person wrote this."
    assert "A person wrote this." in httpx.get(f"{kring.address}/r/{whole.id}", timeout=PATIENCE).text


def test_a_damaged_original_is_put_back(kring: Kring, tmp_path: Path) -> None:
    path = cut(tmp_path / "lost.m4a")
    add(kring, "privacy", path)
    whole = searchable(kring, "lost")
    store = kring.ports.archive.store
    store.put_bytes(whole.original.key, bytes(whole.original.size), media_type="application/octet-stream")
    assert kring.run("verify").returncode == 0, "its size is right"
    assert kring.run("verify", "--deep").returncode == 1
    tried = kring.run("repair", whole.id)
    assert tried.returncode == 1
    assert f"kring repair {whole.id} --original FILE" in tried.stdout
    other = kring.run("repair", whole.id, "--original", str(cut(tmp_path / "other.m4a")))
    assert other.returncode == 1
    assert "is not the file that came in" in other.stderr
    done = kring.run("repair", whole.id, "--original", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert kring.run("verify", "--deep").returncode == 0
    assert kring.recording("lost").state is State.PUBLISHED
