"""What a source says of what it left out, as sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from kring.intake.left_out import LeftOutReason


class Telling(Protocol):
    @property
    def problems(self) -> Iterable[LeftOutReason]: ...


def says(source: Telling) -> tuple[str, ...]:
    return tuple(one.says for one in source.problems)


def told(*sentences: str) -> list[LeftOutReason]:
    return [LeftOutReason(says=one) for one in sentences]
