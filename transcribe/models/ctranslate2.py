"""CTranslate2's `model.bin` read without CTranslate2, and Whisper's tensors under OpenAI's names, there and back.

Layout, little-endian (`ctranslate2/specs/model_spec.py`, binary version 6): u32 version; the specification's name; u32
its revision; u32 number of variables, each a name, u8 rank, u32 per dimension, u8 type, u32 bytes, the bytes; u32
number of aliases, each two names. A name is a u16 length that counts a closing NUL, then UTF-8.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

from kring.errors import SetupError

if TYPE_CHECKING:
    import numpy as np

Tensors = dict[str, "np.ndarray"]

BINARY_VERSION = 6
TYPES = ("float32", "int8", "int16", "int32", "float16")
"""By CTranslate2's type number; bfloat16 (5) has no numpy type and no Whisper weights are published in it."""


class _VariableReader:
    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def number(self, format_: str) -> int:
        value: int = struct.unpack_from(f"<{format_}", self.data, self.at)[0]
        self.at += struct.calcsize(f"<{format_}")
        return value

    def take(self, size: int) -> memoryview:
        if self.at + size > len(self.data):
            raise struct.error("the file ends inside a variable")
        self.at += size
        return self.data[self.at - size : self.at]

    def name(self) -> str:
        return bytes(self.take(self.number("H"))[:-1]).decode("utf-8")


def read_variables(path: Path) -> Tensors:
    """The variables of a CTranslate2 Whisper model by name, aliases resolved; memory-mapped and read-only.

    Raises SetupError if the file is not one, or is of another version.
    """
    import numpy as np

    try:
        reader = _VariableReader(memoryview(np.memmap(path, mode="r", dtype=np.uint8).data))
        version, name, _revision = reader.number("I"), reader.name(), reader.number("I")
        if version != BINARY_VERSION or name != "WhisperSpec":
            raise SetupError(
                f"{path} holds {name} in format {version}; expected WhisperSpec in format {BINARY_VERSION}."
            )
        variables: Tensors = {}
        for _ in range(reader.number("I")):
            name = reader.name()
            shape = tuple(reader.number("I") for _ in range(reader.number("B")))
            dtype = np.dtype(TYPES[reader.number("B")])
            variables[name] = np.frombuffer(reader.take(reader.number("I")), dtype).reshape(shape)
        for _ in range(reader.number("I")):
            alias, name = reader.name(), reader.name()
            variables[alias] = variables[name]
    except (struct.error, UnicodeDecodeError, ValueError, IndexError, KeyError, OSError) as error:
        raise SetupError(f"{path} cannot be read as CTranslate2 weights: {error}.") from None
    return variables


def openai_checkpoint(variables: Tensors) -> tuple[dict[str, int], Tensors]:
    """The dimensions and the state of the same model in openai-whisper's layout (`whisper/model.py`).

    CTranslate2 fuses query, key and value (in cross-attention key and value) along the first axis; here they are
    parted again. Keys have no bias there (the fused one is zero), so it is left out.

    Raises SetupError for quantised weights.
    """
    if any(tensor.dtype.kind == "i" and tensor.ndim > 1 and "weight" in name for name, tensor in variables.items()):
        raise SetupError("These weights are quantised; openai-whisper needs them in float16 or float32.")
    width = variables["encoder/conv1/weight"].shape[0]
    layers = {side: _layers(variables, side) for side in ("encoder", "decoder")}
    dims = {
        "n_mels": variables["encoder/conv1/weight"].shape[1],
        "n_audio_ctx": variables["encoder/position_encodings/encodings"].shape[0],
        "n_audio_state": width,
        "n_audio_head": int(variables["encoder/num_heads"]),
        "n_audio_layer": layers["encoder"],
        "n_vocab": variables["decoder/embeddings/weight"].shape[0],
        "n_text_ctx": variables["decoder/position_encodings/encodings"].shape[0],
        "n_text_state": width,
        "n_text_head": int(variables["decoder/num_heads"]),
        "n_text_layer": layers["decoder"],
    }
    state: Tensors = {
        "encoder.positional_embedding": variables["encoder/position_encodings/encodings"],
        "decoder.positional_embedding": variables["decoder/position_encodings/encodings"],
        "decoder.token_embedding.weight": variables["decoder/embeddings/weight"],
        **_affine(variables, "encoder/conv1", "encoder.conv1"),
        **_affine(variables, "encoder/conv2", "encoder.conv2"),
        **_norm(variables, "encoder/layer_norm", "encoder.ln_post"),
        **_norm(variables, "decoder/layer_norm", "decoder.ln"),
    }
    for side, count in layers.items():
        for number in range(count):
            state |= _block(variables, f"{side}/layer_{number}", f"{side}.blocks.{number}")
    return dims, state


def _layers(variables: Tensors, side: str) -> int:
    return len({name.split("/")[1] for name in variables if name.startswith(f"{side}/layer_") and name.count("/") > 2})


def _affine(variables: Tensors, source: str, target: str) -> Tensors:
    return {f"{target}.{part}": variables[f"{source}/{part}"] for part in ("weight", "bias")}


