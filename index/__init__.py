"""The search index: a port (`port.py`) and three adapters, `embedded/` (Tantivy), `meili/` and `memory.py`.

What they share is pure: `text/` (words), `query/`, `ranking/`, `facets/` and `passages/`. `open_index` opens the index
that the settings ask for.
"""

from __future__ import annotations

from index.embedded.index import LOCK_SECONDS, EmbeddedIndex
from index.port import SearchIndex
from kring.errors import SetupError
from kring.settings import Settings


def open_index(settings: Settings, *, writer: bool = True, lock_seconds: float = LOCK_SECONDS) -> SearchIndex:
    """The search index the settings ask for; `writer=False`: for reading only, it creates nothing.

    `lock_seconds`: how long the embedded one waits for its turn to write.
    Raises SetupError if the settings contradict each other.
    """
    if is_embedded(settings):
        return EmbeddedIndex(settings.index_dir, writer=writer, lock_seconds=lock_seconds)
    if settings.meili_url is None:
        raise SetupError("search.engine is meilisearch, but MEILI_URL does not say where that runs; start `kring up`.")
    from index.meili.client import MeiliServer
    from index.meili.index import MeiliIndex, index_uid

    uid = index_uid(settings.bucket)
    if not writer and settings.meili_search_key is not None:
        key = settings.meili_search_key.get_secret_value()
        server = MeiliServer(settings.meili_url, key, setting="MEILI_SEARCH_KEY")
        return MeiliIndex(server, uid, writer=False, searches_only=True)
    master = settings.meili_master_key
    server = MeiliServer(settings.meili_url, master.get_secret_value() if master is not None else None)
    return MeiliIndex(server, uid, writer=writer)


def is_embedded(settings: Settings) -> bool:
    """Whether the index lies in the data folder."""
    return settings.search.engine == "embedded" or (settings.meili_url is None and settings.search.engine == "auto")


def may_write(settings: Settings) -> bool:
    """Whether `open_index` can open it for writing: a key for searching cannot write to Meilisearch."""
    embedded = settings.search.engine == "embedded" or settings.meili_url is None
    return embedded or settings.meili_master_key is not None or settings.meili_search_key is None
