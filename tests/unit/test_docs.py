"""The docs are complete: every setting, every command and every option is in them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from cli.main import app
from kring.settings import FeedSource, FolderSource, Settings
from tests.support.repository import REPOSITORY
from transcribe.containers.kinds import SUFFIXES

DOCS = REPOSITORY / "docs"


def settings_of(model: type[BaseModel], prefix: str = "") -> list[str]:
    names: list[str] = []
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names += settings_of(field.annotation, f"{prefix}{name}.")
        else:
            names.append(str(alias) if alias else f"{prefix}{name}")
    return names


@pytest.mark.parametrize("name", settings_of(Settings))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in (DOCS / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted({*FolderSource.model_fields, *FeedSource.model_fields}))
def test_every_setting_of_a_source_is_documented(name: str) -> None:
    assert f"\n{name} = " in (DOCS / "settings.md").read_text(encoding="utf-8")


def test_every_kind_of_recording_is_documented() -> None:
    written = (DOCS / "facilitators.md").read_text(encoding="utf-8")
    table = written.partition("| kind |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"`(\.\w+)`", table)) == sorted(SUFFIXES)


def commands(command: Any, path: str = "kring") -> list[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return [(path, command)]
    return [found for name, one in inner.items() for found in commands(one, f"{path} {name}")]


COMMANDS = commands(typer.main.get_command(app))


@pytest.mark.parametrize("path", [path for path, _ in COMMANDS])
def test_every_command_is_documented(path: str) -> None:
    assert f"`{path}" in (DOCS / "commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "option",
    sorted({option for _, command in COMMANDS for parameter in command.params for option in parameter.opts
            if option.startswith("--") and option != "--help"}),
)  # fmt: skip
def test_every_option_is_documented(option: str) -> None:
    assert option in (DOCS / "commands.md").read_text(encoding="utf-8")
