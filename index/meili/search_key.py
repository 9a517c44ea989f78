"""The key for searching only: all that a process which shows results to people needs to have.

Meilisearch makes a key's value from the master key and the key's uid (HMAC-SHA256), so a process that knows the master
key knows the value before the key is there.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import NAMESPACE_URL, uuid5

from index.meili.client import MeiliRefusal, MeiliServer


def key_uid(index: str) -> str:
    """Always the same for one index, so that its key is found again."""
    return str(uuid5(NAMESPACE_URL, f"kring:search:{index}"))


def derived_key(master_key: str, index: str) -> str:
    """The value the search key of this index has, or will have."""
    return hmac.new(master_key.encode(), key_uid(index).encode(), hashlib.sha256).hexdigest()


def ensured_key(server: MeiliServer, index: str) -> str | None:
    """The search key of this index, which is made if there is none; None: this server asks for no keys."""
    uid = key_uid(index)
    description = {
        "uid": uid,
        "name": "Kring search",
        "description": "Searching recordings, and nothing else.",
        "actions": ["search"],
        "indexes": [index],
        "expiresAt": None,
    }
    try:
        return str(server.ask("get", f"keys/{uid}")["key"])
    except MeiliRefusal as refused:
        if refused.code == "missing_master_key":
            return None
        if refused.code != "api_key_not_found":
            raise
    try:
        return str(server.ask("post", "keys", description)["key"])
    except MeiliRefusal as refused:
        if refused.code != "api_key_already_exists":  # made by another process a moment ago
            raise
        return str(server.ask("get", f"keys/{uid}")["key"])
