"""A circle's glossary as people change it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from kring.errors import BadMetadata

MAX_LENGTH = 60
"""Characters of one term: it is a name or an expression, not a sentence."""
COMMENT = "#"


def read_terms(text: str) -> list[str]:
    """A term a line; empty lines and those that begin with `#` are left out. Raises BadMetadata naming the line."""
    terms: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if line.strip() and not line.startswith(COMMENT):
            try:
                terms.append(checked(line))
            except BadMetadata as error:
                raise BadMetadata("Line {number}: {reason}", number=number, reason=error.sentence) from None
    return terms


def changed(glossary: Iterable[str], *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
    """The glossary with terms added at its end and others removed; each once.

    A term that is there in other capitals gets the new spelling in its old place. Raises BadMetadata for one that is to
    be removed and is not there.
    """
    terms = {term.casefold(): term for term in reversed(list(glossary))}
    terms = dict(reversed(terms.items()))
    for term in map(checked, remove):
        if terms.pop(term.casefold(), None) is None:
            raise BadMetadata("There is no term “{term}” in the glossary; `kring circle show` lists them.", term=term)
    for term in map(checked, add):
        terms[term.casefold()] = term
    return tuple(terms.values())


def checked(term: str) -> str:
    """The term with single spaces. Raises BadMetadata if it is no term."""
    clean = " ".join(term.split())
    if not clean:
        raise BadMetadata("A term of the glossary is empty.")
    if not clean.isprintable():
        raise BadMetadata("The term {term} has signs in it that are no text.", term=ascii(clean[:40]))
    if len(clean) > MAX_LENGTH:
        raise BadMetadata(
            "“{term}…” has {length} characters; a term is a name or an expression of at most {most}.",
            term=clean[:40],
            length=len(clean),
            most=MAX_LENGTH,
        )
    return clean
