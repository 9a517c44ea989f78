"""Details of a file without a form: the sidecar beside it, such as `x.toml`, else what the file's name says."""

from __future__ import annotations

import os
import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kring.errors import BadMetadata, UnknownLanguage
from kring.model import Details
from kring.text import coding_of
from transcribe.beside import SIDECAR, Neighbours
from transcribe.details import make_details

MAX_BYTES = 100_000
"""Of a sidecar: as much as a form may hold is a tenth of it."""

_DATE = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")


def neighbours_in(folder: Path) -> Neighbours:
    """What can lie beside a recording in a folder."""
    return Neighbours(entry.name for entry in os.scandir(folder) if entry.is_file())


def details_of(path: Path, *, circle: str | None, neighbours: Neighbours | None = None) -> Details:
    """Details of a file in a watched folder: its sidecar's, completed from its name, its date and the source.

    Raises BadMetadata, naming the sidecar, where that cannot be understood or no circle is given anywhere.
    """
    name = (neighbours or neighbours_in(path.parent)).sidecar_of(path.name)
    sidecar = path.with_name(name or f"{path.stem}{SIDECAR}")
    said = _said(sidecar) if name else {}
    values = {"title": title_of(path), "date": date_of(path), "circle": circle, **said}
    if values["circle"] is None:
        raise BadMetadata(
            f'{path.name} has no circle: write `circle = "…"` into {sidecar.name} or into the source\'s settings.'
        )
    try:
        return make_details(**values)
    except (BadMetadata, UnknownLanguage) as error:
        raise type(error)(f"{sidecar.name if said else path.name}: {error}") from None


def _said(sidecar: Path) -> dict[str, Any]:
    if sidecar.stat().st_size > MAX_BYTES:
        raise BadMetadata(
            f"{sidecar.name} is larger than {MAX_BYTES // 1000} kB; it says a few lines about one recording."
        )
    try:
        data = sidecar.read_bytes()
        return tomllib.loads(data.decode(coding_of(data)))
    except RecursionError:
        raise BadMetadata(f"{sidecar.name} is nested too deeply; write one `name = value` a line.") from None
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise BadMetadata(f"{sidecar.name} is not TOML: {str(error)[:200].rstrip('.')}.") from None


def title_of(path: Path) -> str:
    """The file's name without its ending, its date and its underscores."""
    words = _DATE.sub(" ", path.stem).replace("_", " ").replace("-", " ").split()
    return " ".join(words) or path.stem


def date_of(path: Path) -> date:
    """A date in the file's name, else the day it was last changed."""
    return day_in(path.stem) or datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def day_in(name: str) -> date | None:
    """The first date in a name: 2025-03-14, 20250314."""
    if found := _DATE.search(name):
        try:
            return date(*(int(part) for part in found.groups()))
        except ValueError:  # 2025-02-30
            pass
    return None
