"""A feed's title as text. Pure.

RSS does not say whether a title is text or HTML, and Atom feeds are not always what they declare. So only what is
certainly HTML is treated as HTML, and a `<` that the publisher meant literally stays.
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
    """The title on one line; may be empty. `plain`: the title is text even if it looks like HTML."""
    return clean(title if plain else _without_html(title))[:LONGEST].strip()


def _without_html(title: str) -> str:
    """Removes only tags that HTML has, and of those that need an end tag only those that have one."""
    tags = [(tag[2].lower(), bool(tag[1])) for tag in _TAG.finditer(title)]
    closed = {name for name, _ in tags if (name, False) in tags and (name, True) in tags} & _PAIRS
    text = _TAG.sub(lambda tag: " " if tag[2].lower() in closed | _ALONE else tag[0], title)
    return _ENTITY.sub(lambda entity: unescaped(entity[0]), text)
