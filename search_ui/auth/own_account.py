"""The page of one's own account: the name, the circles, and where one is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kring import link
from kring.access import Role
from kring.errors import InputError, NotAllowed, NotFound
from kring.model import now
from kring.people.accounts import Account, FeedToken, KeyScope, feed_viewer, name_in
from kring.people.audit import Act
from kring.settings import Provider
from search_ui.auth.cookies import set_cookie
from search_ui.auth.identity import SESSION_COOKIE
from search_ui.auth.recorder import RecorderDep
from search_ui.auth.sessions import Sessions
from search_ui.auth.sign_in import FormDep, SessionsDep
from search_ui.context import Names, Site, SiteDep
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_, _
from search_ui.viewer import ArchiveView, ArchiveViewDep, Visit, VisitDep

PAGE = "/account"
ROLE_NAMES = {Role.MEMBER: N_("member"), Role.FACILITATOR: N_("facilitator")}
SCOPE_NAMES = {KeyScope.READ: N_("read"), KeyScope.UPLOAD: N_("upload"), KeyScope.CORRECT: N_("correct")}
KEY_DAYS = {"90": N_("90 days"), "365": N_("a year"), "": N_("until it is revoked")}
"""How long a key can be made for."""
NO_CIRCLE = N_("There is no such circle among yours; choose another.")
NO_DAYS = N_("Choose how long the key is good for.")
NO_KEY = N_("You have no such key; it may have been revoked already.")
NO_ACCOUNT = N_("You have not signed in with an account of your own.")
NO_NAME = N_("A name is needed, of at most 300 characters.")

MOST_OWNED = 50
"""Keys of one account, and private addresses."""

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class ShownRole:
    """A circle or network, and what somebody is there, in the language of the page."""

    slug: str
    name: str
    role: Role
    role_name: str
    url: str


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A browser in which somebody is signed in; `here`: the one that asks."""

    browser: str
    seen_at: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key by which a program acts for somebody; `circle`: empty if it is for all of theirs."""

    key_hash: str
    name: str
    begins: str
    scopes: str
    circle: str
    expires_at: datetime | None
    expired: bool
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShownFeed:
    """The address by which a podcast app follows a feed for somebody."""

    token_hash: str
    name: str
    begins: str
    of: str
    """A circle's name, or which recordings else."""
    page: str
    """Where people see the same."""
    shows: bool
    """It still shows what is not for everyone."""
    made_at: datetime
    used_at: datetime | None


def own_account(visit: VisitDep) -> Account:
    """The account of who asks, in person. Raises NotAllowed."""
    if visit.account is None or visit.scopes is not None:
        raise NotAllowed(NO_ACCOUNT)
    return visit.account


OwnAccountDep = Annotated[Account, Depends(own_account)]


@router.get(PAGE)
def account_page(site: SiteDep, view: ArchiveViewDep, visit: VisitDep, sessions: SessionsDep) -> Response:
    if visit.account is None or visit.scopes is not None:
        return RedirectResponse(f"{link.PAGE}?next={PAGE}", status_code=303)
    return _account(site, view, visit, sessions, visit.account)


@router.post(f"{PAGE}/name")
def rename(account: OwnAccountDep, sessions: SessionsDep, form: FormDep, record: RecorderDep) -> Response:
    """`name`: how this person is called from now on."""
    name = line_of(form.get("name", ""))
    record.note_of(account, Act.ACCOUNT, f"is called {name} from now on")
    sessions.people.change(account.id, lambda old: old.model_copy(update={"name": name}))
    sessions.forget()
    return RedirectResponse(PAGE, status_code=303)


@router.post(f"{PAGE}/sign-out-everywhere")
def sign_out_everywhere(
    request: Request, account: OwnAccountDep, sessions: SessionsDep, record: RecorderDep
) -> Response:
    record.note_of(account, Act.SIGN_OUT, "everywhere")
    sessions.people.sign_out_everywhere(account.id)
    sessions.forget()
    set_cookie(request, SESSION_COOKIE, "")
    return RedirectResponse(link.PAGE, status_code=303)


def check_room(owned: Iterable[object]) -> None:
    """Raises InputError if somebody has as many keys, or private addresses, as they may."""
    if sum(1 for _ in owned) >= MOST_OWNED:
        raise InputError(_("You have {most} of them; revoke one that is not used any more.").format(most=MOST_OWNED))


