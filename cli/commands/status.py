"""`kring status`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from services.runs.port import Run

from cli.terminal.condition import Condition, Line, describe, hurt, missing_of
from cli.terminal.connection import connect
from cli.terminal.output import err, is_terminal, out, printable, say
from kring.errors import KringError, OrchestratorDown, SearchDown, SetupError
from kring.intake.left_out import LeftOuts
from kring.model import Manifest, State
from services.ports import Ports
from storage.archive.left_out import all_left_out
from storage.archive.requests import Requests
from storage.documents import NewerDocument
from storage.keys import RECORDINGS, manifest_key
from storage.verify.findings import Damage, DamageKind, read_findings


@dataclass(frozen=True)
class StatusEntry:
    """One recording of the list; `manifest` is None if there is none yet, or it cannot be read."""

    id: str
    title: str
    line: Line
    manifest: Manifest | None = None

    def as_json(self) -> dict[str, object]:
        details = self.manifest.details if self.manifest else None
        return {
            "id": self.id,
            "title": self.title,
            "state": self.line.state,
            "problem": self.line.reason or None,
            "circle": details.circle if details else None,
            "date": details.date.isoformat() if details else None,
        }


def run_status(*, only_problems: bool, as_json: bool) -> int:
    """One line per recording, newest first, and the reason below if one is stuck; 0 if all are searchable.

    If Prefect or the search index does not answer, a line says so; everything else is in the bucket.
    """
    ports = connect()
    indexed = in_index(ports)
    findings = read_findings(ports.archive.store)
    entries = list(entries_of(ports, indexed, findings))
    gaps = sum(missing_of(entry.manifest) > 0 for entry in entries if entry.manifest)
    troubled = sum(not entry.line.fine for entry in entries)
    shown = [entry for entry in entries if not (only_problems and entry.line.fine and not lacks_text(entry))]
    unassigned = [damage for damage in findings if damage.recording_id is None]
    for damage in unassigned:
        warn(f"{damage.key} is {damage.kind}; `kring repair --all` says what can be done.")
    left = all_left_out(ports.archive.store)
    if as_json:
        objects = [
            *(entry.as_json() for entry in shown),
            *(item for source in left for item in left_out_as_json(source)),
        ]
        out.file.write(json.dumps(objects, ensure_ascii=False, indent=1) + "\n")
    else:
        for entry in shown:
            say_line(entry)
        if indexed is not None or troubled:
            say(f"{troubled} not searchable." if troubled else "All are searchable.")
        if gaps:
            say("1 has speech without text." if gaps == 1 else f"{gaps} have speech without text.", "yellow")
        for source in left:
            say_left_out(source)
    return 1 if troubled or unassigned or indexed is None else 0


def say_left_out(source: LeftOuts) -> None:
    """What a source offers that was not taken in. It does not count as a recording that is not searchable."""
    say(f"Left out of the source {printable(source.source)}:", "yellow")
    for left_out in source.items:
        out.print(Text(f"  {printable(left_out.says)}"))
    if source.more:
        say(f"  and {source.more} more.")


def left_out_as_json(source: LeftOuts) -> Iterator[dict[str, object]]:
    """Entries like those of the recordings, but without an id, and with a name in place of the title."""
    for left_out in source.items:
        yield {
            "id": None,
            "title": None,
            "state": "left out",
            "name": left_out.name,
            "problem": left_out.says,
            "source": source.source,
            "since": left_out.since.isoformat(),
        }


def lacks_text(entry: StatusEntry) -> bool:
    return entry.manifest is not None and missing_of(entry.manifest) > 0


def entries_of(ports: Ports, indexed: dict[str, int] | None, findings: Sequence[Damage]) -> Iterator[StatusEntry]:
    """All recordings: those without a manifest, those whose manifest cannot be read, then the others, newest first.

    `indexed`: recording → version in the index; None if the index does not answer.
    """
    damages: dict[str, list[Damage]] = defaultdict(list)
    for damage in findings:
        if damage.recording_id is not None:
            damages[damage.recording_id].append(damage)
    for recording_id, title, line in on_their_way(ports):
        yield StatusEntry(recording_id, title, line)
    unreadable: dict[str, KringError] = {}

    def note(key: str, error: KringError) -> None:
        unreadable[key.removeprefix(RECORDINGS).removesuffix(".json")] = error

    manifests = sorted(ports.archive.manifests(note), key=lambda manifest: manifest.received_at, reverse=True)
    for recording_id, error in unreadable.items():
        if isinstance(error, NewerDocument):
            line = Line(Condition.STOPPED, "✗", "red", "made by a newer Kring", reason=str(error))
            yield StatusEntry(recording_id, "", line)
            continue
        found_damages = damages[recording_id] or [Damage(key=manifest_key(recording_id), kind=DamageKind.DAMAGED)]
        yield StatusEntry(recording_id, "", hurt(recording_id, found_damages))
    for manifest in manifests:
        found_damages = damages[manifest.id]
        known = indexed.get(manifest.id) if indexed is not None else manifest.version
        line = describe(ports, manifest, known, found_damages)
        if indexed is None and manifest.state is State.PUBLISHED and line.fine:
            line = Line(Condition.PUBLISHED, "○", "yellow", "published", fine=True)
        yield StatusEntry(manifest.id, manifest.details.title, line, manifest)


def in_index(ports: Ports) -> dict[str, int] | None:
    """Recording → version in the index; None, with a warning, if the index does not answer."""
    try:
        return ports.index.versions()
    except (SearchDown, SetupError) as error:
        warn(f"What search finds is not known: {error}")
        return None


def on_their_way(ports: Ports) -> list[tuple[str, str, Line]]:
    """Like `not_received`. If Prefect does not answer, warns and lists only what the bucket knows."""
    runs: list[Run] = []
    try:
        runs = ports.runs.runs(finished_well=False)
    except (OrchestratorDown, SetupError) as error:
        warn(f"Recordings that are not received yet are shown only in part: {error}")
    return not_received(ports, runs)


def warn(text: str) -> None:
    """Print to standard error, because standard output is for the list."""
    err.print(Text(printable(text), style="yellow"))


def say_line(entry: StatusEntry) -> None:
    line, about = entry.line, entry.title
    if entry.manifest is not None:
        about = f"{entry.manifest.details.date}  {entry.manifest.details.circle}  {entry.title}"
    text = Text.assemble((f"{line.mark} ", line.style), f"{entry.id}  {printable(about)}", (f"  {line.text}", "dim"))
    if is_terminal():
        text.truncate(out.width, overflow="ellipsis")
    out.print(text)
    if line.reason:
        out.print(Text(f"  {printable(line.reason)}", style=line.style))


def not_received(ports: Ports, runs: list[Run]) -> list[tuple[str, str, Line]]:
    """Id, title and line of each recording that has no manifest yet: waiting, being fetched, or stopped."""
    from services.problems import CANCELLED

    newest: dict[str, Run] = {}
    for listed in runs:
        newest.setdefault(listed.recording_id, listed)
    requests = Requests(ports.archive.store).all()
    entries = []
    for recording_id in dict.fromkeys([*newest, *requests]):
        if ports.archive.store.exists(manifest_key(recording_id)):
            continue
        run, request = newest.get(recording_id), requests.get(recording_id)
        title = str(run.parameters.get("title", "")) if run else request.title if request else ""
        noted = request is not None and request.cancelled_at is not None
        if run is not None and run.going and not run.cancelled:
            line = Line(Condition.WAITING, "○", "yellow", "waiting", reason=run.message)
        elif (run is not None and run.cancelled) or noted:
            line = Line(Condition.CANCELLED, "✗", "red", "cancelled", reason=CANCELLED)
        elif run is None:
            line = Line(Condition.WAITING, "○", "yellow", "asked for, not received yet")
        else:
            line = Line(Condition.STOPPED, "✗", "red", "stopped", reason=run.message)
        entries.append((recording_id, title, line))
    return entries
