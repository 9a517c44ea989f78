"""The form of a circle, and its page: what is typed is kept, what others changed is not lost, nothing is markup."""

from __future__ import annotations

import html
from urllib.parse import urlencode

import pytest

from kring.circles.glossary import MAX_LENGTH
from kring.model import MOST_TERMS, Circle, Visibility
from kring.people.accounts import Roles
from search_ui.http.security import MOST_BYTES
from tests.contract.web.access.test_accounts import FACILITATOR, MEMBER, TALK, House, house, nobody
from tests.contract.web.access.test_circle_settings import NEW, OWN, audit, circles, form_of, save

__all__ = ["circles", "house", "nobody"]


def stored(house: House) -> Circle:
    return house.archive.circle(TALK.circle)


def set_to(house: House, **values: object) -> Circle:
    """What somebody else sets meanwhile."""
    return house.archive.change_circle(TALK.circle, lambda old: old.model_copy(update=values))


def test_every_field_is_stored_and_shown_again(house: House) -> None:
    web, _ = house.enter(FACILITATOR)
    typed = {
        "name": "Personvern & skole", "purpose": "Deling", "contact": "Kari", "language": "nn", "english": "on",
        "glossary": "DPIA\r\n\r\n# a note\r\nGloppen  kommune", "visibility": "public", "previews": "on",
        "retention_months": "24",
    }  # fmt: skip
    answer = save(web, **typed)
    assert answer.status_code == 303
    circle = stored(house)
    assert circle.model_dump(mode="json", include=set(typed)) == {
        "name": "Personvern & skole", "purpose": "Deling", "contact": "Kari", "language": "nn", "english": True,
        "glossary": ["DPIA", "Gloppen kommune"], "visibility": "public", "previews": True, "retention_months": 24,
    }  # fmt: skip
    page = web.get(answer.headers["location"]).text
    assert "Saved." in page
    assert f"kring retranscribe --circle {TALK.circle}" in page
    shown = form_of(web)
    assert {name: shown[name] for name in typed} == typed | {"glossary": "DPIA\nGloppen kommune"}
    empty = dict.fromkeys(("purpose", "contact", "language", "glossary", "retention_months"), "")
    assert web.post(OWN, data=shown | empty | {"name": circle.name}).status_code == 303
    assert stored(house).model_dump(include=set(empty)) == dict.fromkeys(empty) | {"glossary": ()}
    unticked = {name: value for name, value in form_of(web).items() if name not in {"english", "previews"}}
    web.post(OWN, data=unticked)
    assert (stored(house).english, stored(house).previews) == (False, False)


def test_what_is_like_that_already_is_not_stored_again(house: House) -> None:
    web, _ = house.enter(FACILITATOR)
    before = audit(house)
    answer = save(web)
    assert "It is like that already" in web.get(answer.headers["location"]).text
    assert audit(house) == before


def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(house: House) -> None:
    web, _ = house.enter(FACILITATOR)
    before, noted = stored(house), audit(house)
    typed = {"name": " ", "retention_months": "soon", "glossary": "<b>ok\n" + "x" * (MAX_LENGTH + 1), "purpose": '"P">'}
    answer = save(web, **typed, visibility="everyone", language="klingon", previews="on")
    assert answer.status_code == 400
    assert "no-store" in answer.headers["cache-control"]
    for field in ("name", "retention_months", "glossary", "visibility", "language"):
        assert f'id="circle-{field}-error"' in answer.text, field
        assert f"circle-{field}-error" in answer.text.partition(f'name="{field}"')[2].partition(">")[0], field
    assert 'id="circle-purpose-error"' not in answer.text
    assert "Line 2:" in answer.text
    assert "soon" in answer.text
    assert "&lt;b&gt;ok" in answer.text
    assert "&#34;P&#34;&gt;" in answer.text
    assert "<b>ok" not in answer.text
    assert 'name="previews" checked' in answer.text
    assert (stored(house), audit(house)) == (before, noted)
    operator, _ = house.enter(Roles(operator=True), "Ola Berg")
    for slug in ("", "No Slug", "../x", "a" * 65):
        refused = operator.post("/circles", data=NEW | {"slug": slug, "network": "-"})
        assert refused.status_code == 400
        assert 'id="circle-slug-error"' in refused.text
        assert 'id="circle-network-error"' in refused.text
    nothing = operator.post("/circles", content=b"")
    assert nothing.status_code == 400
    assert 'id="circle-name-error"' in nothing.text


