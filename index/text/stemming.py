"""One light stemmer for all five languages: the ending of a word goes, whatever language it is in.

The language of a query's word is unknown, and an engine may take one term for each: so there is one set of rules, made
so that the inflections of each language fall together and, if their endings allow it, cognates do too ("kommunene",
"kommunane", "kommunerne"). Endings come off one after the other, so that a form ends where the forms it leads to end.
Nouns made from verbs go with their verb (vurdering, vurdere, vurdert; verwerking, verwerken).
"""

from __future__ import annotations

import re

# Ending → how few letters may be left when it is the first to go; later ones leave at least _LATER.
_ENDINGS = {
    # nouns, definite and plural; verbs, infinitive and present; adjectives
    **dict.fromkeys(("a", "ane", "ar", "arne", "e", "en", "ene", "er", "ere", "eren", "erer", "erne", "et"), 3),
    **dict.fromkeys(("ed", "ede"), 3),
    **dict.fromkeys(("ande", "ende", "else", "els", "ing"), 4),
    "ly": 5,
}
_LONGEST = max(map(len, _ENDINGS))
_LATER = 4
_WHOLE = """
besta billed data dato demens folketing forega forsta internet maned marked media meeting news parkering planet
recording storting training weten
"""  # they look inflected and are not, or would meet a very different word
_KEEP = frozenset(_WHOLE.split())
_IRREGULAR = {
    **{"adres": "adress", "congres": "congress", "proces": "process", "succes": "success", "billede": "billed"},
    **{"bestar": "besta", "foregar": "forega", "forstar": "forsta", "klart": "klar", "market": "marked"},
    **{
        "sikker": "sikr",
        "sikkert": "sikr",
        "apne": "apen",
        "apent": "apen",
        "opne": "open",
        "aret": "ar",
        "arene": "ar",
    },
    **dict.fromkeys(("parkere", "parkerer", "parkeren", "parking"), "parkering"),  # a park is something else
    **{"children": "child", "voting": "vot", "steden": "stad", "leden": "lid", "radsleden": "radslid"},
    **dict.fromkeys(("byen", "byene", "byer", "byar", "byane"), "by"),
}
_VOWEL = re.compile("[aeiouy]")
_GENITIVE = re.compile("(?<=...[^suiy])s$|(?<=[aeou]y)s$|(?<=..[bdgkmptw])s$")
_LATE_S = re.compile("(?<=..[bdgkptw])s$")
_HOOD = re.compile("(?<![cst])h(?:eid|ed)(?=(?:e?[nr]|ens|er?ne?s?)?$)")  # zekerheid, sikkerheden: as sikkerhet(en)
_NEUTER = re.compile("(?<=[^aeo]ig|.al|.el|.er|.iv)t$|(?<=d)t$")
_NATION = re.compile("(?<=[aeiouk])(?:sj|t|s)ion$|sjon$")
_DOUBLE_END = re.compile(r"([b-df-hj-np-tv-z])\1$")
_DOUBLE = re.compile(r"([b-df-hj-np-tv-z])\1l$")
_HARD_C = re.compile("c(?![eiyh])")  # document, dokument
_J = re.compile("(?<=[gk])j$")  # nn innbyggjar
_LEG = re.compile("(?<!over)leg$")  # nn offentleg; nl overleg
_LONG_VOWEL = re.compile(r"(?<=[b-df-hj-np-tv-z])(e|o|u)\1(?=[b-df-hj-np-tv-z]$)")
_WEAK_EL = re.compile(r"(?<=[aeiouy])([b-df-hj-np-tv-z]{1,2})el$")  # artikkel, artikler


def stem(folded: str) -> str:
    """The stem of a folded word; one with digits in it is left as it is."""
    if len(folded) < 3 or not folded.isalpha():
        return folded
    # Each rule is tried only if its letters occur: nearly none applies, and a rebuild asks for a million words.
    word = folded.replace("aa", "a").replace("ae", "e")
    if "h" in word:
        word = _HOOD.sub("het", word)
    if word[-1] == "s" and word not in _IRREGULAR and word not in _KEEP:
        word = _GENITIVE.sub("", word)
    least = 3
    while True:
        word = _IRREGULAR.get(word, word)
        shorter = word if word in _KEEP or word.endswith("het") else _without_ending(word, least)
        if shorter == word:
            break
        if shorter[-1] == "s":
            shorter = _LATE_S.sub("", shorter)  # da kredsen, kreds: as kreds, whose s looks like one
        word, least = shorter, _LATER
    return _even(word)


def _without_ending(word: str, least: int) -> str:
    for size in range(min(_LONGEST, len(word) - least), 0, -1):
        left = len(word) - size
        needed = _ENDINGS.get(word[left:])
        if needed is not None and left >= max(least, needed) and _VOWEL.search(word, 0, left):
            return word[:left]
    return _NEUTER.sub("", word) if word[-1] == "t" and len(word) > _LATER else word


def _even(word: str) -> str:
    """The spelling of a stem made even: it differs between the forms of a word, or between languages."""
    if len(word) > 5 and word.endswith(("ion", "jon", "leg")):
        word = _LEG.sub("lig", _NATION.sub("ti", word))
    if "c" in word:
        word = _HARD_C.sub("k", word)
    if word[-1] == "j":
        word = _J.sub("", word)
    if word[-1:] == word[-2:-1]:
        word = _DOUBLE_END.sub(r"\1", word)
    if word[-2:-1] == word[-3:-2]:
        word = _LONG_VOWEL.sub(r"\1", word)
    if word.endswith("el"):
        word = _WEAK_EL.sub(r"\1l", word)
    if word[-1:] == "l" and word[-2:-1] == word[-3:-2]:
        word = _DOUBLE.sub(r"\1l", word)
    if word.endswith(("v", "z")):
        word = word[:-1] + ("f" if word[-1] == "v" else "s")
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word
