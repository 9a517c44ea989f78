"""Addresses in what people write, as links."""

from __future__ import annotations

from time import thread_time

import pytest

from search_ui.http.contact_links import TextPart, linked


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Kari Nordli", {}),
        ("Kari, kari@fjordane.no.", {"kari@fjordane.no": "mailto:kari@fjordane.no"}),
        ("<kari+krets@fjordane.no>", {"kari+krets@fjordane.no": "mailto:kari+krets@fjordane.no"}),
        ("a@b.no?bcc=evil", {"a@b.no?bcc=evil": "mailto:a@b.no%3Fbcc%3Devil"}),
        ("møte@blå.no", {"møte@blå.no": "mailto:m%C3%B8te@bl%C3%A5.no"}),
        ("See (https://a.no/x?y=1&z), or HTTP://b.no!", {
            "https://a.no/x?y=1&z": "https://a.no/x?y=1&z", "HTTP://b.no": "HTTP://b.no",
        }),
        ("https://a.no and b@a.no", {"https://a.no": "https://a.no", "b@a.no": "mailto:b@a.no"}),
        ('https://a.no"onclick="x', {"https://a.no": "https://a.no"}),
        ("javascript:alert(1) data:text/html,x file:///etc/passwd ftp://a.no", {}),
        ("@ @a.no a@ a@b http:// kari@", {}),
    ],
)  # fmt: skip
def test_addresses_become_links(text: str, links: dict[str, str]) -> None:
    parts = linked(text)
    assert "".join(part.text for part in parts) == text
    assert {part.text: part.url for part in parts if part.url} == links


def test_what_is_no_address_stays_whole() -> None:
    assert linked("") == []
    assert linked("Kari <b>Nordli</b>") == [TextPart("Kari <b>Nordli</b>")]


@pytest.mark.parametrize("sign", ["@", "a@", "a.", "a@a.", "http://", "https://a.", "@."])
def test_no_text_takes_long(sign: str) -> None:
    begun = thread_time()
    linked((sign * 300)[:300])
    assert thread_time() - begun < 0.5
