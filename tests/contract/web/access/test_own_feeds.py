"""Making private addresses of feeds, on the page of one's account and beside what was found; and having them listed."""

from __future__ import annotations

import httpx
import pytest

from kring.model import now
from kring.people.accounts import Account, Roles
from kring.people.audit import Act
from search_ui.auth.sessions import FEED_TOUCHED_EVERY
from storage.audit import Audit
from tests.contract.web.access.test_accounts import TALK, House, house, nobody
from tests.contract.web.access.test_private_feeds import made_on_the_page, owner, patient, revoke

__all__ = ["house", "nobody", "owner", "patient"]


def test_it_is_listed_with_what_it_is_for_and_when_it_was_used(
    house: House, owner: tuple[httpx.Client, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    web, account = owner
    path = made_on_the_page(web, q="personvern")
    shown = web.get("/account").text
    assert path.split("/")[2] not in shown
    for said in (path.split("/")[2][:16], "Personvern Nord: “personvern”", f"/c/{TALK.circle}?q=personvern",
                 "not used yet"):  # fmt: skip
        assert said in shown, said
    assert house.client().get(path).status_code == 200
    [(token_hash, token)] = house.people.feed_tokens.of(account.id)
    assert token.used_at is not None
    assert now() - token.used_at < FEED_TOUCHED_EVERY
    assert house.client().get(path).status_code == 200
    assert house.people.feed_tokens.get(token_hash).used_at == token.used_at  # once an hour
    monkeypatch.setattr("search_ui.auth.sessions.FEED_TOUCHED_EVERY", -FEED_TOUCHED_EVERY)
    assert house.client().get(path).status_code == 200
    assert house.people.feed_tokens.get(token_hash).used_at != token.used_at
    assert "last used" in web.get("/account").text
    house.people.change(account.id, lambda old: old.model_copy(update={"given": Roles()}))
    assert "no longer valid" in web.get("/account").text


def test_making_and_revoking_are_acts_that_say_nothing_of_the_search(
    house: House, owner: tuple[httpx.Client, Account]
) -> None:
    web, account = owner
    made_on_the_page(web)
    made_on_the_page(web, "", q="personvernombudet")
    for token_hash, _ in house.people.feed_tokens.of(account.id):
        assert revoke(web, token_hash) == 303
    acts = [entry for entry in Audit(house.archive.store).entries() if entry.by == account.id][:4]
    assert [entry.act for entry in acts] == [Act.KEY] * 4
    assert {entry.says for entry in acts} == {
        f"{did} a private feed of {what}"
        for did in ("made", "revoked")
        for what in (f"the circle {TALK.circle}", "a search")
    }


@pytest.mark.parametrize("within", ["/c/nowhere", "/x/y", "nonsense", "/c/digital-post", "/t/Nothing of that"])
def test_there_is_no_address_of_what_one_does_not_see(
    house: House, owner: tuple[httpx.Client, Account], within: str
) -> None:
    web, account = owner
    assert web.post("/account/feeds", data={"within": within}).status_code == 400
    assert house.people.feed_tokens.of(account.id) == []


def test_who_sees_no_more_than_everyone_needs_none(house: House) -> None:
    web, account = house.enter(Roles())
    answer = web.post("/account/feeds")
    assert answer.status_code == 400
    assert "Everyone may see what you see there" in answer.text
    assert "Make a private address" not in web.get("/").text + web.get("/account").text
    refused = house.client().post("/account/feeds")
    assert refused.status_code == 403
    assert house.people.feed_tokens.of(account.id) == []


def test_a_search_that_cannot_be_understood_is_refused_to_the_person(
    house: House, owner: tuple[httpx.Client, Account]
) -> None:
    answer = owner[0].post("/account/feeds", params={"q": "after:yesterday"})
    assert answer.status_code == 400
    assert "yesterday" in answer.text


def test_circles_and_searches_offer_it_to_who_has_signed_in(house: House, owner: tuple[httpx.Client, Account]) -> None:
    web, _ = owner
    for page, action, within in (
        (f"/c/{TALK.circle}", "/account/feeds", f"/c/{TALK.circle}"),
        ("/?q=personvern&language=nb", "/account/feeds?q=personvern&amp;language=nb", ""),
        ("/?q=personvern&language=nb&part=results", "/account/feeds?q=personvern&amp;language=nb", ""),
    ):
        text = web.get(page).text
        assert f'action="{action}"' in text, page
        assert f'name="within" value="{within}"' in text, page
        assert "/account/feeds" not in house.client().get(page).text


def test_where_there_is_nothing_for_everyone_the_private_one_is_the_only_one(
    house: House, owner: tuple[httpx.Client, Account]
) -> None:
    web, _ = owner
    closed = web.get(f"/c/{TALK.circle}").text
    assert "These recordings are not for everyone" in closed
    assert 'id="feed-address"' not in closed
    assert 'id="feed-address"' in web.get("/").text
