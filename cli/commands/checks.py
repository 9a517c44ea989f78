"""`kring check`: tests every connection and tool by using it, one line each. Works before the first `kring up` too."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import httpx
from rich.text import Text

from cli.stack import meilisearch
from cli.stack.data_folder import prepare
from cli.stack.free_ports import is_free, port_taken
from cli.terminal.output import out, printable
from flows.preflight import check_folder
from kring.errors import IndexNotReady, KringError, SetupError
from kring.local_stack import LocalStack, known_locally, read_stack
from kring.settings import (
    MEILI_PORT,
    PREFECT_PORT,
    S3_PORT,
    WEB_PORT,
    FeedSource,
    FolderSource,
    Settings,
    load_settings,
)
from services.runs.prefect import PrefectRuns
from storage.seaweed.program import LOOPBACK

TOOL_SECONDS = 20.0
"""Seconds that ffmpeg or a page may take to answer."""
ENCODERS = ("flac", "aac", "libx264")
"""The encoders that ffmpeg must have (`transcribe/rendering/render.py`, `transcribe/rendering/playback.py`)."""

Test = Callable[[], str]
"""Returns a description of what works. Raises KringError or OSError if it does not work, NotAsked if it cannot be
tested yet."""


class NotAsked(KringError):
    """It does not run yet or is not available on this machine, which is not an error."""


def run_check() -> int:
    """Print a line for each test; 0 if none fails."""
    settings = load_settings()
    return 1 if sum(not _passes(name, test) for name, test in tests(settings)) else 0


def tests(settings: Settings) -> Iterator[tuple[str, Test]]:
    """Each test with the name it is printed under."""
    stack = read_stack(settings)
    known = known_locally(settings)
    yield "data folder", lambda: _data_folder(settings)
    yield "ffmpeg", _ffmpeg
    yield "confinement", _confinement
    yield "engine", lambda: _engine(settings)
    for source in settings.sources:
        yield f"source {source.name}", lambda source=source: _source(settings, source)  # type: ignore[misc]
    if stack is None:
        yield "ports", lambda: _ports(settings)
    yield "object store", lambda: _objects(known)
    yield "search index", lambda: _index(known, running=stack is not None)
    yield "Prefect", lambda: _prefect(known)
    yield "web pages", lambda: _pages(stack)


def _passes(name: str, test: Test) -> bool:
    mark, style, fine = "✔ ", "green", True
    try:
        text = test()
    except NotAsked as error:
        mark, style, text = "– ", "dim", str(error)
    except (KringError, OSError) as error:
        mark, style, text, fine = "✗ ", "red", str(error), False
    out.print(Text.assemble((mark, style), f"{printable(name):<13} {printable(text)}"))
    return fine


def _data_folder(settings: Settings) -> str:
    free = prepare(settings.data_dir)
    return f"{settings.data_dir}, {free / 1e9:.1f} GB free"


def _ffmpeg() -> str:
    from transcribe.media.ffmpeg import binary

    program = binary()
    try:
        done = subprocess.run(
            [program, "-hide_banner", "-encoders"], capture_output=True, text=True, timeout=TOOL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise SetupError(f"{program} does not answer within {TOOL_SECONDS:.0f} s; install ffmpeg anew.") from None
    if done.returncode != 0:
        raise SetupError(f"{program} ends with exit code {done.returncode}; install ffmpeg anew.")
    known = set(done.stdout.split())
    if missing := [name for name in ENCODERS if name not in known]:
        raise SetupError(f"{program} cannot write {', '.join(missing)}; install an ffmpeg that can.")
    return program


def _confinement() -> str:
    """How hostile recordings and PDFs are confined. Not an error if the kernel lacks a part of it."""
    from transcribe.sandbox.confined import isolation

    confinement = isolation()
    if not confinement.complete:
        raise NotAsked(f"what reads recordings and PDFs runs with {confinement}")
    return f"what reads recordings and PDFs runs with {confinement}"


def _engine(settings: Settings) -> str:
    """Loads the weights, and first fetches or converts them if that has not been done."""
    from transcribe.engines.registry import open_transcriber

    transcriber = open_transcriber(settings)
    transcriber.load()
    return f"{transcriber.fingerprint(None)}, its weights load"


def _source(settings: Settings, source: FolderSource | FeedSource) -> str:
    from flows.sources.feeds.feed import Feed

    if isinstance(source, FolderSource):
        check_folder(source)
        return f"{source.path.expanduser().resolve()} can be read"
    return f"{sum(1 for _ in Feed(source, settings).list())} recordings offered"


def _ports(settings: Settings) -> str:
    local = settings.local
    ports = [("web.port", settings.web.host, settings.web.port, WEB_PORT)]
    if settings.s3_endpoint is None:
        ports.append(("local.s3_port", LOOPBACK, local.s3_port, S3_PORT))
    if settings.prefect_api_url is None:
        ports.append(("local.prefect_port", LOOPBACK, local.prefect_port, PREFECT_PORT))
    if _starts_meilisearch(settings):
        ports.append(("local.meili_port", LOOPBACK, local.meili_port, MEILI_PORT))
    moving: list[str] = []
    for setting, host, chosen, usual in ports:
        if chosen and not is_free(host, chosen):
            raise port_taken(host, chosen, setting)
        if chosen is None and not is_free(host, usual):
            moving.append(str(usual))
    if moving:
        raise NotAsked(f"{', '.join(moving)} taken by others: `kring up` looks for the next free one")
    return f"{', '.join(str(usual if chosen is None else chosen) for _, _, chosen, usual in ports)} free"


def _objects(known: Settings) -> str:
    if known.s3_endpoint is None:
        raise NotAsked("does not run yet: `kring up` starts it")
    from storage import open_store
    from storage.archive.archive import Archive

    return f"{known.s3_endpoint}, {len(Archive(open_store(known)).circles())} circles"


def _index(known: Settings, *, running: bool) -> str:
    from index import open_index

    if not running and _starts_meilisearch(known):
        raise NotAsked("Meilisearch does not run yet: `kring up` starts it")
    index = open_index(known, writer=False)
    try:
        index.check(deep=True)
    except IndexNotReady:
        if known.s3_endpoint is None and not index.versions():
            raise NotAsked("is not built yet: the worker does that when Kring runs") from None
        raise
    return f"{len(index.versions())} recordings"


def _starts_meilisearch(settings: Settings) -> bool:
    """Whether `kring up` would start Meilisearch. Raises SetupError if it is set but not installed."""
    if settings.search.engine == "embedded" or settings.meili_url is not None:
        return False
    installed = meilisearch.program() is not None
    if settings.search.engine == "meilisearch" and not installed:
        raise meilisearch.not_installed()
    return installed


def _prefect(known: Settings) -> str:
    if known.prefect_api_url is None:
        raise NotAsked("does not run yet: `kring up` starts it")
    PrefectRuns(known).runs("none")
    return known.prefect_api_url


def _pages(stack: LocalStack | None) -> str:
    if stack is None or not stack.web_url:
        raise NotAsked("do not run here: `kring up` starts them")
    try:
        answer = httpx.get(f"{stack.web_url}/healthz", timeout=TOOL_SECONDS, trust_env=False)
        health = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise KringError(f"The web pages at {stack.web_url} do not answer ({type(error).__name__}).") from None
    if answer.status_code != httpx.codes.OK:
        raise KringError(f"{stack.web_url}: {health.get('error') or answer.status_code}")
    return stack.web_url
