"""Compounds taken apart, and put together: Norwegian, Danish and Dutch write them as one word, English now and then.

A word is taken apart if its pieces are words that are known by themselves, with a linking sound between them
("anskaffelse-s-prosessen"). Of several ways the one with the most frequent pieces is taken: their geometric mean (Koehn
and Knight, "Empirical methods for compound splitting", EACL 2003). What is known is told in index/text/lexicon.py.
English words are taken apart only if words.toml says so: "carpet" holds neither a car nor a pet.
"""

from __future__ import annotations

from typing import NamedTuple

from index.text.lexicon import OURS, SHORTEST, Lexicon, Span, lexicon_of, piece_runs
from index.text.stopwords import STOP_WORDS

_LEAST = {4: 3.6, 5: 3.0, 6: 2.5}  # length → Zipf of a part; shorter parts are listed in words.toml
_PIECE = 0.5  # what each further piece costs, or long words would fall into short, frequent ones
_MOST_PARTS = 4
_LONGEST = 60  # letters; longer ones are debris
_INFLECTABLE = 7  # letters of the shortest piece whose ending is undone
_NOT_LAST = """
app dak gas gis ict ikt mal sol web zee
aarden achtig achtige aere aerer ande anne arden atte baar bare ding dom elle else elserne ende eneste eren ering erne
esker fore ging grafen grafere grafiske heden heid heit heten heter hets inga inge ingen inger isme isten kede kende
laars lagt lede ledes lege leik lene lens letter lige ligt lijk lijke lijkt lingen lingene loos loze mene ment messig
meste nene ness neste ning ningen ninger omme portere porteres porteret rede rene rens ring schappen sene sjon skab
skaber skabet skap skaper skapet sker smal somme sten stene ster sters tene tie ties ting tingen vende zaam
"""  # short ones that end nothing; then endings, and what looks like a word by accident
_NOT_FIRST = """
acht achter aller ande anti best buit door efter ekstra else ende euro fore fort fram frem gjen heim hets hjem hoved
hovud inter isme mede mini neder overeen samen super terug tilbage tilbake verst vold voort
"""  # they change a word's meaning and name nothing (stop words are none either), or are endings
_NO_HEAD = STOP_WORDS.union(_NOT_LAST.split())
_NO_MODIFIER = STOP_WORDS.union(_NOT_FIRST.split())
_ENDINGS = frozenset(("ene", "ane", "erne", "nes", "en", "er", "ar", "et", "es", "a", "e", "n", "r", "s", "t"))
_LONGEST_ENDING = max(map(len, _ENDINGS))


class _Way(NamedTuple):
    """One way to take a word apart, from some letter to its end."""

    weight: float
    """The sum of its pieces' Zipf."""
    pieces: tuple[Span, ...]


def parts(folded: str, language: str) -> tuple[str, ...]:
    """The words inside a compound and its spans of several, in order; () if it is none or the language has none."""
    lexicon = lexicon_of(language)
    if lexicon is None:
        return ()
    by_hand = lexicon.apart.get(folded)
    if by_hand is not None:
        return by_hand
    if not lexicon.splits or not 2 * SHORTEST <= len(folded) <= _LONGEST or not folded.isalpha():
        return ()
    return piece_runs(folded, _pieces(folded, lexicon))


def join_compound(left: str, right: str, language: str) -> str | None:
    """The known compound that two neighbouring folded words make when they are written apart.

    Indexing asks this of every two neighbours: so it only looks words up, and undoes no ending.
    """
    lexicon = lexicon_of(language)
    if lexicon is None or left in STOP_WORDS or right in STOP_WORDS:
        return None
    if len(left) < SHORTEST or len(right) < SHORTEST:
        joined = left + right
        return joined if lexicon.apart.get(joined) else None  # e-post
    for link in lexicon.links:
        joined = left + link + right
        if joined in lexicon.known or joined in lexicon.forms:
            return joined
    return None


def _pieces(word: str, lexicon: Lexicon) -> tuple[Span, ...]:
    """Where the pieces of `word` stand; each piece is taken apart further in the same way. () if it is one piece."""
    ways = [way for way in _ways(word, 0, lexicon, {}).values() if len(way.pieces) > 1]
    if not ways:
        return ()
    best = max(ways, key=lambda way: _mean(way) - _PIECE * len(way.pieces))
    if lexicon.listed.get(word, lexicon.known.get(word, 0.0)) >= _mean(best):  # better known as a whole
        return ()
    pieces: list[Span] = []
    for at, (start, end) in enumerate(best.pieces):
        finer = _pieces(word[start:end], lexicon)
        if finer and len(pieces) + len(finer) + len(best.pieces) - at - 1 <= _MOST_PARTS:
            pieces += [(start + first, start + last) for first, last in finer]
        else:
            pieces.append((start, end))
    return tuple(pieces)


def _mean(way: _Way) -> float:
    return way.weight / len(way.pieces)


def _ways(word: str, start: int, lexicon: Lexicon, seen: dict[int, dict[int, _Way]]) -> dict[int, _Way]:
    """Number of pieces → the best way of so many, from the letter `start` on; `seen` has those of later letters."""
    if start in seen:
        return seen[start]
    size, known = len(word), lexicon.known
    ways: dict[int, _Way] = {}
    head = _head(word[start:], lexicon)
    if head is not None:
        ways[1] = _Way(head, ((start, size),))
    for end in range(start + SHORTEST, size - SHORTEST + 1):
        modifier = known.get(word[start:end])
        if modifier is None or not _modifies(word[start:end], modifier, lexicon):
            continue
        for link in lexicon.links:
            after = end + len(link)
            if size - after < SHORTEST or not word.startswith(link, end):
                continue
            for count, rest in _ways(word, after, lexicon, seen).items():
                weight = modifier + rest.weight
                if count < _MOST_PARTS and (count + 1 not in ways or weight > ways[count + 1].weight):
                    ways[count + 1] = _Way(weight, ((start, end), *rest.pieces))
    seen[start] = ways
    return ways


def _modifies(piece: str, weight: float, lexicon: Lexicon) -> bool:
    if len(piece) == SHORTEST and piece not in lexicon.short:
        return False
    return weight >= _LEAST.get(len(piece), 0) and piece not in _NO_MODIFIER


def _head(piece: str, lexicon: Lexicon) -> float | None:
    if piece in _NO_HEAD or (len(piece) == SHORTEST and piece not in lexicon.short):
        return None
    weight = _weight(piece, lexicon)
    return None if weight is None or weight < _LEAST.get(len(piece), 0) else weight


def _weight(word: str, lexicon: Lexicon) -> float | None:
    """The Zipf of `word`, or of a form of it that is known."""
    known = lexicon.known
    weight = known.get(word)
    if weight is None and word in lexicon.forms:
        return OURS
    if weight is not None or len(word) < _INFLECTABLE:
        return weight
    for left in range(len(word) - 1, len(word) - _LONGEST_ENDING - 1, -1):
        if word[left:] in _ENDINGS:
            base = word[:left]
            weight = max(weight or 0.0, known.get(base, 0.0), known.get(f"{base}e", 0.0))
    return weight or None