@router.post(f"{PAGE}/keys")
def make_key(
    site: SiteDep,
    view: ArchiveViewDep,
    visit: VisitDep,
    account: OwnAccountDep,
    sessions: SessionsDep,
    form: FormDep,
    record: RecorderDep,
) -> Response:
    """A key for a program: its `name`, whether it may `upload` and `correct`, the one `circle` it is for or none, and
    the `days` it is good for, or none."""
    name, circle, days = line_of(form.get("name", "")), form.get("circle", ""), form.get("days", "")
    if circle and circle not in view.names.circles:
        raise InputError(NO_CIRCLE)
    if days not in KEY_DAYS:
        raise InputError(NO_DAYS)
    record.note_of(account, Act.KEY, f"made: {name}")
    check_room(sessions.people.keys.of(account.id))
    key = sessions.people.keys.make(
        account,
        name,
        (KeyScope.READ, *(scope for scope in (KeyScope.UPLOAD, KeyScope.CORRECT) if scope.value in form)),
        (circle,) if circle else (),
        now() + timedelta(days=int(days)) if days else None,
    )
    return _account(site, view, visit, sessions, account, made=key, made_for=name)


@router.post(f"{PAGE}/keys/{{key_hash}}/revoke")
def revoke_key(key_hash: str, account: OwnAccountDep, sessions: SessionsDep, record: RecorderDep) -> Response:
    """Raises NotFound, also for a key of somebody else."""
    keys = dict(sessions.people.keys.of(account.id))
    if key_hash not in keys:
        raise NotFound(NO_KEY)
    record.note_of(account, Act.KEY, f"revoked: {keys[key_hash].name}")
    sessions.people.keys.revoke(key_hash)
    sessions.forget()
    return RedirectResponse(PAGE, status_code=303)


def _account(
    site: Site,
    view: ArchiveView,
    visit: Visit,
    sessions: Sessions,
    account: Account,
    *,
    made: str = "",
    made_for: str = "",
) -> Response:
    """`made`: a key that was made just now; it is shown this once."""
    response = page(
        "account.html",
        account=account,
        circles=shown_roles(account.roles.circles, view.names.circle, "c"),
        networks=shown_roles(account.roles.networks, view.names.network, "n"),
        providers=shown_providers(site.settings.providers, account),
        sessions=shown_sessions(sessions, account, visit.session_hash),
        keys=shown_keys(sessions, view.names, account),
        key_days=KEY_DAYS,
        feeds=shown_feeds(sessions, view, account),
        may_have_feeds=view.access.sees_more_than_all(feed_viewer(account, site.circles.all(), None)),
        made=made,
        made_for=made_for,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def line_of(text: str) -> str:
    """A name as it can be stored. Raises InputError."""
    name = name_in(text)
    if name is None:
        raise InputError(NO_NAME)
    return name


def shown_roles(roles: Mapping[str, Role], name_of: Callable[[str], str], letter: str) -> list[ShownRole]:
    """By the names of the circles or networks, whose pages begin with `letter`."""
    shown = (
        ShownRole(slug, name_of(slug), role, _(ROLE_NAMES[role]), f"/{letter}/{slug}") for slug, role in roles.items()
    )
    return sorted(shown, key=lambda role: role.name.casefold())


def shown_providers(providers: Iterable[Provider], account: Account) -> list[tuple[str, str, bool]]:
    """(slug, name, whether this account is connected with it) of each."""
    issuers = {login.issuer for login in account.logins}
    return [(provider.slug, provider.name, provider.issuer in issuers) for provider in providers]


def shown_keys(sessions: Sessions, names: Names, account: Account) -> list[ShownKey]:
    """Those that were not revoked, the newest first."""
    return [
        ShownKey(
            key_hash,
            key.name,
            key.begins,
            ", ".join(_(SCOPE_NAMES[scope]) for scope in key.scopes),
            ", ".join(map(names.circle, key.circles)),
            key.expires_at,
            key.expires_at is not None and key.expires_at <= now(),
            key.used_at,
        )
        for key_hash, key in sessions.people.keys.of(account.id)
    ]


def shown_feeds(sessions: Sessions, view: ArchiveView, account: Account) -> list[ShownFeed]:
    """Those that were not revoked, the newest first."""
    circles = view.site.circles.all()
    return [
        ShownFeed(
            token_hash,
            token.name,
            token.begins,
            _recordings_of(token, view.names),
            token.page,
            view.access.sees_more_than_all(token.viewer(account, circles)),
            token.made_at,
            token.used_at,
        )
        for token_hash, token in sessions.people.feed_tokens.of(account.id)
    ]


def _recordings_of(token: FeedToken, names: Names) -> str:
    if token.circle:
        return names.circle(token.circle)
    everything = token.page == "/"
    return _("all my circles") if everything else _("a search")


def shown_sessions(sessions: Sessions, account: Account, here: str) -> list[ShownSession]:
    """Those that have not ended, the last used first."""
    return [
        ShownSession(session.browser or _("A browser"), session.seen_at, secret_hash == here)
        for secret_hash, session in sessions.people.sessions_of(account.id)
        if not sessions.is_over(session, account)
    ]
