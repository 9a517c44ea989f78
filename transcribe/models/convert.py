"""Whisper's weights from one engine's format into the other's; between them they lie in openai-whisper's layout."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kring.errors import SetupError
from transcribe.models.alignment_heads import Heads, stated, usable
from transcribe.models.ctranslate2 import Tensors, ctranslate_variables, openai_checkpoint, read_variables
from transcribe.models.folder_kinds import CTRANSLATE2, FACTS, facts, kind, weights
from transcribe.models.tokenizer import languages, vocabulary, write_tokenizer

if TYPE_CHECKING:
    import torch

Model = tuple[dict[str, int], Tensors]
"""The dimensions and the tensors of openai-whisper's `Whisper` (`whisper/model.py`)."""

DIMENSIONS = {
    "n_mels": "num_mel_bins",
    "n_audio_ctx": "max_source_positions",
    "n_audio_state": "d_model",
    "n_audio_head": "encoder_attention_heads",
    "n_audio_layer": "encoder_layers",
    "n_vocab": "vocab_size",
    "n_text_ctx": "max_target_positions",
    "n_text_state": "d_model",
    "n_text_head": "decoder_attention_heads",
    "n_text_layer": "decoder_layers",
}
"""OpenAI's names of the dimensions, and those of transformers' `WhisperConfig`."""

TENSORS = (
    (r"^model\.", ""),
    (r"embed_positions\.weight$", "positional_embedding"),
    (r"embed_tokens\b", "token_embedding"),
    (r"^encoder\.layer_norm\b", "encoder.ln_post"),
    (r"^decoder\.layer_norm\b", "decoder.ln"),
    (r"\.layers\.", ".blocks."),
    (r"\bself_attn_layer_norm\b", "attn_ln"),
    (r"\bencoder_attn_layer_norm\b", "cross_attn_ln"),
    (r"\bfinal_layer_norm\b", "mlp_ln"),
    (r"\bself_attn\b", "attn"),
    (r"\bencoder_attn\b", "cross_attn"),
    (r"\bq_proj\b", "query"),
    (r"\bk_proj\b", "key"),
    (r"\bv_proj\b", "value"),
    (r"\bout_proj\b", "out"),
    (r"\bfc1\b", "mlp.0"),
    (r"\bfc2\b", "mlp.2"),
)
"""What makes a tensor's name in transformers' `WhisperForConditionalGeneration` OpenAI's, one after the other."""


def convert_folder(source: Path, to: Path) -> None:
    """A folder in the format of transformers as one for CTranslate2."""
    known = facts(source)
    _write_folder(_read_transformers(source, half=True), known, stated(known), source, to)


def convert_checkpoint(source: Path, heads: Heads | None, to: Path) -> None:
    """A checkpoint of openai-whisper as a folder for CTranslate2."""
    _write_folder(_read_checkpoint(source), {}, heads, None, to)


def complete_folder(source: Path, to: Path) -> None:
    """Links to a folder for CTranslate2, and what it lacks; faster-whisper would ask the hub for it."""
    variables = read_variables(source / CTRANSLATE2)
    tokens, mels = variables["decoder/embeddings/weight"].shape[0], variables["encoder/conv1/weight"].shape[1]
    to.mkdir()
    for file in source.iterdir():
        (to / file.name).symlink_to(file.resolve())
    _complete(tokens, mels, to)


def make_checkpoint(source: Path, to: Path) -> None:
    """A folder of either kind as a checkpoint that `whisper.load_model` takes."""
    import numpy as np
    import torch

    if kind(source) == "ctranslate2":
        dims, state = openai_checkpoint(read_variables(source / CTRANSLATE2))
    else:
        dims, state = _read_transformers(source, half=False)
    tensors = {name: torch.from_numpy(np.require(tensor, requirements="W")) for name, tensor in state.items()}
    torch.save({"dims": dims, "model_state_dict": tensors}, os.fspath(to))


