"""The operator's link as `kring up` prints it, opened in a real browser, with and without scripts; and its end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from kring.link import secret_of
from kring.settings import Settings
from search_ui.auth.identity import KEY_COOKIE
from tests.support.patience import PATIENCE
from tests.support.repository import REPOSITORY
from tests.support.stack.running import eventually, tidy
from tests.support.web.browser import browser, open_page
from tests.support.web.editing_site import excuse

__all__ = ["browser"]

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@dataclass
class Up:
    """A `kring up`, and what it said."""

    said: Path
    environment: dict[str, str]
    settings: Settings

    def kring(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "cli.main", *arguments]
        return subprocess.run(
            command, env=self.environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=True
        ).stdout.strip()

    @property
    def link(self) -> str:
        """As it printed it."""
        found = re.search(r"http://\S+/sign-in#\S+", self.said.read_text(encoding="utf-8"))
        return found.group() if found else ""

    @property
    def origin(self) -> str:
        return self.link.partition("/sign-in")[0]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    home = tmp_path_factory.mktemp("home")
    foreign = ("KRING_", "AWS_", "PREFECT_", "MEILI_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment |= {f"KRING_LOCAL__{part}_PORT": "0" for part in ("S3", "PREFECT", "MEILI")}
    environment |= {"KRING_WEB__PORT": "0", "KRING_DATA_DIR": str(home / "data"), "KRING_CONFIG": os.devnull}
    one = Up(home / "said.txt", environment, Settings(data_dir=home / "data"))
    with one.said.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up"], env=environment, cwd=REPOSITORY, stdout=said, stderr=said
        )
    try:
        eventually(lambda: one.link or process.poll() is not None, seconds=300, what="kring up to print the link")
        assert process.poll() is None, one.said.read_text(encoding="utf-8")
        yield one
    finally:
        process.terminate()
        process.wait(PATIENCE)
        tidy(one.settings.data_dir)


def test_the_printed_link_lets_a_browser_in(browser: Browser, up: Up) -> None:
    assert up.kring("link") == up.link
    secret = secret_of(up.settings)
    assert secret is not None
    with open_page(browser, up.origin) as (page, complaints):
        page.goto("/upload")
        expect(page.get_by_text("sign in with a link that holds a code")).to_be_visible()
        page.goto(up.link)
        expect(page).to_have_url(f"{up.origin}/")
        excuse(complaints, "403")
        page.goto("/upload")
        expect(page.get_by_role("heading", name="Upload recordings")).to_be_visible()
        assert secret not in str(page.context.cookies())
        [cookie] = [one for one in page.context.cookies() if one.get("name") == KEY_COOKIE]
        assert cookie.get("httpOnly")
        page.go_back()
        page.go_back()
        assert secret not in page.url
        page.goto(up.link)  # once more, by one who is in: the code does not stay in the address
        expect(page).to_have_url(f"{up.origin}/sign-in")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("link", name="Sign in", exact=True).click()
        page.get_by_label("The link, or the code at its end").fill(up.link)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("link", name="You are here as the operator; sign out")).to_be_visible()


def test_without_scripts_the_code_is_pasted(browser: Browser, up: Up) -> None:
    with open_page(browser, up.origin, java_script_enabled=False) as (page, _):
        page.goto(up.link)
        page.get_by_label("The link, or the code at its end").fill(up.link)
        page.get_by_role("button", name="Continue").click()
        expect(page).to_have_url(f"{up.origin}/")
        expect(page.get_by_role("link", name="You are here as the operator; sign out")).to_be_visible()


def test_the_secret_is_in_no_log_and_another_one_ends_it(browser: Browser, up: Up) -> None:
    before, old = up.link, secret_of(up.settings)
    assert old is not None
    with open_page(browser, up.origin) as (page, complaints):
        page.goto(before)
        expect(page).to_have_url(f"{up.origin}/")
        fresh = up.kring("link", "--new")
        assert fresh != before
        assert page.request.get("/api/me").json()["may_edit"] is False
        page.goto(before)
        expect(page.get_by_text("This link or code is not valid, or no longer valid")).to_be_visible()
        page.goto(fresh)  # from this very page: only what stands after the # is another
        expect(page).to_have_url(f"{up.origin}/")
        excuse(complaints, "403")
    logs = [path for path in (up.settings.data_dir / "logs").iterdir() if path.is_file()]
    assert logs
    for path in logs:
        assert old not in path.read_text(encoding="utf-8", errors="replace"), path
    assert httpx.get(f"{up.origin}/api/me", trust_env=False, timeout=PATIENCE).json()["may_edit"] is False
