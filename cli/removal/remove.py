"""`kring withdraw`, `kring erase` and `kring retain`."""

from __future__ import annotations

from datetime import UTC, datetime

import typer
from pydantic import TypeAdapter, ValidationError
from rich.text import Text

from cli.terminal.connection import connect
from cli.terminal.difference import id_in
from cli.terminal.output import out, printable, say, say_error
from kring.errors import InputError, NotFound
from kring.model import Line, Manifest
from kring.model.erased import Erasure, Place
from kring.people.audit import Act
from services.ports import Ports
from services.removal.erasure import ask_erasure, carry_out
from services.removal.retention import Expiry, find_expiries, retain
from services.removal.withdrawal import put_back, withdraw
from services.search_index.ownership import require_own_index
from services.search_index.reindex import Reindexing
from storage.archive.erasures import Erasures
from storage.audit import COMMAND, Audit

PLACES = {
    Place.RUNS: "rows of Prefect’s database",
    Place.LOGS: "lines of logs",
    Place.SCRATCH: "files in progress",
    Place.ORIGINALS: "files that came in",
    Place.RENDITIONS: "files made of them",
    Place.TRANSCRIPTS: "transcripts",
    Place.CORRECTIONS: "corrections",
    Place.DOCUMENTS: "documents about it",
    Place.INDEX: "search index written anew",
    Place.STORE: "files of the object store written anew",
}
"""What was removed from each place."""


def withdraw_all(recordings: list[str], reason: str) -> int:
    """Raises NotFound before anything is hidden."""
    ports, why = connect(), _reason(reason)
    manifests = _manifests(ports, recordings)
    reindexing = reindexing_of(ports)
    for manifest in manifests:
        Audit(ports.archive.store).record(COMMAND, Act.WITHDRAW, manifest.id, f"withdrew it: {why}")
        withdraw(ports.archive, reindexing, manifest.id, COMMAND, why)
        say(f"Withdrawn: “{manifest.details.title}”. `kring withdraw --put-back {manifest.id}` shows it again.")
    return 0


def put_all_back(recordings: list[str]) -> int:
    """Raises NotFound, and InputError for one that is being erased, before any is put back."""
    ports = connect()
    manifests = _manifests(ports, recordings)
    reindexing, erasures = reindexing_of(ports), Erasures(ports.archive.store)
    for manifest in manifests:
        if erasures.has(manifest.id):
            raise InputError(f"The recording {manifest.id} is being erased and cannot be put back.")
    for manifest in manifests:
        Audit(ports.archive.store).record(COMMAND, Act.WITHDRAW, manifest.id, "put it back")
        put_back(ports.archive, reindexing, manifest.id)
        say(f"Shown again: “{manifest.details.title}”.")
    return 0


def erase_all(recordings: list[str], reason: str, *, yes: bool) -> int:
    """1 if one could not be erased yet, or the person does not agree. Raises NotFound before anything is erased."""
    ports, why = connect(), _reason(reason)
    require_own_index(ports.settings, ports.archive.store)
    wanted = {id_in(named) for named in recordings}
    begun = {erasure.id for erasure in Erasures(ports.archive.store).pending() if erasure.id in wanted}
    manifests = _manifests(ports, sorted(wanted - begun))
    for manifest in manifests:
        out.print(Text.assemble(("  ✕ ", "red"), printable(manifest.details.title), (f"  {manifest.id}", "dim")))
    amount = "This recording is" if len(wanted) == 1 else f"These {len(wanted)} recordings are"
    if not yes and not typer.confirm(f"{amount} erased for ever, and can be brought back by nobody. Go on?"):
        say("Nothing was changed.")
        return 1
    reindexing = reindexing_of(ports)
    for manifest in manifests:
        Audit(ports.archive.store).record(COMMAND, Act.ERASE, manifest.id, why)
        ask_erasure(ports.archive, reindexing, manifest.id, COMMAND, why)
    return _carry_out(ports, wanted)


def _carry_out(ports: Ports, wanted: set[str]) -> int:
    """Print a receipt of each, whichever process erases it; 1 if one could not be erased yet."""
    _, problems = carry_out(ports, wanted, lambda recording_id, place: say(f"  {recording_id}  {place.value} …", "dim"))
    for recording_id in sorted(wanted):
        receipt = Erasures(ports.archive.store).find(recording_id)
        if receipt is not None and receipt.done_at is not None:
            _print_receipt(receipt)
    for problem in problems:
        say_error(problem)
    return 1 if problems else 0


def allow_all_again(recordings: list[str]) -> int:
    """1 if one was not erased, or is only being erased."""
    ports = connect()
    erasures = Erasures(ports.archive.store)
    failed = 0
    for recording_id in map(id_in, recordings):
        erasure = erasures.find(recording_id)
        if erasure is None or erasure.done_at is None:
            say_error(f"The recording {recording_id} was not erased.")
            failed += 1
            continue
        Audit(ports.archive.store).record(COMMAND, Act.ERASE, recording_id, "allowed it to come in again")
        erasures.forget(recording_id)
        say(f"The recording {recording_id} may come in again.")
    return 1 if failed else 0


def run_retain(*, dry_run: bool) -> int:
    """Say what expires and when; 1 if something that is due could not be erased yet."""
    ports = connect()
    today = datetime.now(UTC).date()
    found = find_expiries(ports, today)
    if not found:
        say("No circle keeps a recording for less than 30 days more.")
        return 0
    for expiry in found:
        _print_expiry(expiry, due=expiry.is_due(today))
    if dry_run:
        return 0
    require_own_index(ports.settings, ports.archive.store)
    due = retain(ports, today)
    return _carry_out(ports, {expiry.manifest.id for expiry in due}) if due else 0


def _manifests(ports: Ports, recordings: list[str]) -> list[Manifest]:
    """Raises NotFound."""
    found = []
    for recording_id in dict.fromkeys(map(id_in, recordings)):
        if Erasures(ports.archive.store).has(recording_id) and recording_id not in ports.archive.ids():
            raise NotFound(f"The recording {recording_id} was erased already.")
        found.append(ports.archive.manifest(recording_id))
    return found


def _reason(text: str) -> Line:
    try:
        return TypeAdapter(Line).validate_python(text)
    except ValidationError:
        raise InputError("Give a reason of at most 300 characters.") from None


def reindexing_of(ports: Ports) -> Reindexing:
    return Reindexing(ports.archive, ports.index, ports.runs)


def _print_expiry(expiry: Expiry, *, due: bool) -> None:
    what = "is erased now" if due else f"is erased on {expiry.on}"
    manifest = expiry.manifest
    marked = Text.assemble(("  ✕ ", "red") if due else ("  ○ ", "yellow"), printable(manifest.details.title))
    why = f"  {manifest.id}  {what}: {expiry.months} months after {manifest.details.date}"
    out.print(marked.append(why, "dim"))


def _print_receipt(receipt: Erasure) -> None:
    say(f"Erased: {receipt.id}", "bold")
    for place in receipt.places:
        mark, style = ("✓", "green") if place.left is None else ("!", "yellow")
        text = Text.assemble((f"  {mark} ", style), f"{place.removed:>5}  {PLACES[place.place]}")
        out.print(text)
        if place.left is not None:
            say(f"           {place.left}", "dim")
