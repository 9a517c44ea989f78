"""Errors as answers: one clear sentence, as JSON under `/api`, as a page elsewhere; never a stack trace."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from kring.errors import (
    BadKey,
    Conflict,
    Damaged,
    IndexNotReady,
    InputError,
    KringError,
    NotAllowed,
    NotFound,
    SearchDown,
    StorageDown,
    TransientError,
)
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_, _
from search_ui.i18n.localisation import message_of
from search_ui.viewer.visit import current

log = logging.getLogger("kring.web")

HEADINGS = {
    400: N_("That was not understood"),
    401: N_("That is not allowed here"),
    403: N_("That is not allowed here"),
    404: N_("There is nothing here"),
    405: N_("That was not understood"),
    409: N_("Someone else was first"),
    422: N_("That was not understood"),
    429: N_("Too much at once"),
    500: N_("Something went wrong here"),
    503: N_("Not answering just now"),
}

SENTENCES = {
    404: N_("There is no page at this address."),
    405: N_("This address cannot be used that way."),
}

REASONS = {
    "date_from_datetime_parsing": N_("is not a date; write it as 2025-01-31"),
    "int_parsing": N_("is not a whole number"),
    "less_than_equal": N_("must be at most {le}"),
    "greater_than_equal": N_("must be at least {ge}"),
    "string_too_long": N_("must be no longer than {max_length} characters"),
    "too_long": N_("must not be given more than {max_length} times"),
    "string_pattern_mismatch": N_("is not written as it should be"),
    "enum": N_("must be one of {expected}"),
    "literal_error": N_("must be one of {expected}"),
    "missing": N_("is missing"),
}
"""What is wrong with a parameter, by Pydantic's name for it (https://docs.pydantic.dev/latest/errors/validation_errors/)."""

STORAGE_DOWN = N_("The archive's storage does not answer. Nothing is lost; try again in a moment.")
SEARCH_DOWN = N_(
    "The archive's search does not answer. Recordings can still be opened by their links; try again in a moment."
)
NOT_READY = N_(
    "The search index of this archive is being built, so nothing can be found yet. Try again in a few minutes; "
    "recordings can be opened by their links meanwhile."
)
DAMAGED = N_(
    "This is damaged in the archive's storage. The operator of Kring finds it with “kring verify” and repairs it with "
    "“kring repair”."
)
BROKEN = N_("Kring met an unexpected error, which has been logged. Try again, or tell the operator of Kring.")


def status_of(error: KringError) -> int:
    match error:
        case NotFound():
            return 404
        case InputError():
            return 400
        case NotAllowed():
            return 401 if isinstance(error, BadKey) else 403
        case Conflict():
            return 409
        case TransientError() | Damaged():
            return 503
        case _:
            return 500


def sentence_of(error: KringError) -> str:
    match error:
        case StorageDown():
            return _(STORAGE_DOWN)
        case IndexNotReady():
            return _(NOT_READY)
        case SearchDown():
            return _(SEARCH_DOWN)
        case Damaged():
            return _(DAMAGED)
        case _:
            return message_of(error)


def invalid(errors: Sequence[Any]) -> str:
    """One sentence about the first parameter that was refused; the value itself is not repeated."""
    first = errors[0]
    is_text = isinstance(first.get("input"), str)  # Pydantic calls a text that was tidied before too long like a list
    reason = REASONS.get("string_too_long" if is_text and first["type"] == "too_long" else str(first["type"]))
    name = first["loc"][-1]
    if reason is not None:
        return _("The parameter “{name}” {reason}.").format(name=name, reason=_(reason).format(**first.get("ctx", {})))
    words = str(first["msg"]).removeprefix("Value error, ")  # what no page of ours can send: in Pydantic's words
    reason = f"{words[:1].lower()}{words[1:]}"
    return _("The parameter “{name}” cannot be used: {reason}.").format(name=name, reason=reason)


def answer(request: Request, status: int, sentence: str) -> Response:
    """JSON under `/api` and `/healthz`, bare text for a part of a page, else a page."""
    headers = {503: {"Retry-After": "5"}, 401: {"WWW-Authenticate": "Bearer"}}.get(status, {})
    response: Response
    if request.url.path.startswith(("/api/", "/healthz")):
        response = JSONResponse({"error": sentence}, status_code=status)
    elif "part" in request.query_params:
        response = PlainTextResponse(sentence, status_code=status)
    else:
        heading = _(HEADINGS.get(status, HEADINGS[400]))
        way_in = status == 403 and not current().signed_in and not current().read_only
        template = "sign_in.html" if way_in else "error.html"
        response = page(
            template, status, heading=heading, sentence=sentence, status=status, problem="", onward=current().here
        )
    response.headers.update(headers | {"Cache-Control": "no-store"})
    return response


def broken(request: Request) -> Response:
    """The answer to an unexpected error."""
    return answer(request, 500, _(BROKEN))


def install(app: FastAPI) -> None:
    """Make `app` answer every expected error in words."""

    @app.exception_handler(KringError)
    def known(request: Request, error: KringError) -> Response:
        status = status_of(error)
        if status >= 500:
            log.error("%s %s: %s", request.method, request.url.path, error)
        return answer(request, status, sentence_of(error))

    @app.exception_handler(RequestValidationError)
    def refused(request: Request, error: RequestValidationError) -> Response:
        return answer(request, 422, invalid(error.errors()))

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        response = answer(request, error.status_code, _(SENTENCES.get(error.status_code, f"{error.detail}.")))
        response.headers.update(error.headers or {})
        return response
