"""What `/api/openapi.json` says of keys: how they are sent, and what a key must be for at each address."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from kring.people.accounts import KeyScope
from search_ui.auth.identity import scope_of

SCHEME = "key"
READING = {"get", "head", "options"}


def describe_keys(app: FastAPI) -> None:
    """Have the description of the API name the scope of each call. Called once all routes are there."""
    made = app.openapi

    def described() -> dict[str, Any]:
        schema = made()
        schema.setdefault("components", {})["securitySchemes"] = {
            SCHEME: {
                "type": "http",
                "scheme": "bearer",
                "description": "A key from the page of your account, as `Authorization: Bearer kring_…`.",
            }
        }
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                scope = _scope(path, method)
                operation["security"] = (
                    [{}, {SCHEME: [scope.value]}]
                    if scope is KeyScope.READ
                    else [{SCHEME: [scope.value] if scope else []}]
                )
        return schema

    app.openapi = described  # type: ignore[method-assign]


def _scope(path: str, method: str) -> KeyScope | None:
    """What a key must be for; None: this is not for programs."""
    guarded = method not in READING or path.startswith("/api/uploads") or path.endswith("/corrected")
    return scope_of(path) if guarded else KeyScope.READ
