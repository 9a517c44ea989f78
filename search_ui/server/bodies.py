"""What is read of a request's body, and how long one is waited for."""

from __future__ import annotations

import asyncio

from fastapi import HTTPException
from starlette.types import Message, Receive

from search_ui.i18n.gettext import _

MOST_VALUES = 30_000
"""In what a page sends; the parts of the largest upload are 20,000. For every one that is wrong an error is written,
and a million of them take seconds."""
LEAST_SPEED = 25_000
"""Bytes a second, averaged: 0.2 Mbit/s. At this speed a part of 16 MiB takes eleven minutes."""
START_SECONDS = 30.0
"""How much longer than at this speed a body may take, for lines that stop now and then."""


def paced(receive: Receive) -> Receive:
    """`receive` that raises HTTPException (408) if the body comes in more slowly. The time in which the application is
    not reading it yet does not count."""
    deadline = 0.0
    more = True

    async def receive_paced() -> Message:
        nonlocal deadline, more
        if not more:  # what is waited for now is that the client leaves
            return await receive()
        deadline = deadline or asyncio.get_running_loop().time() + START_SECONDS
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, _("This arrived too slowly, so others got its place; send it again")) from None
        deadline += len(message.get("body", b"")) / LEAST_SPEED
        more = message.get("more_body", False)
        return message

    return receive_paced


def sparing(receive: Receive) -> Receive:
    """`receive` for a body of JSON, that raises HTTPException (413) if it holds more than `MOST_VALUES` values.

    The commas are counted, which stand between them.
    """
    commas = 0

    async def receive_sparingly() -> Message:
        nonlocal commas
        message = await receive()
        commas += message.get("body", b"").count(b",")
        if commas > MOST_VALUES:
            raise HTTPException(413, _("That is more than Kring takes at once; send less"))
        return message

    return receive_sparingly
