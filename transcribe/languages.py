"""Languages by their ISO 639 codes: Kring's one spelling, in circles, manifests, transcripts and filters.

Bokmål is `nb` and Nynorsk `nn`. People write `no`, `nb-NO` or `EN` too, so `check_language` is asked wherever a code
comes in and only its answer is kept. Whisper calls Bokmål `no`: the engines alone know that, through `to_whisper` and
`from_whisper`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from kring.errors import UnknownLanguage

_CODES = """
en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk
te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo
ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue
"""
CODES = frozenset(_CODES.split()) - {"no"} | {"nb"}
"""What Whisper's multilingual models know."""

ALIASES = {"no": "nb", "jv": "jw", "fil": "tl"}
"""Other codes for the same languages."""

UNDETERMINED = "und"
"""The language of a recording in which nobody speaks (BCP 47)."""


def check_language(code: str) -> str:
    """Kring's code for `code`: any case, with or without a region (`no-NO` gives `nb`).

    Raises UnknownLanguage, which lists the codes.
    """
    primary = code.strip().lower().replace("_", "-").split("-")[0]
    known = ALIASES.get(primary, primary)
    if known not in CODES:
        raise UnknownLanguage(
            f"“{code.strip()[:40]}” is not a language code Whisper knows. Here: nb or no (Bokmål), nn (Nynorsk), "
            f"da (Danish), nl (Dutch), en (English). All: {', '.join(sorted(CODES))}."
        )
    return known


def language_tagged(words: Sequence[str]) -> str | None:
    """Kring's code for a language as names of files have it, in small letters: `nb`, `nb no`, `nor`, `norwegian`,
    `norsk bokmål`; None where the words are something else."""
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


def same_language(one: str, other: str) -> bool:
    """Whether two of our codes may mean the same: what is called Norwegian is either of two."""
    return one == other or {one, other} == {"nb", "nn"}


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


def known_language(code: str) -> str | None:
    """Kring's code for `code`; None where that is none."""
    try:
        return check_language(code)
    except UnknownLanguage:
        return None


def to_whisper(code: str) -> str:
    """Whisper's own code for one of ours."""
    return "no" if code == "nb" else code


def from_whisper(code: str) -> str:
    """Our code for one of Whisper's own."""
    return "nb" if code == "no" else code