def _norm(variables: Tensors, source: str, target: str) -> Tensors:
    return {f"{target}.weight": variables[f"{source}/gamma"], f"{target}.bias": variables[f"{source}/beta"]}


def _fused(variables: Tensors, source: str, target: str, names: tuple[str, ...]) -> Tensors:
    """One matrix with several stacked along the first axis, parted; keys lose their zero bias."""
    parted: Tensors = {}
    for part in ("weight", "bias"):
        fused = variables[f"{source}/{part}"]
        rows = fused.shape[0] // len(names)
        for number, name in enumerate(names):
            if (name, part) != ("key", "bias"):
                parted[f"{target}.{name}.{part}"] = fused[number * rows : (number + 1) * rows]
    return parted


def _block(variables: Tensors, source: str, target: str) -> Tensors:
    block = {
        **_norm(variables, f"{source}/self_attention/layer_norm", f"{target}.attn_ln"),
        **_fused(variables, f"{source}/self_attention/linear_0", f"{target}.attn", ("query", "key", "value")),
        **_affine(variables, f"{source}/self_attention/linear_1", f"{target}.attn.out"),
        **_norm(variables, f"{source}/ffn/layer_norm", f"{target}.mlp_ln"),
        **_affine(variables, f"{source}/ffn/linear_0", f"{target}.mlp.0"),
        **_affine(variables, f"{source}/ffn/linear_1", f"{target}.mlp.2"),
    }
    if f"{source}/attention/linear_0/weight" in variables:  # the decoder also listens to the encoder
        block |= {
            **_norm(variables, f"{source}/attention/layer_norm", f"{target}.cross_attn_ln"),
            **_affine(variables, f"{source}/attention/linear_0", f"{target}.cross_attn.query"),
            **_fused(variables, f"{source}/attention/linear_1", f"{target}.cross_attn", ("key", "value")),
            **_affine(variables, f"{source}/attention/linear_2", f"{target}.cross_attn.out"),
        }
    return block


def ctranslate_variables(dims: dict[str, int], state: Tensors) -> Tensors:
    """The way back: CTranslate2's names for a state in OpenAI's layout. Raises KeyError for a tensor it lacks."""
    variables: Tensors = {
        "encoder/position_encodings/encodings": state["encoder.positional_embedding"],
        "decoder/position_encodings/encodings": state["decoder.positional_embedding"],
        "decoder/embeddings/weight": state["decoder.token_embedding.weight"],
        "decoder/projection/weight": state["decoder.token_embedding.weight"],
        **_affine_back(state, "encoder.conv1", "encoder/conv1"),
        **_affine_back(state, "encoder.conv2", "encoder/conv2"),
        **_norm_back(state, "encoder.ln_post", "encoder/layer_norm"),
        **_norm_back(state, "decoder.ln", "decoder/layer_norm"),
    }
    for side, count in (("encoder", dims["n_audio_layer"]), ("decoder", dims["n_text_layer"])):
        for number in range(count):
            variables |= _block_back(
                state, f"{side}.blocks.{number}", f"{side}/layer_{number}", cross=side == "decoder"
            )
    return variables


def _affine_back(state: Tensors, source: str, target: str) -> Tensors:
    return {f"{target}/{part}": state[f"{source}.{part}"] for part in ("weight", "bias")}


def _norm_back(state: Tensors, source: str, target: str) -> Tensors:
    return {f"{target}/gamma": state[f"{source}.weight"], f"{target}/beta": state[f"{source}.bias"]}


def _fused_back(state: Tensors, source: str, target: str, names: tuple[str, ...]) -> Tensors:
    """Several matrices stacked along the first axis; keys get a bias of zero."""
    import numpy as np

    weights = [state[f"{source}.{name}.weight"] for name in names]
    biases = [
        np.zeros(len(weight), weight.dtype) if name == "key" else state[f"{source}.{name}.bias"]
        for name, weight in zip(names, weights, strict=True)
    ]
    return {f"{target}/weight": np.concatenate(weights), f"{target}/bias": np.concatenate(biases)}


def _block_back(state: Tensors, source: str, target: str, *, cross: bool) -> Tensors:
    block = {
        **_norm_back(state, f"{source}.attn_ln", f"{target}/self_attention/layer_norm"),
        **_fused_back(state, f"{source}.attn", f"{target}/self_attention/linear_0", ("query", "key", "value")),
        **_affine_back(state, f"{source}.attn.out", f"{target}/self_attention/linear_1"),
        **_norm_back(state, f"{source}.mlp_ln", f"{target}/ffn/layer_norm"),
        **_affine_back(state, f"{source}.mlp.0", f"{target}/ffn/linear_0"),
        **_affine_back(state, f"{source}.mlp.2", f"{target}/ffn/linear_1"),
    }
    if cross:
        block |= {
            **_norm_back(state, f"{source}.cross_attn_ln", f"{target}/attention/layer_norm"),
            **_affine_back(state, f"{source}.cross_attn.query", f"{target}/attention/linear_0"),
            **_fused_back(state, f"{source}.cross_attn", f"{target}/attention/linear_1", ("key", "value")),
            **_affine_back(state, f"{source}.cross_attn.out", f"{target}/attention/linear_2"),
        }
    return block
