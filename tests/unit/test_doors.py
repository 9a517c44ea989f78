"""One place each: for parsing a query, for searching on behalf of a viewer, for opening a recording for one, and for
saying what its problem is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DOORS = {
    "search": ("index", {"search_ui/viewer/archive_view.py"}),
    "previews": ("index", {"search_ui/viewer/archive_view.py"}),
    # Besides the door: what a person has uploaded, and whether the archive has a file already.
    "manifest": (
        "archive",
        {"search_ui/viewer/archive_view.py", "search_ui/upload/validation.py", "search_ui/upload/mine.py"},
    ),
}


def nodes(*packages: str) -> Iterator[tuple[str, ast.AST]]:
    """Everything in the modules of these packages, with the module it stands in."""
    for package in packages:
        for path in (REPOSITORY / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield path.relative_to(REPOSITORY).as_posix(), node


def used(package: str, owner: str, method: str) -> Iterator[str]:
    """Modules of the package that use `<anything>.owner.method`, `owner.method` or `_owner.method`."""
    for module, node in nodes(package):
        if not (isinstance(node, ast.Attribute) and node.attr == method):
            continue
        of = node.value
        name = of.attr if isinstance(of, ast.Attribute) else of.id if isinstance(of, ast.Name) else ""
        if name.lstrip("_") == owner:
            yield module


@pytest.mark.parametrize("method", DOORS)
def test_pages_search_and_open_recordings_only_through_the_doors(method: str) -> None:
    owner, allowed = DOORS[method]
    assert set(used("search_ui", owner, method)) == allowed


def test_a_query_is_parsed_once() -> None:
    """By the index, which hands on what it has understood; besides only the words it suggests are parsed."""
    importers = {
        module
        for module, node in nodes("index", "search_ui", "services", "flows", "cli")
        if isinstance(node, ast.ImportFrom) and node.module == "index.query.parser"
        if any(alias.name in {"parse", "*"} for alias in node.names)
    }
    assert importers == {"index/query/answer.py", "index/query/suggest.py"}


def test_problems_are_said_in_one_place() -> None:
    makers = {
        module
        for module, node in nodes("services", "flows", "search_ui", "cli", "storage")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem"
    }
    assert makers == {"services/problems.py"}
