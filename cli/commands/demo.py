"""`kring demo`: the whole house with the sample recordings in it."""

from __future__ import annotations

import time
import tomllib
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.commands.up import ports_of, welcome, with_port
from cli.stack.stack import Stack
from cli.terminal.condition import Line, describe
from cli.terminal.output import is_terminal, out, printable, say, say_error
from flows.preflight import check_start
from flows.sources.folders.folder import Folder
from index.port import Query
from kring.errors import NotFound, SetupError
from kring.intake.item import Item
from kring.local_stack import public_address
from kring.model import Circle
from kring.settings import FolderSource, Settings, load_settings
from services.ports import Ports

SAMPLES = Path(__file__).parents[2] / "samples"
SOURCE = "samples"
PATIENCE_SECONDS = 600.0


def run_demo(*, check: bool, port: int | None) -> int:
    """Start, bring in the samples, print the address; then serve until Ctrl-C, or `check` and stop. 0: all is well."""
    started = time.monotonic()
    try:
        settings = with_samples(with_port(load_settings(), port))
        check_start(settings)
        with Stack(settings) as stack:
            stack.wait_healthy()
            ports = ports_of(stack)
            items = bring_in_samples(ports)
            fine = wait_until_searchable(ports, items)
            if not check:
                welcome(stack)
                stack.watch_until_stopped()
                return 0 if fine else 1
            if not (fine and ask_queries(public_address(ports.settings), items)):
                return 1
            passages = passages_of(ports, items)
            took = time.monotonic() - started
    except KeyboardInterrupt:
        return 130
    # After the stack has stopped, so that this is the last line.
    say(f"demo: {len(items)} recordings, {passages} passages searchable in {took:.0f} s")
    return 0


def passages_of(ports: Ports, items: list[Item]) -> int:
    """How many passages of these recordings are in the index."""
    ids = {item.recording_id for item in items}
    hits = ports.index.search(Query(per_page=1000)).hits
    return sum(hit.passage_count for hit in hits if hit.recording_id in ids)


def with_samples(settings: Settings) -> Settings:
    if not SAMPLES.is_dir():
        raise SetupError("The sample recordings are not here: run the demo from a checkout of Kring.")
    return settings.model_copy(update={"sources": (*settings.sources, _source())})


def _source() -> FolderSource:
    return FolderSource(name=SOURCE, path=SAMPLES, settle_seconds=0)


def bring_in_samples(ports: Ports) -> list[Item]:
    """Ask for a run of every sample that is not there yet, through the source they come by."""
    from flows.new_runs import start_new

    bring_in_circles(ports)
    source = Folder(_source(), ports.settings)
    items = list(source.list())
    if source.problems:
        raise SetupError(f"The samples are damaged: {source.problems[0].says}")
    start_new(source, ports)
    return items


def bring_in_circles(ports: Ports) -> None:
    """The samples' circles; those there already are left as they are."""
    known = {circle.slug for circle in ports.archive.circles()}
    for circle in tomllib.loads((SAMPLES / "circles.toml").read_text(encoding="utf-8"))["circle"]:
        if circle["slug"] not in known:
            ports.archive.put_circle(Circle.model_validate(circle))


def wait_until_searchable(ports: Ports, items: list[Item]) -> bool:
    """Show one line per recording until all can be found; False if one has stopped or time is up."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    reported: set[str] = set()
    with Live(console=out, auto_refresh=False, transient=True) if is_terminal() else nullcontext() as live:
        while time.monotonic() < deadline:
            lines = _lines(ports, items)
            if live is not None:
                live.update(_table(items, lines), refresh=True)
            for item, line in zip(items, lines, strict=True):
                if line is not None and (line.fine or line.mark == "✗") and item.recording_id not in reported:
                    reported.add(item.recording_id)
                    out.print(Text.assemble((f"{line.mark} ", line.style), printable(item.details.title)))
                    if not line.fine:
                        say_error(line.reason)
            if len(reported) == len(items):
                return all(line is not None and line.fine for line in lines)
            time.sleep(0.5)
    say_error("The samples did not become searchable; look at the logs in the data folder.")
    return False


def _lines(ports: Ports, items: list[Item]) -> list[Line | None]:
    indexed = ports.index.versions()
    return [_line(ports, item.recording_id, indexed) for item in items]


def _line(ports: Ports, recording_id: str, indexed: dict[str, int]) -> Line | None:
    """None until a run has begun with it."""
    try:
        manifest = ports.archive.manifest(recording_id)
    except NotFound:
        return None
    return describe(ports, manifest, indexed.get(recording_id))


def _table(items: list[Item], lines: list[Line | None]) -> Table:
    table = Table.grid(padding=(0, 1))
    for item, line in zip(items, lines, strict=True):
        mark = Text(line.mark, style=line.style) if line else Text("○", style="dim")
        table.add_row(mark, Text(printable(item.details.title)), Text(line.text if line else "waiting", style="dim"))
    return table


def ask_queries(address: str, items: list[Item]) -> bool:
    """Ask each of the samples' queries over the HTTP API; say what came back, and whether all of it was right."""
    queries = tomllib.loads((SAMPLES / "queries.toml").read_text(encoding="utf-8"))["query"]
    recordings = {Path(item.location).stem: item.recording_id for item in items}
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        answers = [answers_rightly(client, query, recordings[query["recording"]]) for query in queries]
    for query, right in zip(queries, answers, strict=True):
        mark = Text("✔ ", style="green") if right else Text("✗ ", style="red")
        out.print(Text.assemble(mark, f"{query['language']}  {printable(query['q'])}"))
    return all(answers)


def answers_rightly(client: httpx.Client, query: dict[str, Any], recording_id: str) -> bool:
    """Whether the right recording comes back, with a passage whose time contains the words."""
    try:
        response = client.get("/api/search", params={"q": query["q"]})
        response.raise_for_status()
    except httpx.HTTPError as error:
        say_error(f"The web pages do not answer: {error}.")
        return False
    return any(
        recording["id"] == recording_id
        and any(passage["start"] <= query["at"] <= passage["end"] for passage in recording["passages"])
        for recording in response.json()["recordings"]
    )
