"""Files on their way from the store to this machine: they appear whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from kring.errors import DiskFull


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write; it becomes `path` on success and is deleted otherwise.

    Raises DiskFull if this machine has no room.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(f"The disk of this machine has no room in {path.parent}; make room and try again.") from None
        raise
    finally:
        part.unlink(missing_ok=True)
