"""Compounds taken apart, and put together: Norwegian, Danish and Dutch write them as one word, English now and then.

A word is taken apart where its pieces are words that are known by themselves, with a linking sound between them
("anskaffelse-s-prosessen"). Of several ways the one with the most frequent pieces is taken: their geometric mean
(Koehn and Knight, "Empirical methods for compound splitting", EACL 2003). What is known: the word lists of `wordfreq`
(code Apache-2.0, data CC BY-SA 4.0; it has none for Nynorsk, which uses Bokmål's), our glossary and words.toml.
English words are taken apart only where words.toml says so: "carpet" holds neither a car nor a pet.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from index.folding import fold
from index.glossary import glossary, term_words
from index.stopwords import STOP_WORDS

_LINKS = {
    "nb": ("", "s", "e"),
    "nn": ("", "s", "e"),
    "da": ("", "s", "e"),
    "nl": ("", "s", "e", "en", "er"),
    "en": ("",),
}
_SOURCES = {"nb": ("nb",), "nn": ("nb",), "da": ("da", "nb"), "nl": ("nl",), "en": ("en",)}
_OURS_TOO = {"nn": ("nb", "nn")}  # whose words of our own a language has, where not its own only
_BY_HAND = frozenset({"en"})  # what is taken apart only as words.toml says
_WORDS = Path(__file__).with_name("words.toml")
_INFLECTED = {
    **dict.fromkeys(("nb", "da"), ("s", "a", "e", "en", "ens", "ene", "er", "erne", "ernes", "ers", "et", "ets")),
    "nn": ("s", "a", "e", "en", "ane", "ene", "ar", "er", "et"),
    "nl": ("s", "e", "en"),
    "en": ("s",),
}
_KNOWN = 2.0  # Zipf (log10 of the occurrences in 10⁹ words) of the rarest words that count
_OURS = 4.0  # what a word of the glossary or of words.toml counts as, at least
_SECOND = 1.0  # what a word of a second source counts less
_LEAST = {4: 3.6, 5: 3.0, 6: 2.5}  # length → Zipf of a part; shorter parts are listed below
_PIECE = 0.5  # what each further piece costs, or long words would fall into short, frequent ones
_MOST_PARTS = 4
_SHORTEST = 3
_LONGEST = 60  # letters; longer ones are debris
_INFLECTABLE = 7  # letters of the shortest piece whose ending is undone
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
_ENDINGS = frozenset(("ene", "ane", "erne", "nes", "en", "er", "ar", "et", "es", "a", "e", "n", "r", "s", "t"))
_LONGEST_ENDING = max(map(len, _ENDINGS))


class _Lexicon(NamedTuple):
    known: dict[str, float]
    """Folded word → Zipf, of the word lists and of our own."""
    listed: dict[str, float]
    """The same for our own words, as the word lists have it."""
    forms: frozenset[str]
    """Inflected forms of our own words: they may end a compound."""
    apart: dict[str, tuple[str, ...]]
    """Word → its parts, where words.toml says them."""
    short: frozenset[str]
    links: tuple[str, ...]
    splits: bool


_Span = tuple[int, int]


class _Way(NamedTuple):
    """One way to take a word apart, from some letter to its end."""

    weight: float
    """The sum of its pieces' Zipf."""
    pieces: tuple[_Span, ...]


def parts(folded: str, language: str) -> tuple[str, ...]:
    """The words inside a compound and its spans of several, in order; () where it is none or the language has none."""
    lexicon = _lexicon(language)
    if lexicon is None:
        return ()
    by_hand = lexicon.apart.get(folded)
    if by_hand is not None:
        return by_hand
    if not lexicon.splits or not 2 * _SHORTEST <= len(folded) <= _LONGEST or not folded.isalpha():
        return ()
    return _within(folded, _pieces(folded, lexicon))


def together(left: str, right: str, language: str) -> str | None:
    """The known compound that two neighbouring folded words make when they are written apart.

    Indexing asks this of every two neighbours: so it only looks words up, and undoes no ending.
    """
    lexicon = _lexicon(language)
    if lexicon is None or left in STOP_WORDS or right in STOP_WORDS:
        return None
    if len(left) < _SHORTEST or len(right) < _SHORTEST:
        whole = left + right
        return whole if lexicon.apart.get(whole) else None  # e-post
    for link in lexicon.links:
        whole = left + link + right
        if whole in lexicon.known or whole in lexicon.forms:
            return whole
    return None


def _within(word: str, pieces: Iterable[_Span]) -> tuple[str, ...]:
    """The pieces of `word`, and what several neighbours make together."""
    spans = tuple(pieces)
    runs = [(first[0], last[1]) for at, first in enumerate(spans) for last in spans[at:]]
    return tuple(dict.fromkeys(word[start:end] for start, end in runs if end - start < len(word)))


def _pieces(word: str, lexicon: _Lexicon) -> tuple[_Span, ...]:
    """Where the pieces of `word` stand; each piece is taken apart further in the same way. () where it is one piece."""
    ways = [way for way in _ways(word, 0, lexicon, {}).values() if len(way.pieces) > 1]
    if not ways:
        return ()
    best = max(ways, key=lambda way: _mean(way) - _PIECE * len(way.pieces))
    whole = lexicon.listed.get(word, lexicon.known.get(word, 0.0))
    if whole >= _mean(best) and not _ours(word, best, lexicon):  # better known as a whole
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


