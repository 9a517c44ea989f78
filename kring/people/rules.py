"""What the claims of a provider are worth: roles by rules. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kring.access import Role
from kring.people.accounts import Roles
from kring.settings import RoleRule


def roles_from(rules: Iterable[RoleRule], claims: Mapping[str, Any]) -> Roles:
    """All that the rules give to somebody with these claims."""
    roles = Roles()
    for rule in rules:
        if rule.value in values_of(claims, rule.claim):
            roles |= _given(rule)
    return roles


def values_of(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """The values of a claim: one, or those of a list. A name that is there as a whole goes before one with dots in it.

    `true` and numbers count as they are written in JSON.
    """
    found: Any = claims.get(name)
    if name not in claims:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    return frozenset(_written(value) for value in (found if isinstance(found, list) else [found]))


def _written(value: Any) -> str:
    """Empty, which no rule asks for, if it is nothing that could be compared."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            return ""


def _given(rule: RoleRule) -> Roles:
    if rule.role == "operator":
        return Roles(operator=True)
    role = Role[rule.role.upper()]
    if rule.circle is not None:
        return Roles(circles={rule.circle: role})
    return Roles(networks={str(rule.network): role})
