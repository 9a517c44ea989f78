"""Where the arithmetic is done, and how exactly: on the CPU or an NVIDIA GPU, in the precision asked for.

Nothing here imports PyTorch or CTranslate2: a fingerprint asks these questions too, and must stay cheap.
"""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Literal

from kring.errors import SetupError
from kring.settings import Settings

log = logging.getLogger(__name__)

Device = Literal["cpu", "cuda"]
Capability = tuple[int, int]
"""NVIDIA's compute capability, major and minor."""

FASTER = "faster-whisper"
OPENAI = "openai-whisper"

CPU: dict[str, tuple[str, ...]] = {FASTER: ("int8", "int8_float32", "float32"), OPENAI: ("float32",)}
"""What each engine can do there; the first is what `auto` means."""

ASK_DRIVER = """
import ctypes, sys
cuda = ctypes.CDLL("libcuda.so.1")
device, values = ctypes.c_int(), [ctypes.c_int(), ctypes.c_int()]
failed = cuda.cuInit(0) or cuda.cuDeviceGet(ctypes.byref(device), 0)
for attribute, value in zip((75, 76), values):
    failed = failed or cuda.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
if failed:
    sys.exit(1)
print(*(value.value for value in values))
"""
"""75 and 76 are CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR in NVIDIA's cuda.h."""


def device(settings: Settings, engine: str = "") -> Device:
    """Where `engine` (empty: the one in the settings) works: `transcribe.device`, or for `auto` the GPU if it can.

    Raises SetupError if `cuda` is asked for and cannot be had.
    """
    asked = settings.transcribe.device
    if asked == "cpu" or (asked == "auto" and gpu() is None):
        return "cpu"
    lack = _lack(engine or settings.transcribe.engine)
    if lack is None:
        return "cuda"
    if asked == "cuda":
        raise SetupError(f"There is no working on a GPU here (transcribe.device is “cuda”): {lack}.")
    _warn_once(lack)
    return "cpu"


def precision(settings: Settings, engine: str) -> str:
    """What `engine` does its arithmetic in, in CTranslate2's words. Raises SetupError listing what it can do here."""
    where = device(settings, engine)
    able = CPU[engine] if where == "cpu" else _on_gpu(engine)
    asked = settings.transcribe.precision
    if asked == "auto":
        return able[0]
    if asked not in able:
        place = "the CPU" if where == "cpu" else "this GPU"
        raise SetupError(
            f"{engine} cannot work in {asked} on {place} (transcribe.precision); it can in: {', '.join(able)}."
        )
    return asked


def _on_gpu(engine: str) -> tuple[str, ...]:
    """As CTranslate2's page on quantisation has it: 8 bits from 6.1 on but not on 6.2, float16 from 7.0 on."""
    if engine == OPENAI:
        return ("float16", "float32")
    capability = gpu() or (0, 0)
    if capability >= (7, 0):
        return ("float16", "int8_float16", "int8", "int8_float32", "float32")
    return ("int8_float32", "int8", "float32") if capability == (6, 1) else ("float32",)


def _lack(engine: str) -> str | None:
    """What keeps `engine` from the GPU, and what to do about it."""
    if gpu() is None:
        return "no NVIDIA GPU and driver are found on this machine; set it to “cpu”, or see that `nvidia-smi` works"
    if engine == OPENAI and not torch_has_cuda():
        return "the PyTorch here is built for the CPU alone; install the one with CUDA from pytorch.org"
    if engine == FASTER and not cublas_loads():
        return "cuBLAS 12 (libcublas.so.12) cannot be loaded; install Kring with its `gpu` extra"
    return None


@lru_cache(maxsize=1)
def gpu() -> Capability | None:
    """The first GPU's compute capability; None if there is none.

    The driver is asked in a process of its own: one that has called it can no longer fork and use the GPU, and a
    broken driver may hang or crash.
    """
    try:
        ctypes.CDLL("libcuda.so.1")
        asked = subprocess.run(
            [sys.executable, "-I", "-c", ASK_DRIVER], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor = asked.stdout.split()
    return int(major), int(minor)


@lru_cache(maxsize=1)
def cublas_loads() -> bool:
    """Whether CTranslate2 will find cuBLAS. It looks for this name only, so that of a Python package is loaded here."""
    places = ["libcublas.so.12"]
    package = importlib.util.find_spec("nvidia")
    for folder in package.submodule_search_locations or () if package is not None else ():
        places.append(str(Path(folder) / "cublas" / "lib" / places[0]))
    for place in places:
        try:
            ctypes.CDLL(place, mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        return True
    return False


@lru_cache(maxsize=1)
def torch_has_cuda() -> bool:
    """Whether PyTorch was built with CUDA, told from its files: importing it takes seconds."""
    package = importlib.util.find_spec("torch")
    folders = package.submodule_search_locations or () if package is not None else ()
    return any((Path(folder) / "lib" / "libtorch_cuda.so").is_file() for folder in folders)


@lru_cache(maxsize=8)
def _warn_once(lack: str) -> None:
    log.warning("The GPU of this machine is not used: %s. With transcribe.device = “cpu” this is not said again.", lack)
