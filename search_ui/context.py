"""What every request needs: the archive, the index, the circles; and the questions pages ask of them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from index.port import SearchIndex
from kring.errors import Damaged, NotFound, StorageDown
from kring.model import Circle, Manifest, Transcript
from kring.settings import Settings
from search_ui.text_cache import Remembered
from services.runs.port import Runs
from services.search_index.reindex import Reindexing
from storage.archive.archive import Archive
from storage.archive.erasures import Erasures
from storage.keys import CUTTING
from storage.leases import Leases

NAMES_SECONDS = 10.0
"""How long a changed circle may be as it was: its name, and who may see what belongs to it."""

log = logging.getLogger("kring.web")

T = TypeVar("T")


class Circles:
    """The circles there are, read again from the archive every `NAMES_SECONDS`; `after` is called then."""

    def __init__(self, archive: Archive, after: Callable[[], None] = lambda: None) -> None:
        self._archive = archive
        self._after = after
        self._lock = threading.Lock()
        self._circles: dict[str, Circle] = {}
        self._known = False
        self._read_at = float("-inf")

    def all(self) -> dict[str, Circle]:
        """All circles by slug; if the store does not answer, those known before, so that search goes on.

        One request at a time asks the store, the others take what is known. Raises StorageDown if nothing is known.
        """
        if self._known and time.monotonic() - self._read_at < NAMES_SECONDS:
            return self._circles
        if not self._lock.acquire(blocking=not self._known):
            return self._circles
        try:
            self._read()
        finally:
            self._lock.release()
        return self._circles

    def read_again(self) -> None:
        """Know at once what was changed in this process. Raises StorageDown if nothing is known."""
        with self._lock:
            self._read()

    def _read(self) -> None:
        try:
            self._circles = {circle.slug: circle for circle in self._archive.circles()}
            self._known = True
            self._after()
        except StorageDown:
            if not self._known:
                raise
        finally:
            self._read_at = time.monotonic()


class ErasedSince:
    """Whether a recording was erased, or a passage taken out of one, since this was asked last."""

    def __init__(self, archive: Archive) -> None:
        self._store = archive.store
        self._known: tuple[frozenset[str], frozenset[str]] | None = None

    def ask(self) -> bool:
        """Two listings. Raises StorageDown."""
        cutting = frozenset(info.key for info in self._store.list(CUTTING))
        before, self._known = self._known, (Erasures(self._store).ids(), cutting)
        return before is not None and not (self._known[0] <= before[0] and cutting == before[1])


@dataclass(frozen=True, slots=True)
class Names:
    """Names of circles and networks. Pure."""

    circles: Mapping[str, Circle]
    """By slug: those that may be named."""

    def circle(self, slug: str) -> str:
        """The circle's name; its slug if it is not among them."""
        circle = self.circles.get(slug)
        return circle.name if circle else slug

    def network(self, slug: str) -> str:
        """The network's name; its slug if none of its circles is among them."""
        return next((c.network_name for c in self.circles.values() if c.network == slug), slug)

    def network_slug(self, circle_slug: str) -> str | None:
        circle = self.circles.get(circle_slug)
        return circle.network if circle else None

    def network_of(self, circle_slug: str) -> str | None:
        circle = self.circles.get(circle_slug)
        return circle.network_name if circle else None


@dataclass(frozen=True)
class Site:
    """The state of the running web application, the same for all its requests: `app.state.site`."""

    settings: Settings
    archive: Archive
    index: SearchIndex
    runs: Runs
    leases: Leases = field(init=False)
    circles: Circles = field(init=False)
    reindexing: Reindexing = field(init=False)
    written: Remembered = field(init=False)

    _erased: ErasedSince = field(init=False)
    _objects: dict[type, object] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        leases = Leases(self.archive.store, lease_seconds=self.settings.worker.lease_seconds)
        object.__setattr__(self, "leases", leases)
        object.__setattr__(self, "written", Remembered())
        object.__setattr__(self, "_erased", ErasedSince(self.archive))
        object.__setattr__(self, "circles", Circles(self.archive, self._forget_erased))
        object.__setattr__(self, "reindexing", Reindexing(self.archive, self.index, self.runs))

    def _forget_erased(self) -> None:
        """If a recording was erased, drop what is remembered of any: this process is to hold nothing of it either."""
        if self._erased.ask():
            self.archive.forget_remembered()
            self.written.forget()

    def add(self, *objects: object) -> None:
        """Keep one object of each class for the whole application, in place of the one there was."""
        self._objects.update({type(each): each for each in objects})

    def get(self, kind: type[T]) -> T:
        """The application's object of this class. Raises KeyError if `create_app` has added none."""
        shared_object = self._objects[kind]
        assert isinstance(shared_object, kind)  # noqa: S101  it is kept under its class
        return shared_object


def site_of(request: Request) -> Site:
    """The state of the application that answers this request: the one thing that stands in `app.state`."""
    site: Site = request.app.state.site
    return site


SiteDep = Annotated[Site, Depends(site_of)]


def shared(kind: type[T]) -> Callable[[Request], T]:
    """A dependency: the object of this class that all requests of the application share (`Site.get`)."""

    def get(request: Request) -> T:
        return site_of(request).get(kind)

    return get


def origin_of(site: Site, request: Request) -> str:
    """What addresses begin with: as the settings say, else as this request came; the guard knows its host."""
    return (site.settings.web.public_url or str(request.base_url)).rstrip("/")


def read_transcript(site: Site, manifest: Manifest) -> tuple[Transcript | None, bool]:
    """The recording's transcript as people have corrected it, and whether it should be there and cannot be read."""
    try:
        return site.archive.transcript_of(manifest), False
    except (NotFound, Damaged) as error:
        log.error("%s: %s", manifest.id, error)
        return None, True
