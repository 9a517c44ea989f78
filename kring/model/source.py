"""Where a recording came from."""

from __future__ import annotations

import hashlib
from typing import Self

from kring.addresses import without_secrets
from kring.model.values import Frozen, Line, RecordingId

ADDRESS = "address"
"""Name of the source of web addresses given by hand; its external id is the address."""
UPLOAD = "upload"
"""Name of the source of what people bring in themselves; its external id is the content's SHA-256."""


class SourceRef(Frozen):
    """Where a recording came from: a source's name and the source's own name for it."""

    source: Line
    external_id: str
    """If it is an address, without what may be secret in it."""
    whole_id: RecordingId | None = None
    """The recording's id, of the whole external id, if `external_id` leaves out something secret."""

    @classmethod
    def of(cls, source: str, external_id: str) -> Self:
        """A reference that holds no secret; the recording's id is that of the whole external id."""
        reference = cls(source=source, external_id=external_id)
        shown = without_secrets(external_id)
        return (
            reference
            if shown == external_id
            else cls(source=source, external_id=shown, whole_id=reference.recording_id)
        )

    @property
    def recording_id(self) -> str:
        """16 hex characters of SHA-256 over source and external id."""
        return self.whole_id or hashlib.sha256(f"{self.source}\n{self.external_id}".encode()).hexdigest()[:16]
