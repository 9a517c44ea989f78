"""Take the screenshots of the docs, from a running `kring demo`: `python docs/screenshots/take.py [ADDRESS]`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DARK = {"search", "video"}
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


def main(address: str) -> None:
    found = httpx.get(f"{address}/api/search", params={"q": "personvernombudet"}, trust_env=False).json()
    best = found["recordings"][0]
    talk = next(
        recording
        for recording in httpx.get(f"{address}/api/search", params={"q": "skytjenester"}, trust_env=False).json()[
            "recordings"
        ]
        if recording["has_video"]
    )
    pages = {
        "search": "/?q=personvern",
        "spelling": "/?q=persnvern",
        "tips": "/?q=after:soon",
        "meant": "/?q=personvrnkonsekvnesr",
        "start": "/",
        "nothing": "/?q=xylofon",
        "failed": f"/r/{sys.argv[2]}" if len(sys.argv) > 2 else "/r/0000000000000000",
        "recording": best["passages"][0]["url"],
        "video": talk["passages"][0]["url"],
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for size, viewport in SIZES.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport=viewport, color_scheme=scheme, locale="en-GB")
                for name, path in pages.items():
                    if scheme == "dark" and name not in DARK:
                        continue
                    page.goto(f"{address}{path}", wait_until="networkidle")
                    page.wait_for_function("[...document.querySelectorAll('video')].every(one => one.readyState > 3)")
                    suffix = "" if scheme == "light" else "-dark"
                    page.screenshot(path=HERE / f"{name}-{size}{suffix}.png")
                page.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8420")
