"""`kring check` before anything runs: what can be tested is tested, the rest is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.repository import REPOSITORY
from tests.support.stack.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def check(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    others = ("KRING_", "AWS_", "MEILI_", "PREFECT_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    ports = {"KRING_WEB__PORT", "KRING_LOCAL__S3_PORT", "KRING_LOCAL__PREFECT_PORT", "KRING_LOCAL__MEILI_PORT"}
    clean |= {name: str(free_port()) for name in ports}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "check"],
        env={
            **clean,
            "KRING_CONFIG": os.devnull,
            "KRING_DATA_DIR": str(folder / "data"),
            "COLUMNS": "300",
            **variables,
        },
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


def test_before_the_first_up(tmp_path: Path) -> None:
    watched = tmp_path / "watched"
    watched.mkdir()
    sources = f'[{{"kind": "folder", "name": "drive", "path": "{watched}"}}]'
    done = check(tmp_path, KRING_SOURCES=sources)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {line[2:].split("  ")[0].strip(): line for line in done.stdout.splitlines()}
    for name in ("data folder", "ffmpeg", "engine", "source drive", "ports"):
        assert lines[name].startswith("✔"), done.stdout
    for name in ("object store", "search index", "Prefect", "web pages"):
        assert lines[name].startswith("–"), done.stdout
    assert "what reads recordings and PDFs runs with" in lines["confinement"]
    assert "its weights load" in lines["engine"]


def test_what_is_missing_is_named_each_on_its_line(tmp_path: Path) -> None:
    feed = f"http://127.0.0.1:{free_port()}/feed.xml"
    sources = (
        '[{"kind": "folder", "name": "drive", "path": "/nowhere"}, '
        f'{{"kind": "feed", "name": "cast", "url": "{feed}", "circle": "privacy", "allow_private": true}}]'
    )
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.bin").write_bytes(b"no weights")
    store = f"http://127.0.0.1:{free_port()}"
    done = check(
        tmp_path,
        KRING_SOURCES=sources,
        KRING_TRANSCRIBE__MODEL=str(model),
        AWS_ENDPOINT_URL=store,
        AWS_ACCESS_KEY_ID="a",
        AWS_SECRET_ACCESS_KEY="b",
        PREFECT_API_URL=f"http://127.0.0.1:{free_port()}/api",
        PATH="/nowhere",
    )
    assert done.returncode == 1
    bad = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    named = " ".join(bad)
    for name in ("engine", "source drive", "source cast", "object store", "Prefect"):
        assert f"✗ {name}" in named, done.stdout
    assert "Traceback" not in done.stdout + done.stderr
