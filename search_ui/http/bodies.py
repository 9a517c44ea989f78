"""What is read of a request's body, and how."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.types import Message, Receive

from search_ui.i18n import _

MOST_VALUES = 30_000
"""In what a page sends; the parts of the largest upload are 20,000. For every one that is wrong an error is written,
and a million of them take seconds."""


def sparing(receive: Receive) -> Receive:
    """`receive` for a body of JSON, that raises HTTPException where it holds more than `MOST_VALUES` values.

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
