"""Transcribing again on the running stack: a circle's glossary changes, and its recordings get what it brings."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kring.model import Manifest
from kring.settings import Settings
from tests.support.repository import REPOSITORY
from tests.support.stack.running import Kring, eventually, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

FFMPEG = shutil.which("ffmpeg") or "ffmpeg"
SPEECH = REPOSITORY / "samples" / "privacy-shared-services.m4a"
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:10.000\n<v Kari>This is what the platform wrote.\n"


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kring]:
    with running(Settings(data_dir=tmp_path_factory.mktemp("again") / "data")) as kring:
        yield kring


def cut(path: Path) -> Path:
    """A few seconds of speech, with the file's name in it: another recording each time."""
    copy = ["-t", "10", "-c", "copy", "-metadata", f"title={path.stem}"]
    subprocess.run([FFMPEG, "-v", "error", "-i", str(SPEECH), *copy, str(path)], check=True)
    return path


def add(kring: Kring, circle: str, *paths: Path, wait: str = "--wait") -> None:
    done = kring.run("add", *map(str, paths), "--circle", circle, "--language", "en", wait)
    assert done.returncode == 0, done.stdout + done.stderr


def searchable(kring: Kring, title: str) -> Manifest:
    """The recording, once it is published and in the index."""

    def found() -> bool:
        manifest = kring.recording(title)
        return kring.ports.index.versions().get(manifest.id) == manifest.version and manifest.transcript is not None

    eventually(found, what=f"{title} to be searchable")
    return kring.recording(title)


def test_a_circles_recordings_are_transcribed_again(kring: Kring, tmp_path: Path) -> None:
    assert kring.run("circle", "add", "other", "--name", "Other", "--network", "n").returncode == 0
    captioned = cut(tmp_path / "captioned.m4a")
    captioned.with_suffix(".vtt").write_text(VTT, encoding="utf-8")
    add(kring, "privacy", cut(tmp_path / "ours.m4a"), captioned, wait="--no-wait")
    add(kring, "other", cut(tmp_path / "theirs.m4a"))
    first, platforms, theirs = (searchable(kring, title) for title in ("ours", "captioned", "theirs"))

    assert kring.run("circle", "change", "privacy", "--add-term", "data protection officer").returncode == 0
    dry = kring.run("retranscribe", "--circle", "privacy", "--dry-run")
    assert re.search(rf"{first.id} .*would be transcribed again", dry.stdout), dry.stdout
    assert re.search(rf"{platforms.id} .*has the meeting platform's transcript", dry.stdout), dry.stdout
    assert theirs.id not in dry.stdout
    assert kring.ports.archive.manifest(first.id) == first

    done = kring.run("retranscribe", "--circle", "privacy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"✔ {first.id} .*\d+ words", done.stdout), done.stdout
    after = kring.ports.archive.manifest(first.id)
    assert after.transcript is not None
    assert first.transcript is not None
    assert after.transcript.fingerprint != first.transcript.fingerprint
    assert (after.former, after.again) == (first.transcript, False)
    assert kring.ports.archive.store.exists(first.transcript.key)
    assert kring.ports.archive.manifest(platforms.id) == platforms
    assert kring.ports.archive.manifest(theirs.id) == theirs

    verified = kring.run("verify")
    assert verified.returncode == 0
    assert f"older    {first.transcript.key}" in verified.stdout
    assert "0 faults, 0 orphans, 1 older transcript" in verified.stdout
    assert kring.run("status").returncode == 0
    assert kring.run("difference", first.id).returncode == 0
    assert "nothing to transcribe again" in kring.run("retranscribe", "--all").stdout
