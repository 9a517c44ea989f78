"""A feed's title as text. Pure.

RSS does not say whether a title is text or HTML, and Atom's writers do not always keep to what they say. So only what
is HTML without doubt counts as such, and a `<` that somebody meant stays.
"""

from __future__ import annotations

import re

from transcribe.captions.parsing.cleaning import clean, unescaped

LONGEST = 300
_ALONE = frozenset(["br", "hr", "img", "wbr"])
_PAIRS = frozenset(
    ["a", "abbr", "b", "big", "blockquote", "center", "cite", "code", "dd", "del", "dfn", "div", "dl", "dt", "em",
     "font", "h1", "h2", "h3", "h4", "h5", "h6", "i", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp",
     "script", "small", "span", "strike", "strong", "style", "sub", "sup", "tt", "u", "ul", "var"]
)  # fmt: skip
_TAG = re.compile(r"""<(/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))*)\s*/?>""")
_ENTITY = re.compile(r"&(?:#\w+|\w+);")


def title_of(title: str, *, plain: bool) -> str:
    """One line; empty if there is none. `plain`: it is text, whatever it looks like."""
    return clean(title if plain else _without_html(title))[:LONGEST].strip()


def _without_html(title: str) -> str:
    """Tags are those that HTML knows, and that are closed where they have to be."""
    found = [(tag[2].lower(), bool(tag[1])) for tag in _TAG.finditer(title)]
    closed = {name for name, _ in found if (name, False) in found and (name, True) in found} & _PAIRS
    text = _TAG.sub(lambda tag: " " if tag[2].lower() in closed | _ALONE else tag[0], title)
    return _ENTITY.sub(lambda entity: unescaped(entity[0]), text)
