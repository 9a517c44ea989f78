"""What the types of stored documents are made of: lines of text, ids, seconds, and how many of each."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from kring.text import normalized


def _clean_line(text: str) -> str:
    """One line of human text: NFC, no control characters, single spaces."""
    printable = "".join(" " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c for c in text)
    return " ".join(normalized("NFC", printable).split())


Line = Annotated[str, AfterValidator(_clean_line), StringConstraints(min_length=1, max_length=300)]
RecordingId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
SCHEMA_VERSION = 4
"""Of the documents in the bucket, as this program writes them; `storage/migrations/` brings older ones up to date."""
MOST_LABELS = 200
"""Presenters, organisations or topics of one recording: pages show all of them, and a form takes them."""
Labels = Annotated[tuple[Line, ...], Field(max_length=MOST_LABELS)]


class Frozen(BaseModel):
    """A value: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def now() -> datetime:
    """The present moment, timezone-aware."""
    return datetime.now(UTC)
