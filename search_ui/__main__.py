"""`python -m search_ui`: serve the web application where the settings say."""

from __future__ import annotations

import gc
import sys

import uvicorn

from index import may_write, open_index
from kring.errors import KringError
from kring.local import connect_locally
from kring.settings import load_settings
from search_ui.app import create_app
from search_ui.rendering import check_built
from storage import open_store
from storage.archive import Archive

TURN_SECONDS = 5.0
"""How long somebody who corrects a line waits for the index; after that a run makes it searchable."""


def calm_collector() -> None:
    """Have Python look for cycles among its objects less often.

    Much is remembered between searches, none of it in cycles; looking through all of it again and again made the
    slowest searches twice as slow (`python -m bench.search`).
    """
    gc.set_threshold(50_000, 50, 100)


def main() -> int:
    """Serve until SIGINT or SIGTERM; 1 where it cannot start, with one sentence on stderr."""
    calm_collector()
    try:
        check_built()
        settings = connect_locally(load_settings())
        store = open_store(settings)
        index = open_index(settings, writer=may_write(settings), lock_seconds=TURN_SECONDS)
    except KringError as error:
        print(f"search_ui: {error}", file=sys.stderr)  # noqa: T201
        return 1
    try:
        uvicorn.run(
            create_app(settings, Archive(store), index),
            host=settings.web.host,
            port=settings.web.port,
            proxy_headers=False,
            server_header=False,
            log_level="warning",
            timeout_graceful_shutdown=3,  # a paused film keeps its connection; it asks again by itself
        )
    finally:
        index.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
