"""Writing to the search index only if this Kring owns it (`storage.index_owner`)."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from index import is_embedded, open_index
from index.port import SearchIndex
from kring.addresses import is_loopback
from kring.errors import KringError, SetupError
from kring.settings import Settings
from storage.index_owner import BEAT_SECONDS, IndexPlace, Ownership
from storage.port import ObjectStore

log = logging.getLogger(__name__)

_REQUEST = "run/take-over"
"""Under the data folder: `kring up --take-over` was said, and is done once."""


def place_of(settings: Settings) -> IndexPlace:
    """The place of the index that these settings name."""
    here = IndexPlace(host=host(), folder=str(settings.data_dir))
    if is_embedded(settings) or settings.meili_url is None:
        return here
    address = urlsplit(settings.meili_url)
    where = f"{address.scheme}://{address.netloc.rpartition('@')[2]}"
    if is_loopback(address.hostname or ""):
        return here.model_copy(update={"meilisearch": where})
    return IndexPlace(meilisearch=where)


def host() -> str:
    """`<name>.<8 hex>` of this machine, the same after it was started again."""
    name = socket.gethostname().partition(".")[0]
    try:  # not to be shown to others as it is: machine-id(5)
        machine = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        machine = ""
    return f"{name}.{hashlib.sha256(f'kring {machine}'.encode()).hexdigest()[:8]}"


def require_own_index(settings: Settings, store: ObjectStore) -> None:
    """Raises SetupError if another Kring feeds the index of this archive."""
    Ownership(store, place_of(settings)).require()


def open_own_index(settings: Settings, store: ObjectStore) -> SearchIndex:
    """The index for writing, as `require_own_index` allows it."""
    require_own_index(settings, store)
    return open_index(settings)


def claim_index(settings: Settings, store: ObjectStore, *, take_over: bool = False) -> None:
    """Make this Kring the one that feeds the index. Raises SetupError if another does, unless `take_over`."""
    Ownership(store, place_of(settings)).claim(take_over=take_over)


class OwnedIndex:
    """Owns the index of an archive inside a `with` block, and says so in the bucket again and again."""

    def __init__(
        self,
        ownership: Ownership,
        lost: Callable[[SetupError], None],
        *,
        take_over: bool = False,
        every: float = BEAT_SECONDS,
    ) -> None:
        """`lost` is called, in a thread of its own, if another Kring has taken over."""
        self._ownership, self._lost, self._every, self._take_over = ownership, lost, every, take_over
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="index-owner", daemon=True)

    def __enter__(self) -> None:
        """Raises SetupError if another Kring feeds the index."""
        self._ownership.claim(take_over=self._take_over)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        with suppress(KringError):  # then it lapses by itself
            self._ownership.release()

    def _beat(self) -> None:
        while not self._ended.wait(self._every):
            try:
                self._ownership.claim()
            except SetupError as error:
                self._lost(error)
                return
            except KringError as error:
                log.warning("The search index was not claimed anew: %s", error)


def own_index(settings: Settings, store: ObjectStore) -> OwnedIndex:
    """For a process that stays: it ends itself, as if it were asked to, if another Kring takes over."""

    def lost(error: SetupError) -> None:
        print(error, file=sys.stderr, flush=True)  # noqa: T201  into the part's log
        os.kill(os.getpid(), signal.SIGTERM)

    return OwnedIndex(Ownership(store, place_of(settings)), lost, take_over=_take_over_requested(settings))


def request_take_over(settings: Settings) -> None:
    """Have the next process of this data folder that owns the index take it over."""
    request = settings.data_dir / _REQUEST
    request.parent.mkdir(parents=True, exist_ok=True)
    request.touch()


def _take_over_requested(settings: Settings) -> bool:
    try:
        (settings.data_dir / _REQUEST).unlink()
    except FileNotFoundError:
        return False
    return True
