"""Blanking lines of logs in the data folder, in place: whatever writes to them goes on undisturbed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

BLANK = b"(erased)"


def blank_lines(folder: Path, words: Collection[str]) -> tuple[int, list[str]]:
    """Overwrite every line in the logs of `folder` that holds one of these words: how many, and the names of logs that
    cannot be written to."""
    marks = [word.encode() for word in words if word]
    blanked, closed = 0, []
    for path in sorted(folder.glob("*.log*")) if marks else ():
        try:
            blanked += _blank(path, marks)
        except FileNotFoundError:  # set aside under another name in between
            continue
        except OSError:
            closed.append(path.name)
    return blanked, closed


def _blank(path: Path, marks: Collection[bytes]) -> int:
    blanked = 0
    with path.open("r+b") as log:
        begins = 0
        for line in iter(log.readline, b""):
            if any(mark in line for mark in marks):
                text = line.rstrip(b"\n")
                log.seek(begins)
                log.write(BLANK[: len(text)].ljust(len(text)))
                log.seek(begins + len(line))
                blanked += 1
            begins += len(line)
    return blanked
