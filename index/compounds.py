"""Compounds taken apart, and put together: Norwegian, Danish and Dutch write them as one word.

A word is taken apart where its pieces are words that are known by themselves, with a linking sound between them
("anskaffelse-s-prosessen"). Of several ways the one with the most frequent pieces is taken: their geometric mean
(Koehn and Knight, "Empirical methods for compound splitting", EACL 2003). What is known: the word lists of `wordfreq`
(code Apache-2.0, data CC BY-SA 4.0), our glossary, and for Nynorsk, which has no list, Bokmål's and nynorsk.txt.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from index.folding import fold
from index.glossary import glossary, term_words
from index.stopwords import STOP_WORDS

_LINKS = {"nb": ("", "s", "e"), "nn": ("", "s", "e"), "da": ("", "s", "e"), "nl": ("", "s", "e", "en", "er")}
_SOURCES = {"nb": ("nb",), "nn": ("nb",), "da": ("da", "nb"), "nl": ("nl",)}
_NYNORSK = Path(__file__).with_name("nynorsk.txt")
_KNOWN = 2.0  # Zipf (log10 of the occurrences in 10⁹ words) of the rarest words that count
_OURS = 4.0  # what a word of the glossary or of nynorsk.txt counts as, at least
_SECOND = 1.0  # what a word of a second source counts less
_LEAST = {4: 3.6, 5: 3.0, 6: 2.5}  # length → Zipf of a part; shorter parts are listed below
_PIECE = 0.5  # what each further piece costs, or long words would fall into short, frequent ones
_MOST_PARTS = 4
_SHORTEST = 3
_LONGEST = 60  # letters; longer ones are debris

# Parts of three letters, by hand: the lists are full of names and scraps of that length.
_SHORT = {
    "nb": "app bad bat bil bok dag fag fly gis hus ikt lag liv lov lys mal mat ord rad rom sak sky sol tap tid "
    "tog vei veg web",
    "da": "app bad bil bog dag fag fly hus ikt liv lov lys mad mal ord rad rum sag sky sol tid tog vej web",
    "nl": "app bad bus dag dak gas ict les vak web weg wet zee",
}
_NOT_LAST = """
app dak gas gis ict ikt mal sol web zee
aarden achtig achtige aere aerer ande anne arden atte baar bare ding dom elle else elserne ende eneste eren ering erne
esker fore ging grafen grafere grafiske heden heid heit heten heter hets inga inge ingen inger isme isten kede kende
laars lagt lede ledes lege leik lene lens letter lige ligt lijk lijke lijkt lingen lingene loos loze mene ment messig
meste nene ness neste ning ningen ninger omme portere porteres porteret rede rene rens ring schappen sene sjon skab
skaber skabet skap skaper skapet sker smal somme sten stene ster sters tene tie ties ting tingen vende zaam
"""  # short ones above; then endings, and what looks like a word by accident
_NOT_FIRST = """
acht achter aller ande anti best buit door efter ekstra else ende euro fore fort fram frem gjen heim hets hjem hoved
hovud inter isme mede mini neder overeen samen super terug tilbage tilbake verst vold voort
"""  # they change a word's meaning and name nothing (stop words are none either), or are endings
_NO_HEAD = STOP_WORDS.union(_NOT_LAST.split())
_NO_MODIFIER = STOP_WORDS.union(_NOT_FIRST.split())
_ENDINGS = ("ene", "ane", "erne", "nes", "en", "er", "ar", "et", "es", "a", "e", "n", "r", "s", "t")


class _Lexicon(NamedTuple):
    listed: dict[str, float]
    """Folded word → Zipf, from the word lists."""
    weights: dict[str, float]
    """The same, with our own words."""
    short: frozenset[str]
    links: tuple[str, ...]


_Span = tuple[int, int]


class _Way(NamedTuple):
    """One way to take a word apart, from some letter to its end."""

    weight: float
    """The sum of its pieces' Zipf."""
    pieces: tuple[_Span, ...]


def parts(folded: str, language: str) -> tuple[str, ...]:
    """The words inside a compound and its spans of several, in order; () where it is none or the language has none."""
    lexicon = _lexicon(language)
    if lexicon is None or not 2 * _SHORTEST <= len(folded) <= _LONGEST or not folded.isalpha():
        return ()
    pieces = _pieces(folded, lexicon)
    spans = [(first[0], last[1]) for at, first in enumerate(pieces) for last in pieces[at:]]
    return tuple(dict.fromkeys(folded[start:end] for start, end in spans if end - start < len(folded)))


