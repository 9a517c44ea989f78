"""`python -m search_ui`: serve the web application at the address in the settings."""

from __future__ import annotations

import gc
import signal
import sys
from contextlib import ExitStack, suppress
from types import FrameType

import uvicorn

from index import may_write, open_index
from kring.errors import KringError
from kring.link import ensure_secret
from kring.local_stack import connect_locally
from kring.settings import WEB_PORT, load_settings
from search_ui.app import create_app
from search_ui.http.rendering import check_built
from search_ui.recording.progress_events import Watchers
from search_ui.server.server import server_config
from services.search_index.ownership import own_index
from storage import open_store
from storage.archive.archive import Archive

TURN_SECONDS = 5.0
"""How long a correction waits for the index; after that a run makes it searchable."""


def relax_garbage_collection() -> None:
    """Have Python look for cycles among its objects less often.

    Much is remembered between searches, none of it in cycles; looking through all of it again and again made the
    slowest searches twice as slow (`python -m bench.search`).
    """
    gc.set_threshold(50_000, 50, 100)


class WebServer(uvicorn.Server):
    """Sends home who follows a recording (`search_ui.recording.progress_events`), so that stopping does not wait for
    them.
    """

    def __init__(self, config: uvicorn.Config, watchers: Watchers) -> None:
        super().__init__(config)
        self._watchers = watchers

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._watchers.leaving = True
        super().handle_exit(sig, frame)


def main() -> int:
    """Serve until SIGINT or SIGTERM; 1 if it cannot start, with one sentence on stderr."""
    relax_garbage_collection()
    with ExitStack() as undo:
        try:
            check_built()
            settings = connect_locally(load_settings())
            if settings.web.facilitators == "link":
                ensure_secret(settings)
            store = open_store(settings)
            undo.enter_context(own_index(settings, store))
            index = open_index(settings, writer=may_write(settings), lock_seconds=TURN_SECONDS)
        except KringError as error:
            print(f"search_ui: {error}", file=sys.stderr)  # noqa: T201
            return 1
        undo.callback(index.close)
        app = create_app(settings, Archive(store), index)
        port = WEB_PORT if settings.web.port is None else settings.web.port
        # A paused film keeps its connection; it asks again by itself.
        config = server_config(app, settings.web, port=port, graceful_seconds=3)
        server = WebServer(config, app.state.site.get(Watchers))
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):  # uvicorn raises the signal once more when it has stopped
            server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
