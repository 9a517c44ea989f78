"""The commands that take recordings or what they keep of people away: `kring withdraw`, `erase`, `person`, `retain`."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()

Recordings = Annotated[list[str], typer.Argument(metavar="RECORDING…", help="Ids, or addresses of their pages.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the receipt and in the record of what people did.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.command()
def withdraw(
    recordings: Recordings,
    reason: Reason = "by command",
    put_back: Annotated[bool, typer.Option("--put-back", help="Show them again.")] = False,
) -> None:
    """Hide recordings at once from all but their facilitators; everything stays, and can be shown again."""
    from cli.removal.remove import put_all_back, withdraw_all

    raise typer.Exit(put_all_back(recordings) if put_back else withdraw_all(recordings, reason))


@app.command()
def erase(
    recordings: Recordings,
    reason: Reason = "by command",
    yes: Yes = False,
    allow_again: Annotated[
        bool, typer.Option("--allow-again", help="Let what was erased come in again, if its source still has it.")
    ] = False,
) -> None:
    """Erase recordings for ever, with all that was made of them, and print a receipt of each."""
    from cli.removal.remove import allow_all_again, erase_all

    raise typer.Exit(allow_all_again(recordings) if allow_again else erase_all(recordings, reason, yes=yes))


@app.command()
def person(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="As it is written in the recordings.")] = "",
    replace: Annotated[str, typer.Option(help="Put this in its place in all of them, as “Participant”.")] = "",
    undo: Annotated[str, typer.Option(metavar="ACT", help="Take back what was replaced together.")] = "",
    yes: Yes = False,
) -> None:
    """List every recording in which a person's name stands, and replace it in all of them at once."""
    from cli.removal.person import list_person, replace_person, undo_replacement

    if undo:
        raise typer.Exit(undo_replacement(undo))
    raise typer.Exit(replace_person(name, replace, yes=yes) if replace else list_person(name))


@app.command()
def retain(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Give notice of what circles will keep no longer, and erase what was due."""
    from cli.removal.remove import run_retain

    raise typer.Exit(run_retain(dry_run=dry_run))
