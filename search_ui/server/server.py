"""The web server around an application: uvicorn, with the bounds of `search_ui.server.protocol`."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

from kring.settings import WebSettings
from search_ui.server.protocol import Connection

BACKLOG = 128
"""Connections that are taken up at a time; further ones wait in the kernel, and use up no files of this process."""


def server_config(app: FastAPI, web: WebSettings, *, port: int, graceful_seconds: int) -> uvicorn.Config:
    """`graceful_seconds`: how long answers that are on their way may take once the server is asked to stop."""
    return uvicorn.Config(
        app,
        host=web.host,
        port=port,
        http=Connection,
        ws="none",
        backlog=BACKLOG,
        proxy_headers=bool(web.proxies),
        forwarded_allow_ips=list(web.proxies),
        server_header=False,
        log_level="warning",
        access_log=False,  # addresses say what people search for, and those of private feeds are secrets
        timeout_graceful_shutdown=graceful_seconds,
    )
