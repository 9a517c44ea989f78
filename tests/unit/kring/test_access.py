"""Who may see and change what."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from kring.access import ANONYMOUS, Access, Role, Viewer, ViewerKind, audience_of
from kring.model import Circle, Details, Visibility

CIRCLES = {
    slug: Circle(slug=slug, name=slug, network=network, network_name=network, visibility=visibility)
    for slug, network, visibility in (
        ("privacy", "north", Visibility.NETWORK),
        ("cloud", "north", Visibility.CIRCLE),
        ("open", "south", Visibility.PUBLIC),
        ("closed", "south", Visibility.CIRCLE),
    )
}
VIEWERS = {
    "anonymous": ANONYMOUS,
    "signed in": Viewer(ViewerKind.PERSON),
    "member of privacy": Viewer(ViewerKind.PERSON, {"privacy": Role.MEMBER}),
    "facilitator of cloud": Viewer(ViewerKind.PERSON, {"cloud": Role.FACILITATOR}),
    "member of north": Viewer(ViewerKind.PERSON, networks={"north": Role.MEMBER}),
    "facilitator of north": Viewer(ViewerKind.PERSON, networks={"north": Role.FACILITATOR}),
    "a key for closed": Viewer(ViewerKind.API_KEY, {"closed": Role.MEMBER}),
    "a feed of cloud": Viewer(
        ViewerKind.FEED_TOKEN,
        {"privacy": Role.MEMBER, "cloud": Role.MEMBER},
        {"south": Role.MEMBER},
        only_circle="cloud",
    ),
    "member of what has gone": Viewer(ViewerKind.PERSON, {"gone": Role.FACILITATOR}),
    "operator": Viewer(ViewerKind.PERSON, operator=True),
}
ACCESS, SIGNED_IN_ONLY = Access(CIRCLES), Access(CIRCLES, anonymous_reading=False)


def details(circle: str, visibility: Visibility | None = None) -> Details:
    return Details(title="t", circle=circle, date=date(2026, 1, 1), visibility=visibility)


ALL = [details(circle, visibility) for circle, visibility in product([*CIRCLES, "gone"], (None, *Visibility))]


def seen(access: Access, viewer: str) -> set[str]:
    return {audience_of(each) for each in ALL if access.may_see(VIEWERS[viewer], each)}


PUBLIC = {f"{circle}/public" for circle in CIRCLES} | {"open/default"}
NORTH = {"privacy/default", "privacy/network", "cloud/network"}


@pytest.mark.parametrize(
    ("viewer", "more"),
    [
        ("anonymous", set()),
        ("signed in", set()),
        ("member of privacy", NORTH | {"privacy/circle"}),
        ("facilitator of cloud", NORTH | {"cloud/circle", "cloud/default"}),
        ("member of north", NORTH),
        ("facilitator of north", NORTH | {"privacy/circle", "cloud/circle", "cloud/default"}),
        ("a key for closed", {"open/network", "closed/network", "closed/circle", "closed/default"}),
        ("member of what has gone", set()),
    ],
)
def test_what_each_sees_beside_what_is_public(viewer: str, more: set[str]) -> None:
    assert seen(ACCESS, viewer) == PUBLIC | more


def test_who_is_bound_to_a_circle_sees_nothing_of_another() -> None:
    assert seen(ACCESS, "a feed of cloud") == {f"cloud/{said}" for said in ("default", *Visibility)}
    viewer = VIEWERS["a feed of cloud"]
    for slug, circle in CIRCLES.items():
        assert ACCESS.belongs_to(viewer, circle) == ACCESS.may_know(viewer, circle) == (slug == "cloud")


def test_who_sees_more_than_everyone() -> None:
    more = {name for name, viewer in VIEWERS.items() if ACCESS.sees_more_than_all(viewer)}
    assert set(VIEWERS) - more == {"anonymous", "signed in", "member of what has gone"}
    more = {name for name, viewer in VIEWERS.items() if SIGNED_IN_ONLY.sees_more_than_all(viewer)}
    assert set(VIEWERS) - more == {"anonymous"}
    ex_member = Viewer(ViewerKind.FEED_TOKEN, only_circle="open")
    assert not ACCESS.sees_more_than_all(ex_member)
    assert SIGNED_IN_ONLY.sees_more_than_all(ex_member)


def test_a_feed_token_only_reads() -> None:
    for roles in ({"circles": {"open": Role.FACILITATOR}}, {"operator": True}):
        with pytest.raises(ValueError, match="only reads"):
            Viewer(ViewerKind.FEED_TOKEN, **roles)  # type: ignore[arg-type]


def test_an_operator_sees_all_and_that_of_circles_that_have_gone() -> None:
    assert seen(ACCESS, "operator") == {audience_of(each) for each in ALL}


def test_anonymous_reading_can_be_switched_off() -> None:
    assert seen(SIGNED_IN_ONLY, "anonymous") == set()
    for viewer in set(VIEWERS) - {"anonymous"}:
        assert seen(SIGNED_IN_ONLY, viewer) == seen(ACCESS, viewer)


@pytest.mark.parametrize("viewer", VIEWERS.values(), ids=VIEWERS)
@pytest.mark.parametrize("access", [ACCESS, SIGNED_IN_ONLY], ids=["anonymous reading", "none"])
def test_the_index_is_told_the_same(access: Access, viewer: Viewer) -> None:
    audiences = access.audiences_of(viewer)
    for each in ALL:
        assert access.may_see(viewer, each) == (audiences is None or audience_of(each) in audiences)


def test_a_circle_that_changes_changes_what_is_seen_and_no_audience() -> None:
    opened = Access(CIRCLES | {"closed": CIRCLES["closed"].model_copy(update={"visibility": Visibility.PUBLIC})})
    assert seen(opened, "anonymous") == PUBLIC | {"closed/default"}


def test_who_may_change() -> None:
    changers = {
        circle: {name for name, viewer in VIEWERS.items() if ACCESS.may_change(viewer, circle)}
        for circle in ("privacy", "cloud", "open", "gone")
    }
    assert changers == {
        "privacy": {"facilitator of north", "operator"},
        "cloud": {"facilitator of cloud", "facilitator of north", "operator"},
        "open": {"operator"},
        "gone": {"operator"},
    }


def test_nobody_is_anonymous_and_has_a_role() -> None:
    with pytest.raises(ValueError, match="anonymous"):
        Viewer(operator=True)
    with pytest.raises(ValueError, match="anonymous"):
        Viewer(circles={"privacy": Role.MEMBER})
