"""Where the facilitators' link leads: its code is exchanged for a cookie, with a script or by pasting it; and the way
out again."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from kring import link
from search_ui.context import SiteDep, shared
from search_ui.http.edit_permission import KEY_COOKIE, WrongCodes, current
from search_ui.http.identity import set_cookie
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_, _

MAX_FORM_BYTES = 4_000
"""Bytes; a longer one is refused unread. A whole link fits in, with the address before it."""
WRONG = N_(
    "This link or code is not valid, or no longer valid. Ask the operator of Kring for the one that “kring link” shows "
    "now."
)
TOO_OFTEN = N_("Too many wrong codes came from your network. Wait a minute, then try again.")

router = APIRouter(include_in_schema=False)


async def code_of(request: Request) -> str:
    """What was sent with the form: the code, or what stands after the `#` of a link; empty if it is neither.

    Raises HTTPException (413) if it says that it is longer than `LONGEST_FORM`; without a length no body is read.
    """
    if int(request.headers.get("content-length", "0")) > MAX_FORM_BYTES:
        raise HTTPException(413, _("That is more than Kring takes at once; send less"))
    body = (await request.body()).decode("ascii", errors="replace")
    try:
        [given] = parse_qs(body, max_num_fields=1)["code"]
    except (KeyError, ValueError):
        return ""
    return given.rpartition("#")[2].strip()


@router.get(link.PAGE)
def facilitate_page() -> Response:
    return _facilitate()


@router.post(link.PAGE)
def enter(
    request: Request,
    site: SiteDep,
    code: Annotated[str, Depends(code_of)],
    wrong: Annotated[WrongCodes, Depends(shared(WrongCodes))],
) -> Response:
    if not current().by_link:
        return RedirectResponse(link.PAGE, status_code=303)
    address = request.client.host if request.client else ""
    if not link.is_secret(site.settings, code):
        if wrong.too_many(address):
            return _facilitate(429, _(TOO_OFTEN))
        wrong.count(address)
        return _facilitate(403, _(WRONG))
    set_cookie(request, KEY_COOKIE, link.key_of(code))
    return RedirectResponse("/", status_code=303)


@router.post(f"{link.PAGE}/leave")
def leave(request: Request) -> Response:
    """Forget in this browser that it came by the link."""
    set_cookie(request, KEY_COOKIE, "")
    return RedirectResponse(link.PAGE, status_code=303)


def _facilitate(status: int = 200, problem: str = "") -> Response:
    response = page("facilitate.html", status, problem=problem)
    response.headers["Cache-Control"] = "no-store"
    if status == 429:
        response.headers["Retry-After"] = "60"
    return response
