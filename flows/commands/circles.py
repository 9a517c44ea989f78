"""`kring circle`."""

from __future__ import annotations

from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from flows.commands.connection import connect
from flows.commands.console import out, printable, say
from kring.errors import BadMetadata
from kring.model import Circle, Visibility
from transcribe.engines import check_language


def add_circle(
    *, slug: str, name: str, network: str, network_name: str | None, language: str | None, visibility: Visibility
) -> None:
    """Write the circle; one of the same slug keeps its glossary. Raises BadMetadata, UnknownLanguage."""
    archive = connect().archive
    known = {circle.slug: circle for circle in archive.circles()}
    try:
        circle = Circle(
            slug=slug,
            name=name,
            network=network,
            network_name=network_name or network,
            language=check_language(language) if language else None,
            glossary=known[slug].glossary if slug in known else (),
            visibility=visibility,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadMetadata(f"The {first['loc'][0]} cannot be used: {first['msg']}.") from None
    archive.put_circle(circle)


def list_circles() -> None:
    circles = connect().archive.circles()
    if not circles:
        say("There are no circles yet. Make one with `kring circle add SLUG --name … --network …`.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("circle", "name", "network", "language", "visibility"):
        table.add_column(column)
    for circle in circles:
        row = (circle.slug, circle.name, circle.network_name, circle.language or "heard", circle.visibility)
        table.add_row(*(Text(printable(cell)) for cell in row))
    out.print(table)
