"""A real server on loopback that sends what a test says, as slowly as it says, until the other side has had enough."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.patience import PATIENCE

OK = b"HTTP/1.1 200 OK\r\n"
Say = Callable[[socket.socket, bytes], None]
"""Called with the connection and the head of the request."""


@dataclass
class Raw:
    address: str
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the test is over, for who waits."""
    asked: list[bytes] = field(default_factory=list)

    def drip(self, connection: socket.socket, data: bytes = b"x", every: float = 0.02) -> None:
        """`data` again and again, until the other side hangs up."""
        while not self.over.wait(every):
            connection.sendall(data)


@contextmanager
def serve_raw(say: Callable[[Raw, socket.socket, bytes], None], *, listen_only: bool = False) -> Iterator[Raw]:
    """`listen_only`: `say` is called at once, whatever was asked, as for TLS that never comes about."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    raw = Raw(f"http://127.0.0.1:{listener.getsockname()[1]}")
    threads: list[threading.Thread] = []

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                head = b""
                while not listen_only and b"\r\n\r\n" not in head:
                    received = connection.recv(65536)
                    if not received:
                        return
                    head += received
                raw.asked.append(head)
                say(raw, connection, head)
            except OSError:  # the other side has hung up
                return

    def accept() -> None:
        while not raw.over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(PATIENCE)
            threads.append(threading.Thread(target=answer, args=(connection,)))
            threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield raw
    finally:
        raw.over.set()
        accepting.join()
        for thread in threads:
            thread.join()
        listener.close()
