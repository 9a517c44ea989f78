"""`kring people`, and `kring link`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from cli.terminal.connection import connect
from cli.terminal.output import out, printable, say
from kring import link
from kring.access import Role
from kring.errors import BadMetadata, SetupError
from kring.local_stack import public_address
from kring.people.accounts import Account, Roles, name_in
from kring.people.audit import Act
from kring.people.rules import roles_from, values_of
from kring.settings import Provider, load_settings
from services.ports import Ports
from storage.archive.people import People
from storage.audit import COMMAND, Audit

OPERATOR = "the operator"
"""Who has invited somebody with a command, for people to read."""


NEEDLESS = {
    "all": "Everybody who reaches the pages may see and change everything",
    "nobody": "Nobody may change anything on the pages",
}
"""Where no link lets operators in: why."""


def run_link(*, new: bool) -> int:
    """Print the operator's link, after making another where `new`. 0: here it is.

    Raises SetupError if no link lets people in.
    """
    settings = load_settings()
    if reason := NEEDLESS.get(settings.web.facilitators):
        raise SetupError(
            f"{reason}, because web.facilitators is “{settings.web.facilitators}”. Set it to “link” (or leave it out) "
            "and start the web pages again; then there is a link."
        )
    if new:
        link.renew_secret(settings)
    say(link.link(settings))
    return 0


def invite_person(name: str, *, circles: Sequence[str], networks: Sequence[str], role: str, operator: bool) -> None:
    """Print a link that lets one person in. Raises BadMetadata and UnknownCircle."""
    ports = connect()
    if name_in(name) is None:
        raise BadMetadata("A name is needed, of at most 300 characters.")
    _check(ports, circles, networks)
    given = None if role == "none" else Role[role.upper()]
    if given is None and (circles or networks):
        raise BadMetadata("Say what they are in these circles: --role member or --role facilitator.")
    roles = Roles(
        circles=dict.fromkeys(circles, given or Role.MEMBER),
        networks=dict.fromkeys(networks, given or Role.MEMBER),
        operator=operator,
    )
    Audit(ports.archive.store).record(COMMAND, Act.INVITE, says=f"{name}: {_told(roles)}")
    code = People(ports.archive.store).invite(name, roles, by=OPERATOR)
    _say_link(ports, code, name)


def list_people() -> None:
    people = People(connect().archive.store)
    accounts, invitations = people.accounts(), list(people.invitations())
    if not accounts and not invitations:
        say('Nobody has an account yet. Invite somebody with `kring people invite "NAME" --circle …`.')
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "name", "roles", ""):
        table.add_column(column)
    for account in accounts:
        note = "blocked" if account.blocked else ""
        table.add_row(*(Text(printable(cell)) for cell in (account.id, account.name, _told(account.roles), note)))
    for invitation in invitations:
        note = f"invited, until {invitation.expires_at:%Y-%m-%d}"
        table.add_row(*(Text(printable(cell)) for cell in ("", invitation.name, _told(invitation.roles), note)))
    out.print(table)


def change_person(
    account_id: str, *, circles: Sequence[str], networks: Sequence[str], role: str, operator: bool | None
) -> None:
    """Raises BadMetadata, UnknownCircle and NotFound."""
    if not circles and not networks and operator is None:
        raise BadMetadata("Say what is to change: --circle or --network with --role, or --operator.")
    ports = connect()
    if role != "none":
        _check(ports, circles, networks)

    def changed(old: Account) -> Account:
        given = Roles(
            circles=_with(old.given.circles, circles, role),
            networks=_with(old.given.networks, networks, role),
            operator=old.given.operator if operator is None else operator,
        )
        return old.model_copy(update={"given": given})

    people = People(ports.archive.store)
    people.account(account_id)
    places = ", ".join([*circles, *(f"network {slug}" for slug in networks)])
    says = f"{places}: {role}" if places else f"operator: {operator}"
    Audit(ports.archive.store).record(COMMAND, Act.ROLES, account_id, says)
    account = people.change(account_id, changed)
    say(f"{account.name}: {_told(account.given)}.")


def link_person(account_id: str) -> None:
    """Raises NotFound."""
    ports = connect()
    people = People(ports.archive.store)
    account = people.account(account_id)
    Audit(ports.archive.store).record(COMMAND, Act.INVITE, account_id, "another link")
    _say_link(ports, people.invite(account.name, Roles(), by=OPERATOR, account_id=account.id), account.name)


def sign_out_person(account_id: str) -> None:
    """Raises NotFound."""
    store = connect().archive.store
    people = People(store)
    people.account(account_id)
    Audit(store).record(COMMAND, Act.ACCOUNT, account_id, "signed out everywhere")
    account = people.sign_out_everywhere(account_id)
    say(f"{account.name} is signed out everywhere, within ten seconds.")


def block_person(account_id: str, *, undo: bool) -> None:
    """Raises NotFound."""
    store = connect().archive.store
    people = People(store)
    people.account(account_id)
    Audit(store).record(COMMAND, Act.ACCOUNT, account_id, "let in again" if undo else "blocked")
    account = people.change(account_id, lambda old: old.model_copy(update={"blocked": not undo}))
    if not undo:
        people.sign_out_everywhere(account_id)
    say(f"{account.name} can sign in again." if undo else f"{account.name} cannot sign in any more.")


def remove_person(account_id: str) -> None:
    """Raises NotFound."""
    store = connect().archive.store
    people = People(store)
    name = people.account(account_id).name
    Audit(store).record(COMMAND, Act.ACCOUNT, account_id, "removed")
    people.remove(account_id)
    say(f"The account of {name} is deleted. What they uploaded and corrected stays.")


def try_rules(file: Path, name: str | None) -> None:
    """Say what the provider's rules give to somebody with the claims in this file. Raises SetupError, BadMetadata."""
    provider = _provider(load_settings().providers, name)
    try:
        claims = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise BadMetadata(f"{file.name} is not JSON in UTF-8.") from None
    if not isinstance(claims, dict):
        raise BadMetadata(f"{file.name} holds no claims: it must be one JSON object.")
    for rule in provider.rules:
        matches = rule.value in values_of(claims, rule.claim)
        place = rule.circle or (f"network {rule.network}" if rule.network else "")
        given = f"{rule.role} of {place}" if place else rule.role
        say(f"{'✔' if matches else '–'} {rule.claim} = {rule.value}: {given}", "" if matches else "dim")
    say(f"At a sign-in with {provider.name}: {_told(roles_from(provider.rules, claims))}.", "bold")


