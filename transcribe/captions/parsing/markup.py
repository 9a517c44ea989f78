"""Markup in captions: what players obey and speakers do not say. Pure."""

from __future__ import annotations

import re

from transcribe.captions.parsing.cleaning import clean, unescaped

_BREAKS = "br|div|li|p|tr"
_ELEMENTS = (
    "a|abbr|b|bdi|bdo|big|blockquote|body|c|center|cite|code|del|dfn|em|font|h[1-6]|head|html|i|img|ins|kbd|lang|link|"
    "mark|meta|ol|pre|q|rp|rt|ruby|s|samp|script|small|span|strike|strong|style|sub|sup|table|tbody|td|th|thead|title|"
    "tt|u|ul|v|var|wbr"
)
_BREAK = re.compile(rf"</?(?:{_BREAKS})(?:[\s/][^<>]*)?>", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_ELEMENTS})(?:[.\s/][^<>]*)?>|<[0-9]+:[0-9:.]+>|</>", re.IGNORECASE)
"""Those of HTML and of WebVTT, and its times within a line. Anything else, such as `<inaudible>`, is text."""


def without_tags(text: str) -> str:
    """One clean line without tags; `&amp;` is `&`."""
    return clean(unescaped(_TAG.sub("", _BREAK.sub(" ", text))))
