"""What was asked for and is not in the archive yet. Stored at `requests/<recording-id>.json` until it was received.

Prefect's database knows of it too, and may be lost; and it cannot say that a person cancelled what another database
has never heard of.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kring.model import SCHEMA_VERSION, Frozen, RecordingId


class Request(Frozen):
    schema_version: int = SCHEMA_VERSION
    id: RecordingId
    """The recording it will be."""
    parameters: dict[str, Any]
    """Those of its run; `item` among them says where to fetch it."""
    tags: tuple[str, ...] = ()
    asked_at: datetime
    """Its place in the queue."""
    cancelled_at: datetime | None = None
    """When a person cancelled its run; nothing but a person starts it again."""

    @property
    def title(self) -> str:
        return str(self.parameters.get("title", ""))
