"""From a file on somebody's disk to words found in it, all of it in the browser, on the running stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from kring.model import State
from kring.settings import Settings
from tests.support.repository import REPOSITORY
from tests.support.stack.running import Kring, eventually, running
from tests.support.web import facilitator
from tests.support.web.browser import browser, open_page

__all__ = ["browser"]

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SAMPLE = REPOSITORY / "samples" / "privacy-shared-services.m4a"


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kring]:
    with running(Settings(data_dir=tmp_path_factory.mktemp("data"))) as kring:
        yield kring


def test_a_file_is_brought_in_followed_and_found(browser: Browser, kring: Kring) -> None:
    with open_page(browser, kring.address) as (page, _):
        page.goto("/upload")
        page.locator(".uppy-DragDrop-input").set_input_files(str(SAMPLE))
        card = page.locator(".upload-card")
        expect(card.get_by_label("Title")).to_have_value("privacy shared services")
        card.get_by_label("Title").fill("What we share")
        card.get_by_label("Date it was recorded").fill("2026-02-10")
        card.get_by_label("Everyone who is heard has agreed").check()
        card.locator("summary").click()
        card.get_by_label("Organisations").fill("Nordby kommune")
        card.get_by_role("button", name="Send").click()
        card.get_by_role("link", name="Follow its progress").click()
        expect(page.get_by_role("heading", name="What we share")).to_be_visible()
        expect(page.locator("audio")).to_be_visible(timeout=400_000)  # without anybody loading the page again

        manifest = kring.recording("What we share")
        assert manifest.state is State.PUBLISHED
        assert manifest.details.circle == "privacy"
        assert manifest.details.organisations == ("Nordby kommune",)
        assert manifest.details.legal_basis == "Everyone who is heard has agreed"
        assert manifest.brought_by
        assert list(kring.ports.archive.uploads()) == []

        searchable = f"/api/recordings/{manifest.id}"
        with facilitator.client(kring.address) as web:
            eventually(lambda: web.get(searchable).json()["searchable"], what="what was said to be found")
        page.goto("/?q=privacy")
        expect(page.get_by_role("link", name="What we share")).to_be_visible()
        page.goto("/uploads")
        expect(page.locator("[data-id]")).to_contain_text("It is published")
        page.goto("/upload")
        page.locator(".uppy-DragDrop-input").set_input_files(str(SAMPLE))
        expect(card.get_by_role("link", name="What we share")).to_have_attribute("href", f"/r/{manifest.id}")
