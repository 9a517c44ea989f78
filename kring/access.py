"""Who may see and change what: the one place in which it is decided. Pure; it reads and writes nothing.

A recording is seen by everyone, by its circle's network, or by its circle: as it says itself (`Details.visibility`), or
as its circle says now. The search index keeps neither people nor the circle's say, only each recording's *audience*
(`audience_of`); which audiences a viewer belongs to is found out for each request (`audiences_of`). So a change of a
circle's visibility or network, or of a person's roles, counts at once, and the index is not written again for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from kring.model import Circle, Details, Manifest, Visibility


class Role(IntEnum):
    """What a person is in a circle or a network; each may do what those below may."""

    MEMBER = 1
    FACILITATOR = 2


class ViewerKind(StrEnum):
    """By what a request says whose it is."""

    ANONYMOUS = "anonymous"
    PERSON = "person"
    API_KEY = "api key"
    FEED_TOKEN = "feed token"  # noqa: S105 - a name, no secret


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, with their role in each circle and network. A key or token has the roles that were given to it: who
    makes a `Viewer` of it sees to it that they are not more than those of the person it belongs to."""

    kind: ViewerKind = ViewerKind.ANONYMOUS
    circles: Mapping[str, Role] = field(default_factory=dict)
    """Circle → role."""
    networks: Mapping[str, Role] = field(default_factory=dict)
    """Network → role. A member of a network sees what is for the network, a facilitator of it is one of each of its
    circles."""
    operator: bool = False
    """May see and change everything."""
    only_circle: str | None = None
    """Sees nothing of any other circle than this one, whatever the roles say; None: there is no such bound."""

    def __post_init__(self) -> None:
        if self.kind is ViewerKind.ANONYMOUS and (self.operator or self.circles or self.networks):
            raise ValueError("an anonymous viewer has no roles")
        if self.kind is ViewerKind.FEED_TOKEN and self.may_change_something:
            raise ValueError("a feed token only reads")

    @property
    def may_change_something(self) -> bool:
        """Whether there is any circle in which this viewer may change anything, if that circle is still there."""
        return self.operator or Role.FACILITATOR in {*self.circles.values(), *self.networks.values()}


ANONYMOUS = Viewer()
OPERATORS_SETTINGS = frozenset({"network", "network_name"})
"""Of a circle: who belongs to its network sees what is for the network."""
SETTINGS = frozenset(Circle.model_fields) - {"schema_version", "slug"}
"""Fields of a circle that can be changed."""


