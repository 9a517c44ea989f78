"""Web addresses and what is secret in them. Pure.

Tokens stand in queries and in fragments, passwords before the host. So nothing but host and path of an address is shown
or kept with a recording; all of it lies at `addresses/<recording-id>.json` until it was fetched, and nowhere else.
"""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"(?P<scheme>https?://)(?:[^/?#]*@)?(?P<shown>[^?#]*)", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """An address without user, password, query and fragment; any other text as it is."""
    found = _ADDRESS.match(text)
    return f"{found['scheme']}{found['shown']}" if found else text
