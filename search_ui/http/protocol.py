"""HTTP/1.1 on one connection, as uvicorn speaks it with llhttp, which reads in linear time whatever is sent (h11 takes
16 s for 60 kB of spaces in a header field); and with a bound on what is kept of a head that never ends."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from search_ui.http.bounds import MOST_ADDRESS, MOST_HEADER

MOST_HEAD = MOST_HEADER + 2 * MOST_ADDRESS + 16_000
"""Bytes of a request line and header fields, with what stands between them; of less the guard refuses in words."""
PIECE = 16_384
"""Bytes that are read at a time, so that a head that comes all at once is bounded too."""
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: 53\r\n\r\n"
    b"That is more than Kring reads before a request ends.\n"
)


class Protocol(HttpToolsProtocol):
    """One connection."""

    _head = 0
    """Bytes of the head that is being received."""
    _receiving_head = True
    _in_chunks = False
    """The body comes in chunks. Nothing of Kring's takes one, so what follows is not read: not even its trailer fields,
    of which there may be any number."""

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
        super().on_headers_complete()
        if any(name == b"transfer-encoding" for name, _ in self.headers):
            self._in_chunks, self.cycle.keep_alive = True, False
