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
    Conflict,
    InputError,
    KringError,
    NotAllowed,
    NotFound,
    SearchDown,
    StorageDown,
    TransientError,
)
from search_ui.rendering import page

log = logging.getLogger("kring.web")

HEADINGS = {
    400: "That was not understood",
    404: "Nothing is kept here",
    405: "That was not understood",
    422: "That was not understood",
    500: "Something went wrong here",
    503: "Not answering just now",
}

SENTENCES = {
    404: "There is no page at this address.",
    405: "This address cannot be used that way.",
}

STORAGE_DOWN = "The archive's storage does not answer. Nothing is lost; try again in a moment."
SEARCH_DOWN = (
    "The archive's search does not answer. Recordings can still be opened by their links; try again in a moment."
)
BROKEN = "Kring met an error it did not expect; it has been written to the log. Try again, or tell the one who runs it."


def status_of(error: KringError) -> int:
    match error:
        case NotFound():
            return 404
        case InputError():
            return 400
        case NotAllowed():
            return 403
        case Conflict():
            return 409
        case TransientError():
            return 503
        case _:
            return 500


def sentence_of(error: KringError) -> str:
    match error:
        case StorageDown():
            return STORAGE_DOWN
        case SearchDown():
            return SEARCH_DOWN
        case _:
            return str(error)


def invalid(errors: Sequence[Any]) -> str:
    """One sentence about the first parameter that was refused; the value itself is not repeated."""
    first = errors[0]
    name = str(first["loc"][-1])
    reason = str(first["msg"]).removeprefix("Value error, ")
    return f"The parameter “{name}” cannot be used: {reason[:1].lower()}{reason[1:]}."


def answer(request: Request, status: int, sentence: str) -> Response:
    """JSON under `/api` and `/healthz`, bare text for a part of a page, else a page."""
    headers = {"Retry-After": "5"} if status == 503 else {}
    response: Response
    if request.url.path.startswith(("/api/", "/healthz")):
        response = JSONResponse({"error": sentence}, status_code=status)
    elif "part" in request.query_params:
        response = PlainTextResponse(sentence, status_code=status)
    else:
        heading = HEADINGS.get(status, HEADINGS[400])
        response = page("error.html", status, heading=heading, sentence=sentence, status=status)
    response.headers.update(headers | {"Cache-Control": "no-store"})
    return response


def broken(request: Request) -> Response:
    """The answer to an error nobody expected."""
    return answer(request, 500, BROKEN)


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
        response = answer(request, error.status_code, SENTENCES.get(error.status_code, f"{error.detail}."))
        response.headers.update(error.headers or {})
        return response
