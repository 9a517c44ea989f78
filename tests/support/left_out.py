"""What a source says of what it left out, as sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from kring.intake.left_out import Told


class Telling(Protocol):
    @property
    def problems(self) -> Iterable[Told]: ...


def says(source: Telling) -> tuple[str, ...]:
    return tuple(one.says for one in source.problems)


def told(*sentences: str) -> list[Told]:
    return [Told(says=one) for one in sentences]
