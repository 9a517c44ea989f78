"""`kring retranscribe`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from functools import cache, partial

import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from cli.terminal.connection import connect
from cli.terminal.difference import PLACES, compare, counts, id_in, show_places
from cli.terminal.output import is_terminal, out, printable, say, say_error
from cli.terminal.progress import PATIENCE_SECONDS
from kring.errors import BadMetadata, NotFound, TransientError
from kring.model import Manifest, State
from services.ports import Ports
from services.retranscribe import Choice, ask_again, choose, start
from services.retry import with_retries
from services.search_index.ownership import require_own_index

POLL_SECONDS = 0.5


def run_retranscribe(
    recordings: list[str], *, circles: list[str], everything: bool, yes: bool, dry_run: bool, wait: bool
) -> int:
    """Request new transcripts if the engine would make different ones; 0 if all of them were made."""
    if not (recordings or circles or everything):
        raise BadMetadata("Say what is to be transcribed again: recordings, --circle SLUG, or --all.")
    ports = connect()
    require_own_index(ports.settings, ports.archive.store)
    choices = list(choose(_selected(ports, recordings, circles, everything), ports.archive, ports.transcriber))
    chosen = [choice for choice in choices if not choice.left_alone]
    for choice in choices:
        if choice.left_alone:
            out.print(_named(choice.manifest, "–", "dim", choice.left_alone))
    if not chosen:
        say("There is nothing to transcribe again.")
        return 0
    for choice in chosen if dry_run else ():
        out.print(_named(choice.manifest, "○", "cyan", "would be transcribed again"))
    say(f"{_amount(chosen)} to be transcribed again by {_engine(ports)}.")
    if dry_run:
        return 0
    if not (yes or _agreed()):
        say("Nothing was changed.")
        return 1
    asked = _ask(ports, chosen)
    if not wait:
        say("They are waiting for the worker; `kring status` shows how far they are.")
        return 0
    try:
        return _follow(ports, asked)
    except KeyboardInterrupt:
        say("They go on by themselves; `kring status` shows how far they are.")
        raise


def _selected(ports: Ports, recordings: list[str], circles: list[str], everything: bool) -> Iterable[Manifest]:
    """The recordings named. Raises NotFound and UnknownCircle, so a mistyped circle is not taken for an empty one."""
    for slug in circles:
        ports.archive.circle(slug)
    named = {manifest.id: manifest for manifest in map(ports.archive.manifest, map(id_in, recordings))}
    if everything or circles:
        for manifest in ports.archive.manifests():
            if everything or manifest.details.circle in circles:
                named[manifest.id] = manifest
    return named.values()


def _amount(chosen: list[Choice]) -> str:
    minutes = round(60 * sum(choice.hours for choice in chosen))
    length = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes or 'less than 1'} min"
    return f"1 recording ({length}) is" if len(chosen) == 1 else f"{len(chosen)} recordings ({length}) are"


def _engine(ports: Ports) -> str:
    return f"{ports.settings.transcribe.engine}, model {ports.settings.transcribe.model}"


def _agreed() -> bool:
    """Asks only a person at a terminal; a script that runs this has decided already."""
    if not (is_terminal() and sys.stdin.isatty()):
        return True
    return typer.confirm("The old transcripts stay until the new ones are ready. Go on?")


def _ask(ports: Ports, chosen: list[Choice]) -> list[Manifest]:
    """Store every request before the first run is started, so that nothing is lost if starting a run fails."""
    asked = [with_retries(partial(ask_again, ports.archive, choice.manifest.id), say) for choice in chosen]
    for manifest in asked:
        with_retries(partial(start, ports.runs, manifest), say)
    return asked


def _follow(ports: Ports, asked: list[Manifest]) -> int:
    """Show the active runs, and a line for each recording once it is done; 0 if all went well."""
    left = {manifest.id: manifest for manifest in asked}
    failed, moved, reminded = 0, time.monotonic(), False
    with Live(console=out, auto_refresh=False, transient=True) if is_terminal() else nullcontext() as live:
        while left:
            looked = time.monotonic()
            try:
                working, done = _look(ports, left)
            except TransientError:  # the requests are stored; they continue when the server is back
                time.sleep(POLL_SECONDS)
                continue
            for manifest in done:
                failed += not _say_done(ports, left.pop(manifest.id), manifest, alone=len(asked) == 1)
            if live is not None:
                waiting = len(left) - len(working)
                queue = [Text(f"○ {waiting} waiting for the worker", style="dim")] if waiting else []
                live.update(Group(*working, *queue), refresh=True)
            if working or done:
                moved = time.monotonic()
            elif time.monotonic() - moved > PATIENCE_SECONDS and not reminded:
                reminded = True
                say(f"Nobody has worked on them for {PATIENCE_SECONDS:.0f} s: is a worker running (`kring up`)?")
            time.sleep(max(POLL_SECONDS, time.monotonic() - looked))  # polls less often if a poll takes long
    return 1 if failed else 0


def _look(ports: Ports, left: dict[str, Manifest]) -> tuple[list[Text], list[Manifest]]:
    """A line for each recording with an active run, and those that are searchable again or have stopped."""
    versions = cache(ports.index.versions)  # read once per poll, and only if a recording may be done
    working, done = [], []
    for recording_id, old in left.items():
        activity = ports.leases.read(recording_id)
        if activity is not None and ports.leases.is_alive(activity):
            note = f"{activity.step} {activity.fraction:.0%} {activity.note}".rstrip()
            line = _named(old, "●", "cyan", note)
            line.truncate(out.width, overflow="ellipsis")
            working.append(line)
            continue
        manifest = ports.archive.manifest(recording_id)
        if manifest.problem is not None or (not manifest.again and _is_indexed(manifest, versions)):
            done.append(manifest)
    return working, done


def _is_indexed(manifest: Manifest, versions: Callable[[], Mapping[str, int]]) -> bool:
    return manifest.state is State.PUBLISHED and versions().get(manifest.id) == manifest.version


def _say_done(ports: Ports, old: Manifest, manifest: Manifest, *, alone: bool) -> bool:
    """Whether it went well. `alone`: it is the only recording, so its changed places are shown too."""
    if manifest.problem is not None:
        out.print(_named(manifest, "✗", "red", "not transcribed again"))
        say_error(manifest.problem.message + (" It is tried again by itself." if manifest.problem.transient else ""))
        return False
    if manifest.transcript == old.transcript:
        out.print(_named(manifest, "✔", "green", "its transcript is as it was, the English track is new"))
        return True
    try:
        changes = compare(ports.archive, manifest)
    except NotFound as error:
        out.print(_named(manifest, "✔", "green", f"done; {error}"))
        return True
    out.print(_named(manifest, "✔", "green", counts(changes)))
    if alone:
        show_places(changes, manifest.id, limit=PLACES)
    return True


def _named(manifest: Manifest, mark: str, style: str, note: str) -> Text:
    about = f"{manifest.details.date}  {printable(manifest.details.title)}"
    return Text.assemble((f"{mark} ", style), f"{manifest.id}  {about}", (f"  {printable(note)}", "dim"))
