"""Where weights come from, in which order, and what is said when there are none."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kring.errors import DiskFull, SetupError
from kring.settings import Settings, Transcribe
from transcribe import hub, weights


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package of two parts, laid out as the real one."""
    site = tmp_path / "site"
    for number, module in enumerate(weights.PACKAGE, start=1):
        data = site / module / "data"
        data.mkdir(parents=True)
        (site / module / "__init__.py").touch()
        (data / f"model.bin.part{number}").write_bytes(b"half%d" % number)
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (site / weights.PACKAGE[0] / "data" / name).write_text(name)
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    monkeypatch.setattr(weights, "PACKAGE_SHA256", hashlib.sha256(b"half1half2").hexdigest())
    for module in weights.PACKAGE:
        monkeypatch.delitem(sys.modules, module, raising=False)
    return site


def settings(tmp_path: Path, model: str = "base") -> Settings:
    return Settings(data_dir=tmp_path / "data", transcribe=Transcribe(model=model))


def test_the_package_is_joined_into_the_cache(tmp_path: Path, package: Path) -> None:
    found = weights.folder(settings(tmp_path))
    assert found == tmp_path / "data" / "models" / "faster-whisper-base"
    assert {file.name: file.read_bytes() for file in found.iterdir()} == {
        "model.bin": b"half1half2",
        "config.json": b"config.json",
        "tokenizer.json": b"tokenizer.json",
        "vocabulary.txt": b"vocabulary.txt",
    }
    assert [path.name for path in found.parent.iterdir()] == [found.name]


def test_the_cache_is_enough_the_second_time(tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = weights.folder(settings(tmp_path))
    monkeypatch.setattr(weights, "PACKAGE", ("no_such_package",))
    assert weights.folder(settings(tmp_path)) == first


def test_a_damaged_package_leaves_nothing_behind(tmp_path: Path, package: Path) -> None:
    (package / weights.PACKAGE[1] / "data" / "model.bin.part2").write_bytes(b"other")
    with pytest.raises(SetupError, match="damaged"):
        weights.folder(settings(tmp_path))
    assert list((tmp_path / "data" / "models").iterdir()) == []


def test_two_processes_may_join_at_once(tmp_path: Path, package: Path) -> None:
    def another_was_faster(to: Path) -> None:
        weights.folder(settings(tmp_path))
        weights._join_package("base", to)

    target = tmp_path / "data" / "models" / "faster-whisper-base"
    assert weights._obtain(target, "base", (another_was_faster,)) == target
    assert (target / "model.bin").read_bytes() == b"half1half2"
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_without_weights_all_four_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        weights.folder(settings(tmp_path, "small"))
    message = str(caught.value)
    for place in ("names no path", "nothing in the cache", "hub is not asked (HF_HUB_OFFLINE", "weights package"):
        assert place in message


def test_a_path_comes_first(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "model.bin").write_bytes(b"mine")
    assert weights.folder(settings(tmp_path, str(own))) == own
    assert weights.model_name(settings(tmp_path, str(own))) == "own"
    assert weights.identity(settings(tmp_path, str(own))) == hashlib.sha256(b"mine").hexdigest()
    (own / "model.bin").write_bytes(b"tuned further")
    assert weights.identity(settings(tmp_path, str(own))) == hashlib.sha256(b"tuned further").hexdigest()


def test_a_checkpoint_may_be_given_as_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tuned.pt"
    file.write_bytes(b"x")
    assert weights.checkpoint(settings(tmp_path, str(file))) == file
    assert weights.model_name(settings(tmp_path, str(file))) == "tuned"


def test_a_wrong_name_lists_the_right_ones(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"“bsae”.*tiny, base, small.*turbo"):
        weights.model_name(settings(tmp_path, "bsae"))


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"model\.bin"):
        weights.folder(settings(tmp_path, str(tmp_path)))
    with pytest.raises(SetupError, match=r"model\.bin"):
        weights.identity(settings(tmp_path, str(tmp_path)))


def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    def full(_to: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(DiskFull, match="no room for the weights"):
        weights._obtain(tmp_path / "models" / "x", "base", (full,))


def test_a_hub_that_does_not_answer_costs_seconds_at_most(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(hub, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes the connection and never says a word
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        begun = time.monotonic()
        with pytest.raises(SetupError, match=r"the model hub 127\.0\.0\.1 (does not answer|cannot be reached)"):
            hub.fetch_folder("small", tmp_path / "small")
        assert time.monotonic() - begun < 5


def test_the_hub_knows_every_size() -> None:
    assert set(hub.REPOSITORIES) == set(weights.SIZES)


def test_names_agree_with_both_engines() -> None:
    program = (
        "import faster_whisper.utils, whisper; from transcribe import hub, weights\n"
        "assert {s: faster_whisper.utils._MODELS[s] for s in weights.SIZES} == hub.REPOSITORIES\n"
        "assert set(weights.SIZES) == set(whisper.available_models())\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
