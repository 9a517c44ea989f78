"""The link into Prefect's own pages: a page with a script, and an exchange of one secret for another."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from cli.stack.prefect.login import PATH, Login, login_link, new_auth_string

AUTH = new_auth_string().get_secret_value()
LINK = login_link("http://127.0.0.1:4200/api", SecretStr(AUTH))
SECRET = LINK.partition("#")[2]


async def answer(_: object) -> PlainTextResponse:
    return PlainTextResponse("inside")


@pytest.fixture
def client() -> TestClient:
    return TestClient(Login(Starlette(routes=[Route("/runs", answer)]), AUTH))


def test_the_link_holds_another_secret_behind_the_hash(client: TestClient) -> None:
    assert LINK.startswith(f"http://127.0.0.1:4200{PATH}#")
    assert len(SECRET) == 64
    assert AUTH.partition(":")[2] not in LINK
    assert new_auth_string() != new_auth_string()


def test_the_page_holds_no_secret_and_runs_only_its_own_script(client: TestClient) -> None:
    page = client.get(PATH)
    assert page.status_code == 200
    assert SECRET not in page.text
    assert AUTH.partition(":")[2] not in page.text
    script = re.search(r"<script>(.*)</script>", page.text, re.DOTALL)
    assert script is not None
    digest = b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert page.headers["cache-control"] == "no-store"


def test_the_right_secret_gets_what_prefects_pages_keep(client: TestClient) -> None:
    answer = client.post(PATH, content=SECRET)
    assert answer.status_code == 200
    assert b64decode(answer.text).decode() == AUTH
    assert answer.headers["cache-control"] == "no-store"


WRONG = {
    "nothing": "",
    "short": SECRET[:-1],
    "long": SECRET + "x",
    "auth string": AUTH,
    "huge": "x" * 1_000_000,
    "with zeros": SECRET + "\0" * 1000,
    "not ascii": "é",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_any_other_gets_a_sentence(client: TestClient, wrong: str) -> None:
    answer = client.post(PATH, content=WRONG[wrong].encode())
    assert answer.status_code == 403
    assert "no longer good" in answer.text


def test_nothing_else_is_touched(client: TestClient) -> None:
    assert client.delete(PATH).status_code == 405
    assert client.get("/runs").text == "inside"
    assert client.get(f"{PATH}/x").status_code == 404