def _provider(providers: Sequence[Provider], name: str | None) -> Provider:
    """Raises SetupError if there is none of this name, or not the only one."""
    if not providers:
        raise SetupError("There is no provider of accounts in the settings: add one under [[providers]] in kring.toml.")
    fitting = [provider for provider in providers if name is None or provider.name == name]
    if len(fitting) != 1:
        raise SetupError(f"Say which one with --provider: {', '.join(provider.name for provider in providers)}.")
    return fitting[0]


def _check(ports: Ports, circles: Iterable[str], networks: Iterable[str]) -> None:
    """Raises UnknownCircle, and BadMetadata for a network of which there is no circle."""
    for slug in circles:
        ports.archive.circle(slug)
    known = {circle.network for circle in ports.archive.circles()}
    for slug in networks:
        if slug not in known:
            raise BadMetadata(f"There is no network {slug!r}; there are: {', '.join(sorted(known)) or 'none yet'}.")


def _with(roles: Mapping[str, Role], slugs: Sequence[str], role: str) -> dict[str, Role]:
    kept = {slug: has for slug, has in roles.items() if slug not in slugs}
    return kept if role == "none" else kept | dict.fromkeys(slugs, Role[role.upper()])


def _told(roles: Roles) -> str:
    places = [*roles.circles.items(), *((f"network {slug}", role) for slug, role in roles.networks.items())]
    told = [f"{role.name.lower()} of {place}" for place, role in places]
    return ", ".join([*(["operator"] if roles.operator else []), *told]) or "no role"


def _say_link(ports: Ports, code: str, name: str) -> None:
    say(f"{public_address(ports.settings)}{link.PAGE}#{code}")
    say(f"Send it to {name} and to nobody else: it lets one person in, once, within a week, and is not shown again.")