def together(left: str, right: str, language: str) -> str | None:
    """The known compound that two neighbouring folded words make when they are written apart."""
    lexicon = _lexicon(language)
    if lexicon is None or min(len(left), len(right)) < _SHORTEST or left in STOP_WORDS or right in STOP_WORDS:
        return None
    candidates = (f"{left}{link}{right}" for link in lexicon.links)
    return next((word for word in candidates if _weight(word, lexicon) is not None), None)


def _pieces(word: str, lexicon: _Lexicon) -> tuple[_Span, ...]:
    """Where the pieces of `word` stand; each piece is taken apart further in the same way. () where it is one piece."""
    ways = [way for way in _ways(word, lexicon) if len(way.pieces) > 1]
    if not ways:
        return ()
    best = max(ways, key=lambda way: _mean(way) - _PIECE * len(way.pieces))
    if lexicon.listed.get(word, 0.0) >= _mean(best):  # better known as a whole
        return ()
    pieces: list[_Span] = []
    for at, (start, end) in enumerate(best.pieces):
        finer = _pieces(word[start:end], lexicon)
        if finer and len(pieces) + len(finer) + len(best.pieces) - at - 1 <= _MOST_PARTS:
            pieces += [(start + first, start + last) for first, last in finer]
        else:
            pieces.append((start, end))
    return tuple(pieces)


def _mean(way: _Way) -> float:
    return way.weight / len(way.pieces)


def _ways(word: str, lexicon: _Lexicon) -> list[_Way]:
    """The best way for each number of pieces."""
    size = len(word)
    from_letter: dict[int, dict[int, _Way]] = {}
    for start in range(size - _SHORTEST, -1, -1):
        ways: dict[int, _Way] = {}
        head = _head(word[start:], lexicon)
        if head is not None:
            ways[1] = _Way(head, ((start, size),))
        for end in range(start + _SHORTEST, size - _SHORTEST + 1):
            modifier = _modifier(word[start:end], lexicon)
            if modifier is None:
                continue
            for link in lexicon.links:
                if not word.startswith(link, end):
                    continue
                for count, rest in from_letter.get(end + len(link), {}).items():
                    weight = modifier + rest.weight
                    if count < _MOST_PARTS and (count + 1 not in ways or weight > ways[count + 1].weight):
                        ways[count + 1] = _Way(weight, ((start, end), *rest.pieces))
        if ways:
            from_letter[start] = ways
    return list(from_letter.get(0, {}).values())


def _modifier(piece: str, lexicon: _Lexicon) -> float | None:
    if len(piece) == _SHORTEST and piece not in lexicon.short:
        return None
    weight = lexicon.weights.get(piece)
    if weight is None or weight < _LEAST.get(len(piece), 0) or piece in _NO_MODIFIER:
        return None
    return weight


def _head(piece: str, lexicon: _Lexicon) -> float | None:
    if piece in _NO_HEAD or (len(piece) == _SHORTEST and piece not in lexicon.short):
        return None
    weight = _weight(piece, lexicon)
    return None if weight is None or weight < _LEAST.get(len(piece), 0) else weight


def _weight(word: str, lexicon: _Lexicon) -> float | None:
    """The Zipf of `word`, or of a form of it that is known."""
    weight = lexicon.weights.get(word)
    if weight is not None or len(word) < 7:
        return weight
    bases = (word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending))
    known = (lexicon.weights.get(form) for base in bases for form in (base, f"{base}e"))
    return max((weight for weight in known if weight is not None), default=None)


def _lexicon(language: str) -> _Lexicon | None:
    return _load(language) if language in _LINKS else None


@lru_cache
def _load(language: str) -> _Lexicon:
    first, *others = _SOURCES[language]
    listed = _frequent(first)
    if others:
        listed = {word: weight - _SECOND for other in others for word, weight in _frequent(other).items()} | listed
    ours = {word for words in glossary().words.values() for term in words[language] for word in term_words(term)}
    if language == "nn":
        lines = _NYNORSK.read_text(encoding="utf-8").splitlines()
        ours.update(fold(word) for line in lines if not line.startswith("#") for word in line.split())
    weights = listed | {word: max(listed.get(word, 0.0), _OURS) for word in ours}
    return _Lexicon(listed, weights, frozenset(_SHORT.get(language, _SHORT["nb"]).split()), _LINKS[language])


@lru_cache
def _frequent(source: str) -> dict[str, float]:
    from wordfreq import available_languages, read_cBpack  # takes its time, and not every process needs it

    weights: dict[str, float] = {}
    for centibels, words in enumerate(read_cBpack(available_languages()[source])[: 900 - int(100 * _KNOWN)]):
        for word in words:
            if len(word) >= _SHORTEST and word.isalpha():
                weights.setdefault(fold(word), (900 - centibels) / 100)
    return weights