def test_two_who_change_different_things_both_have_them(house: House) -> None:
    web, _ = house.enter(FACILITATOR)
    form = form_of(web)
    set_to(house, contact="Hers", glossary=("KS",), visibility=Visibility.CIRCLE)
    assert web.post(OWN, data=form | {"purpose": "Mine"}).status_code == 303
    circle = stored(house)
    assert (circle.purpose, circle.contact, circle.glossary) == ("Mine", "Hers", ("KS",))
    assert circle.visibility is Visibility.CIRCLE
    assert audit(house)[0][2] == "purpose"


def test_two_who_change_the_same_are_told_and_nothing_is_lost(house: House) -> None:
    web, _ = house.enter(FACILITATOR)
    form, noted = form_of(web), audit(house)
    hers = set_to(house, purpose="Hers <i>", contact="Her contact", visibility=Visibility.CIRCLE, glossary=("KS",))
    mine = {"purpose": "Mine", "visibility": "public", "glossary": "DPIA", "retention_months": "12"}
    told = web.post(OWN, data=form | mine)
    assert told.status_code == 409
    assert "changed the same fields meanwhile" in told.text
    for said in ("Hers &lt;i&gt;", "Mine", "Her contact", "DPIA", "KS", "The circle only"):
        assert said in told.text, said
    assert 'id="circle-contact-now"' not in told.text
    assert (stored(house), audit(house)) == (hers, noted)
    seen = html.unescape(told.text.partition('name="seen" value="')[2].partition('"')[0])
    again = form | mine | {"contact": "Her contact", "seen": seen}
    assert web.post(OWN, data=again).status_code == 303
    circle = stored(house)
    assert (circle.purpose, circle.contact, circle.glossary) == ("Mine", "Her contact", ("DPIA",))
    assert (circle.visibility, circle.retention_months) == (Visibility.PUBLIC, 12)


@pytest.mark.parametrize("seen", ["", "nonsense", "purpose:", '"><b>'])
def test_a_form_that_does_not_say_what_it_was_filled_from_overwrites_nothing(house: House, seen: str) -> None:
    web, _ = house.enter(FACILITATOR)
    before = set_to(house, purpose="Hers")
    told = web.post(OWN, data=form_of(web) | {"purpose": "Mine", "seen": seen})
    assert told.status_code == 409
    assert '"><b>' not in told.text
    assert stored(house) == before


def test_the_largest_glossary_is_taken_and_no_more(house: House) -> None:
    web, _ = house.enter(FACILITATOR)
    terms = [f"{number:04}{'å' * (MAX_LENGTH - 4)}" for number in range(MOST_TERMS)]
    form = form_of(web)
    assert len(urlencode(form | {"glossary": "\r\n".join(terms)})) < MOST_BYTES
    answer = web.post(OWN, data=form | {"glossary": "\r\n".join(terms)})
    assert answer.status_code == 303
    assert stored(house).glossary == tuple(terms)
    assert "of the glossary only" in web.get(OWN).text
    refused = save(web, glossary="\n".join([*terms, "one more"]))
    assert refused.status_code == 400
    assert "at most 2000 are kept" in refused.text
    assert web.post(OWN, data=form | {"glossary": "x" * MOST_BYTES}).status_code == 413
    assert stored(house).glossary == tuple(terms)


def test_its_page_says_what_it_is_for_and_whom_to_ask(house: House) -> None:
    member, _ = house.enter(MEMBER)
    anybody = house.client()
    plain = member.get(f"/c/{TALK.circle}").text
    assert "About these recordings" not in plain
    hostile = 'Ola <script>alert(1)</script> & "co", ola@b.no?cc=x, https://b.no/"onclick="x and javascript:alert(1)'
    web, _ = house.enter(FACILITATOR, "Els Verhaeghe")
    assert save(web, purpose="For <b>all</b>", contact=hostile).status_code == 303
    page = member.get(f"/c/{TALK.circle}").text
    assert "For &lt;b&gt;all&lt;/b&gt;" in page
    assert "Ola &lt;script&gt;" in page
    assert 'href="mailto:ola@b.no%3Fcc%3Dx"' in page
    assert 'href="https://b.no/"' in page
    assert "javascript:alert(1)</bdi>" in page
    assert not any(markup in page for markup in ("<b>all", "<script>alert", 'href="javascript', 'onclick="x'))
    assert "onclick=&#34;x" in page
    for text in (anybody.get(f"/c/{TALK.circle}").text, anybody.get("/").text):
        assert "For &lt;b&gt;" not in text
        assert "ola@b.no" not in text
