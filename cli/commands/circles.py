"""`kring circle`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.terminal.connection import connect
from cli.terminal.output import out, printable, say
from kring.circles.circle_fields import HEARD, circle_of, network_name
from kring.circles.glossary import changed, read_terms
from kring.errors import BadMetadata
from kring.model import Circle, Visibility
from kring.people.audit import Act
from storage import circle_changes
from storage.archive.archive import Archive
from storage.audit import COMMAND, Audit
from storage.circle_changes import Note
from transcribe.pipeline.prompt import fitting_terms

MOST_BYTES = 1_000_000
"""Of a file with the terms of a glossary."""
WRITTEN = (
    "name", "network", "network_name", "language", "visibility", "english", "purpose", "contact", "previews",
    "retention_months",
)  # fmt: skip
"""Fields of a circle that are written as they are."""


@dataclass(frozen=True)
class CircleChange:
    """What is to become of a circle, as it was written; None: as it is."""

    name: str | None = None
    network: str | None = None
    network_name: str | None = None
    language: str | None = None
    visibility: Visibility | None = None
    english: bool | None = None
    purpose: str | None = None
    contact: str | None = None
    previews: bool | None = None
    retention_months: str | None = None
    glossary: Path | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def add_circle(slug: str, change: CircleChange) -> None:
    """Make the circle; of one that is there, what is not said stays. Raises BadMetadata."""
    archive = connect().archive
    named = change.network_name or network_name(archive.circles(), change.network or "")
    new = circle_of({}, {"slug": slug, **_written(change, ()), "network_name": named})
    if not circle_changes.make_circle(archive, new, _note(archive, new.slug)):
        change_circle(slug, change)
        return
    say(f"The circle {slug} is there.")
    _say_glossary(new)


def change_circle(slug: str, change: CircleChange) -> None:
    """Change what is said of the circle, nothing else. Raises UnknownCircle, BadMetadata."""
    if change == CircleChange():
        raise BadMetadata(
            "Say what is to change, such as --name or --add-term; `kring circle change --help` lists all."
        )
    archive = connect().archive
    before, after = circle_changes.change_circle(
        archive, slug, lambda old: circle_of(dict(old), _written(change, old.glossary)), _note(archive, slug)
    )
    if after == before:
        say(f"The circle {slug} is like that already.")
        return
    say(f"The circle {slug} is changed.")
    if after.glossary != before.glossary:
        _say_glossary(after)
    if (after.glossary, after.language, after.english) != (before.glossary, before.language, before.english):
        say(f"New recordings are transcribed with it; those here already with `kring retranscribe --circle {slug}`.")
    if after.network != before.network:
        say("`kring reindex` takes the new network into the search.")


def show_circle(slug: str) -> None:
    circle = connect().archive.circle(slug)
    facts = {
        "name": circle.name,
        "network": f"{circle.network_name} ({circle.network})",
        "language": circle.language or HEARD,
        "English track": "yes" if circle.english else "no",
        "visibility": circle.visibility.value,
        "purpose": circle.purpose or "–",
        "contact": circle.contact or "–",
        "previews": "yes" if circle.previews else "no",
        "kept": _kept(circle),
    }
    say(slug, "bold")
    for name, value in facts.items():
        out.print(Text.assemble((f"  {name:<14}", "dim"), printable(value)))
    taken = _taken(circle)
    out.print(Text.assemble(("  glossary      ", "dim"), _counted(circle.glossary)))
    for number, term in enumerate(circle.glossary):
        out.print(Text(f"    {printable(term)}", style="" if number < taken else "dim"))
    _say_limit(circle, taken)


def list_circles() -> None:
    circles = connect().archive.circles()
    if not circles:
        say("There are no circles yet. Make one with `kring circle add SLUG --name … --network …`.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("circle", "name", "network", "language", "English", "glossary", "visibility", "months"):
        table.add_column(column)
    for circle in circles:
        row = (
            circle.slug,
            circle.name,
            circle.network_name,
            circle.language or HEARD,
            "yes" if circle.english else "no",
            _counted(circle.glossary),
            f"{circle.visibility.value}, previews" if circle.previews else circle.visibility.value,
            str(circle.retention_months or "–"),
        )
        table.add_row(*(Text(printable(cell)) for cell in row))
    out.print(table)


def _note(archive: Archive, slug: str) -> Note:
    return partial(Audit(archive.store).record, COMMAND, Act.CIRCLE, slug)


def _kept(circle: Circle) -> str:
    """How long its recordings are."""
    months = circle.retention_months
    return "until erased" if months is None else "1 month" if months == 1 else f"{months} months"


def _written(change: CircleChange, glossary: tuple[str, ...]) -> dict[str, Any]:
    """The fields that were spoken of. Raises BadMetadata for a term that cannot be added or removed."""
    written = {field: value for field in WRITTEN if (value := getattr(change, field)) is not None}
    if change.glossary is not None:
        glossary = changed((), add=_file(change.glossary))
    return written | {"glossary": changed(glossary, add=change.add, remove=change.remove)}


def _file(path: Path) -> list[str]:
    if path.stat().st_size > MOST_BYTES:
        raise BadMetadata(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB; write a term a line.")
    try:
        return read_terms(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise BadMetadata(f"{path.name} is not a text file in UTF-8; write a term a line.") from None
    except BadMetadata as error:
        raise BadMetadata(f"{path.name}: {error}") from None


def _say_glossary(circle: Circle) -> None:
    if circle.glossary:
        say(f"Its glossary has {_counted(circle.glossary)}.")
        _say_limit(circle, _taken(circle))


def _taken(circle: Circle) -> int:
    return len(fitting_terms(circle.glossary))


def _say_limit(circle: Circle, taken: int) -> None:
    if taken < len(circle.glossary):
        say(f"The engine can take the first {taken} of them only: put the most important ones first.", "yellow")


def _counted(glossary: tuple[str, ...]) -> str:
    return "1 term" if len(glossary) == 1 else f"{len(glossary)} terms"
