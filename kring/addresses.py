"""Web addresses: which ones are valid, which only this machine reaches, and what is secret in them. Pure.

Tokens stand in queries and in fragments, passwords before the host. So nothing but host and path of an address is shown
or kept with a recording; all of it lies at `addresses/<recording-id>.json` until it was fetched, and nowhere else.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"(?P<scheme>https?://)(?:[^/?#]*@)?(?P<shown>[^?#]*)", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """An address without user, password, query and fragment; any other text as it is."""
    match = _ADDRESS.match(text)
    return f"{match['scheme']}{match['shown']}" if match else text


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_web_address(url: str, named: str, example: str) -> str:
    """The address, if it is one of http or https (or empty). Raises ValueError that names the setting."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without end, a port that is no number or too high
        fits = False
    if url and not (fits and not re.search(r"[\s\x00-\x1f\x7f]", url)):
        raise ValueError(f"The {named} is no address such as {example}.")
    return url
