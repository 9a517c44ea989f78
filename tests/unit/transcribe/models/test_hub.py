"""Weights from model hubs, played by a small server: what is fetched, and what is said when nothing comes."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from kring.errors import DiskFull, SetupError
from kring.settings import Settings, TranscribeSettings
from tests.support.patience import PATIENCE
from transcribe.models import convert, hub, weights
from transcribe.models.names import HubModel

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": b'{"model_type": "whisper"}',
    "tokenizer.json": b"{}",
    "model.bin": bytes(range(256)) * 8000,
    "README.md": b"not for us",
    "optimizer.pt": b"nor this",
}


class FakeHub(BaseHTTPRequestHandler):
    """`owner/good` has a model for CTranslate2; the connection may break in the midst of its file."""

    files: ClassVar[dict[str, bytes]] = FILES
    commit: ClassVar[str] = COMMIT
    breaks: ClassVar[int] = 0
    asked: ClassVar[list[tuple[str, str, str]]] = []

    def do_GET(self) -> None:
        cls = type(self)
        cls.asked.append((self.command, self.path, self.headers.get("authorization", "")))
        if self.path.startswith("/api/models/owner/good/revision/main"):
            siblings = [
                {"rfilename": name, "size": len(data)}
                | ({"lfs": {"sha256": hashlib.sha256(FILES[name]).hexdigest()}} if name == "model.bin" else {})
                for name, data in cls.files.items()
            ]
            self.answer(200, json.dumps({"sha": cls.commit, "siblings": siblings}).encode())
        elif self.path.startswith("/api/models/owner/good/"):
            self.answer(404, b"", "RevisionNotFound")
        elif self.path.startswith("/api/models/owner/gated/"):
            self.answer(403, b"", "GatedRepo")
        elif self.path.startswith(f"/owner/good/resolve/{cls.commit}/"):
            self.give(cls.files[self.path.rsplit("/", 1)[1]])
        elif self.path.startswith("/api/models/owner/broken/"):
            self.answer(503, b"")
        elif self.path.startswith("/api/models/owner/odd/"):
            self.answer(200, b"<html>")
        else:
            self.answer(401, b"", "RepoNotFound")

    def give(self, data: bytes) -> None:
        begin = int(self.headers.get("range", "bytes=0-")[6:-1])
        self.send_response(206 if begin else 200)
        self.send_header("content-length", str(len(data) - begin))
        self.end_headers()
        if type(self).breaks and len(data) > 1000:
            type(self).breaks -= 1
            self.wfile.write(data[begin : begin + 700_000])
            return
        self.wfile.write(data[begin:])

    def answer(self, status: int, body: bytes, code: str = "") -> None:
        self.send_response(status)
        if code:
            self.send_header("x-error-code", code)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None: ...


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakeHub]]:
    class Handler(FakeHub):
        files: ClassVar[dict[str, bytes]] = dict(FILES)
        asked: ClassVar[list[tuple[str, str, str]]] = []

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{serving.server_port}/")
        Thread(target=serving.serve_forever, args=(0.02,), daemon=True).start()
        yield Handler
        serving.shutdown()


def settings(tmp_path: Path, model: str) -> Settings:
    return Settings(data_dir=tmp_path / "data", transcribe=TranscribeSettings(model=model))


def test_a_model_is_fetched_once_and_its_commit_kept(server: type[FakeHub], tmp_path: Path) -> None:
    found = weights.folder(settings(tmp_path, "owner/good"))
    assert found == tmp_path / "data" / "models" / "hub-owner--good"
    assert {file.name: file.read_bytes() for file in found.iterdir()} == {
        **{name: FILES[name] for name in ("config.json", "tokenizer.json", "model.bin")},
        "commit.txt": f"{COMMIT}\n".encode(),
    }
    assert [path.name for path in found.parent.iterdir()] == [found.name]
    server.asked.clear()
    assert weights.folder(settings(tmp_path, "owner/good")) == found
    assert server.asked == []


def test_a_model_fetched_anew_is_converted_anew(
    server: type[FakeHub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def converted(source: Path, to: Path) -> None:
        to.write_bytes((source / "model.bin").read_bytes())

    monkeypatch.setattr(convert, "make_checkpoint", converted)
    first = weights.checkpoint(settings(tmp_path, "owner/good"))
    assert first.name == f"openai-owner--good-{COMMIT[:12]}.pt"
    shutil.rmtree(tmp_path / "data" / "models" / "hub-owner--good")
    server.commit = "f" * 40
    assert weights.checkpoint(settings(tmp_path, "owner/good")).name == f"openai-owner--good-{'f' * 12}.pt"
    assert weights.identity(settings(tmp_path, "owner/good")) == "owner/good"


def test_what_lies_twice_in_a_model_is_fetched_once(server: type[FakeHub], tmp_path: Path) -> None:
    server.files |= {"model.safetensors": b"x", "model.safetensors.index.json": b"{}", "vocabulary.json": b"[]"}
    hub.fetch_folder(HubModel("owner/good"), tmp_path / "good")
    names = {path.name for path in (tmp_path / "good").iterdir()}
    assert names == {"config.json", "tokenizer.json", "vocabulary.json", "model.bin", "commit.txt"}
    del server.files["vocabulary.json"]  # CTranslate2 cannot do without
    hub.fetch_folder(HubModel("owner/good"), tmp_path / "again")
    assert "model.bin" not in {path.name for path in (tmp_path / "again").iterdir()}
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == b"x"


def test_a_broken_download_goes_on_where_it_broke(server: type[FakeHub], tmp_path: Path) -> None:
    server.breaks = 2
    hub.fetch_folder(HubModel("owner/good"), tmp_path / "good")
    assert (tmp_path / "good" / "model.bin").read_bytes() == FILES["model.bin"]


def test_a_download_that_keeps_breaking_is_given_up(server: type[FakeHub], tmp_path: Path) -> None:
    server.breaks = 100
    server.files["model.bin"] *= 10
    with pytest.raises(SetupError, match=r"the download of model\.bin from 127\.0\.0\.1 failed"):
        weights.folder(settings(tmp_path, "owner/good"))
    assert list((tmp_path / "data" / "models").iterdir()) == []


def test_a_damaged_download_is_refused(server: type[FakeHub], tmp_path: Path) -> None:
    server.files["model.bin"] = b"x" * len(FILES["model.bin"])
    with pytest.raises(SetupError, match="is damaged"):
        weights.folder(settings(tmp_path, "owner/good"))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("owner/none", "has no model owner/none, or shows it only to"),
        ("NbAiLab/nb-whisper", "did you mean “NbAiLab/nb-whisper-"),
        ("owner/gated", "accepted its terms"),
        ("owner/good@v9", "has owner/good, but no revision v9"),
        ("owner/broken", "answers 503"),
        ("owner/odd", "does not answer as a model hub does"),
    ],
)
def test_what_the_hub_refuses_is_said(model: str, said: str, server: type[FakeHub], tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        weights.folder(settings(tmp_path, model))
    assert said in str(caught.value)
    assert ".." not in str(caught.value)
    assert "?." not in str(caught.value)


def test_pickled_weights_of_the_hub_are_refused(server: type[FakeHub], tmp_path: Path) -> None:
    server.files["pytorch_model.bin"] = server.files.pop("model.bin")
    with pytest.raises(SetupError, match=r"owner/good on the hub .*can carry programs"):
        weights.checkpoint(settings(tmp_path, "owner/good"))
    assert all("/resolve/" not in path for _, path, _ in server.asked)


def test_a_token_is_sent_and_never_shown(
    server: type[FakeHub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.fetch_folder(HubModel("owner/good"), tmp_path / "good")
    assert {sent for _, _, sent in server.asked} == {"Bearer hf_secret"}
    with pytest.raises(SetupError) as caught:
        hub.fetch_folder(HubModel("owner/none"), tmp_path / "none")
    assert "hf_secret" not in str(caught.value)


def test_a_disk_without_room_is_full_before_the_download(
    server: type[FakeHub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(DiskFull, match="no room for owner/good"):
        weights.folder(settings(tmp_path, "owner/good"))


def test_a_model_too_large_for_whisper_is_refused(
    server: type[FakeHub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MOST", 1000)
    with pytest.raises(SetupError, match="more than any Whisper model"):
        weights.folder(settings(tmp_path, "owner/good"))


def test_a_hub_that_does_not_answer_costs_seconds_at_most(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(hub, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes the connection and never says a word
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        begun = time.monotonic()
        with pytest.raises(SetupError, match=r"the model hub 127\.0\.0\.1 (does not answer|cannot be reached)"):
            hub.fetch_folder(HubModel("owner/good"), tmp_path / "good")
        assert time.monotonic() - begun < PATIENCE


def test_a_hub_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    with pytest.raises(SetupError, match=r"cannot be reached .*Check the name, connect this machine"):
        weights.folder(settings(tmp_path, "owner/good"))


def test_nobody_is_asked_offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: type[FakeHub]) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SetupError, match="HF_HUB_OFFLINE"):
        weights.folder(settings(tmp_path, "owner/good"))
    assert server.asked == []
