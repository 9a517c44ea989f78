"""What browsers are given to remember."""

from __future__ import annotations

from starlette.requests import Request

YEAR = 365 * 24 * 3600


def set_cookie(request: Request, cookie: str, value: str, *, seconds: int = YEAR) -> None:
    """Have the browser remember this for so long; an empty value: forget it."""
    _to_set(request)[cookie] = (value, seconds if value else 0)


def cookie_to_set(request: Request, cookie: str) -> str:
    """What goes out under this name with the answer to this request; empty if nothing does."""
    return _to_set(request).get(cookie, ("", 0))[0]


def _to_set(request: Request) -> dict[str, tuple[str, int]]:
    """Cookie → its value and the seconds for which it is kept."""
    cookies: dict[str, tuple[str, int]] = request.scope["state"]["cookies"]
    return cookies
