"""`kring circle`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from cli.terminal.connection import connect
from cli.terminal.output import out, printable, say
from kring.errors import BadMetadata
from kring.glossary import changed, read_terms
from kring.model import MOST_TERMS, Circle, Visibility
from transcribe.engines.registry import check_language
from transcribe.pipeline.prompt import fitting_terms

MOST_BYTES = 1_000_000
"""Of a file with the terms of a glossary."""
HEARD = "heard"
"""Written for a language to say: as it is heard in each recording."""


@dataclass(frozen=True)
class CircleChange:
    """What is to become of a circle; None: as it is."""

    name: str | None = None
    network: str | None = None
    network_name: str | None = None
    language: str | None = None
    visibility: Visibility | None = None
    english: bool | None = None
    glossary: Path | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def add_circle(slug: str, change: CircleChange) -> None:
    """Make the circle; of one that is there, what is not said stays. Raises BadMetadata, UnknownLanguage."""
    archive = connect().archive
    if any(circle.slug == slug for circle in archive.circles()):
        change_circle(slug, change)
        return
    new = _circle(
        {"slug": slug, "network_name": change.network, **_values(change, Circle.model_fields["glossary"].default)}
    )
    archive.put_circle(new)
    say(f"The circle {slug} is there.")
    _say_glossary(new)


def change_circle(slug: str, change: CircleChange) -> None:
    """Change what is said of the circle, nothing else. Raises UnknownCircle, BadMetadata, UnknownLanguage."""
    if change == CircleChange():
        raise BadMetadata(
            "Say what is to change, such as --name or --add-term; `kring circle change --help` lists all."
        )
    archive = connect().archive
    before = archive.circle(slug)
    after = archive.change_circle(slug, lambda old: _circle({**dict(old), **_values(change, old.glossary)}))
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
    for column in ("circle", "name", "network", "language", "English", "glossary", "visibility"):
        table.add_column(column)
    for circle in circles:
        row = (
            circle.slug,
            circle.name,
            circle.network_name,
            circle.language or HEARD,
            "yes" if circle.english else "no",
            _counted(circle.glossary),
            circle.visibility.value,
        )
        table.add_row(*(Text(printable(cell)) for cell in row))
    out.print(table)


def _values(change: CircleChange, glossary: tuple[str, ...]) -> dict[str, Any]:
    """The fields that were spoken of. Raises BadMetadata, UnknownLanguage."""
    given = {
        "name": change.name,
        "network": change.network,
        "network_name": change.network_name,
        "visibility": change.visibility,
        "english": change.english,
    }
    values: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    if change.language is not None:
        values["language"] = None if change.language == HEARD else check_language(change.language)
    if change.glossary is not None:
        glossary = changed((), add=_file(change.glossary))
    values["glossary"] = changed(glossary, add=change.add, remove=change.remove)
    return values


def _file(path: Path) -> list[str]:
    if path.stat().st_size > MOST_BYTES:
        raise BadMetadata(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB; write a term a line.")
    try:
        return read_terms(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise BadMetadata(f"{path.name} is not a text file in UTF-8; write a term a line.") from None
    except BadMetadata as error:
        raise BadMetadata(f"{path.name}: {error}") from None


def _circle(values: dict[str, Any]) -> Circle:
    try:
        return Circle.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "too_long" and first["loc"] == ("glossary",):
            raise BadMetadata(f"The glossary has too many terms: at most {MOST_TERMS} are kept.") from None
        raise BadMetadata(f"The {first['loc'][0]} cannot be used: {first['msg']}.") from None


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
