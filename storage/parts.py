"""Large objects that arrive in parts, from people who may go away in between and come back days later.

Beside `storage.port`, because only what people bring in with a browser is stored this way. `storage.s3.multipart` and
`storage.memory.multipart` keep this promise; one suite tests both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

MIN_PART = 5 * 1024 * 1024
"""What S3 servers take for a part that is not the last."""
MAX_PARTS = 10_000
"""What S3 servers take of one object."""


@dataclass(frozen=True, slots=True)
class UploadPart:
    """One part that has arrived; parts count from 1."""

    number: int
    size: int
    etag: str


class PartStore(Protocol):
    """Methods that take a `parts_id` raise NotFound if its parts are gone: complete, aborted or abandoned.

    Every method raises StorageDown when the server does not answer, DiskFull when it has no room.
    """

    def begin(self, key: str, *, media_type: str) -> str:
        """Room for the parts of one object; the name under which they are sent."""
        ...

    def put_part(self, key: str, parts_id: str, number: int, data: bytes | bytearray) -> str:
        """Store one part, over an older one of the same number, and return its etag."""
        ...

    def parts(self, key: str, parts_id: str) -> list[UploadPart]:
        """All that has arrived, in order. Of a part that was sent twice within a second, any of the two."""
        ...

    def complete(self, key: str, parts_id: str, parts: Sequence[tuple[int, str]]) -> None:
        """Make these (number, etag) the object, in one step; over an older one.

        Raises Conflict if one of them is not there. If they were completed before, some servers raise NotFound
        and others do nothing.
        """

    def abort(self, key: str, parts_id: str) -> None:
        """The parts are gone afterwards; no error if they never were."""

    def presign_part(self, key: str, parts_id: str, number: int, *, expires: int) -> str:
        """An address that takes this part by PUT, without credentials, for `expires` seconds."""
        ...