def _ours(word: str, way: _Way, lexicon: _Lexicon) -> bool:
    """Whether it is made of our own words alone: those are in few words by accident."""
    pieces = (word[start:end] for start, end in way.pieces)
    return all(len(piece) > _SHORTEST and (piece in lexicon.listed or piece in lexicon.forms) for piece in pieces)


def _ways(word: str, start: int, lexicon: _Lexicon, seen: dict[int, dict[int, _Way]]) -> dict[int, _Way]:
    """Number of pieces → the best way of so many, from the letter `start` on; `seen` has those of later letters."""
    if start in seen:
        return seen[start]
    size, known = len(word), lexicon.known
    ways: dict[int, _Way] = {}
    head = _head(word[start:], lexicon)
    if head is not None:
        ways[1] = _Way(head, ((start, size),))
    for end in range(start + _SHORTEST, size - _SHORTEST + 1):
        modifier = known.get(word[start:end])
        if modifier is None or not _modifies(word[start:end], modifier, lexicon):
            continue
        for link in lexicon.links:
            after = end + len(link)
            if size - after < _SHORTEST or not word.startswith(link, end):
                continue
            for count, rest in _ways(word, after, lexicon, seen).items():
                weight = modifier + rest.weight
                if count < _MOST_PARTS and (count + 1 not in ways or weight > ways[count + 1].weight):
                    ways[count + 1] = _Way(weight, ((start, end), *rest.pieces))
    seen[start] = ways
    return ways


def _modifies(piece: str, weight: float, lexicon: _Lexicon) -> bool:
    if len(piece) == _SHORTEST and piece not in lexicon.short:
        return False
    return weight >= _LEAST.get(len(piece), 0) and piece not in _NO_MODIFIER


def _head(piece: str, lexicon: _Lexicon) -> float | None:
    if piece in _NO_HEAD or (len(piece) == _SHORTEST and piece not in lexicon.short):
        return None
    weight = _weight(piece, lexicon)
    return None if weight is None or weight < _LEAST.get(len(piece), 0) else weight


def _weight(word: str, lexicon: _Lexicon) -> float | None:
    """The Zipf of `word`, or of a form of it that is known."""
    known = lexicon.known
    weight = known.get(word)
    if weight is None and word in lexicon.forms:
        return _OURS
    if weight is not None or len(word) < _INFLECTABLE:
        return weight
    for left in range(len(word) - 1, len(word) - _LONGEST_ENDING - 1, -1):
        if word[left:] in _ENDINGS:
            base = word[:left]
            weight = max(weight or 0.0, known.get(base, 0.0), known.get(f"{base}e", 0.0))
    return weight or None


def _lexicon(language: str) -> _Lexicon | None:
    return _load(language) if language in _LINKS else None


@lru_cache
def _load(language: str) -> _Lexicon:
    first, *others = _SOURCES[language]
    known = dict(_frequent(first))
    if others:
        known = {word: weight - _SECOND for other in others for word, weight in _frequent(other).items()} | known
    own = _OURS_TOO.get(language, (language,))
    marked = {word for one in own for word in _our_words(one) if "-" in word}
    ours = {word.replace("-", "") for one in own for word in _our_words(one)}
    ours.update(word for words in glossary().words.values() for term in words[language] for word in term_words(term))
    listed = {word: known.get(word, 0.0) for word in ours}
    known |= {word: max(weight, _OURS) for word, weight in listed.items()}
    forms = frozenset(form for word in ours for form in _forms(word, language))
    apart = {word.replace("-", ""): _by_hand(word) for one in marked for word in (one, *_forms(one, language))}
    whole = {word for one in own for word in _section(one, "whole")}
    apart |= {form: () for word in whole for form in (word, *_forms(word, language))}
    short = frozenset(word for one in own for word in _section(one, "short"))
    return _Lexicon(known, listed, forms, apart, short, _LINKS[language], language not in _BY_HAND)


def _forms(word: str, language: str) -> Iterator[str]:
    """What may be a form of `word`; some are none, which nobody writes."""
    base = word.removesuffix("e")
    return (base + ending for ending in _INFLECTED[language] if base + ending != word)


def _by_hand(word: str) -> tuple[str, ...]:
    """The parts of a word that is written with hyphens."""
    pieces: list[_Span] = []
    for piece in word.split("-"):
        start = pieces[-1][1] if pieces else 0
        pieces.append((start, start + len(piece)))
    return _within(word.replace("-", ""), pieces)


@lru_cache(maxsize=1)
def _file() -> dict[str, dict[str, str]]:
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))


def _section(language: str, name: str) -> list[str]:
    return fold(_file()[language].get(name, "")).split()


def _our_words(language: str) -> list[str]:
    return [word for name in _file()[language] if name != "short" for word in _section(language, name)]


@lru_cache
def _frequent(source: str) -> dict[str, float]:
    from wordfreq import available_languages, read_cBpack  # takes its time, and not every process needs it

    weights: dict[str, float] = {}
    for centibels, words in enumerate(read_cBpack(available_languages()[source])[: 900 - int(100 * _KNOWN)]):
        for word in words:
            if len(word) >= _SHORTEST and word.isalpha():
                weights.setdefault(fold(word), (900 - centibels) / 100)
    return weights
