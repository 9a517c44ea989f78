"""What may be installed: every package at one version, with the hash of each of its files, and nothing else."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.repository import REPOSITORY

LOCKS = REPOSITORY / "deploy" / "lock"
CONTENTS = {"local": ("local",), "dev": ("local", "dev", "bench"), "gpu": ("local", "gpu")}
"""The extras of each lock file."""
STANZA = re.compile(
    r"(?P<name>\S+)==(?P<version>\S+)(?: ; [^\\]+)? \\\n"
    r"(?P<hashes>(?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
)


def locked(name: str) -> dict[str, str]:
    """Version by package. Fails for a line that is no package with its hashes."""
    lines = (LOCKS / f"{name}.txt").read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.lstrip().startswith("#"))
    assert STANZA.sub("", text) == ""
    return {canonicalize_name(found["name"]): found["version"] for found in STANZA.finditer(text)}


def pinned() -> dict[str, str]:
    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    parts = [line.partition("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, _, version in parts}


def wanted(extras: tuple[str, ...]) -> Iterator[Requirement]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    for listed in (project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)):
        yield from map(Requirement, listed)


@pytest.mark.parametrize("name", ["build", "node", *CONTENTS])
def test_every_package_has_its_hashes_and_the_version_that_was_tried(name: str) -> None:
    versions = locked(name)
    assert versions
    known = pinned()
    assert {package: known.get(package, version) for package, version in versions.items()} == versions, "make lock"


@pytest.mark.parametrize("name", CONTENTS)
def test_all_that_the_project_asks_for_is_locked(name: str) -> None:
    versions = locked(name)
    for requirement in wanted(CONTENTS[name]):
        assert requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "")), requirement


def test_nothing_is_installed_without_hashes() -> None:
    for file in (REPOSITORY / "deploy" / "setup.sh", REPOSITORY / "deploy" / "Dockerfile"):
        commands = re.findall(r"(?:pip_quietly|RUN pip install|&& pip install) (--.*)", file.read_text())
        assert commands
        for command in commands:
            assert "--require-hashes" in command or "--no-deps -e ." in command, command
            assert "--no-build-isolation" in command or "build.txt" in command, command
