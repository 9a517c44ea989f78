"""Interface languages: complete catalogues, the language each visitor is answered in, and nothing left in English."""

from __future__ import annotations

import ast
import re
from datetime import date
from gettext import NullTranslations
from html import unescape
from urllib.parse import urlencode

import httpx
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from kring.errors import BadQuery
from search_ui.http import formatting
from search_ui.i18n import catalogues, gettext as i18n, negotiation
from search_ui.i18n.gettext import LANGUAGES, Language, using_language
from search_ui.i18n.localisation import message_of
from tests.support.patience import PATIENCE
from tests.support.web.sample_archive import TALKS
from tests.support.web.served_site import Served, served

__all__ = ["served"]

TRANSLATED: tuple[Language, ...] = ("nb", "da", "nl")
FILM = TALKS[0]
_PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")
_MARKUP = re.compile(r"<[^>]+>")


def strings(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string or "",)


def sources(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, (tuple, list)) else (message.id,)


@pytest.fixture(scope="module")
def found() -> Catalog:
    """Every message of the program."""
    return catalogues.collected()


@pytest.mark.parametrize("language", TRANSLATED)
def test_catalogues_are_complete_and_hold_nothing_else(language: Language, found: Catalog) -> None:
    with i18n.catalogue_path(language).open("rb") as file:
        stored = read_po(file, locale=language)
    wanted = {(message.id, message.context) for message in catalogues.messages(found)}
    known = {(message.id, message.context) for message in catalogues.messages(stored)}
    assert known == wanted, "run `python -m search_ui.i18n.catalogues`, then translate"
    assert [message.id for message in catalogues.messages(stored) if not catalogues.translated(message)] == []
    assert not stored.obsolete
    assert list(stored.check()) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_values_and_markup(language: Language) -> None:
    for message in catalogues.messages(catalogues.stored(language)):
        values = {place for source in sources(message) for place in _PLACE.findall(source)}
        for index, text in enumerate(strings(message)):
            assert set(_PLACE.findall(text)) <= values, message.id
            if index == len(strings(message)) - 1:  # the form for one may do without the number
                assert set(_PLACE.findall(text)) == values, message.id
            assert sorted(_MARKUP.findall(text)) == sorted(_MARKUP.findall(sources(message)[-1])), message.id
            plain = _MARKUP.sub("", text)
            assert "<" not in plain
            assert '"' not in plain or message.context == "example of a search", "a quote would end an attribute"
            assert "%" not in re.sub(r"%\(\w+\)s|%%", "", text) or "%" in sources(message)[0]


def test_catalogues_are_written_as_the_command_writes_them(found: Catalog) -> None:
    for language in TRANSLATED:
        written = catalogues.written(language, catalogues.renewed(language, found))
        assert written == i18n.catalogue_path(language).read_bytes(), "run `python -m search_ui.i18n.catalogues`"
        assert b"POT-Creation-Date" not in written
        assert b"\n#: " not in written


def test_errors_of_the_web_keep_sentence_and_values_apart() -> None:
    names = catalogues.error_names()
    made = [
        node
        for path in catalogues.sources()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names | {"_", "N_"}
    ]
    assert len(made) > 20
    assert [ast.unparse(call) for call in made if call.args and isinstance(call.args[0], ast.JoinedStr)] == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"), ("nb-NO,nb;q=0.9", "nb"), ("nn", "nb"), ("no", "nb"), ("nn-NO, en;q=0.9", "nb"), ("NB", "nb"),
        ("da", "da"), ("nl-BE", "nl"), ("sv, da;q=0.8, en;q=0.5", "da"), ("en;q=0.2, nl;q=0.7", "nl"),
        ("nl;q=0, da;q=0.1", "da"), ("fr, de;q=0.9", "en"), ("*", "en"), ("nl;q=zwei", "en"), ("da;q=2", "en"),
        ("da;q=nan", "en"), (";;,,=", "en"), ("en-GB, nb", "en"),
    ],
)  # fmt: skip
def test_the_language_browsers_ask_for(header: str, language: Language) -> None:
    assert negotiation.accepted(header) == language


