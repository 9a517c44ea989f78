"""The folder of the embedded index: which generation is current, who may write, what a rebuild has to repeat.

    <root>/current              name of the generation that is searched; replaced in one move
    <root>/g-<random>/          one Tantivy index, with kring.json (schema number, whether it is complete)
    <root>/write.lock           held while anything is written to the current generation
    <root>/rebuild.lock         held by the one rebuild there may be
    <root>/touched              ids of recordings written while a rebuild runs; there only then

Locks are the kernel's (flock): they end with the process that holds them, whatever ends it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.text.analysis import SCHEMA
from kring.errors import DiskFull, SearchDown

_RETRY = 0.02  # seconds between two tries for a lock
_NAME = re.compile("g-[0-9a-f]{16}")
_ID = re.compile(b"[0-9a-f]{16}")


@contextmanager
def engine_errors() -> Iterator[None]:
    """What Tantivy and the file system raise becomes SearchDown, or DiskFull.

    Tantivy raises ValueError for nearly all; if it panics, pyo3 raises a BaseException; and values that a damaged file
    gives may be found nowhere, or be of another kind than was written.
    """
    try:
        yield
    except (ValueError, OSError, LookupError, TypeError, ArithmeticError, MemoryError) as error:
        raise _in_words(error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # it cannot be imported
            raise
        raise _in_words(error) from error


def _in_words(error: BaseException) -> Exception:
    if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error):
        return DiskFull("The disk with the search index is full; make room and try again.")
    return SearchDown(f"The search index does not work ({error}); if it stays so, run `kring reindex`.")


class Generations:
    def __init__(self, root: Path, *, lock_seconds: float) -> None:
        self.root = root
        self._lock_seconds = lock_seconds

    def current(self) -> Path | None:
        """The generation that is searched, whatever its schema; None if there is none yet, or `current` cannot be
        understood.

        Raises SearchDown if the folder cannot be read.
        """
        try:
            name = (self.root / "current").read_text(encoding="ascii")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
            return None
        except OSError as error:
            raise SearchDown(f"The search index at {self.root} cannot be read ({error.strerror}).") from error
        return self.root / name if _NAME.fullmatch(name) else None

    def is_ours(self, generation: Path) -> bool:
        """Whether this version of Kring made it."""
        return self._about(generation).get("schema") == SCHEMA

    def is_complete(self, generation: Path) -> bool:
        """Whether it was built from the whole bucket."""
        return bool(self._about(generation).get("complete"))

    def create(self, *, complete: bool) -> Path:
        """A new empty folder for a generation, not yet current."""
        generation = self.root / f"g-{secrets.token_hex(8)}"
        generation.mkdir(parents=True)
        (generation / "kring.json").write_text(json.dumps({"schema": SCHEMA, "complete": complete}), encoding="ascii")
        return generation

    @contextmanager
    def building(self) -> Iterator[Path]:
        """A folder for a complete generation; it is removed again if it has not become current in the end."""
        generation = self.create(complete=True)
        try:
            yield generation
        finally:
            if self.current() != generation:
                shutil.rmtree(generation, ignore_errors=True)

    def publish(self, generation: Path) -> None:
        """Make it current in one move. The caller holds the write lock."""
        part = self.root / f"current.{os.getpid()}.part"
        with part.open("w", encoding="ascii") as file:
            file.write(generation.name)
            file.flush()
            os.fsync(file.fileno())
        if (self.root / "current").is_dir():
            shutil.rmtree(self.root / "current")
        part.replace(self.root / "current")

    def sweep(self) -> None:
        """Delete all other generations. The caller holds both locks; open readers keep what they have mapped."""
        current = self.current()
        for generation in self.root.glob("g-*"):
            if generation != current:
                shutil.rmtree(generation, ignore_errors=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._locked("write.lock", "The search index is being written to by another process; try again."):
            yield

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """Only one at a time; while it lasts, what others write is noted."""
        with self._locked("rebuild.lock", "The search index is being rebuilt already; wait until that is done."):
            with self.writing():
                self._touched.write_bytes(b"")
            try:
                yield
            finally:
                self._touched.unlink(missing_ok=True)

    def note(self, recording_id: str) -> None:
        """Tell a running rebuild that this recording changes. The caller holds the write lock."""
        if self._touched.exists():
            with self._touched.open("a", encoding="ascii") as file:
                file.write(f"{recording_id}\n")

    def noted(self) -> list[str]:
        return sorted({recording_id.decode() for recording_id in _ID.findall(self._touched.read_bytes())})

    @property
    def _touched(self) -> Path:
        return self.root / "touched"

    def _about(self, generation: Path) -> dict[str, object]:
        try:
            about = json.loads((generation / "kring.json").read_text(encoding="ascii"))
        except (OSError, ValueError):  # swept a moment ago, or damaged: not ours in either case
            return {}
        return about if isinstance(about, dict) else {}

    @contextmanager
    def _locked(self, name: str, busy: str) -> Iterator[None]:
        with engine_errors():
            if self.root.is_file():  # nothing of ours
                self.root.unlink()
            self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / name).open("a") as file:
            deadline = time.monotonic() + self._lock_seconds
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise SearchDown(busy) from None
                    time.sleep(_RETRY)
            yield  # closing the file frees the lock
