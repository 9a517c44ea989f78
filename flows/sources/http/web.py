"""Requests to other people's servers. Each address is checked, the connection goes to exactly that address, and
the whole request stays within one limit.
"""

from __future__ import annotations

import math
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from flows.sources.http.asking_again import until
from flows.sources.http.heads import Heads, HostileHead
from flows.sources.http.pace import Deadline
from flows.sources.http.public import is_public
from kring.errors import Busy, Gone, NotThere, SourceDown, SourceError
from kring.model import now

REDIRECTS = 20
"""As in browsers. Podcast addresses often redirect through several counting services."""
TIMEOUT = {"connect": 10.0, "read": 30.0, "write": 30.0, "pool": 10.0}
"""Seconds for each step; the limit of the whole request shortens them."""
AGENT = "Kring/0.1 (recording archive)"
MOST_CHARACTERS = 8000
"""Per address; signed ones have about 2,000 at most."""
REFUSED = {400, 401, 403, 404, 405, 451}
"""Statuses that will not change if Kring asks again soon."""
CONDITIONS = frozenset({"If-None-Match", "If-Modified-Since"})
"""Request headers to which 304 Not Modified is a valid response."""

BROKEN = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: status 2xx, 416, or 304 if the request was conditional. The body is never decompressed."""

    url: str
    """The address after all redirects."""
    host: str
    status: int
    headers: httpx.Headers
    body: Iterator[bytes]


@contextmanager
def get(
    url: str, *, allow_private: bool, limit: Deadline, headers: Mapping[str, str] | None = None
) -> Iterator[Answer]:
    """Send a GET request and follow redirects.

    Raises SourceError if asking again cannot help, SourceDown if it may, and the limit's error once that is reached.
    """
    target = checked(url)
    request_headers = {
        "User-Agent": AGENT,
        "Accept": "*/*",
        "Connection": "close",
        **(headers or {}),
        "Accept-Encoding": "identity",
    }
    for _ in range(REDIRECTS + 1):
        try:
            with _response(target, request_headers, allow_private, limit) as response:
                head = httpx.Headers(response.headers)
                answer = Answer(str(target), target.host, response.status, head, response.iter_stream())
                if answer.status in {301, 302, 303, 307, 308} and "location" in answer.headers:
                    target = _redirected(target, answer.headers["location"])
                    continue
                _check(answer, conditional=not CONDITIONS.isdisjoint(request_headers))
                yield answer
                return
        except BROKEN as error:
            raise _as_kring_error(error, target.host, limit) from None
    raise NotThere("{host} sends us in circles (more than {most} redirects).", host=target.host, most=REDIRECTS)


def checked(url: str) -> httpx.URL:
    """The address parsed. Raises SourceError if it can never be fetched, so callers check before they store it."""
    try:
        address = httpx.URL(url) if len(url) <= MOST_CHARACTERS else None
        valid = address if address is not None and urlsplit(url) and _is_valid(address) else None
    except (httpx.InvalidURL, ValueError):  # ValueError: from urlsplit, and from `idna` for some names
        valid = None
    if valid is None:
        raise SourceError("Only http and https addresses can be fetched; give the full address of the file.")
    if valid.userinfo:
        raise SourceError(
            "An address with a user name or password in it is not fetched; give one without, or download the file and "
            "add that."
        )
    return valid


def _is_valid(address: httpx.URL) -> bool:
    port_is_valid = address.port is None or 0 < address.port <= 65535
    return address.scheme in {"http", "https"} and bool(address.host) and port_is_valid


def _redirected(address: httpx.URL, location: str) -> httpx.URL:
    """The target of a redirect. Raises NotThere if it cannot be fetched."""
    try:
        return checked(str(address.join(location)))
    except (SourceError, httpx.InvalidURL, ValueError):
        raise NotThere(
            "{host} sends us on to an address that cannot be fetched; check the address in a browser, and give the one "
            "that the file has in the end.",
            host=address.host,
        ) from None


@contextmanager
def _response(
    address: httpx.URL, headers: Mapping[str, str], allow_private: bool, limit: Deadline
) -> Iterator[httpcore.Response]:
    url = httpcore.URL(
        scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path or b"/"
    )
    network = _Network(allow_private, limit)
    with (
        httpcore.ConnectionPool(ssl_context=_trusted(), network_backend=network) as pool,
        pool.stream("GET", url, headers=tuple(headers.items()), extensions={"timeout": TIMEOUT}) as response,
    ):
        yield response


def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _check(answer: Answer, *, conditional: bool) -> None:
    expected = 200 <= answer.status < 300 or answer.status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE
    if not expected and not (conditional and answer.status == httpx.codes.NOT_MODIFIED):
        status = f"{answer.status} {httpx.codes.get_reason_phrase(answer.status)}".rstrip()
        if answer.status == httpx.codes.GONE:
            raise Gone(
                "{host} answers {status}: it was taken away there for good, and is not asked for again; whoever "
                "publishes it can say where it is now.",
                host=answer.host,
                status=status,
            )
        if answer.status in REFUSED:
            raise NotThere(
                "{host} answers {status}: check that the address is right and open to everyone.",
                host=answer.host,
                status=status,
            )
        moment = now()
        pause_ends = until(answer.headers.get("retry-after", ""), moment)
        if pause_ends is not None:
            raise Busy(
                "{host} answers {status} and asks for a pause; it is asked again after {minutes} min.",
                until=pause_ends,
                host=answer.host,
                status=status,
                minutes=math.ceil((pause_ends - moment).total_seconds() / 60),
            )
        raise SourceDown("{host} answers {status}.", host=answer.host, status=status)
    if answer.headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
        raise NotThere(
            "{host} sends it packed (Content-Encoding), which was not asked for and is not unpacked; whoever runs it "
            "has to send it as it is.",
            host=answer.host,
        )


def _as_kring_error(error: Exception, host: str, limit: Deadline) -> Exception:
    if isinstance(error, _PrivateAddress):
        return SourceError(
            "{host} is an address inside this network and is not fetched; set allow_private if that is meant (see "
            "docs/settings.md).",
            host=error.host,
        )
    if limit.left() <= 0:
        return limit.error(host)
    if isinstance(error, HostileHead):
        return SourceDown(
            "{host} sends headers that are not read: much too long, or with control characters or endless blanks; "
            "check the address in a browser.",
            host=host,
        )
    if isinstance(error, httpcore.ProtocolError):  # its message quotes what the server sent
        return SourceDown("{host} broke off, or does not answer as a web server does.", host=host)
    if isinstance(error, httpcore.TimeoutException):
        seconds = f"{TIMEOUT['read']:.0f}"
        return SourceDown("{host} does not answer: nothing came for {seconds} s.", host=host, seconds=seconds)
    return SourceDown("{host} does not answer: {why}.", host=host, why=str(error)[:200])


class _PrivateAddress(httpcore.ConnectError):
    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is an address inside this network")
        self.host = host


class _Network(httpcore.SyncBackend):
    """Connects only to public addresses, and to the very address that was looked up and checked.

    The check is here, below TLS and HTTP, so that it also covers redirects, decimal and IPv6 spellings, and names that
    resolve to another address a moment later.
    """

    def __init__(self, allow_private: bool, limit: Deadline) -> None:
        self._allow_private, self._limit = allow_private, limit

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **options: Any
    ) -> httpcore.NetworkStream:
        addresses = _resolve(host, port, _within(self._limit, TIMEOUT["read"]))
        if not self._allow_private and not all(map(is_public, addresses)):
            raise _PrivateAddress(host)
        stream = super().connect_tcp(addresses[0], port, _within(self._limit, timeout), *args, **options)
        self._limit.connected()
        return _Stream(stream, self._limit)


class _Stream(httpcore.NetworkStream):
    """A connection for one response. Each step ends at the limit, however slowly the bytes arrive."""

    def __init__(self, inner: httpcore.NetworkStream, limit: Deadline) -> None:
        self._inner, self._limit, self._heads = inner, limit, Heads()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        until = time.monotonic() + (timeout if timeout is not None else math.inf)
        while True:
            try:
                data = self._inner.read(max_bytes, _within(self._limit, until - time.monotonic()))
                self._heads.see(data)
                return data
            except httpcore.ReadTimeout:
                if time.monotonic() >= until or self._limit.left() <= 0:
                    raise  # otherwise the limit has been extended meanwhile

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _within(self._limit, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _within(self._limit, timeout)), self._limit)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _within(limit: Deadline, timeout: float | None) -> float:
    """Seconds for the next step. Raises ReadTimeout once the limit is reached."""
    left = limit.left()
    if left <= 0:
        raise httpcore.ReadTimeout
    return min(left, max(timeout, 0.001)) if timeout is not None else left


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """The IP addresses of a name. The system resolver has no time limit, so its thread is abandoned after `seconds`."""
    results: list[list[str]] = []

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            results.append([str(answer[4][0]) for answer in answers])
        except (OSError, UnicodeError):
            results.append([])

    resolver = threading.Thread(target=look_up, daemon=True, name="look up a name")
    resolver.start()
    resolver.join(seconds)
    if not results:
        raise httpcore.ConnectTimeout
    if not results[0]:
        raise httpcore.ConnectError(f"the name {host} is not known")
    return results[0]
