"""The part of an address that identifies a recording, without its signature. Pure.

Platforms sign addresses (`?token=…`, `?Expires=…&Signature=…`), differently each time. Signatures and expiry times do
not identify the recording; `?id=7` does.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from transcribe.containers.kinds import may_be_recording

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SIGNING = frozenset(
    ["token", "tokens", "signature", "sig", "sign", "signed", "hmac", "jwt", "auth", "authorization", "oauth", "secret",
     "expires", "expire", "expiry", "expiration", "exp", "ttl", "validuntil", "timestamp", "nonce", "rand", "random",
     "sessionid", "phpsessid", "jsessionid", "apikey", "awsaccesskeyid", "googleaccessid", "hdnts", "hdnea", "hdntl",
     "cachebuster", "nocache", "utm"]
)  # fmt: skip
"""Words in the name of a parameter that signs, as in `access_token`, `X-Amz-Signature` or `urlExpires`."""
_VENDORS = ("x-amz-", "x-goog-", "x-oss-", "x-ms-", "key-pair-id")
_OFTEN_SIGNING = frozenset(["t", "ts", "k", "key", "h", "hash", "md5", "cb", "_", "v", "ver", "ticket"])
"""Parameters that sign if another parameter does, or if the address is that of a media file."""
_UNSURE = frozenset(
    ["s", "st", "se", "e", "policy", "credential", "session", "sid", "verify", "sv", "ss", "sp", "sr", "spr", "sip",
     "srt", "skoid", "sktid", "skt", "ske", "sks", "skv"]
)  # fmt: skip
"""In the same addresses these sign if their value is long, and identify the recording if it is short."""
_NAMING = frozenset(
    ["id", "guid", "uuid", "file", "name", "path", "slug", "episode", "ep", "item", "media", "video", "audio",
     "recording", "track"]
)  # fmt: skip
_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w.~%+/=-]{20,}", re.ASCII)
LONG = 8
"""Characters, from which on a value is a time, a hash or a random word rather than the number of an episode."""


def stable(name: str) -> str:
    """An http(s) address without its signature; any other name unchanged."""
    try:
        parts = urlsplit(name)
    except ValueError:  # raised by urlsplit for an invalid address
        return name
    if parts.scheme.lower() not in {"http", "https"} or not parts.query:
        return name
    pairs = [parameter.partition("=") for parameter in parts.query.split("&")]
    signed = may_be_recording(parts.path) or any(_signs(key) for key, _, _ in pairs)
    remaining = [
        key + equals + value for key, equals, value in pairs if not (_signs(key) or (signed and _may_sign(key, value)))
    ]
    return name if len(remaining) == len(pairs) else urlunsplit(parts._replace(query="&".join(remaining)))


def _signs(key: str) -> bool:
    return bool(_words(key) & _SIGNING) or key.lower().startswith(_VENDORS)


def _may_sign(key: str, value: str) -> bool:
    if key.lower() in _OFTEN_SIGNING:
        return True
    random = _RANDOM.fullmatch(value) is not None and not _words(key) & _NAMING
    return random or (key.lower() in _UNSURE and len(value) >= LONG)


def _words(key: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(key)} | {key.lower()}
