"""The scripts and styles of the pages are built, and what they are built from comes from where this machine says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kring.errors import SetupError
from search_ui.http import rendering
from tests.support.repository import REPOSITORY

JS = REPOSITORY / "search_ui" / "js"


def test_what_pages_name_is_there() -> None:
    rendering.check_built()


def test_pages_that_are_not_built_are_said_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "favicon.svg").write_text("<svg/>")
    monkeypatch.setattr(rendering, "BUILT", tmp_path)
    with pytest.raises(SetupError, match=r"^The web pages are not built \(\S+ is missing\): run `make setup`\.$"):
        rendering.check_built()


def test_the_lock_names_no_registry_and_every_version_is_exact() -> None:
    lock = json.loads((JS / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    wanted = json.loads((JS / "package.json").read_text(encoding="utf-8"))
    assert wanted["private"] is True
    assert [
        name for name, version in wanted["devDependencies"].items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)
    ] == []


@pytest.mark.parametrize("built", sorted(rendering.BUILT.glob("*.[jc]s*")), ids=lambda path: path.name)
def test_what_is_built_asks_no_other_host(built: Path) -> None:
    """No import, style sheet, picture, worker or request from elsewhere; addresses in words are not asked for."""
    text = built.read_text(encoding="utf-8")
    assert (
        re.findall(
            r"""(?:url\(|@import|import\(|from|fetch\(|Worker\(|EventSource\()\s*["'`]?(?:https?:)?//[^\s"']+""", text
        )
        == []
    )
