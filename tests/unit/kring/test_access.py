"""Who may see and change what."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from kring.access import ANONYMOUS, OPERATORS_SETTINGS, SETTINGS, Access, Role, Viewer, ViewerKind, audience_of
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


def told(viewer: str, **previews: Visibility) -> set[str]:
    """The audiences of which the viewer is told, if these circles are so visible and allow previews."""
    changed = {
        slug: CIRCLES[slug].model_copy(update={"previews": True, "visibility": visibility})
        for slug, visibility in previews.items()
    }
    audiences = Access(CIRCLES | changed).preview_audiences_of(VIEWERS[viewer])
    sees = Access(CIRCLES | changed).audiences_of(VIEWERS[viewer])
    assert sees is None or audiences.isdisjoint(sees)
    return set(audiences)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_nobody_is_told_anything_unless_a_circle_allows_it(viewer: str) -> None:
    assert told(viewer) == set()


@pytest.mark.parametrize(
    ("viewer", "expected"),
    [
        ("anonymous", set()),
        ("operator", set()),
        ("signed in", {"privacy/default", "privacy/network"}),
        ("a key for closed", {"privacy/default", "privacy/network"}),
        ("member of north", set()),
        ("member of privacy", set()),
    ],
)
def test_who_is_told_of_a_circle_for_its_network(viewer: str, expected: set[str]) -> None:
    """Not of what was made less visible than the circle is."""
    assert told(viewer, privacy=Visibility.NETWORK) == expected


@pytest.mark.parametrize(
    ("viewer", "expected"),
    [
        ("anonymous", set()),
        ("signed in", {"cloud/default", "cloud/network", "cloud/circle"}),
        ("member of north", {"cloud/default", "cloud/circle"}),
        ("member of privacy", {"cloud/default", "cloud/circle"}),
        ("facilitator of cloud", set()),
        ("facilitator of north", set()),
    ],
)
def test_who_is_told_of_a_circle_for_itself(viewer: str, expected: set[str]) -> None:
    assert told(viewer, cloud=Visibility.CIRCLE) == expected


@pytest.mark.parametrize("viewer", VIEWERS)
def test_of_a_public_circle_there_is_nothing_to_tell(viewer: str) -> None:
    assert told(viewer, open=Visibility.PUBLIC) == set()


def test_a_feed_is_told_nothing() -> None:
    circles = {slug: circle.model_copy(update={"previews": True}) for slug, circle in CIRCLES.items()}
    assert Access(circles).preview_audiences_of(Viewer(ViewerKind.FEED_TOKEN, {"open": Role.MEMBER})) == frozenset()


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


@pytest.mark.parametrize(
    ("viewer", "circles"),
    [
        ("anonymous", set()),
        ("signed in", set()),
        ("member of privacy", set()),
        ("facilitator of cloud", {"cloud"}),
        ("facilitator of north", {"privacy", "cloud"}),
        ("a key for closed", set()),
        ("member of what has gone", set()),
    ],
)
def test_facilitators_change_their_circles_but_not_their_network(viewer: str, circles: set[str]) -> None:
    who = VIEWERS[viewer]
    assert not ACCESS.may_make_circles(who)
    for slug in [*CIRCLES, "gone"]:
        assert ACCESS.settings_of(who, slug) == (SETTINGS - OPERATORS_SETTINGS if slug in circles else frozenset())


def test_operators_make_circles_and_change_all_of_them() -> None:
    assert ACCESS.may_make_circles(VIEWERS["operator"])
    assert ACCESS.settings_of(VIEWERS["operator"], "closed") == SETTINGS
    assert {"slug", "schema_version"}.isdisjoint(SETTINGS)
    assert {"network", "network_name"} == OPERATORS_SETTINGS
