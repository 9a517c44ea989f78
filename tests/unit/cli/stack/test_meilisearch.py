"""Meilisearch in the local stack: when it is started, with what, and who gets which key."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.stack import meilisearch
from cli.stack.free_ports import ClaimedPorts
from cli.stack.layout import StackLayout, settle
from cli.stack.services import SEARCH, WEB, WORKER, Part
from index import open_index
from index.embedded.index import EmbeddedIndex
from index.meili.index import MeiliIndex, index_uid
from index.meili.search_key import derived_key
from kring.errors import SetupError
from kring.local_stack import LocalStack, connect_locally, write_stack
from kring.settings import LocalSettings, SearchSettings, Settings, WebSettings


def settled(settings: Settings) -> StackLayout:
    with ClaimedPorts(print) as ports:
        return settle(settings, ports, print)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `meilisearch` on the PATH that nobody starts."""
    made = tmp_path / "bin" / "meilisearch"
    made.parent.mkdir()
    made.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    made.chmod(0o755)
    monkeypatch.setenv("PATH", str(made.parent))
    return made


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("MEILI_URL", "MEILI_MASTER_KEY", "MEILI_SEARCH_KEY"):
        monkeypatch.delenv(name, raising=False)
    local = LocalSettings(s3_port=0, prefect_port=0, meili_port=0)
    return Settings(data_dir=tmp_path / "data", web=WebSettings(port=0), local=local).model_copy(
        update={"s3_endpoint": "http://s3.example:9000", "prefect_api_url": "https://prefect.example/api"}
    )


def parts_of(house: StackLayout) -> dict[str, Part]:
    return {part.name: part for part in house.parts}


def test_where_its_program_is_it_runs_here(program: Path, settings: Settings) -> None:
    house = settled(settings)
    part = parts_of(house)[SEARCH]
    assert part.command[0] == str(program)
    assert part.port is not None
    assert f"--http-addr=127.0.0.1:{part.port}" in part.command
    assert "--no-analytics" in part.command
    assert house.settings.meili_url == house.stack.meili_url == f"http://127.0.0.1:{part.port}"
    assert not part.healthy()
    assert part.cwd == settings.data_dir / "meilisearch"
    kept = settings.data_dir / "meilisearch.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert meilisearch.prepare(settings.data_dir) == house.settings.meili_master_key  # the same at the next start


def test_pages_for_reading_never_get_the_master_key(
    program: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEILI_MASTER_KEY", "from-outside")
    house = settled(settings.model_copy(update={"web": WebSettings(facilitators="nobody")}))
    assert house.settings.meili_master_key is not None
    master = house.settings.meili_master_key.get_secret_value()
    parts = parts_of(house)
    assert not [value for value in parts[WEB].environment.values() if master in value or "from-outside" in value]
    assert "MEILI_MASTER_KEY" not in parts[WEB].environment
    assert parts[WEB].environment["MEILI_SEARCH_KEY"] == derived_key(master, index_uid(settings.bucket))
    assert parts[WEB].environment["MEILI_URL"] == house.settings.meili_url
    assert parts[WORKER].environment["MEILI_MASTER_KEY"] == parts[SEARCH].environment["MEILI_MASTER_KEY"] == master
    assert "MEILI_URL" not in parts[SEARCH].environment
    assert not [word for part in house.parts for word in part.command if master in word]
    assert SEARCH in parts[WEB].needs
    assert SEARCH in parts[WORKER].needs


@pytest.mark.usefixtures("program")
def test_pages_that_people_correct_with_write_to_the_index_themselves(settings: Settings) -> None:
    house = settled(settings)
    environment = parts_of(house)[WEB].environment
    assert house.settings.meili_master_key is not None
    assert environment["MEILI_MASTER_KEY"] == house.settings.meili_master_key.get_secret_value()
    assert "MEILI_SEARCH_KEY" not in environment


@pytest.mark.usefixtures("program")
def test_one_that_runs_elsewhere_is_used_as_it_is(settings: Settings) -> None:
    elsewhere = {"meili_url": "https://user:secret@search.example", "meili_master_key": SecretStr("master")}
    elsewhere["web"] = WebSettings(facilitators="nobody")
    house = settled(settings.model_copy(update=elsewhere))
    assert SEARCH not in parts_of(house)
    assert house.elsewhere[SEARCH] == "search.example"
    assert house.stack.meili_url is None
    assert parts_of(house)[WEB].environment["MEILI_SEARCH_KEY"] == derived_key("master", "kring")
    own = settled(settings.model_copy(update=elsewhere | {"meili_search_key": SecretStr("own")}))
    assert parts_of(own)[WEB].environment["MEILI_SEARCH_KEY"] == "own"


@pytest.mark.usefixtures("program")
def test_it_can_be_left_out(settings: Settings) -> None:
    house = settled(settings.model_copy(update={"search": SearchSettings(engine="embedded")}))
    assert SEARCH not in parts_of(house)
    assert "MEILI_SEARCH_KEY" not in parts_of(house)[WEB].environment


def test_without_its_program(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert SEARCH not in parts_of(settled(settings))
    with pytest.raises(SetupError, match="no program `meilisearch` on the PATH"):
        settled(settings.model_copy(update={"search": SearchSettings(engine="meilisearch")}))


def test_a_damaged_key_file_is_named(settings: Settings) -> None:
    meilisearch.prepare(settings.data_dir)
    (settings.data_dir / "meilisearch.json").write_text("[]", encoding="ascii")
    with pytest.raises(SetupError, match=r"meilisearch\.json is damaged"):
        meilisearch.prepare(settings.data_dir)


def test_commands_find_the_local_one(settings: Settings) -> None:
    told = LocalStack(pid=os.getpid(), meili_url="http://127.0.0.1:1", meili_master_key="master")
    write_stack(settings, told)
    connected = connect_locally(settings)
    assert connected.meili_url == "http://127.0.0.1:1"
    assert connected.meili_master_key == SecretStr("master")
    mine = connect_locally(settings.model_copy(update={"meili_url": "http://127.0.0.1:2"}))
    assert (mine.meili_url, mine.meili_master_key) == ("http://127.0.0.1:2", None)


def test_which_index_is_opened(settings: Settings) -> None:
    there = settings.model_copy(update={"meili_url": "http://127.0.0.1:1"})
    assert isinstance(open_index(settings), EmbeddedIndex)
    assert isinstance(open_index(there), MeiliIndex)
    assert isinstance(open_index(there, writer=False), MeiliIndex)
    assert isinstance(open_index(there.model_copy(update={"search": SearchSettings(engine="embedded")})), EmbeddedIndex)
    with pytest.raises(SetupError, match="MEILI_URL does not say where"):
        open_index(settings.model_copy(update={"search": SearchSettings(engine="meilisearch")}))


def test_every_bucket_has_an_index_of_its_own() -> None:
    assert index_uid("my.archive-1") == "my-archive-1"
