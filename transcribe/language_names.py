"""Languages as files name them, in names of caption files and tags of sound tracks: codes of any kind, and words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from kring.languages import ALIASES, CODES, check_language, known_language


def language_tagged(words: Sequence[str]) -> str | None:
    """Kring's code for a language as names of files have it, in small letters: `nb`, `nb no`, `nor`, `norwegian`,
    `norsk bokmål`; None if the words are something else."""
    named = _names().get(" ".join(words))
    if named is not None:
        return named
    code, *parts = words
    if not re.fullmatch("[a-z]{2,3}", code) or not all(
        re.fullmatch("[a-z]{2}|[a-z]{4}|[0-9]{3}", part) for part in parts
    ):
        return None
    return language_coded(code)


def language_coded(code: str) -> str | None:
    """Kring's code for one of ISO 639 in small letters, as files have them: `nor`, `nob`, `no`; None: it is none."""
    return known_language(_codes().get(code, code))


@cache
def _names() -> dict[str, str]:
    """What languages are called, in small letters, by themselves and where Kring is used."""
    from babel import Locale, UnknownLocaleError

    named: dict[str, str] = {}
    for code in sorted(CODES | ALIASES.keys()):
        for speaker in (code, "nl", "da", "nb", "en"):
            try:
                name = Locale(speaker).languages.get(code)
            except UnknownLocaleError:
                continue
            if name is not None:
                named[name.lower()] = check_language(code)
    return named


@cache
def _codes() -> dict[str, str]:
    """Two letters for three: `nor`, `nob`, `dan`, `dut`."""
    from babel.core import get_global

    return {code: short for code, short in get_global("language_aliases").items() if len(code) == 3}
