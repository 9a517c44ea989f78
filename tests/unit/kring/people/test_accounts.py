"""What people, and the programs they give keys and addresses to, may see."""

from __future__ import annotations

import pytest

from kring.access import Access, Role, ViewerKind
from kring.model import Circle, Visibility, now
from kring.people.accounts import Account, ApiKey, FeedToken, KeyScope, Roles, feed_viewer

CIRCLES = {
    slug: Circle(slug=slug, name=slug, network=network, network_name=network, visibility=visibility)
    for slug, network, visibility in (
        ("privacy", "north", Visibility.NETWORK),
        ("cloud", "north", Visibility.CIRCLE),
        ("open", "south", Visibility.PUBLIC),
        ("closed", "south", Visibility.CIRCLE),
    )
}
ACCESS = Access(CIRCLES)
MEMBER, FACILITATOR = Role.MEMBER, Role.FACILITATOR
ROLES = {
    "nothing": Roles(),
    "member": Roles(circles={"cloud": MEMBER}),
    "facilitator": Roles(circles={"closed": FACILITATOR}),
    "member of a network": Roles(networks={"north": MEMBER}),
    "facilitator of a network": Roles(networks={"north": FACILITATOR}),
    "of what has gone": Roles(circles={"gone": FACILITATOR}, networks={"gone": FACILITATOR}),
    "both": Roles(circles={"open": MEMBER}, networks={"north": FACILITATOR}),
}


def account(roles: Roles) -> Account:
    return Account(id="0" * 16, name="Kari", given=roles, made_at=now(), sessions_from=now())


@pytest.mark.parametrize("roles", ROLES.values(), ids=ROLES)
def test_a_feed_shows_what_its_owner_sees(roles: Roles) -> None:
    owner = account(roles)
    viewer = feed_viewer(owner, CIRCLES, None)
    assert viewer.kind is ViewerKind.FEED_TOKEN
    assert ACCESS.audiences_of(viewer) == ACCESS.audiences_of(owner.viewer)
    assert not viewer.may_change_something
    for slug in CIRCLES:
        seen = {audience for audience in ACCESS.audiences_of(owner.viewer) or () if audience.startswith(f"{slug}/")}
        assert ACCESS.audiences_of(feed_viewer(owner, CIRCLES, slug)) == seen


def test_an_operators_feed_shows_all_circles_there_are_and_has_no_power() -> None:
    viewer = feed_viewer(account(Roles(operator=True)), CIRCLES, None)
    assert not viewer.operator
    said = ("default", *Visibility)
    assert ACCESS.audiences_of(viewer) == {f"{slug}/{each}" for slug in CIRCLES for each in said}
    only = feed_viewer(account(Roles(operator=True)), CIRCLES, "closed")
    assert ACCESS.audiences_of(only) == {f"closed/{each}" for each in said}


def test_a_token_shows_its_circle_and_leads_to_its_page() -> None:
    token = FeedToken(
        account_id="0" * 16, name="x", begins="x", feed="/t/a%2Fb/feed.xml?q=feed.xml", circle="cloud", made_at=now()
    )
    assert token.viewer(account(ROLES["member"]), CIRCLES).only_circle == "cloud"
    assert token.page == "/t/a%2Fb?q=feed.xml"


def test_an_operators_key_is_a_facilitators() -> None:
    key = ApiKey(account_id="0" * 16, name="x", begins="x", scopes=(KeyScope.READ, KeyScope.CORRECT), made_at=now())
    viewer = key.viewer(account(Roles(operator=True)), CIRCLES)
    assert not viewer.operator
    assert viewer.networks == {"north": FACILITATOR, "south": FACILITATOR}


@pytest.mark.parametrize("roles", [*ROLES.values(), Roles(operator=True)], ids=[*ROLES, "operator"])
def test_a_reading_key_reads_what_its_owner_sees_and_changes_nothing(roles: Roles) -> None:
    owner = account(roles)
    key = ApiKey(account_id=owner.id, name="x", begins="x", made_at=now())
    viewer = key.viewer(owner, CIRCLES)
    said = ("default", *Visibility)
    everything = {f"{slug}/{each}" for slug in CIRCLES for each in said}
    assert ACCESS.audiences_of(viewer) == (ACCESS.audiences_of(owner.viewer) if not roles.operator else everything)
    assert not viewer.may_change_something
    assert not viewer.operator
