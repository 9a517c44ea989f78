"""Reads a feed in a separate process with limited memory and time and without network or files
(`transcribe.sandbox.confined`, as for media and PDFs)."""

from __future__ import annotations

import json
import logging
import tempfile
from typing import Final

from pydantic import TypeAdapter

from flows.sources.feeds import reader as podcast
from flows.sources.feeds.entries import Entry, Page
from kring.errors import SourceError
from transcribe.sandbox import confined

CPU_SECONDS: Final = 20
"""A feed of 20 MB takes 4 s on one slow core."""
CLOCK_SECONDS: Final = 60.0
MEMORY_MB: Final = 1024
"""A feed of 20 MB takes 150 MB."""
ANSWER_MB: Final = 64

_ENTRY = TypeAdapter(Entry)

log = logging.getLogger(__name__)


def read_feed(feed: bytes, name: str, *, most: int, seconds: float = CLOCK_SECONDS) -> Page:
    """The contents of one document of a feed, with at most `most` entries. `seconds`: wall-clock limit.

    Raises SourceError, naming the source, if it is not a feed or takes unreasonably much time or memory to read.
    """
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as printed:
        source.write(feed)
        source.seek(0)
        status = confined.run_python(
            podcast.__file__,
            str(most),
            source=source,
            printed=printed,
            memory_mb=MEMORY_MB,
            cpu_seconds=CPU_SECONDS,
            file_mb=ANSWER_MB,
            seconds=seconds,
        )
        printed.seek(0)
        lines = printed.read().splitlines() if status == 0 else []
    if not lines:
        log.warning("reading the feed of the source %s ended with %d", name, status)
        raise SourceError(
            "The feed of the source {name} is damaged, or reading it takes unreasonably much time or memory; whoever "
            "publishes it has to mend it.",
            name=repr(name),
        )
    page = Page(**json.loads(lines[0]), entries=tuple(map(_ENTRY.validate_json, lines[1:])))
    if not page.version:
        raise SourceError(
            "The address of the source {name} is not an RSS or Atom feed; check it in kring.toml.", name=repr(name)
        )
    return page
