"""Alignment heads: the parts of Whisper's decoder that follow the sound, from which words get their times.

If a model's are not known, the engines take the latter half of all its heads, which is less exact.
"""

from __future__ import annotations

from typing import Any

Heads = tuple[tuple[int, int], ...]
"""Layers and heads in the decoder's cross-attention."""

PER_LAYER = {"tiny": 6, "base": 8, "small": 12, "medium": 16, "large": 20}
"""Heads in each layer of Whisper's sizes (Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision,
table 1)."""


def published(name: str) -> Heads | None:
    """Those that OpenAI found for the size `name`; None for any other name."""
    import base64
    import gzip

    import whisper

    dump = whisper._ALIGNMENT_HEADS.get(name)
    if dump is None:
        return None
    marks = gzip.decompress(base64.b85decode(dump))
    per_layer = PER_LAYER[name.partition("-")[0].removesuffix(".en")]
    return tuple(divmod(at, per_layer) for at, mark in enumerate(marks) if mark)


def stated(facts: dict[str, Any]) -> Heads | None:
    """Those that a model's configuration states; None if it has none."""
    pairs = facts.get("alignment_heads")
    return tuple((int(layer), int(head)) for layer, head in pairs) if pairs else None


def usable(heads: Heads | None, dims: dict[str, int]) -> Heads:
    """`heads` if a model of these dimensions has them, else all of its latter half."""
    layers, number = dims["n_text_layer"], dims["n_text_head"]
    if heads and all(layer < layers and head < number for layer, head in heads):
        return heads
    return tuple((layer, head) for layer in range(layers // 2, layers) for head in range(number))


def set_heads(model: Any, heads: Heads | None) -> None:
    """Tell `model`, one of openai-whisper's, to use them."""
    import torch

    mask = torch.zeros(model.dims.n_text_layer, model.dims.n_text_head, dtype=torch.bool)
    for layer, head in usable(heads, vars(model.dims)):
        mask[layer, head] = True
    model.register_buffer("alignment_heads", mask.to_sparse().to(model.device), persistent=False)
