"""CPU or GPU, and in which precision. No GPU is needed: what the driver says is put in its place."""

from __future__ import annotations

import ctypes
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kring.errors import SetupError
from kring.settings import Settings, TranscribeSettings, load_settings
from tests.support.repository import REPOSITORY
from transcribe.engines import device as module
from transcribe.engines.device import FASTER, OPENAI, device, precision


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    """What was cached of this machine, and of the machines made up here, is forgotten."""
    caches = (module.gpu, module.cublas_loads, module.torch_has_cuda, module._warn_once)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def settings(asked: str = "auto", exact: str = "auto") -> Settings:
    return Settings(transcribe=TranscribeSettings.model_validate({"device": asked, "precision": exact}))


def machine(monkeypatch: pytest.MonkeyPatch, gpu: tuple[int, int] | None, *, libraries: bool = True) -> None:
    for name, answer in (("gpu", gpu), ("cublas_loads", libraries), ("torch_has_cuda", libraries)):
        monkeypatch.setattr(module, name, _Cached(answer))


class _Cached:
    def __init__(self, answer: object) -> None:
        self.answer = answer

    def __call__(self) -> object:
        return self.answer

    def cache_clear(self) -> None: ...


@pytest.mark.parametrize("engine", [FASTER, OPENAI])
@pytest.mark.parametrize(
    ("asked", "gpu", "libraries", "expected"),
    [
        ("auto", None, True, "cpu"),
        ("auto", (8, 6), True, "cuda"),
        ("auto", (8, 6), False, "cpu"),
        ("cpu", (8, 6), True, "cpu"),
        ("cuda", (8, 6), True, "cuda"),
    ],
)
def test_where_work_is_done(
    engine: str,
    asked: str,
    gpu: tuple[int, int] | None,
    libraries: bool,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine(monkeypatch, gpu, libraries=libraries)
    assert device(settings(asked), engine) == expected


def test_a_gpu_asked_for_in_vain_is_an_error_that_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, None)
    with pytest.raises(SetupError, match="no NVIDIA GPU and driver"):
        device(settings("cuda"))
    machine(monkeypatch, (8, 6), libraries=False)
    with pytest.raises(SetupError, match=r"cuBLAS 12 .*`gpu` extra"):
        device(settings("cuda"))
    with pytest.raises(SetupError, match="PyTorch"):
        device(settings("cuda"), OPENAI)


def test_a_gpu_that_cannot_be_used_is_mentioned_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    machine(monkeypatch, (8, 6), libraries=False)
    with caplog.at_level(logging.WARNING):
        assert [device(settings()), device(settings())] == ["cpu", "cpu"]
    assert len(caplog.records) == 1
    assert "libcublas.so.12" in caplog.text


@pytest.mark.parametrize(
    ("engine", "gpu", "expected"),
    [
        (FASTER, None, "int8"),
        (OPENAI, None, "float32"),
        (FASTER, (9, 0), "float16"),
        (OPENAI, (9, 0), "float16"),
        (FASTER, (6, 1), "int8_float32"),
        (FASTER, (6, 0), "float32"),
    ],
)
def test_the_precision_by_itself(
    engine: str, gpu: tuple[int, int] | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, gpu)
    assert precision(settings(), engine) == expected


def test_a_precision_that_cannot_be_had_lists_those_that_can(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, None)
    assert precision(settings(exact="float32"), FASTER) == "float32"
    with pytest.raises(SetupError, match=r"faster-whisper cannot work in float16 on the CPU .*: int8, int8_float32, f"):
        precision(settings(exact="float16"), FASTER)
    with pytest.raises(SetupError, match=r"openai-whisper cannot work in int8 on the CPU .*: float32\.$"):
        precision(settings(exact="int8"), OPENAI)
    machine(monkeypatch, (6, 1))
    with pytest.raises(SetupError, match=r"in int8_float16 on this GPU .*: int8_float32, int8, float32\."):
        precision(settings(exact="int8_float16"), FASTER)


def test_a_wrong_device_is_refused_with_the_right_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_TRANSCRIBE__DEVICE", "gpu")
    with pytest.raises(SetupError, match=r"transcribe\.device.*'auto', 'cpu' or 'cuda'"):
        load_settings(data_dir=tmp_path)


@pytest.mark.parametrize("said", ["", "crash"])
def test_a_driver_that_fails_is_no_gpu(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_options: None)
    monkeypatch.setattr(module, "ASK_DRIVER", "import os, sys; os.abort()" if said else "import sys; sys.exit(1)")
    assert module.gpu() is None


def test_what_the_driver_says_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_options: None)
    monkeypatch.setattr(module, "ASK_DRIVER", "print(9, 0)")
    assert module.gpu() == (9, 0)


def test_cublas_of_a_python_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    library = tmp_path / "nvidia" / "cublas" / "lib" / "libcublas.so.12"
    library.parent.mkdir(parents=True)
    library.touch()
    loaded = []

    def load(name: str, mode: int = 0) -> None:
        if name != str(library):
            raise OSError(name)
        loaded.append(name)

    monkeypatch.setattr(ctypes, "CDLL", load)
    monkeypatch.delitem(sys.modules, "nvidia", raising=False)
    assert module.cublas_loads()
    assert loaded == [str(library)]


def test_asking_loads_neither_engine() -> None:
    code = (
        "import sys; from kring.settings import Settings; from transcribe.engines.device import device, precision\n"
        "device(Settings()); precision(Settings(), 'faster-whisper'); precision(Settings(), 'openai-whisper')\n"
        "assert not {'torch', 'ctranslate2', 'whisper', 'faster_whisper'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)


def test_the_table_for_the_cpu_agrees_with_ctranslate2() -> None:
    code = (
        "import ctranslate2; from transcribe.engines.device import CPU, FASTER\n"
        "assert set(CPU[FASTER]) <= ctranslate2.get_supported_compute_types('cpu')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)
