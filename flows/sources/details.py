"""Details of a file in a folder: from the sidecar beside it, such as `x.toml`, and from its name."""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flows.sources.name_dates import dated, undated
from kring.details import make_details
from kring.errors import BadMetadata, UnknownLanguage
from kring.model import Details
from kring.text import coding_of
from transcribe.sidecars import SIDECAR, SidecarFinder

MAX_BYTES = 100_000
"""Per sidecar; a form may hold a tenth of it."""


def neighbours_in(folder: Path, *, within: Path | None = None) -> SidecarFinder:
    """Finds the files that belong to a recording in this folder. Links that lead out of `within` are ignored."""
    return SidecarFinder(entry.name for entry in os.scandir(folder) if entry.is_file() and _lies(entry, within))


def _lies(entry: os.DirEntry[str], within: Path | None) -> bool:
    return within is None or not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(within)


def details_of(path: Path, *, circle: str | None, neighbours: SidecarFinder | None = None) -> Details:
    """Details of a file in a watched folder: its sidecar's, completed from its name, its date and the source.

    Raises BadMetadata, naming the sidecar, if that cannot be understood or no circle is given anywhere.
    """
    name = (neighbours or neighbours_in(path.parent)).sidecar_of(path.name)
    sidecar = path.with_name(name or f"{path.stem}{SIDECAR}")
    stated = _said(sidecar) if name else {}
    values = {"title": title_of(path), "date": date_of(path), "circle": circle, **stated}
    if values["circle"] is None:
        raise BadMetadata(
            "{name} has no circle: write `circle = '…'` into {sidecar} or into the source's settings.",
            name=path.name,
            sidecar=sidecar.name,
        )
    named = sidecar.name if stated else path.name
    try:
        return make_details(**values)
    except BadMetadata as error:
        raise BadMetadata("{name} cannot be used: {problem}", name=named, problem=error) from None
    except UnknownLanguage as error:
        raise UnknownLanguage("{name} cannot be used: {problem}", name=named, problem=error) from None


def _said(sidecar: Path) -> dict[str, Any]:
    if sidecar.stat().st_size > MAX_BYTES:
        raise BadMetadata(
            "{name} is larger than {most} kB; it says a few lines about one recording.",
            name=sidecar.name,
            most=MAX_BYTES // 1000,
        )
    try:
        data = sidecar.read_bytes()
        return tomllib.loads(data.decode(coding_of(data)))
    except RecursionError:
        raise BadMetadata("{name} is nested too deeply; write one `name = value` a line.", name=sidecar.name) from None
    except ValueError as error:  # not TOML, not UTF-8, or a number with thousands of digits
        raise BadMetadata("{name} is not TOML: {why}.", name=sidecar.name, why=str(error)[:200].rstrip(".")) from None


def title_of(path: Path) -> str:
    """The file's name without its extension, date and underscores."""
    words = undated(path.stem).replace("_", " ").replace("-", " ").split()
    return " ".join(words) or path.stem


def date_of(path: Path) -> date:
    """The date in the file's name, else the day the file was last changed (UTC)."""
    return day_in(path.stem) or datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def day_in(name: str) -> date | None:
    """The first date in a name; None if it has none."""
    day = dated(name)
    return day.day if day else None
