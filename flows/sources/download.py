"""Fetching a URL for someone: every address is checked, the connection goes to the address that was checked,
downloads go on where they stopped.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from flows.scratch import disk_full
from flows.sources.port import Progress
from kring.errors import SourceDown, SourceError

REDIRECTS = 5
TIMEOUT = httpx.Timeout(30, connect=10)
AGENT = "Kring/0.1 (recording archive)"
GONE = {400, 401, 403, 404, 405, 410, 451}
"""Answers that will not change by asking again."""


class _CheckedNetwork(httpcore.SyncBackend):
    """Connects only to public addresses, and to the very address that was looked up and checked.

    Checking here, below TLS and HTTP, holds for redirects, decimal and IPv6 spellings, and names that resolve to
    something else a moment later.
    """

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private

    def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError(f"the name {host} is not known") from None
        addresses = [str(entry[4][0]) for entry in found]
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise _PrivateAddress(host)
        return super().connect_tcp(addresses[0], port, *args, **options)


class _PrivateAddress(httpcore.ConnectError):
    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is an address inside this network")
        self.host = host


INSIDE = [
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24",  # IETF protocol assignments, RFC 6890
        "::/96",  # IPv4-compatible, RFC 4291, 2.5.5.1
        "fec0::/10",  # site-local, RFC 3879
        "64:ff9b:1::/48",  # local NAT64, RFC 8215
    )
]
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet's: not loopback, private, link-local, mapped or reserved."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if any(ip in block for block in INSIDE):
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _client(allow_private: bool) -> httpx.Client:
    transport = httpx.HTTPTransport(retries=0)
    transport._pool = httpcore.ConnectionPool(  # httpx has no public way to give it a network backend
        ssl_context=httpx.create_ssl_context(), network_backend=_CheckedNetwork(allow_private)
    )
    return httpx.Client(transport=transport, timeout=TIMEOUT, headers={"User-Agent": AGENT}, trust_env=False)


@contextmanager
def get(url: str, *, allow_private: bool, headers: dict[str, str] | None = None) -> Iterator[httpx.Response]:
    """A streamed answer, redirects followed, status below 400 (416 is passed on).

    Raises SourceError where asking again cannot help, SourceDown where it may.
    """
    with _client(allow_private) as client:
        target = url
        for _ in range(REDIRECTS + 1):
            check_address(target)
            try:
                with client.stream("GET", target, headers=headers) as response:
                    if response.has_redirect_location:
                        target = urljoin(target, response.headers["location"])
                        continue
                    _check_status(response)
                    yield response
                    return
            except httpx.InvalidURL:
                raise SourceError("The address leads to one that is none; check it.") from None
            except httpx.RequestError as error:
                if isinstance(error.__cause__, _PrivateAddress):
                    raise SourceError(
                        f"{error.__cause__.host} is an address inside this network and is not fetched; "
                        "set allow_private if that is meant (see docs/settings.md)."
                    ) from None
                raise SourceDown(f"{urlsplit(target).hostname} does not answer: {error}.") from None
        raise SourceError(f"{urlsplit(url).hostname} sends us in circles (more than {REDIRECTS} redirects).")


def download(url: str, dest: Path, *, allow_private: bool, max_bytes: int, progress: Progress | None = None) -> None:
    """Fetch `url` into `dest`, going on with Range from what is there if the server's copy is still the same.

    Raises SourceError (gone, too large, cut short by the server's own account), SourceDown, DiskFull.
    """
    memo = dest.with_name(dest.name + ".validator")
    known = memo.read_text(encoding="utf-8") if memo.exists() else ""
    have = dest.stat().st_size if dest.exists() and known else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": known}
    with get(url, allow_private=allow_private, headers=headers) as response:
        going_on = response.status_code == httpx.codes.PARTIAL_CONTENT
        told = response.headers.get("content-range", "")
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and told == f"bytes */{have}":
            return  # it was all there
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE or (
            going_on and not told.startswith(f"bytes {have}-")
        ):
            dest.unlink(missing_ok=True)
            raise SourceDown(f"{urlsplit(url).hostname} has another file than before; it is fetched from the start.")
        if not going_on:
            have = 0
            dest.unlink(missing_ok=True)  # before its validator goes: the two must never be of different files
        length = response.headers.get("content-length", "")
        total = have + int(length) if length.isdigit() else None
        if total is not None and total > max_bytes:
            raise SourceError(f"The file has {total / 1e9:.1f} GB; this archive takes up to {max_bytes / 1e9:.0f} GB.")
        _remember(memo, response)
        _write(response, dest, have, total, max_bytes, progress)
    memo.unlink(missing_ok=True)


def _remember(memo: Path, response: httpx.Response) -> None:
    """Keep what tells this very file from a later one, for going on; a weak validator cannot (RFC 9110, 13.1.5)."""
    candidates = (response.headers.get("etag"), response.headers.get("last-modified"))
    validator = next((value for value in candidates if value and not value.startswith("W/")), "")
    part = memo.with_suffix(".part")
    part.write_text(validator, encoding="utf-8")
    part.replace(memo)


def _write(
    response: httpx.Response, dest: Path, have: int, total: int | None, max_bytes: int, progress: Progress | None
) -> None:
    host = response.url.host
    try:
        with dest.open("ab" if have else "wb") as file:
            for chunk in response.iter_raw():
                file.write(chunk)
                have += len(chunk)
                if have > max_bytes:
                    raise SourceError(f"The file is larger than this archive takes ({max_bytes / 1e9:.0f} GB).")
                if progress:
                    progress(have, total)
    except httpx.RequestError as error:
        raise SourceDown(f"{host} stopped sending after {have / 1e6:.1f} MB: {error}.") from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full() from None
        raise
    if total is not None and have != total:
        raise SourceDown(f"{host} sent {have} of {total} bytes.")


def check_address(url: str) -> None:
    """Raises SourceError for what can never be fetched, before anything of it is kept anywhere."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme not in {"http", "https"}:
        raise SourceError("Only http and https addresses can be fetched; give the full address of the file.")
    if parts.username or parts.password:
        raise SourceError("An address with a password in it is not fetched, since it would be kept with the recording.")


def _check_status(response: httpx.Response) -> None:
    code = response.status_code
    if code < 400 or code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        return
    sentence = f"{response.url.host} answers {code} {httpx.codes.get_reason_phrase(code)}".rstrip()
    if code in GONE:
        raise SourceError(f"{sentence}: check that the address is right and open to everyone.")
    raise SourceDown(f"{sentence}.")
