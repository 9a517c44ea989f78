"""HTTP/1.1 on one connection, as uvicorn speaks it with llhttp, which reads in linear time whatever is sent (h11 takes
16 s for 60 kB of spaces in a header field); and with a bound on how long it is held, and on what is kept of a head that
never ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from search_ui.http.bounds import MOST_ADDRESS, MOST_HEADER
from search_ui.http.crowded import crowded
from search_ui.http.rates import HEALTH
from search_ui.http.room import MOST, RESERVE, Idle, household, who_leaves

MOST_HEAD = MOST_HEADER + 2 * MOST_ADDRESS + 16_000
"""Bytes of a request line and header fields, with what stands between them; of less the guard refuses in words."""
PIECE = 16_384
"""Bytes that are read at a time, so that a head that comes all at once is bounded too."""
HEAD_SECONDS = 15.0
"""From a connection, or an answer on it, until the head of the next request has arrived. What is idle leaves sooner."""
STALLED_SECONDS = 600.0
"""How long a client may leave an answer where it is, as one whose film was paused does."""
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: 53\r\n\r\n"
    b"That is more than Kring reads before a request ends.\n"
)


class Connection(HttpToolsProtocol):
    """One connection. Beyond `MOST` an idle one makes way; where none is idle, only `/healthz` is answered."""

    _head = 0
    """Bytes of the head that is being received."""
    _receiving_head = True
    _in_chunks = False
    """The body comes in chunks. Nothing of Kring's takes one, so what follows is not read: not even its trailer fields,
    of which there may be any number."""
    _crowded = False
    _deadline: asyncio.TimerHandle | None = None
    _since = 0.0
    """When it began to be idle, or its client to take nothing more, in the event loop's seconds."""

    @property
    def address(self) -> str:
        return household(self.client[0]) if self.client else ""

    @property
    def idle(self) -> Idle | None:
        if self.flow.write_paused:
            return Idle(stalled=True, since=self._since)
        return None if self._answering else Idle(stalled=False, since=self._since)

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        others = [one for one in self.connections if isinstance(one, Connection)]
        super().connection_made(transport)
        self._leave_after(HEAD_SECONDS, self._finish)
        if len(others) >= MOST:
            leaving = who_leaves(others)
            self._crowded = leaving is None
            if leaving is not None:
                leaving.transport.abort()
            elif len(others) >= MOST + RESERVE:
                transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stay()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            if self._receiving_head:
                self._head += len(piece)
                if self._head > MOST_HEAD:
                    self.transport.write(TOO_LARGE)
                    self.transport.close()
            if self._in_chunks or self.transport.is_closing():
                return
            super().data_received(piece)

    def on_message_begin(self) -> None:
        self._receiving_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._receiving_head = False
        self._stay()
        if self._crowded:
            self.app = self.config.loaded_app if self.url.partition(b"?")[0] == HEALTH.encode() else crowded
        super().on_headers_complete()
        if any(name == b"transfer-encoding" for name, _ in self.headers):
            self._in_chunks, self.cycle.keep_alive = True, False

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._answering:  # no other request was waiting behind it
            self._leave_after(HEAD_SECONDS, self._finish)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._leave_after(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._answering:
            self._stay()
        else:
            self._leave_after(HEAD_SECONDS, self._finish)

    def _leave_after(self, seconds: float, leave: Callable[[], None]) -> None:
        """Be idle from now on, and no longer than this."""
        self._stay()
        self._since = self.loop.time()
        self._deadline = self.loop.call_later(seconds, leave)

    def _finish(self) -> None:
        """Leave once the client has taken what is still on its way."""
        self.transport.close()
        self._deadline = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def _stay(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
