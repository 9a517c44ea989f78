"""The commands `kring people …`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="people", help="People who can sign in, and their roles.", no_args_is_help=True)


class RoleName(StrEnum):
    """What somebody is in a circle or a network, as it is typed."""

    MEMBER = "member"
    FACILITATOR = "facilitator"
    NONE = "none"


Id = Annotated[str, typer.Argument(metavar="ID", help="As `kring people list` shows it.")]
Circles = Annotated[
    list[str] | None, typer.Option("--circle", metavar="SLUG", help="A circle; may be given several times.")
]
Networks = Annotated[
    list[str] | None, typer.Option("--network", metavar="SLUG", help="A network; may be given several times.")
]


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="Of the person, as others will see it.")],
    circle: Circles = None,
    network: Networks = None,
    role: Annotated[RoleName, typer.Option(help="In these circles and networks.")] = RoleName.MEMBER,
    operator: Annotated[bool, typer.Option("--operator", help="May see and change everything.")] = False,
) -> None:
    """Make a link that lets one person in, once, within a week."""
    from cli.commands.people import invite_person

    invite_person(name, circles=circle or [], networks=network or [], role=role, operator=operator)


@app.command("list")
def list_all() -> None:
    """Everyone who can sign in, and who is invited."""
    from cli.commands.people import list_people

    list_people()


@app.command()
def change(
    person: Id,
    circle: Circles = None,
    network: Networks = None,
    role: Annotated[
        RoleName, typer.Option(help="In these circles and networks from now on; none: no longer.")
    ] = RoleName.MEMBER,
    operator: Annotated[
        bool | None, typer.Option("--operator/--no-operator", help="Whether they may see and change everything.")
    ] = None,
) -> None:
    """Give somebody another role, or take one away. It counts within ten seconds."""
    from cli.commands.people import change_person

    change_person(person, circles=circle or [], networks=network or [], role=role, operator=operator)


@app.command()
def link(person: Id) -> None:
    """Make a link for somebody who is there already and cannot sign in any more."""
    from cli.commands.people import link_person

    link_person(person)


@app.command("sign-out")
def sign_out(person: Id) -> None:
    """Sign somebody out everywhere."""
    from cli.commands.people import sign_out_person

    sign_out_person(person)


@app.command()
def block(person: Id, undo: Annotated[bool, typer.Option("--undo", help="Let them sign in again.")] = False) -> None:
    """Sign somebody out everywhere, and let them in no more."""
    from cli.commands.people import block_person

    block_person(person, undo=undo)


@app.command()
def remove(person: Id) -> None:
    """Delete an account; what the person uploaded and corrected stays."""
    from cli.commands.people import remove_person

    remove_person(person)


@app.command()
def rules(
    claims: Annotated[
        Path,
        typer.Option(
            "--try", metavar="CLAIMS.json", exists=True, dir_okay=False, help="What a provider says of somebody."
        ),
    ],
    provider: Annotated[str | None, typer.Option(help="Its name in the settings. Default: the only one.")] = None,
) -> None:
    """What the rules in the settings would give to somebody with these claims."""
    from cli.commands.people import try_rules

    try_rules(claims, provider)
