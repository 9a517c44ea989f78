"""The web server around an application: uvicorn, with the bounds of `search_ui.http.protocol`."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

from search_ui.http.protocol import Protocol


def server_config(app: FastAPI, *, host: str, port: int, graceful_seconds: int) -> uvicorn.Config:
    """`graceful_seconds`: how long answers that are on their way may take where the server is asked to stop."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Protocol,
        ws="none",
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=graceful_seconds,
    )
