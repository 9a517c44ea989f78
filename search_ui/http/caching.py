"""Who may keep an answer.

What was answered to somebody who has signed in is kept by nobody, so that no proxy shows it to another and no browser
after they have signed out. Only what everyone may see is marked as such, and says itself who may keep it.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import Scope

PRIVATE = "private, no-store"


def mark_public(request: Request) -> None:
    """The answer to this request is the same for everyone, and its own `Cache-Control` counts."""
    request.scope["state"]["public"] = True


def keep_private(scope: Scope, headers: MutableHeaders) -> None:
    """Have nobody keep this answer to a signed-in viewer, unless it is the same for everyone."""
    if not scope["state"].get("public"):
        headers["Cache-Control"] = PRIVATE
