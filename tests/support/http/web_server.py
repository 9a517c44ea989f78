"""A real web server on loopback for the tests of fetching: files with ETag and Range, redirects, broken lines."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What the server has, and what it was asked."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    break_after: int | None = None
    """Hang up after so many bytes of the next answer."""
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    """What the answers to a path say besides; an empty `ETag` takes the usual one away."""
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    """(path, Range header) of each request."""
    conditions: list[tuple[str | None, str | None]] = field(default_factory=list)
    """(If-None-Match, If-Modified-Since) of each request."""


@contextmanager
def serve() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            site.requests.append((self.path, wanted))
            condition = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
            site.conditions.append(condition)
            if self.path in site.redirects:
                self.send_response(302)
                self.send_header("Location", site.redirects[self.path])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            data = site.files.get(self.path, b"")
            status = site.statuses.get(self.path, 200 if self.path in site.files else 404)
            told = {"ETag": f'"{hashlib.sha256(data).hexdigest()[:12]}"', **site.headers.get(self.path, {})}
            etag = told["ETag"]
            start = 0
            if wanted and status == 200 and self.headers.get("If-Range", etag) == etag:
                start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])  # type: ignore[index]
                status = 206 if start < len(data) else 416
            if status == 200 and any(condition) and condition == (etag or None, told.get("Last-Modified")):
                status, data = 304, b""
            self.send_response(status)
            for name, value in told.items():
                if value:
                    self.send_header(name, value)
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            if status == 416:
                self.send_header("Content-Range", f"bytes */{len(data)}")
                data = b""
            body = data[start:]
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cut, site.break_after = site.break_after, None
            self.wfile.write(body if cut is None else body[:cut])
            if cut is not None:
                self.close_connection = True
                self.connection.close()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
