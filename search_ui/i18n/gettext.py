"""Interface languages: what the program says, in the reader's language. English is the source text.

    templates   {{ _("Page %(page)s of %(pages)s", page=1, pages=3) }}   {% trans %}…{% pluralize %}…{% endtrans %}
    Python      _("Page {page} of {pages}").format(page=1, pages=3)      ngettext("{n} day", "{n} days", n).format(n=n)
    constants   N_("Relevance"), translated with `_` where they are shown

`_` is called while a request is answered, never at import. `search_ui/i18n/catalogues.py` collects all messages into
`locale/<language>/LC_MESSAGES/kring.po`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Literal, get_args

from babel import Locale, UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

Language = Literal["nb", "da", "nl", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
"""In the order in which they are offered."""
SOURCE: Language = "en"
"""The language of the texts in the code; it needs no catalogue, and is used if a visitor asks for no other."""
OWN_NAMES: dict[Language, str] = {"nb": "Norsk", "da": "Dansk", "nl": "Nederlands", "en": "English"}
CATALOGUES = Path(__file__).parents[1] / "locale"
STORED = "Kept with a recording; said again by search_ui/i18n/localisation.py."
"""The remark that such sentences have in the catalogues."""

_LOCALES: dict[Language, str] = {"nb": "nb_NO", "da": "da_DK", "nl": "nl_NL", "en": "en_GB"}
_NORWEGIAN: dict[tuple[str, Language], str] = {
    ("nb", "da"): "Norsk (bokmål)",
    ("nn", "da"): "Norsk (nynorsk)",
    ("nb", "nl"): "Noors (Bokmål)",
    ("nn", "nl"): "Noors (Nynorsk)",
}
"""Names for which CLDR's lack a word, or are hard to read in a list."""
_current: ContextVar[Language] = ContextVar("language", default=SOURCE)


def catalogue_path(language: Language) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "kring.po"


@cache
def translations(language: Language) -> NullTranslations:
    """The catalogue of a language, read once. Babel compiles it in memory, so there is no step of building it."""
    if language == SOURCE:
        return NullTranslations()
    with catalogue_path(language).open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def current_language() -> Language:
    """The language this request is answered in."""
    return _current.get()


@contextmanager
def using_language(language: Language) -> Iterator[None]:
    """Speak this language for a while: that of a request, or of what is not for one visitor, such as a feed."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def _(message: str) -> str:
    return translations(_current.get()).gettext(message) if message else ""  # catalogues keep their header under ""


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form for `n` things; which numbers share a form is the language's affair."""
    return translations(_current.get()).ngettext(singular, plural, n)


def pgettext(context: str, message: str) -> str:
    """A message that is short enough to mean two things; `context` says which."""
    return translations(_current.get()).pgettext(context, message)


def npgettext(context: str, singular: str, plural: str, n: int) -> str:
    return translations(_current.get()).npgettext(context, singular, plural, n)


def N_(message: str) -> str:  # noqa: N802  the name by which gettext knows it
    """Mark a message for the catalogues if it cannot be translated yet."""
    return message


@cache
def _locale(language: Language) -> Locale:
    return Locale.parse(_LOCALES[language])


def format_date(day: date) -> str:
    """`12 March 2026`, `12. mars 2026`, `12. marts 2026`, `12 maart 2026`."""
    return _date(day, _current.get())


@cache
def _date(day: date, language: Language) -> str:
    return babel_date(day, format="long", locale=_locale(language))


def format_number(number: float) -> str:
    """`1,234`, `1 234`, `1.234`; at most three decimals."""
    return format_decimal(number, locale=_locale(_current.get()))


def language_name(code: str) -> str:
    """`nl` → `Dutch`, `Nederlandsk`, `Hollandsk`, `Nederlands`; an unknown code is shown as it is."""
    return _("Not known") if code == "und" else _language_name(code, _current.get())


@cache
def _language_name(code: str, language: Language) -> str:
    if better := _NORWEGIAN.get((code, language)):
        return better
    try:
        name = Locale.parse(code, sep="-").get_language_name(_locale(language))
    except (UnknownLocaleError, ValueError):
        return code
    return f"{name[:1].upper()}{name[1:]}" if name else code
