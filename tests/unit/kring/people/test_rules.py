"""What a provider's claims are worth."""

from __future__ import annotations

from typing import Any

import pytest

from kring.access import Role
from kring.model import now
from kring.people.accounts import Account, ProviderLogin, Roles
from kring.people.rules import roles_from, values_of
from kring.settings import Provider, RoleRule

RULES = (
    RoleRule(claim="groups", value="1f-2e", circle="privacy", role="facilitator"),
    RoleRule(claim="groups", value="3d", circle="privacy"),
    RoleRule(claim="groups", value="3d", network="north"),
    RoleRule(claim="realm_access.roles", value="kring-operator", role="operator"),
    RoleRule(claim="hd", value="fjordane.example", circle="cloud"),
)


@pytest.mark.parametrize(
    ("claims", "given"),
    [
        ({}, Roles()),
        ({"groups": ["3d"]}, Roles(circles={"privacy": Role.MEMBER}, networks={"north": Role.MEMBER})),
        (
            {"groups": ["1f-2e", "3d"]},
            Roles(circles={"privacy": Role.FACILITATOR}, networks={"north": Role.MEMBER}),
        ),
        ({"groups": "1f-2e"}, Roles(circles={"privacy": Role.FACILITATOR})),
        ({"groups": "1F-2E"}, Roles()),
        ({"groups": ["x1f-2e", "1f-2e x", None, {"1f-2e": 1}, ["1f-2e"]]}, Roles()),
        ({"realm_access": {"roles": ["kring-operator"]}}, Roles(operator=True)),
        ({"realm_access": ["kring-operator"]}, Roles()),
        ({"realm_access.roles": "kring-operator"}, Roles(operator=True)),
        ({"hd": "fjordane.example", "email": "a@b"}, Roles(circles={"cloud": Role.MEMBER})),
    ],
)
def test_claims_become_roles(claims: dict[str, Any], given: Roles) -> None:
    assert roles_from(RULES, claims) == given


@pytest.mark.parametrize(
    ("value", "values"),
    [(True, {"true"}), (7, {"7"}), ("a", {"a"}), (["a", "b"], {"a", "b"}), (None, {""}), ({}, {""}), ([], set())],
)
def test_values_of_a_claim(value: Any, values: set[str]) -> None:
    assert values_of({"claim": value}, "claim") == values


@pytest.mark.parametrize(
    "rule",
    [
        {"claim": "groups", "value": "x"},
        {"claim": "groups", "value": "x", "circle": "a", "network": "b"},
        {"claim": "groups", "value": "x", "circle": "a", "role": "operator"},
        {"claim": "groups", "value": "x", "circle": "a", "role": "owner"},
        {"claim": "", "value": "x", "circle": "a"},
        {"claim": "groups", "value": "", "circle": "a"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        RoleRule.model_validate(rule)


@pytest.mark.parametrize(
    ("issuer", "fits"),
    [
        ("https://login.example.org/tenant/v2.0", True),
        ("http://localhost:8080/realms/kring", True),
        ("http://127.0.0.1:8080", True),
        ("http://login.example.org", False),
        ("https://login.example.org/?x=1", False),
        ("login.example.org", False),
        ("", False),
    ],
)
def test_a_provider_is_asked_over_tls_only(issuer: str, fits: bool) -> None:
    given = {"name": "P", "issuer": issuer, "client_id": "kring"}
    if fits:
        assert Provider.model_validate(given).scopes == ("openid", "profile", "email")
    else:
        with pytest.raises(ValueError, match="issuer"):
            Provider.model_validate(given)


def test_the_roles_of_an_account_are_given_by_people_and_by_rules() -> None:
    login = ProviderLogin(issuer="https://a", subject="1", by_rules=Roles(circles={"privacy": Role.FACILITATOR}))
    other = ProviderLogin(issuer="https://b", subject="1", by_rules=Roles(networks={"north": Role.MEMBER}))
    account = Account(
        id="0" * 16,
        name="Kari",
        given=Roles(circles={"privacy": Role.MEMBER, "cloud": Role.MEMBER}),
        logins=(login, other),
        made_at=now(),
        sessions_from=now(),
    )
    assert account.viewer.circles == {"privacy": Role.FACILITATOR, "cloud": Role.MEMBER}
    assert account.viewer.networks == {"north": Role.MEMBER}
