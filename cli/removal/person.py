"""`kring person`: every recording in which a name stands, and another name in its place."""

from __future__ import annotations

from collections.abc import Iterator

import typer
from rich.text import Text

from cli.removal.remove import reindexing_of
from cli.terminal.connection import connect
from cli.terminal.output import out, printable, say, say_error
from kring.corrections.naming import Mentions, SoughtName, replacement, sought
from kring.errors import KringError, NotFound
from kring.people.audit import Act
from services.corrections.renaming import (
    PUT_BACK,
    REPLACED,
    NamedRecording,
    find_act,
    find_everywhere,
    new_act,
    replace_name_in,
    undo_act_in,
)
from services.ports import Ports
from storage.audit import COMMAND, Audit

STAYS = (
    "The transcript as it was heard, and earlier corrections, stay in the bucket and hold the name. Only "
    "`kring erase` removes them."
)


def list_person(name: str) -> int:
    """A line for each recording in which it stands; 1 if one could not be read. Raises InputError."""
    ports, seek = connect(), sought(name)
    found = _print_found(ports, seek)
    if not found:
        say(f"“{seek.text}” stands in no recording.")
    return 1 if any(each.problem for each in found) else 0


def replace_person(name: str, replace: str, *, yes: bool) -> int:
    """1 if the person does not agree, or a recording could not be read or changed. Raises InputError."""
    ports, seek = connect(), sought(name)
    to = replacement(seek, replace)
    found = _print_found(ports, seek)
    wanted = [each for each in found if each.mentions.can_be_replaced]
    if not wanted:
        say(f"There is nothing to replace: “{seek.text}” stands in no recording where it can be.")
        return 1 if any(each.problem for each in found) else 0
    amount = "this recording" if len(wanted) == 1 else f"these {len(wanted)} recordings"
    if not yes and not typer.confirm(f"In {amount} “{to}” is put in its place. Go on?"):
        say("Nothing was changed.")
        return 1
    act = new_act()
    say(f"Act {act}: `kring person --undo {act}` takes all of it back.")
    failed = _replace_in_all(ports, seek, to, act, wanted)
    say(STAYS, "dim")
    return 1 if failed or any(each.problem for each in found) else 0


def undo_replacement(act: str) -> int:
    """1 if a recording could not be changed. Raises NotFound."""
    ports = connect()
    recordings = find_act(ports.archive, act)
    if not recordings:
        raise NotFound(f"There is no act {act}, or it was taken back already.")
    reindexing, failed = reindexing_of(ports), 0
    for recording_id in recordings:
        try:
            manifest = ports.archive.manifest(recording_id)
            Audit(ports.archive.store).record(COMMAND, Act.CORRECT, recording_id, PUT_BACK.format(act=act))
            undo_act_in(ports.archive, reindexing, manifest, act, COMMAND)
        except KringError as error:
            say_error(f"{recording_id}: {error}")
            failed += 1
            continue
        say(f"Taken back: “{manifest.details.title}”  {recording_id}")
    return 1 if failed else 0


def _replace_in_all(ports: Ports, name: SoughtName, to: str, act: str, wanted: list[NamedRecording]) -> int:
    """How many could not be changed."""
    reindexing, failed = reindexing_of(ports), 0
    for each in wanted:
        manifest = each.manifest
        try:
            Audit(ports.archive.store).record(COMMAND, Act.CORRECT, manifest.id, REPLACED.format(act=act))
            replace_name_in(ports.archive, reindexing, manifest, name, to, act, COMMAND)
        except KringError as error:
            say_error(f"{manifest.id}: {error}")
            failed += 1
            continue
        say(f"Replaced: {manifest.id}")
    return failed


def _print_found(ports: Ports, name: SoughtName) -> list[NamedRecording]:
    """All there are, each printed as soon as it is found."""
    found = []
    for each in find_everywhere(ports.archive, name):
        found.append(each)
        where = each.problem or ", ".join(where_it_stands(each.mentions))
        mark = ("  ! ", "yellow") if each.problem else ("  ○ ", "green")
        title = printable(each.manifest.details.title)
        out.print(Text.assemble(mark, title, (f"  {each.manifest.id}  ", "dim"), printable(where)))
    return found


def where_it_stands(where: Mentions) -> Iterator[str]:
    """In a few words each."""
    for speaker, lines in where.speakers.items():
        yield f"speaker “{speaker}” ({_many(lines, 'line')})"
    yield from (f"presenter “{label}”" for label in where.presenters)
    if where.title:
        yield "title"
    yield from (f"details “{label}”" for label in where.labels)
    yield from (f"chapter “{title}”" for title in where.chapters)
    yield from (f"title of the document “{title}”" for title in where.documents)
    if where.said:
        yield f"said {_many(where.said, 'time')}"
    if where.english:
        yield f"stays in the English track ({_many(where.english, 'time')})"
    yield from (f"stays in the document “{title}”" for title in where.written)
    yield from (f"stays in the file name “{name}”" for name in where.file_names)


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
