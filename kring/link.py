"""The link that lets facilitators upload and correct, as long as there are no logins (`web.facilitators = "link"`).

Its secret is the setting `web.link_secret`; else it is made once for the data folder and kept there (mode 0600), where
the web pages and the commands find it. The link carries it after the `#`, which browsers do not send; what they keep
in a cookie is a key made from it. Another secret, and no link or key of before is good any more.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets

from kring.errors import SetupError
from kring.local_stack import public_address, write_private
from kring.settings import IN_A_LINK, Settings

PAGE = "/sign-in"
"""Where the link leads."""


def secret_of(settings: Settings) -> str | None:
    """The secret as it is now; None if none has been made, or if its file cannot be read."""
    if settings.web.link_secret is not None:
        return settings.web.link_secret.get_secret_value()
    try:
        secret = settings.link_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return secret if re.fullmatch(IN_A_LINK, secret) else None


def ensure_secret(settings: Settings) -> str:
    """The secret, made now if there is none yet; two processes that make it at once get the same.

    Raises SetupError if its file cannot be read.
    """
    if settings.web.link_secret is None:
        beside = settings.link_file.with_name(f"{settings.link_file.name}.{secrets.token_hex(8)}")
        if not settings.link_file.exists():
            write_private(beside, _new())
            try:
                os.link(beside, settings.link_file)
            except FileExistsError:  # another process was first
                pass
            finally:
                beside.unlink()
    if (secret := secret_of(settings)) is None:
        raise SetupError(f"{settings.link_file} is damaged or not yours to read; `kring link --new` makes a new link.")
    return secret


def renew_secret(settings: Settings) -> None:
    """Make another secret; the web pages know it from the next request on. Raises SetupError if it is a setting."""
    if settings.web.link_secret is not None:
        raise SetupError(
            "The link's secret is the setting web.link_secret (KRING_WEB__LINK_SECRET): change it there, and start "
            "the web pages again."
        )
    write_private(settings.link_file, _new())


def link(settings: Settings) -> str:
    """The address to open in a browser that shall upload and correct. Raises SetupError."""
    return f"{public_address(settings)}{PAGE}#{ensure_secret(settings)}"


def key_of(secret: str) -> str:
    """What a browser keeps that came by the link; it tells nothing about the secret."""
    return hmac.new(secret.encode(), b"the key of a browser that came by the link", hashlib.sha256).hexdigest()


def is_secret(settings: Settings, given: str) -> bool:
    """Whether this is the secret, found out in a time that does not depend on how much of it is right."""
    secret = secret_of(settings)
    return secret is not None and hmac.compare_digest(given.encode(), secret.encode())


def is_key(settings: Settings, given: str) -> bool:
    """Whether a browser that keeps this came by the link that is good now."""
    secret = secret_of(settings)
    return secret is not None and hmac.compare_digest(given.encode(), key_of(secret).encode())


def _new() -> str:
    return secrets.token_urlsafe(32)
