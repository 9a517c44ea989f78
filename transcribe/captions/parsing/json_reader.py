"""JSON read a value at a time, so that what is wrong can be said with its line. Pure.

A file made to swell in memory does not: values are handed over one by one, and brackets are counted first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from kring.errors import BadTranscript, KringError
from transcribe.captions.parsing.cleaning import MAX_CUES

_SPACE = re.compile(r"[ \t\r\n]*")


class JsonReader:
    """A place in a JSON text."""

    def __init__(self, text: str) -> None:
        if text.count("[") + text.count("{") > 2 * MAX_CUES:
            raise BadTranscript("The transcript has more than {most} parts; split the recording.", most=MAX_CUES)
        self._text, self._at = text, 0
        self._decoder = json.JSONDecoder(parse_constant=_refuse)

    @property
    def ended(self) -> bool:
        return self.mark() == len(self._text)

    def mark(self) -> int:
        """The place of what comes next, for `refuse`."""
        self._skip()
        return self._at

    def expect(self, sign: str) -> None:
        """Step over `sign`. Raises BadTranscript if something else comes."""
        if not self._takes(sign):
            self.refuse(KringError("is broken JSON: “{sign}” is missing", sign=sign))

    def items(self, close: str) -> Iterator[None]:
        """Stops before each item up to the sign that closes them; the caller steps over the item."""
        if self._takes(close):
            return
        while True:
            yield
            if self._takes(close):
                return
            self.expect(",")

    def value(self) -> Any:
        """Step over the value that comes next."""
        self._skip()
        try:
            value, self._at = self._decoder.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            reason = f"{error.msg[:1].lower()}{error.msg[1:]}"
            self.refuse(KringError("is broken JSON ({reason})", reason=reason), error.pos)
        except RecursionError:
            self.refuse(KringError("is nested too deeply"))
        except ValueError:  # NaN, Infinity, or thousands of digits
            self.refuse(KringError("holds a number that is none"))
        return value

    def refuse(self, what: KringError, at: int | None = None) -> NoReturn:
        """Raises BadTranscript: the transcript `what`, at a place marked before or here."""
        at = self.mark() if at is None else at
        line = self._text.count("\n", 0, at) + 1
        raise BadTranscript("Line {line}: the transcript {what}; export it again.", line=line, what=what) from None

    def _takes(self, sign: str) -> bool:
        self._skip()
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
