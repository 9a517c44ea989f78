"""Whisper's tokens: as a model's `tokenizer.json` has them, or if it has none as openai-whisper ships them.

Checkpoints of openai-whisper hold no tokens, and many models trained further are published without `tokenizer.json`;
the tokens are the same for all of a kind, so their number tells which they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from kring.errors import SetupError

ENGLISH_ONLY = 51864
"""Tokens of the English models; the multilingual ones have one more, from large-v3 on two."""
STEP = 0.02
"""Seconds between two timestamp tokens."""


def write_tokenizer(size: int, to: Path) -> None:
    """A `tokenizer.json` at `to` for a model of `size` tokens, from openai-whisper's. Raises SetupError for others.

    Timestamps are left out, as in the first published ones; they are not looked up by name.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from whisper.tokenizer import get_encoding

    if size not in range(ENGLISH_ONLY, ENGLISH_ONLY + 3):
        raise SetupError(f"a model of {size} tokens needs its own tokenizer.json, and there is none")
    multilingual = size > ENGLISH_ONLY
    encoding = get_encoding(
        name="multilingual" if multilingual else "gpt2", num_languages=size - 51765 - int(multilingual)
    )
    ranks: dict[bytes, int] = encoding._mergeable_ranks
    letters = _letters()
    vocabulary = {_written(token, letters): rank for token, rank in ranks.items()}
    merges = [
        (_written(left, letters), _written(right, letters))
        for token in sorted(ranks, key=ranks.__getitem__)
        if len(token) > 1
        for left, right in [_parts(token, ranks)]
    ]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials: dict[str, int] = encoding._special_tokens
    begin = specials["<|notimestamps|>"]
    tokenizer.add_special_tokens(
        [
            AddedToken(name, special=True, normalized=False)
            for name, number in sorted(specials.items(), key=lambda item: item[1])
            if number <= begin
        ]
    )
    tokenizer.save(str(to))


def vocabulary(tokenizer: Path, size: int) -> list[str]:
    """All tokens of a `tokenizer.json` by number, filled up to `size` with timestamps. Raises SetupError for others."""
    try:
        known = json.loads(tokenizer.read_text(encoding="utf-8"))
        numbers: dict[int, str] = {number: token for token, number in known["model"]["vocab"].items()}
        numbers |= {added["id"]: added["content"] for added in known["added_tokens"]}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetupError(f"{tokenizer} cannot be read: {error}.") from None
    tokens = [numbers[number] for number in sorted(numbers) if number < size]
    if sorted(numbers)[: len(tokens)] != list(range(len(tokens))):
        raise SetupError(f"{tokenizer} has no token for some numbers.")
    return tokens + [f"<|{number * STEP:.2f}|>" for number in range(size - len(tokens))]


def languages(tokens: list[str]) -> list[int]:
    """The numbers of the tokens that stand for languages; they lie between these two."""
    return list(range(tokens.index("<|startoftranscript|>") + 1, tokens.index("<|translate|>")))


def _letters() -> dict[int, str]:
    """GPT-2's printable letter for each byte (`bytes_to_unicode` in OpenAI's gpt-2): itself, or one from 256 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + at) for at, byte in enumerate(others)}


def _written(token: Iterable[int], letters: dict[int, str]) -> str:
    return "".join(letters[byte] for byte in token)


def _parts(token: bytes, ranks: dict[bytes, int]) -> tuple[bytes, bytes]:
    """The two tokens that were merged into this one: what its bytes become by all merges before it."""
    parts = [token[at : at + 1] for at in range(len(token))]
    while len(parts) > 2:
        at = min(range(len(parts) - 1), key=lambda at: ranks.get(parts[at] + parts[at + 1], len(ranks)))
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    left, right = parts
    return left, right
