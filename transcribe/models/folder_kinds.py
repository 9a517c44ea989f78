"""A folder with a Whisper model: what kind it is, which of its files are the weights, and what it says of itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

from kring.errors import SetupError

FolderKind = Literal["ctranslate2", "transformers"]

CTRANSLATE2 = "model.bin"
SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
PICKLES = re.compile(r".*\.(bin|pt|pth|ckpt|pkl|msgpack|h5)")
FACTS = ("config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json")
WANTED = re.compile(
    rf"vocabulary\.(json|txt)|{'|'.join(re.escape(name) for name in (*FACTS, CTRANSLATE2, SINGLE, INDEX))}"
)


def needed_files(names: list[str]) -> list[str]:
    """Those files of a model, here or on a hub, that either engine needs. Raises SetupError if it has no weights."""
    chosen = [name for name in names if WANTED.fullmatch(name)]
    if INDEX in chosen and SINGLE not in chosen:
        chosen += [name for name in names if SHARD.fullmatch(name)]
    known = any(name.startswith("vocabulary.") for name in chosen)
    if CTRANSLATE2 in chosen and (known or not {SINGLE, INDEX} & set(chosen)):
        return [name for name in chosen if not name.endswith((".safetensors", INDEX))]  # the same weights again
    chosen = [name for name in chosen if name != CTRANSLATE2]  # without its tokens, of no use
    if SINGLE not in chosen and INDEX not in chosen:
        if any(PICKLES.fullmatch(name) for name in names):
            raise SetupError(
                "its weights are in a format that can carry programs (such as pytorch_model.bin), which Kring does not "
                "read; it needs them as model.safetensors, or for CTranslate2 as model.bin"
            )
        raise SetupError("it has no weights: no model.bin (CTranslate2) and no model.safetensors (transformers)")
    if "config.json" not in chosen:
        raise SetupError("it has no config.json")
    return chosen


def kind(folder: Path) -> FolderKind:
    """Raises SetupError if it is neither."""
    try:
        chosen = needed_files([path.name for path in folder.iterdir() if path.is_file()])
    except SetupError as error:
        raise SetupError(f"The folder {folder} (transcribe.model) holds no Whisper model: {error}.") from None
    return "ctranslate2" if CTRANSLATE2 in chosen else "transformers"


def weights(folder: Path) -> list[Path]:
    """The files with its weights, in order. Raises SetupError if one is missing."""
    if kind(folder) == "ctranslate2":
        return [folder / CTRANSLATE2]
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    shards = sorted(set(_json(folder / INDEX).get("weight_map", {}).values()))
    for shard in shards:
        if not SHARD.fullmatch(shard) or not (folder / shard).is_file():
            raise SetupError(f"{folder / INDEX} names the file {shard}, which is not there.")
    return [folder / shard for shard in shards]


def facts(folder: Path) -> dict[str, Any]:
    """What its configuration says; where two files say something, what it says of generating text holds."""
    known: dict[str, Any] = {}
    for name in ("config.json", "generation_config.json"):
        if (folder / name).is_file():
            known |= {key: value for key, value in _json(folder / name).items() if value is not None}
    return known


def _json(file: Path) -> dict[str, Any]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(f"{file} cannot be read: {error}.") from None
    if not isinstance(known, dict):
        raise SetupError(f"{file} cannot be read: it is no JSON object.")
    return known
