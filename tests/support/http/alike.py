"""Whether two answers tell the same."""

from __future__ import annotations

import re

import httpx

VARYING_HEADERS = {"date", "content-length", "etag"}
VARYING = re.compile(r'"seconds":[0-9.e-]+|<podcast:guid>[^<]*|<lastBuildDate>[^<]*')
"""What differs between two answers that say the same, or comes from the address that was asked for."""


def alike(one: httpx.Response, other: httpx.Response, *words: tuple[str, str]) -> bool:
    """Whether they say the same, but for the words asked for."""

    def told(answer: httpx.Response, number: int) -> tuple[int, str, list[tuple[str, str]]]:
        text = VARYING.sub("", answer.text)
        headers = [(name, value) for name, value in answer.headers.items() if name not in VARYING_HEADERS]
        for pair in words:
            text = text.replace(pair[number], "…")
            headers = [(name, value.replace(pair[number], "…")) for name, value in headers]
        return answer.status_code, text, headers

    return told(one, 0) == told(other, 1)