def _read_transformers(folder: Path, *, half: bool) -> Model:
    import numpy as np
    from safetensors import SafetensorError, safe_open

    known = facts(folder)
    if known.get("model_type") != "whisper":
        raise SetupError(f"{folder} holds no Whisper model (model_type in config.json: {known.get('model_type')}).")
    try:
        dims = {field: int(known[theirs]) for field, theirs in DIMENSIONS.items()}
        state: Tensors = {}
        for file in weights(folder):
            with safe_open(file, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118 - it is no dictionary
                    state[_renamed(name)] = _array(opened.get_tensor(name), half=half)
        projection = state.pop("proj_out.weight", None)
        if projection is not None and not np.array_equal(projection, state["decoder.token_embedding.weight"]):
            raise ValueError("it projects by other weights than its embeddings, which neither engine can")
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise SetupError(f"{folder} cannot be read as a Whisper model: {error}.") from None
    return dims, state


def _read_checkpoint(file: Path) -> Model:
    import pickle

    import torch

    try:
        known = torch.load(file, map_location="cpu", weights_only=True)
        dims = {name: int(known["dims"][name]) for name in DIMENSIONS}
        return dims, {name: _array(tensor, half=True) for name, tensor in known["model_state_dict"].items()}
    except (RuntimeError, ValueError, KeyError, TypeError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise SetupError(f"{file} cannot be read as a checkpoint of openai-whisper: {error}") from None


def _renamed(name: str) -> str:
    for pattern, replacement in TENSORS:
        name = re.sub(pattern, replacement, name)
    return name


def _array(tensor: torch.Tensor, *, half: bool) -> Any:
    """As numpy has it, which knows no bfloat16; `half`: in float16, for the sake of memory."""
    import torch

    if half:
        return tensor.half().numpy()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def _write_folder(model: Model, known: dict[str, Any], heads: Heads | None, source: Path | None, to: Path) -> None:
    """In float16, as Whisper is published for CTranslate2; it loads that in any precision."""
    from ctranslate2.specs import WhisperSpec
    from ctranslate2.specs.model_spec import index_spec

    dims, state = model
    tokens = _write_facts(dims, source, to)
    spec = WhisperSpec(dims["n_audio_layer"], dims["n_audio_head"], dims["n_text_layer"], dims["n_text_head"])
    try:
        for name, tensor in ctranslate_variables(dims, state).items():
            scope, attribute = name.rsplit("/", 1)
            setattr(index_spec(spec, scope), attribute, tensor)
        spec.config.alignment_heads = [list(pair) for pair in usable(heads, dims)]
        spec.config.suppress_ids = known.get("suppress_tokens", [])
        spec.config.suppress_ids_begin = known.get("begin_suppress_tokens", [])
        spec.config.lang_ids = sorted(known["lang_to_id"].values()) if "lang_to_id" in known else languages(tokens)
        spec.register_vocabulary(tokens)
        spec.validate()
        spec.optimize(quantization="float16")
        spec.save(os.fspath(to))
    except (KeyError, ValueError, AttributeError) as error:
        raise SetupError(f"{source or 'the checkpoint'} lacks a part of a Whisper model: {error}.") from None


def _write_facts(dims: dict[str, int], source: Path | None, to: Path) -> list[str]:
    """The files beside the weights, made where `source` has none. Returns the tokens."""
    to.mkdir()
    for name in FACTS:
        if source is not None and name != "config.json" and (source / name).is_file():
            shutil.copyfile(source / name, to / name)
    _complete(dims["n_vocab"], dims["n_mels"], to)
    return vocabulary(to / "tokenizer.json", dims["n_vocab"])


def _complete(tokens: int, mels: int, to: Path) -> None:
    if not (to / "preprocessor_config.json").is_file():
        (to / "preprocessor_config.json").write_text(json.dumps({"feature_size": mels}), encoding="utf-8")
    if not (to / "tokenizer.json").is_file():
        write_tokenizer(tokens, to / "tokenizer.json")
