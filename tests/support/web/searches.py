"""Ways to look for something."""

from __future__ import annotations

from collections.abc import Iterator


def searches(word: str) -> Iterator[str]:
    """Ways in which an address asks for a word of one recording."""
    yield f"/?q={word}"
    yield f"/?q={word}&part=results"
    yield f"/?q={word[:-4]}&typing=1&part=results"
    yield f"/?q=felles+{word}+felles"
    yield f"/?q={word[:-2]}aa"  # misspelt
    yield f'/?q="Taler {word}"'
    yield f"/?q=speaker:{word}"
    yield f"/?topic=Emne+{word}"
    yield f"/?organisation=Kommune+{word}&q=felles"
    yield f"/api/search?q={word}"
    yield f"/api/search?q={word[:-4]}&typing=1"
    yield f"/api/search?topic=Emne+{word}"
    yield f"/feed.xml?q={word}"
    yield f"/person?name=Taler+{word}"
    yield f"/person?name={word}"
    yield f"/t/Emne%20{word}"
    yield f"/t/Emne%20{word}/feed.xml"
