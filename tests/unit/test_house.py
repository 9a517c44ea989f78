"""The house: generic package names must be ours, and the heavy engines are loaded only where they are used."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.repository import REPOSITORY


@pytest.mark.parametrize("name", ["kring", "storage", "transcribe", "index", "services", "flows", "search_ui", "cli"])
def test_the_packages_are_this_projects(name: str) -> None:
    found = importlib.import_module(name).__file__
    assert found is not None
    assert Path(found).is_relative_to(REPOSITORY)


@pytest.mark.parametrize("module", ["cli.main", "search_ui.app", "transcribe.engines.registry", "index", "storage"])
def test_importing_an_entry_point_loads_no_engine(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    heavy = {"torch", "whisper", "faster_whisper", "ctranslate2"} | ({"prefect"} if module == "cli.main" else set())
    assert heavy.isdisjoint(done.stdout.split())


def test_kring_needs_only_pydantic_and_the_standard_library() -> None:
    imported: dict[str, set[str]] = {}
    for path in (REPOSITORY / "kring").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or "kring"]
            else:
                continue
            for name in names:
                imported.setdefault(name.partition(".")[0], set()).add(path.name)
    allowed = sys.stdlib_module_names | {"kring", "pydantic", "pydantic_settings"}
    assert {name: files for name, files in imported.items() if name not in allowed} == {}


def test_every_package_is_installed() -> None:
    listed = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "packages"
    ]
    ours = ["kring", "storage", "transcribe", "index", "services", "flows", "search_ui", "cli"]
    there = [init.parent.relative_to(REPOSITORY) for name in ours for init in (REPOSITORY / name).rglob("__init__.py")]
    assert sorted(listed) == sorted(".".join(folder.parts) for folder in there)
