"""How tests get what lets them upload and correct: the cookie of a browser that came by the operator's link."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import BrowserContext
from pydantic import SecretStr

from kring.link import ensure_secret, key_of
from kring.settings import Settings, WebSettings
from search_ui.auth.identity import KEY_COOKIE
from tests.support.patience import PATIENCE

WITHOUT_FILES = Settings(
    data_dir=Path("unused"), web=WebSettings(link_secret=SecretStr("of-pages-that-write-no-files"))
)
"""Settings of pages that write nothing into a data folder."""
_keys: dict[str, str] = {}
"""By the address of the pages."""


def know(origin: str, settings: Settings) -> None:
    """Remember what lets people in at this address. Where no secret can be kept, nobody comes in."""
    if settings.web.facilitators == "link" and (settings.data_dir.is_dir() or settings.web.link_secret):
        _keys[origin] = key_of(ensure_secret(settings))


def cookies(origin: str) -> dict[str, str]:
    """Empty where no link lets people in."""
    key = _keys.get(origin)
    return {KEY_COOKIE: key} if key else {}


def client(origin: str, **options: Any) -> httpx.Client:
    """A facilitator's, who has done nothing yet."""
    return httpx.Client(**({"base_url": origin, "cookies": cookies(origin), "timeout": PATIENCE} | options))


def let_in(context: BrowserContext, origin: str) -> None:
    """A browser as it is after it has opened the link."""
    for name, value in cookies(origin).items():
        context.add_cookies([{"name": name, "value": value, "url": origin}])
