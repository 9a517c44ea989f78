"""The commands `kring circle …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kring.model import Visibility

app = typer.Typer(name="circle", help="The circles of the archive.", no_args_is_help=True)

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="Short name for addresses: a-z, 0-9 and hyphens.")]
Known = Annotated[str, typer.Argument(metavar="SLUG", help="The circle's short name.")]
NetworkName = Annotated[
    str | None,
    typer.Option(help="The network's full name. Default: as its other circles call it, else its short name."),
]
Language = Annotated[
    str | None, typer.Option(help="Of recordings that say none: nb, nn, da, nl, en, … or heard, the default.")
]
English = Annotated[
    bool | None,
    typer.Option("--english/--no-english", help="Whether recordings get an English track beside their own."),
]
Glossary = Annotated[
    Path | None,
    typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Names and terms said there, one a line."),
]
AddTerm = Annotated[
    list[str] | None, typer.Option(metavar="TERM", help="Into the glossary; may be given several times.")
]
RemoveTerm = Annotated[
    list[str] | None, typer.Option(metavar="TERM", help="Out of the glossary; may be given several times.")
]

Purpose = Annotated[str | None, typer.Option(metavar="TEXT", help="What it meets for, in a sentence.")]
Contact = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Whom to ask about its recordings: a name, an address.")
]
Previews = Annotated[
    bool | None,
    typer.Option(
        "--previews/--no-previews",
        help="Whether those who may not see a recording find its title, date and contact, never what was said.",
    ),
]
Retention = Annotated[
    str | None,
    typer.Option(metavar="MONTHS", help="So long after its date a recording is kept; or never erased: never."),
]


@app.command("add")
def circle_add(
    slug: Slug,
    name: Annotated[str, typer.Option(help="The name people know.")],
    network: Annotated[str, typer.Option(help="Short name of the network: a-z, 0-9 and hyphens.")],
    network_name: NetworkName = None,
    language: Language = None,
    english: English = None,
    glossary: Glossary = None,
    add_term: AddTerm = None,
    visibility: Annotated[
        Visibility | None, typer.Option(help="Of recordings that say none. Default: network.")
    ] = None,
    purpose: Purpose = None,
    contact: Contact = None,
    previews: Previews = None,
    retention: Retention = None,
) -> None:
    """Make a circle. Of one that is there already, what is not said stays as it is."""
    from cli.commands.circles import CircleChange, add_circle

    add_circle(
        slug,
        CircleChange(
            name=name,
            network=network,
            network_name=network_name,
            language=language,
            visibility=visibility,
            english=english,
            purpose=purpose,
            contact=contact,
            previews=previews,
            retention_months=retention,
            glossary=glossary,
            add=tuple(add_term or ()),
        ),
    )


@app.command("change")
def circle_change(
    slug: Known,
    name: Annotated[str | None, typer.Option(help="The name people know.")] = None,
    network: Annotated[str | None, typer.Option(help="Short name of the network.")] = None,
    network_name: Annotated[str | None, typer.Option(help="The network's full name.")] = None,
    language: Language = None,
    english: English = None,
    glossary: Glossary = None,
    add_term: AddTerm = None,
    remove_term: RemoveTerm = None,
    visibility: Annotated[Visibility | None, typer.Option(help="Of recordings that say none.")] = None,
    purpose: Purpose = None,
    contact: Contact = None,
    previews: Previews = None,
    retention: Retention = None,
) -> None:
    """Change what is said of a circle; what is not said stays as it is."""
    from cli.commands.circles import CircleChange, change_circle

    change_circle(
        slug,
        CircleChange(
            name=name,
            network=network,
            network_name=network_name,
            language=language,
            visibility=visibility,
            english=english,
            purpose=purpose,
            contact=contact,
            previews=previews,
            retention_months=retention,
            glossary=glossary,
            add=tuple(add_term or ()),
            remove=tuple(remove_term or ()),
        ),
    )


@app.command("show")
def circle_show(slug: Known) -> None:
    """All that is known of a circle, with its glossary."""
    from cli.commands.circles import show_circle

    show_circle(slug)


@app.command("list")
def circle_list() -> None:
    """All circles."""
    from cli.commands.circles import list_circles

    list_circles()
