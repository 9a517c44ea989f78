"""HTTP/1.1 on one connection, as uvicorn speaks it with llhttp, which reads in linear time whatever is sent (h11 takes
16 s for 60 kB of spaces in a header field); and with a bound on how long it is held, and on what is kept of a head that
never ends."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from search_ui.server.bounds import MOST_ADDRESS, MOST_HEADER
from search_ui.server.crowded import overloaded
from search_ui.server.room import HEALTH, MAX_CONNECTIONS, RESERVE, Idle, client_network, connection_to_close

MOST_HEAD = MOST_HEADER + 2 * MOST_ADDRESS + 16_000
"""Bytes of a request line and header fields, with what stands between them; of less the guard refuses in words."""
PIECE = 16_384
"""Bytes that are read at a time, so that a head that comes all at once is bounded too."""
PEER = "kring_peer"
"""In a request's state: the address its connection comes from, whatever a proxy says of others."""
HEAD_SECONDS = 15.0
"""From a connection, or an answer on it, until the head of the next request has arrived. What is idle leaves sooner."""
STALLED_SECONDS = 600.0
"""How long a client may leave an answer where it is, as one whose film was paused does."""
STANDING_STILL = 100.0
"""Bytes a second. A body that comes more slowly is one that does not come: a byte now and then keeps no place."""
MOST_AHEAD = 10
"""Requests that may be sent before the one ahead of them is answered, none with a body of more than `PIECE`. Browsers
and proxies send none; uvicorn keeps as many as are sent."""
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: 53\r\n\r\n"
    b"That is more than Kring reads before a request ends.\n"
)


class Connection(HttpToolsProtocol):
    """One connection. Beyond `MAX_CONNECTIONS`, one that waits for its client is closed; if none does, only `/healthz`
    is answered."""

    _head = 0
    """Bytes of the head that is being received."""
    _receiving_head = True
    _in_chunks = False
    """The body comes in chunks. Nothing of Kring's takes one, so what follows is not read: not even its trailer fields,
    of which there may be any number."""
    _crowded = False
    _current: RequestResponseCycle | None = None
    """The request that is being answered, or was last; `cycle` is the last that came, and may wait for its turn."""
    _deadline: asyncio.TimerHandle | None = None
    _since = 0.0
    """When it began to wait for its client. The bytes of a body bring it nearer to now."""

    @property
    def address(self) -> str:
        return client_network(self.client[0]) if self.client else ""

    @property
    def idle(self) -> Idle | None:
        if self.flow.write_paused or self._awaits_body:
            return Idle(unfinished=True, since=self._since)
        return None if self._answering else Idle(unfinished=False, since=self._since)

    @property
    def _answering(self) -> bool:
        done = self._current is None or self._current.response_complete
        return not (done or self.transport.is_closing())

    @property
    def _awaits_body(self) -> bool:
        """Whether the application has all that came of the body, and there is more to come."""
        cycle = self._current
        if cycle is None or cycle.response_complete or cycle.waiting_for_100_continue:
            return False
        return cycle.more_body and not cycle.body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        others = [connection for connection in self.connections if isinstance(connection, Connection)]
        super().connection_made(transport)
        self._wait()
        if len(others) >= MAX_CONNECTIONS:
            leaving = connection_to_close(others, self.loop.time())
            self._crowded = leaving is None
            if leaving is not None:
                leaving.break_off()
            elif len(others) >= MAX_CONNECTIONS + RESERVE:
                self.break_off()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_deadline()
        super().connection_lost(exc)
        if self._current is not None:  # uvicorn tells only the last that came
            self._current.disconnected = True
            self._current.message_event.set()

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
        self.scope["state"][PEER] = self.client[0] if self.client else ""

    def on_headers_complete(self) -> None:
        self._receiving_head = False
        if len(self.pipeline) >= MOST_AHEAD:
            self.break_off()
            return
        if self._crowded:
            self.app = self.config.loaded_app if self.url.partition(b"?")[0] == HEALTH.encode() else overloaded
        super().on_headers_complete()
        if any(name == b"transfer-encoding" for name, _ in self.headers):
            self._in_chunks, self.cycle.keep_alive = True, False
        if not self.pipeline:
            self._current = self.cycle
            self._wait()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if self.cycle is not self._current and len(self.cycle.body) > PIECE:
            self.break_off()
        elif self._answering and not self.flow.write_paused:
            self._since = min(self._since + len(body) / STANDING_STILL, self.loop.time())

    def on_response_complete(self) -> None:
        if self.pipeline:
            self._current = self.pipeline[-1][0]
        super().on_response_complete()
        self._wait()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._wait()

    def break_off(self) -> None:
        """Hang up at once. It no longer counts: before the loop says that it is lost, many others may come."""
        self.connections.discard(self)
        self.transport.abort()

    def _wait(self) -> None:
        """Wait for the client from now on, if there is something to wait for, and no longer than it may take."""
        self._cancel_deadline()
        self._since = self.loop.time()
        if self.flow.write_paused:
            self._deadline = self.loop.call_later(STALLED_SECONDS, self.transport.abort)
        elif not self._answering:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._finish)

    def _finish(self) -> None:
        """Leave once the client has taken what is still on its way."""
        self.transport.close()
        self._deadline = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
