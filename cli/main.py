"""The command line `kring`: thin commands over plain functions."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.circle import app as circle_app
from cli.people import app as people_app
from cli.removal.options import app as removal_app
from cli.terminal.output import say_error
from kring.errors import KringError
from kring.model import Visibility

app = typer.Typer(
    name="kring",
    help="The recording archive of knowledge circles.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(circle_app)
app.add_typer(people_app)
app.add_typer(removal_app)


Port = Annotated[
    int | None,
    typer.Option(min=0, max=65_535, help="Of the web pages: this one or none; 0: any. Default: the setting web.port."),
]


@app.command()
def up(
    port: Port = None,
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="Feed the index of this archive from here, in place of another machine."),
    ] = False,
) -> None:
    """Run Kring on this machine until Ctrl-C: object store, Prefect, worker, web pages."""
    from cli.commands.up import run_up

    raise typer.Exit(run_up(port, take_over=take_over))


@app.command()
def link(
    new: Annotated[bool, typer.Option("--new", help="Make another; who came by the one before comes no more.")] = False,
) -> None:
    """Show the link by which operators come, who may see and change everything."""
    from cli.commands.people import run_link

    raise typer.Exit(run_link(new=new))


@app.command()
def demo(
    check: Annotated[
        bool, typer.Option("--check", help="Ask one query per language and stop; exit 0 if all answer.")
    ] = False,
    port: Port = None,
) -> None:
    """Run Kring with the sample recordings in it."""
    from cli.commands.demo import run_demo

    raise typer.Exit(run_demo(check=check, port=port))


@app.command()
def add(
    what: Annotated[list[str], typer.Argument(metavar="PATH|URL…", help="Recordings: files, or addresses of files.")],
    circle: Annotated[str, typer.Option(help="The circle that met.")],
    title: Annotated[str | None, typer.Option(help="Default: from the file's name.")] = None,
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day it met. Default: from the file's name or time."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="nb, nn, da, nl, en, … Default: the circle's, else heard.")
    ] = None,
    english: Annotated[
        bool | None,
        typer.Option("--english/--no-english", help="An English track beside its own language. Default: the circle's."),
    ] = None,
    transcript: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The platform's transcript: VTT, SRT, JSON, text or Word. Default: a .vtt or .srt beside the file.",
        ),
    ] = None,
    presenter: Annotated[list[str] | None, typer.Option(help="Who speaks; may be given several times.")] = None,
    topic: Annotated[list[str] | None, typer.Option(help="What it is about; may be given several times.")] = None,
    organisation: Annotated[
        list[str] | None, typer.Option(help="Whose experience is told; may be given several times.")
    ] = None,
    visibility: Annotated[Visibility | None, typer.Option(help="Default: the circle's.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the recording can be found.")] = True,
) -> None:
    """Take recordings in, and stay until they can be found."""
    from cli.commands.add import add_recordings

    raise typer.Exit(
        add_recordings(
            what,
            circle=circle,
            title=title,
            date=date.date() if date else None,
            language=language,
            english=english,
            transcript=transcript,
            presenters=tuple(presenter or ()),
            topics=tuple(topic or ()),
            organisations=tuple(organisation or ()),
            visibility=visibility,
            wait=wait,
        )
    )


@app.command()
def search(
    words: Annotated[
        list[str], typer.Argument(help='What to look for; "quotes", -word, circle:… as on the search page.')
    ],
    circle: Annotated[list[str] | None, typer.Option(help="Only in this circle; may be given several times.")] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="Only in this language; may be given several times.")
    ] = None,
    after: Annotated[
        str, typer.Option(metavar="DAY", help="From this day on; or this month or year: 2025-01-31, 2025-01, 2025.")
    ] = "",
    before: Annotated[str, typer.Option(metavar="DAY", help="Until this day, month or year, which is included.")] = "",
    sort: Annotated[Literal["relevance", "newest", "oldest"], typer.Option(help="What comes first.")] = "relevance",
) -> None:
    """Find what was said, and when."""
    from cli.commands.find import run_search
    from index.port import Order

    raise typer.Exit(
        run_search(
            " ".join(words),
            circles=circle or [],
            languages=language or [],
            after=after,
            before=before,
            order=Order(sort),
        )
    )


@app.command()
def status(
    problems: Annotated[bool, typer.Option("--problems", help="Only what is not searchable, or lacks text.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs: a list with one object per recording.")
    ] = False,
) -> None:
    """One line per recording: where it is, and what is wrong with it."""
    from cli.commands.status import run_status

    raise typer.Exit(run_status(only_problems=problems, as_json=as_json))


@app.command()
def retranscribe(
    recordings: Annotated[
        list[str] | None, typer.Argument(metavar="RECORDING", help="Ids, or addresses of their pages.")
    ] = None,
    circle: Annotated[list[str] | None, typer.Option(help="All of this circle; may be given several times.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of the archive.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until all of it is done.")] = True,
) -> None:
    """Transcribe again what a machine transcribed, where the engine or the glossary is another by now."""
    from cli.commands.retranscribe import run_retranscribe

    raise typer.Exit(
        run_retranscribe(
            recordings or [], circles=circle or [], everything=everything, yes=yes, dry_run=dry_run, wait=wait
        )
    )


@app.command()
def difference(
    recording: Annotated[str, typer.Argument(help="Its id, or the address of its page.")],
    everything: Annotated[bool, typer.Option("--all", help="Every changed place.")] = False,
) -> None:
    """What a recording's transcript changed in the one before it, word by word."""
    from cli.terminal.difference import run_difference

    raise typer.Exit(run_difference(recording, everything=everything))