def test_what_was_chosen_goes_before_what_the_browser_asks_for() -> None:
    assert negotiation.negotiated({"cookie": "a=b; kring_language=nl", "accept-language": "da"}) == "nl"
    assert negotiation.negotiated({"cookie": "kring_language=xx", "accept-language": "da"}) == "da"
    assert negotiation.negotiated({}) == "en"


def test_pages_say_their_language_and_that_it_varies(served: Served) -> None:
    for language in LANGUAGES:
        answer = served.web.get("/", headers={"Accept-Language": language})
        assert answer.headers["Content-Language"] == language
        assert {"Accept-Language", "Cookie"} <= {name.strip() for name in answer.headers["Vary"].split(",")}
        assert f'<html lang="{language}">' in answer.text
        assert re.search(rf'lang="{language}"[^>]* aria-current="true">{i18n.OWN_NAMES[language]}<', answer.text)
    assert "Content-Language" not in served.web.get("/api/circles", headers={"Accept-Language": "da"}).headers


def follow(served: Served, path: str, **headers: str) -> httpx.Response:
    """By a browser of its own, so that what it is given does not stay for the other tests."""
    return httpx.get(served.web.base_url.join(path), headers=headers, timeout=PATIENCE)


def test_a_language_is_chosen_for_a_year_and_the_way_leads_back(served: Served) -> None:
    page = str(served.web.base_url.join("/?q=personvern&sort=newest"))
    answer = follow(served, "/language/da", Referer=page)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/?q=personvern&sort=newest"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("kring_language=da;")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=31536000"} <= {part.strip() for part in cookie.split(";")}
    assert follow(served, "/language/nl?back=/r/0123%3Ft%3D5").headers["Location"] == "/r/0123?t=5"
    assert follow(served, "/language/sv").status_code == 404
    chosen = served.web.get("/", headers={"Accept-Language": "nl", "Cookie": "kring_language=da"})
    assert chosen.headers["Content-Language"] == "da"


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil",
        "/\t/evil.example", "/a\r\nSet-Cookie: x=y", "///evil.example", "", "/language/\x00",
    ],
)  # fmt: skip
def test_no_way_leads_to_another_site(served: Served, back: str) -> None:
    answer = follow(served, f"/language/da?{urlencode({'back': back})}")
    assert answer.headers["Location"] == "/"
    assert follow(served, "/language/da", Referer="https://evil.example/r/1").headers["Location"] == "/"
    loop = str(served.web.base_url.join("/language/nl"))
    assert follow(served, "/language/da", Referer=loop).headers["Location"] == "/"


ENGLISH = re.compile(
    r"\b(?:search|recordings?|found|newest|oldest|skip|clear|copy|written|what|was|the|with|"
    r"about|page|next|nothing|address)\b",
    re.IGNORECASE,
)


def said(page: str) -> str:
    """What people read or hear of a page."""
    body = re.sub(r"<(script|style|code)\b.*?</\1>|<dt>.*?</dt>", " ", page, flags=re.DOTALL)
    spoken = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', body)
    return unescape(" ".join([re.sub(r"<[^>]+>", " ", body), *spoken]))


def pages(served: Served) -> dict[str, str]:
    """Addresses at which all that is not the interface is Norwegian."""
    return {
        "start": "/?circle=personvern-nord",
        "search": "/?q=personvernombudet&circle=personvern-nord&after=2020-01-01",
        "nothing": "/?q=finnesikke&language=nb&circle=personvern-nord",
        "misread": "/?q=after:igår",
        "recording": f"/r/{FILM.id}?q=personvernombudet",
        "nothing inside": f"/r/{FILM.id}?q=finnesikke",
        "waiting": f"/r/{served.going.id}",
        "circle": "/c/personvern-nord",
        "embedded": f"/r/{FILM.id}/embed",
        "not allowed": f"/r/{FILM.id}/edit",
        "gone": "/r/0000000000000000",
        "parameter": "/?page=0",
    }


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_english_is_left_over(served: Served, language: Language) -> None:
    for name, address in pages(served).items():
        answer = served.web.get(address, headers={"Accept-Language": language})
        text = re.sub(r"English|[«»‘]page[»«’]", "", said(answer.text))
        assert ENGLISH.findall(text) == [], name
        assert answer.headers["Content-Language"] == language


