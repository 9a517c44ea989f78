"""The terminal: one place that prints, so that text from outside is never taken for markup."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str, style: str = "") -> None:
    out.print(Text(printable(text), style=style))


def say_error(text: str) -> None:
    err.print(Text.assemble(("kring: ", "bold red"), printable(text)))


def is_terminal() -> bool:
    return sys.stdout.isatty()


def printable(text: str) -> str:
    """Text without control characters: a title must not move the cursor."""
    return "".join(character if character.isprintable() or character == "\n" else "�" for character in text)
