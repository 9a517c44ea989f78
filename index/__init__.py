"""Passages and finding them: the search port, passages and language analysis (pure), the adapters."""

from __future__ import annotations

from index.embedded import EmbeddedIndex
from index.port import SearchIndex
from kring.errors import SetupError
from kring.settings import Settings


def open_index(settings: Settings, *, writer: bool = True) -> SearchIndex:
    """The search index the settings ask for; `writer=False`: for reading only, it creates nothing.

    Raises SetupError where they ask for one that this version does not have.
    """
    if settings.meili_url is not None:
        raise SetupError("MEILI_URL is set, but this version of Kring does not support Meilisearch yet; unset it.")
    return EmbeddedIndex(settings.index_dir, writer=writer)