class Marked(NullTranslations):
    """A language in which every message stands in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)


def test_every_text_goes_through_the_catalogue(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "translations", lambda _: Marked())
    for name, address in pages(served).items():
        text = said(served.web.get(address).text)
        while (less := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
            text = less
        left = text.replace("Norwegian Bokmål", "").replace("English", "")
        assert ENGLISH.findall(left) == [], name


def test_a_value_in_a_translated_sentence_is_escaped(served: Served) -> None:
    evil = "<img src=x onerror=alert(1)>"
    for language in LANGUAGES:
        for address in ("/", f"/r/{FILM.id}"):
            page = served.web.get(address, params={"q": evil}, headers={"Accept-Language": language}).text
            assert "<img src=x" not in page
            assert "&lt;img src=x" in page


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("en", "1 recording", "1,234 recordings"),
        ("nb", "1 opptak", "1 234 opptak"),
        ("da", "1 optagelse", "1.234 optagelser"),
        ("nl", "1 opname", "1.234 opnamen"),
    ],
)
def test_numbers_and_the_forms_they_ask_for(language: Language, one: str, many: str) -> None:
    def counted(n: int) -> str:
        return i18n.ngettext("{count} recording", "{count} recordings", n).format(count=i18n.format_number(n))

    with using_language(language):
        assert counted(1) == one
        assert counted(1234).replace("\N{NO-BREAK SPACE}", " ") == many
    assert i18n.current_language() == "en"


@pytest.mark.parametrize(
    ("language", "day", "dutch", "unknown", "long"),
    [
        ("en", "2 March 2026", "Dutch", "Not known", "1 h 12 min"),
        ("nb", "2. mars 2026", "Nederlandsk", "Ukjent", "1 t 12 min"),
        ("da", "2. marts 2026", "Nederlandsk", "Ukendt", "1 t. 12 min."),
        ("nl", "2 maart 2026", "Nederlands", "Onbekend", "1 u 12 min"),
    ],
)
def test_days_languages_and_lengths(language: Language, day: str, dutch: str, unknown: str, long: str) -> None:
    with using_language(language):
        assert i18n.format_date(date(2026, 3, 2)) == day
        assert (i18n.language_name("nl"), i18n.language_name("und")) == (dutch, unknown)
        assert i18n.language_name("xx") == "xx"
        assert i18n.language_name("nb").startswith(("Nor", "Noors"))
        assert formatting.duration(4320) == long


def test_errors_are_said_in_the_language_of_the_visitor(served: Served) -> None:
    error = BadQuery("“{name}:” needs something after it, as in {name}:{value}.", name="circle", value="a{b}")
    assert str(error) == "“circle:” needs something after it, as in circle:a{b}."
    with using_language("nb"):
        assert message_of(error) == "«circle:» må følges av noe, som i circle:a{b}."
    assert str(BadQuery("{not} a template")) == "{not} a template"
    answer = served.web.get("/api/search", params={"q": "circle:"}, headers={"Accept-Language": "da"})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("»circle:« skal følges af noget")
    assert served.web.get("/api/search?page=0", headers={"Accept-Language": "nl"}).json()["error"] == (
        "De parameter ‘page’ moet minstens 1 zijn."
    )


def test_a_page_of_a_failed_recording_holds_no_english(served: Served) -> None:
    page = served.web.get(f"/r/{served.broken.id}", headers={"Accept-Language": "nb"}).text
    assert '<p class="reason" dir="auto">Denne filen inneholder tekst' in page
    assert "Dette opptaket stoppet opp" in page


def test_every_catalogue_is_packed() -> None:
    packed = (catalogues.HERE.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert '"locale/*/LC_MESSAGES/*.po"' in packed
