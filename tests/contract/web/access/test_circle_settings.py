"""Who makes circles, and who changes what of which, on the web; and what is written down of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from kring.access import Role
from kring.errors import StorageDown
from kring.model import Circle, Visibility
from kring.people.accounts import KeyScope, Roles
from kring.people.audit import Act
from search_ui import context
from storage.audit import Audit
from storage.keys import circle_key
from tests.contract.web.access.test_accounts import FACILITATOR, MEMBER, OTHER, TALK, House, house, nobody, sees
from tests.support.http.alike import alike
from tests.support.web import facilitator

__all__ = ["house", "nobody"]

OWN, NETWORK = f"/circles/{TALK.circle}", "nord"
ROLES = {
    "without a role": Roles(),
    "member": MEMBER,
    "member of the network": Roles(networks={NETWORK: Role.MEMBER}),
    "facilitator of another": Roles(circles={OTHER.circle: Role.FACILITATOR, TALK.circle: Role.MEMBER}),
    "facilitator": FACILITATOR,
    "facilitator of the network": Roles(networks={NETWORK: Role.FACILITATOR}),
    "operator": Roles(operator=True),
}
CHANGES = {"facilitator", "facilitator of the network", "operator"}
NEW = {"slug": "sky", "name": "Sky", "network": NETWORK, "visibility": "circle"}


@pytest.fixture(autouse=True)
def circles(house: House) -> Iterator[None]:
    """Those there are afterwards are those there were before."""
    before = house.archive.circles()
    yield
    for circle in house.archive.circles():
        house.archive.store.delete(circle_key(circle.slug))
    for circle in before:
        house.archive.put_circle(circle)
    for origin in house.origins:
        with facilitator.client(origin) as web:
            assert web.post(f"/circles/{before[0].slug}", data=form_of(web, before[0].slug)).status_code == 303


def form_of(web: httpx.Client, slug: str = TALK.circle) -> dict[str, str]:
    """What a browser sends of the form as it stands there."""
    page = web.get(f"/circles/{slug}")
    assert page.status_code == 200, page.text
    form = page.text.partition('<form class="circle"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    fields |= dict(re.findall(r'<input id="[\w-]+" name="(\w+)"[^>]* value="([^"]*)"', form))
    fields |= dict(re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL))
    fields |= dict.fromkeys(re.findall(r'<input type="checkbox" [^>]*name="(\w+)" checked', form), "on")
    for name, options in re.findall(r'<select [^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        fields[name] = "".join(re.findall(r'value="([^"]*)" selected', options))
    return {name: unescape(value) for name, value in fields.items()}


def save(web: httpx.Client, **more: str) -> httpx.Response:
    return web.post(OWN, data=form_of(web) | more)


def audit(house: House) -> list[tuple[str | None, str | None, str | None, bool]]:
    """(name, about, says, as operator) of what was done with circles, the newest first."""
    entries = [entry for entry in Audit(house.archive.store).entries() if entry.act is Act.CIRCLE]
    return [(entry.by_name, entry.about, entry.says, entry.as_operator) for entry in entries]


@pytest.mark.parametrize("who", ROLES)
def test_a_circle_is_changed_by_its_facilitators_and_operators(house: House, who: str) -> None:
    web, _ = house.enter(ROLES[who])
    before, noted = house.archive.circle(TALK.circle), audit(house)
    may = who in CHANGES
    assert (f'href="{OWN}"' in web.get(f"/c/{TALK.circle}").text) is may
    listed = web.get("/circles")
    assert listed.status_code == (403 if who in {"without a role", "member", "member of the network"} else 200)
    assert (f'href="{OWN}"' in listed.text) is may
    if may:
        assert save(web, purpose="Sharing").status_code == 303
        assert house.archive.circle(TALK.circle) == before.model_copy(update={"purpose": "Sharing"})
        assert audit(house) == [("Kari Nordli", TALK.circle, "purpose", who == "operator"), *noted]
        return
    for method, data in (("GET", None), ("POST", {"purpose": "Mine", "name": "Mine", "visibility": "public"})):
        answer = web.request(method, OWN, data=data)
        assert answer.status_code == (404 if who == "facilitator of another" else 403)
        missing = web.request(method, "/circles/finnes-ikke", data=data)
        assert alike(answer, missing, (TALK.circle, "finnes-ikke"))
    assert (house.archive.circle(TALK.circle), audit(house)) == (before, noted)


def test_those_who_have_not_signed_in_are_sent_to_do_so(house: House) -> None:
    web, noted = house.client(), audit(house)
    for method, path in (("GET", "/circles"), ("POST", "/circles"), ("GET", OWN), ("POST", OWN)):
        answer = web.request(method, path, data=NEW if method == "POST" else None)
        assert answer.status_code == 403
        assert 'action="/sign-in"' in answer.text
    assert audit(house) == noted
    assert not house.archive.store.exists(circle_key("sky"))


def test_no_program_changes_a_circle_whatever_its_key_is_for(house: House) -> None:
    _, account = house.enter(Roles(operator=True))
    key = house.people.keys.make(account, "All", tuple(KeyScope), (), None)
    robot, before = house.client(headers={"Authorization": f"Bearer {key}"}), house.archive.circles()
    for method, path in (("GET", "/circles"), ("POST", "/circles"), ("GET", OWN), ("POST", OWN)):
        assert robot.request(method, path, data=NEW if method == "POST" else None).status_code == 403
    assert house.archive.circles() == before


@pytest.mark.parametrize("who", ROLES)
def test_operators_make_circles(house: House, who: str) -> None:
    web, _ = house.enter(ROLES[who])
    before, noted = house.archive.circles(), audit(house)
    offered = 'action="/circles"' in web.get("/circles").text
    answer = web.post("/circles", data=NEW)
    assert offered is (who == "operator")
    if who != "operator":
        assert answer.status_code == 403
        assert (house.archive.circles(), audit(house)) == (before, noted)
        return
    assert (answer.status_code, answer.headers["location"]) == (303, "/circles/sky?saved=made")
    made = Circle(
        slug="sky", name="Sky", network=NETWORK, network_name=house.archive.circle(TALK.circle).network_name,
        visibility=Visibility.CIRCLE,
    )  # fmt: skip
    assert house.archive.circle("sky") == made
    assert "The circle is there" in web.get(answer.headers["location"]).text
    assert audit(house) == [("Kari Nordli", "sky", "made", True), *noted]
    again = web.post("/circles", data=NEW | {"name": "Another <b>"})
    assert again.status_code == 400
    assert "with this short name already" in again.text
    assert 'value="Another &lt;b&gt;"' in again.text
    assert (house.archive.circle("sky"), len(audit(house))) == (made, len(noted) + 1)


@pytest.mark.parametrize("who", sorted(CHANGES))
def test_only_operators_move_a_circle_to_another_network_and_nobody_renames_it(house: House, who: str) -> None:
    web, _ = house.enter(ROLES[who])
    before = house.archive.circle(TALK.circle)
    assert ('name="network"' in web.get(OWN).text) is (who == "operator")
    answer = save(web, network="sor", network_name="South", slug="other", schema_version="1", contact="Kari")
    assert answer.status_code == 303
    more = {"network": "sor", "network_name": "South"} if who == "operator" else {}
    assert house.archive.circle(TALK.circle) == before.model_copy(update={"contact": "Kari"} | more)
    assert not house.archive.store.exists(circle_key("other"))
    assert ("kring reindex" in web.get(answer.headers["location"]).text) is (who == "operator")


def test_recordings_that_say_nothing_follow_their_circle_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    web, _ = house.enter(FACILITATOR)
    anybody, elsewhere = house.client(), house.client(1)
    assert not sees(anybody)
    assert not sees(elsewhere)
    assert save(web, visibility="public").status_code == 303
    assert sees(anybody)
    monkeypatch.setattr(context, "NAMES_SECONDS", 0.0)  # as after the ten seconds for which others remember
    assert sees(elsewhere)
    assert save(web, visibility="circle").status_code == 303
    assert not sees(anybody)


def test_what_cannot_be_written_down_is_not_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    web, _ = house.enter(Roles(operator=True))
    before = house.archive.circles()

    def down(*_: object, **__: object) -> None:
        raise StorageDown("the object store refused the connection")

    form = form_of(web) | {"purpose": "Mine"}
    monkeypatch.setattr(Audit, "record", down)
    assert web.post(OWN, data=form).status_code == 503
    assert web.post("/circles", data=NEW).status_code == 503
    assert house.archive.circles() == before


def test_a_page_of_another_site_changes_nothing(house: House) -> None:
    web, _ = house.enter(Roles(operator=True))
    before, form = house.archive.circles(), form_of(web) | {"purpose": "Theirs"}
    headers: list[dict[str, Any]] = [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
    for sent in headers:
        assert web.post(OWN, data=form, headers=sent).status_code == 403
        assert web.post("/circles", data=NEW, headers=sent).status_code == 403
    assert house.archive.circles() == before