@app.command()
def reconcile(
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Also what was stopped by bad input, or cancelled in Prefect.")
    ] = False,
) -> None:
    """Find what a crash or an outage left unfinished, and start it again."""
    from cli.commands.operate import run_reconcile

    raise typer.Exit(run_reconcile(retry_failed=retry_failed))


@app.command()
def reindex() -> None:
    """Build the search index afresh from the bucket; search stays up meanwhile."""
    from cli.commands.operate import run_reindex

    raise typer.Exit(run_reindex())


@app.command()
def verify(
    deep: Annotated[bool, typer.Option("--deep", help="Read every object and compare its hash.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output, for programs.")] = False,
) -> None:
    """Check that everything the manifests name is there and whole, and name what nothing refers to."""
    from cli.commands.verify import run_verify

    raise typer.Exit(run_verify(deep=deep, as_json=as_json))


@app.command()
def repair(
    recordings: Annotated[
        list[str] | None, typer.Argument(metavar="RECORDING", help="Ids, or addresses of their pages.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that `kring verify` has found damaged.")] = False,
    original: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file that came in, to be stored once more.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until all of it is whole.")] = True,
) -> None:
    """Make damaged files again, and say of each that cannot be made again what to do."""
    from cli.commands.repair import run_repair

    raise typer.Exit(run_repair(recordings or [], everything=everything, original=original, wait=wait))


@app.command()
def audit(
    act: Annotated[str, typer.Option(help="Only this: sign-in, roles, upload, …")] = "",
    who: Annotated[str, typer.Option(help="Only by, or about, this name or id.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs: a list with one object per act.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Look whether any entry was altered or is gone.")] = False,
) -> None:
    """What people did, the newest first."""
    from cli.commands.operate import run_audit

    raise typer.Exit(run_audit(act=act, who=who, as_json=as_json, check=check))


@app.command()
def check() -> None:
    """Test every connection and tool, one line each."""
    from cli.commands.checks import run_check

    raise typer.Exit(run_check())


def main() -> None:
    """Entry point: a KringError is one sentence on standard error and exit status 1."""
    try:
        app()
    except KringError as error:
        say_error(str(error))
        sys.exit(1)
    except OSError as error:
        say_error(f"{error.filename or 'This machine'}: {error.strerror or error}.")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
