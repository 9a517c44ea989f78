"""Where recordings come from: the port and one file per kind of source."""

from __future__ import annotations

from flows.sources.address import Address
from flows.sources.feeds.feed import Feed
from flows.sources.folders.folder import Folder
from flows.sources.port import RecordingSource
from flows.sources.uploaded import Uploaded
from kring.errors import SetupError
from kring.model import ADDRESS, UPLOAD
from kring.settings import FolderSource, Settings
from storage.archive.archive import Archive


def open_sources(settings: Settings, archive: Archive) -> list[RecordingSource]:
    """What is uploaded, and all sources of the settings in their order.

    Raises SetupError if two share a name.
    """
    names_are_apart(settings)
    return [
        Uploaded(settings, archive),
        *(
            Folder(source, settings, archive) if isinstance(source, FolderSource) else Feed(source, settings, archive)
            for source in settings.sources
        ),
    ]


def names_are_apart(settings: Settings) -> None:
    """Raises SetupError if two sources share a name."""
    names = [source.name for source in settings.sources]
    for name in names:
        if names.count(name) > 1 or name in {UPLOAD, ADDRESS}:
            raise SetupError(f"The name {name!r} is taken by another source; give each its own in kring.toml.")


def open_source(settings: Settings, archive: Archive, name: str) -> RecordingSource:
    """Raises SetupError if the settings know no such source (any more)."""
    if name == ADDRESS:
        return Address(settings, allow_private=settings.fetch.allow_private)
    for source in open_sources(settings, archive):
        if source.name == name:
            return source
    raise SetupError(
        f"The settings know no source called {name!r}; put it back into kring.toml or add the file by hand."
    )
