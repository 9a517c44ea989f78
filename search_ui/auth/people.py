"""The page on which facilitators see who belongs to their circles, and invite others; operators see everyone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kring import link
from kring.access import Role
from kring.errors import InputError, NotAllowed, NotFound
from kring.people.accounts import Account, Invitation, Roles
from kring.people.audit import Act
from search_ui.auth.identity import FacilitatorDep
from search_ui.auth.own_account import ROLE_NAMES, ShownRole, line_of, shown_roles
from search_ui.auth.recorder import RecorderDep
from search_ui.auth.sessions import Sessions
from search_ui.auth.sign_in import FormDep, SessionsDep
from search_ui.context import origin_of
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_, _
from search_ui.viewer import ArchiveView, ArchiveViewDep

PAGE = "/people"
NOT_YOURS = N_("You may say who belongs to a circle only if you are its facilitator; choose one of yours.")
NO_ROLE = N_("Choose what this person is in the circle: a member, or a facilitator.")
NOBODY = N_("There is no such person here.")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """Somebody with an account, and what they are in the circles of who looks."""

    id: str
    name: str
    operator: bool
    circles: list[ShownRole]
    networks: list[ShownRole]


@dataclass(frozen=True, slots=True)
class ShownInvitation:
    """A link that was not used yet."""

    name: str
    circles: list[ShownRole]
    by: str
    until: date


@router.get(PAGE)
def people_page(view: ArchiveViewDep, sessions: SessionsDep, person: FacilitatorDep) -> Response:  # noqa: ARG001
    return _people(view, sessions.people.accounts(), list(sessions.people.invitations()))


@router.post(PAGE)
def invite(
    view: ArchiveViewDep,
    sessions: SessionsDep,
    person: FacilitatorDep,
    form: FormDep,
    record: RecorderDep,
    request: Request,
) -> Response:
    """Make a link for one person: `name`, the `circle` they come into, and their `role` in it."""
    name, circle = line_of(form.get("name", "")), _own_circle(view, form.get("circle", ""))
    roles = Roles(circles={circle: _role(form.get("role", ""))})
    record.note(Act.INVITE, circle, f"{name}: {form['role']}")
    code = sessions.people.invite(name, roles, by=person.name or _("an operator"))
    made = f"{origin_of(view.site, request)}{link.PAGE}#{code}"
    return _people(view, sessions.people.accounts(), list(sessions.people.invitations()), invited=name, made=made)


@router.post(f"{PAGE}/{{account_id}}")
def change_role(
    account_id: str,
    view: ArchiveViewDep,
    sessions: SessionsDep,
    person: FacilitatorDep,  # noqa: ARG001
    form: FormDep,
    record: RecorderDep,
) -> Response:
    """What somebody is in a `circle`: another `role`, or `none`. Raises NotFound."""
    circle = _own_circle(view, form.get("circle", ""))
    role = None if form.get("role") == "none" else _role(form.get("role", ""))

    def change(old: Account) -> Account:
        circles = {slug: has for slug, has in old.given.circles.items() if slug != circle}
        given = old.given.model_copy(update={"circles": circles | ({circle: role} if role else {})})
        return old.model_copy(update={"given": given})

    _check_known(view, sessions, account_id, circle)
    record.note(Act.ROLES, account_id, f"{circle}: {role.name.lower() if role else 'none'}")
    sessions.people.change(account_id, change)
    sessions.forget()
    return RedirectResponse(PAGE, status_code=303)


def _check_known(view: ArchiveView, sessions: Sessions, account_id: str, circle: str) -> None:
    """Raises NotFound for who is not there, and for whom a facilitator does not know: who is not in the `circle`."""
    try:
        account = sessions.people.account(account_id)
    except NotFound:
        raise NotFound(NOBODY) from None
    if circle not in account.given.circles and not view.viewer.operator:
        raise NotFound(NOBODY)


def _own_circle(view: ArchiveView, slug: str) -> str:
    """`slug`, if the viewer may say who belongs to it. Raises NotAllowed."""
    if slug not in view.changeable_circles():
        raise NotAllowed(NOT_YOURS)
    return slug


def _role(name: str) -> Role:
    """Raises InputError."""
    try:
        return Role[name.upper()]
    except KeyError:
        raise InputError(NO_ROLE) from None


def _people(
    view: ArchiveView, accounts: list[Account], invitations: list[Invitation], *, invited: str = "", made: str = ""
) -> Response:
    """`made`: a link that was made just now, for `invited`; it is shown this once."""
    circles = view.changeable_circles().values()
    response = page(
        "people.html",
        people=list(_shown(view, accounts)),
        invitations=list(_waiting(view, invitations)),
        circles=[(circle.slug, circle.name) for circle in circles],
        roles=[(role.name.lower(), _(name)) for role, name in ROLE_NAMES.items()],
        invited=invited,
        made=made,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _shown(view: ArchiveView, accounts: list[Account]) -> Iterator[ShownPerson]:
    for account in accounts:
        circles = _own(view, account.given.circles)
        if circles or view.viewer.operator:
            yield ShownPerson(
                account.id,
                account.name,
                account.roles.operator,
                shown_roles(circles, view.names.circle, "c"),
                shown_roles(account.given.networks, view.names.network, "n") if view.viewer.operator else [],
            )


def _waiting(view: ArchiveView, invitations: list[Invitation]) -> Iterator[ShownInvitation]:
    for invitation in sorted(invitations, key=lambda each: each.made_at):
        circles = _own(view, invitation.roles.circles)
        if circles or view.viewer.operator:
            shown = shown_roles(circles, view.names.circle, "c")
            yield ShownInvitation(invitation.name, shown, invitation.by, invitation.expires_at.date())


def _own(view: ArchiveView, roles: Mapping[str, Role]) -> dict[str, Role]:
    """Those of the roles that are the viewer's business."""
    return {slug: role for slug, role in roles.items() if view.may_change(slug)}