@dataclass(frozen=True, slots=True)
class Access:
    """The rules, over the circles there are now.

    `anonymous_reading`: public recordings are shown to people who have not signed in.
    """

    circles: Mapping[str, Circle]
    """By slug. A recording of a circle that is not there any more is seen by operators only."""
    anonymous_reading: bool = True

    def role_in(self, viewer: Viewer, circle: Circle) -> Role | None:
        """The highest role the viewer has there, through the circle itself or its network."""
        roles = [viewer.circles.get(circle.slug)]
        if viewer.networks.get(circle.network) is Role.FACILITATOR:
            roles.append(Role.FACILITATOR)
        return max((role for role in roles if role is not None), default=None)

    def may_see(self, viewer: Viewer, details: Details) -> bool:
        """Whether the viewer may find, read and play a recording with these details."""
        circle = self.circles.get(details.circle)
        if circle is None:
            return viewer.operator
        return self._is_in(viewer, circle, details.visibility or circle.visibility)

    def may_open(self, viewer: Viewer, manifest: Manifest) -> bool:
        """Whether the viewer may read and play this recording: a withdrawn one is for its facilitators only."""
        if not self.may_see(viewer, manifest.details):
            return False
        return manifest.withdrawn is None or self.may_change(viewer, manifest.details.circle)

    def may_change(self, viewer: Viewer, circle_slug: str) -> bool:
        """Whether the viewer may upload to this circle, and correct, withdraw and erase what belongs to it."""
        if viewer.operator:
            return True
        circle = self.circles.get(circle_slug)
        return circle is not None and self.role_in(viewer, circle) is Role.FACILITATOR

    def may_make_circles(self, viewer: Viewer) -> bool:
        """Whether the viewer may make a circle."""
        return viewer.operator

    def settings_of(self, viewer: Viewer, circle_slug: str) -> frozenset[str]:
        """The fields of this circle that the viewer may change; none if they may not change what belongs to it."""
        if not self.may_change(viewer, circle_slug):
            return frozenset()
        return SETTINGS if viewer.operator else SETTINGS - OPERATORS_SETTINGS

    def belongs_to(self, viewer: Viewer, circle: Circle) -> bool:
        """Whether the viewer has a role in this circle or in its network."""
        return viewer.operator or (_is_for(viewer, circle) and self._is_in_network(viewer, circle.network))

    def may_know(self, viewer: Viewer, circle: Circle) -> bool:
        """Whether the circle's name is no secret to the viewer: they belong there, or its recordings are for them."""
        return self.belongs_to(viewer, circle) or self._is_in(viewer, circle, circle.visibility)

    def sees_more_than_all(self, viewer: Viewer) -> bool:
        """Whether there is anything for this viewer that is not for everyone."""
        audiences = self.audiences_of(viewer)
        return audiences is None or bool(audiences - (self.audiences_of(ANONYMOUS) or frozenset()))

    def audiences_of(self, viewer: Viewer) -> frozenset[str] | None:
        """The audiences the viewer belongs to: what `index.port.Query.visible_to` takes. None: all audiences,
        including those of deleted circles."""
        if viewer.operator:
            return None
        return frozenset(
            audience(circle.slug, visibility)
            for circle in self.circles.values()
            for visibility in (None, *Visibility)
            if self._is_in(viewer, circle, visibility or circle.visibility)
        )

    def preview_audiences_of(self, viewer: Viewer) -> frozenset[str]:
        """The audiences the viewer does not belong to, and of whose recordings they may still learn that these are
        there: title, circle, network, date and whom to ask. None for who has not signed in.

        A circle with `previews` lets others know of what is as visible as it is itself, or more; a recording that was
        made less visible than its circle stays a secret.
        """
        if viewer.operator or viewer.only_circle or viewer.kind not in (ViewerKind.PERSON, ViewerKind.API_KEY):
            return frozenset()
        widest_first = list(Visibility)
        return frozenset(
            audience(circle.slug, visibility)
            for circle in self.circles.values()
            if circle.previews
            for visibility in (None, *widest_first[: widest_first.index(circle.visibility) + 1])
            if not self._is_in(viewer, circle, visibility or circle.visibility)
        )

    def _is_in(self, viewer: Viewer, circle: Circle, visibility: Visibility) -> bool:
        if viewer.operator:
            return True
        if not _is_for(viewer, circle):
            return False
        match visibility:
            case Visibility.PUBLIC:
                return self.anonymous_reading or viewer.kind is not ViewerKind.ANONYMOUS
            case Visibility.NETWORK:
                return self._is_in_network(viewer, circle.network)
            case Visibility.CIRCLE:
                return self.role_in(viewer, circle) is not None

    def _is_in_network(self, viewer: Viewer, network: str) -> bool:
        joined = (self.circles.get(slug) for slug in viewer.circles)
        return network in viewer.networks or any(circle and circle.network == network for circle in joined)


def _is_for(viewer: Viewer, circle: Circle) -> bool:
    return viewer.only_circle in {None, circle.slug}


def audience_of(details: Details) -> str:
    """The audience of a recording with these details, as the index keeps it: `<circle>/<visibility>`."""
    return audience(details.circle, details.visibility)


def audience(circle_slug: str, visibility: Visibility | None) -> str:
    """The audience of a circle's recordings that say this of themselves; None: they say nothing, and the circle's own
    visibility counts."""
    return f"{circle_slug}/{visibility or 'default'}"
