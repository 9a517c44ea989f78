"""Languages by their ISO 639 codes: Kring's one spelling, in circles, manifests, transcripts and filters.

Bokmål is `nb` and Nynorsk `nn`. People write `no`, `nb-NO` or `EN` too, so `check_language` is asked wherever a code
comes in and only its answer is kept.
"""

from __future__ import annotations

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
"""The language of a recording without speech (BCP 47)."""


def check_language(code: str) -> str:
    """Kring's code for `code`: any case, with or without a region (`no-NO` gives `nb`).

    Raises UnknownLanguage, which lists the codes.
    """
    primary = code.strip().lower().replace("_", "-").split("-")[0]
    kring_code = ALIASES.get(primary, primary)
    if kring_code not in CODES:
        raise UnknownLanguage(
            f"“{code.strip()[:40]}” is not a language code Whisper knows. Here: nb or no (Bokmål), nn (Nynorsk), "
            f"da (Danish), nl (Dutch), en (English). All: {', '.join(sorted(CODES))}."
        )
    return kring_code


def known_language(code: str) -> str | None:
    """Kring's code for `code`; None if that is none."""
    try:
        return check_language(code)
    except UnknownLanguage:
        return None


def same_language(one: str, other: str) -> bool:
    """Whether two of our codes may mean the same: what is called Norwegian is either of two."""
    return one == other or {one, other} == {"nb", "nn"}
