"""Settings to adapters: the one place where what flows and commands work with is put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from index.port import SearchIndex
from kring.local_stack import connect_locally
from kring.settings import Settings, load_settings
from services.runs.port import Runs
from services.runs.prefect import PrefectRuns
from services.search_index.ownership import open_own_index
from storage import open_store
from storage.archive.archive import Archive
from storage.leases import Leases
from transcribe.engines.registry import open_transcriber
from transcribe.port import Transcriber


@dataclass(frozen=True)
class Ports:
    """What steps and commands work with. Index and transcriber are opened when first used: both cost time."""

    settings: Settings
    archive: Archive
    leases: Leases

    @cached_property
    def index(self) -> SearchIndex:
        """Raises SetupError if another Kring feeds the index of this archive."""
        return open_own_index(self.settings, self.archive.store)

    @cached_property
    def runs(self) -> Runs:
        return PrefectRuns(self.settings)

    @cached_property
    def transcriber(self) -> Transcriber:
        return open_transcriber(self.settings)


def open_ports(settings: Settings) -> Ports:
    """Connect to the object store the settings name. Raises StorageDown or SetupError."""
    store = open_store(settings)
    return Ports(settings, Archive(store), Leases(store, lease_seconds=settings.worker.lease_seconds))


def ports_from_environment() -> Ports:
    return open_ports(connect_locally(load_settings()))
