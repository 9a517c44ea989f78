"""What a written word says about the sentence it stands in. Pure.

The words are those of Norwegian, Danish, Swedish, Dutch, English and German together: a caption may be of any of them,
and a word that only leans in another language costs a slightly worse break, nothing more.
"""

from __future__ import annotations

import re
from functools import lru_cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CONJUNCTIONS = _words(
    """
    og men eller fordi at som når hvis mens samt hvor hva hvad hvem hvordan hvorfor så dersom ettersom derfor altså
    och eftersom när om medan maar of omdat dat die want als terwijl zodat toen wanneer waar wat hoe waarom dus en
    and but or because that which when if while although who where what how why so than und aber oder weil dass wenn
    während denn sondern
    """
)
"""A caption or a line breaks well before one of them."""
LEANING = CONJUNCTIONS | _words(
    """
    ei et ein eit den det de i på til fra med av for ved etter under over mot uten hos mellom før å ikke min din sin
    vår deres af ad efter uden mod ett från till een het van in op te aan bij voor met naar uit door tot over onder
    tegen zonder tussen niet mijn zijn haar ons a an the to on at by from with into about between without my your
    his her our their its not der das eine dem im am zu mit von bei nach für
    """
)
"""Articles, prepositions and the like: they belong to what follows."""
_ABBREVIATIONS = _words(
    """
    kl nr ca osv dvs mv pga evt inkl ekskl tlf jf jfr st gl ev pst mill mrd kap avd ang vedr maks forts hr fr frk
    bijv bv enz dhr mevr mw drs ir blz mr mrs ms dr prof sr jr vs etc approx dept fig vol resp bzw usw jan feb mar
    apr jun jul aug sep sept okt oct nov des dec
    """
)
"""Written with a full stop that ends no sentence."""

_CLOSING = r"[\"'»”’)\]」』]*$"
_ENDING = re.compile(rf"(?:\.|([?!…。？！؟।]|\.\.+)){_CLOSING}")
_PAUSING = re.compile(rf"[,;:–—、，；：،]{_CLOSING}")
_ORDINAL = re.compile(r"\d{1,3}(?:[.:,]\d+)*|[IVXL]{2,5}")
_EDGES = re.compile(r"^\W+|\W+$")


@lru_cache(16384)
def bare(word: str) -> str:
    """Without the signs around it, in small letters."""
    return _EDGES.sub("", word).casefold()


@lru_cache(16384)
def pauses(word: str) -> bool:
    """Whether a comma, colon or the like ends it."""
    return _PAUSING.search(word.rstrip()) is not None


def leans(word: str) -> bool:
    """Whether it belongs to the word after it: “the”, “til”, “Dr.”, “kl.”, “3.” before “mars”."""
    return bare(word) in LEANING or (_strength(word) == 0 and word.rstrip().endswith("."))


def ends_sentence(word: str, following: str) -> bool:
    """Whether `word` is the last of its sentence. A full stop is not always one: “kl. 9”, “3. mars”, “f.eks. dette”."""
    strength = _strength(word)
    if strength != 1:
        return strength == 2
    first = following.strip()[:1]
    return not first.islower()


@lru_cache(16384)
def _strength(word: str) -> int:
    """2: a sign that ends a sentence; 1: a full stop that may; 0: neither, or of an abbreviation or a number."""
    match = _ENDING.search(word.rstrip())
    if match is None:
        return 0
    if match.group(1):
        return 2
    name = bare(word)
    if name in _ABBREVIATIONS or _ORDINAL.fullmatch(_EDGES.sub("", word)) or _is_initials(name):
        return 0
    return 1


def _is_initials(name: str) -> bool:
    """`f.eks`, `bl.a`, `N.N`, `J`: short parts with full stops between them."""
    parts = name.split(".")
    return all(part.isalpha() and len(part) <= 4 for part in parts) and (len(parts) > 1 or len(name) == 1)
