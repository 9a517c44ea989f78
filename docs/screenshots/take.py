"""Take the screenshots of the docs, from a running `kring demo`: `python docs/screenshots/take.py [ADDRESS]`.

It first does in that archive what facilitators do, so that the pages have something to show: a corrected line and
chapters. So it is meant for a demo, which can be thrown away.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, FilePayload, Page, sync_playwright

from kring.link import ensure_secret
from kring.settings import load_settings

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "samples"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DARK = {"search", "video", "edit", "upload"}
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
LANGUAGES = {"nb": "nb-NO", "da": "da-DK", "nl": "nl-NL"}
SETTLING = 800
"""Milliseconds until a player shows its picture without a spinner."""
CHAPTERS = {0.0: "Welcome", 12.0: "What we tried", 30.0: "What we would do again"}


def main(address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as web:
        come_in(web)
        best = search(web, "personvernombudet")[0]
        talk = next(one for one in search(web, "skytjenester") if one["has_video"])
        failed = httpx.URL(sys.argv[2]).path if len(sys.argv) > 2 else ""
        prepare(web, talk["id"])
        upload(web)
        cookies = [{"name": name, "value": value, "url": address} for name, value in web.cookies.items()]
    pages = {
        "start": "/",
        "search": "/?q=personvern",
        "spelling": "/?q=persnvern",
        "tips": "/?q=after:soon",
        "nothing": "/?q=xylofon",
        "meant": "/?q=personvrnkonsekvnesr",
        "recording": best["passages"][0]["url"],
        "video": talk["passages"][0]["url"],
        "edit": f"/r/{talk['id']}/edit",
        "embed": f"/r/{talk['id']}/embed",
        "circle": f"/c/{talk['circle']}",
        "network": f"/n/{talk['network']}",
        "topic": f"/t/{talk['topics'][0]}" if talk.get("topics") else "/t/personvern",
        "upload": "/upload",
        "sign-in": "/sign-in",
        "uploads": "/uploads",
        "missing": "/r/0000000000000000",
    }
    if failed:
        pages["failed"] = failed
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for size in SIZES:
            for scheme in ("light", "dark"):
                with opened(browser, size, scheme, "en-GB") as page:
                    page.context.add_cookies(cookies)
                    for name, path in pages.items():
                        if scheme == "light" or name in DARK:
                            show(page, address + path, name)
                            suffix = "" if scheme == "light" else "-dark"
                            page.screenshot(path=HERE / f"{name}-{size}{suffix}.png")
            for language, locale in LANGUAGES.items():
                with opened(browser, size, "light", locale) as page:
                    show(page, address + pages["search"], "search")
                    page.screenshot(path=HERE / f"search-{size}-{language}.png")
        browser.close()


def come_in(web: httpx.Client) -> None:
    """By the operator's link of the demo, which keeps its data where the settings say."""
    if web.post("/sign-in", data={"code": ensure_secret(load_settings())}).status_code != 303:
        sys.exit("This is not the demo whose data lie where the settings say: set KRING_DATA_DIR as it has it.")


def search(web: httpx.Client, text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = web.get("/api/search", params={"q": text}).json()["recordings"]
    return found


def prepare(web: httpx.Client, recording: str) -> None:
    """What a facilitator does, once."""
    web.post("/api/me", json={"name": "Kari Nordmann"}).raise_for_status()
    known = web.get(f"/api/recordings/{recording}/corrected").raise_for_status().json()
    if known["chapters"]:
        return
    line = known["lines"][2]
    changes: list[dict[str, Any]] = [
        {"kind": "chapter", "start": start, "title": title, "before": None} for start, title in CHAPTERS.items()
    ]
    changes.append(
        {"kind": "line", "before": line["text"], "text": line["text"].rstrip(".") + ", sier vi her.", **when(line)}
    )
    for change in changes:
        web.post(f"/api/recordings/{recording}/corrections", json={"change": change}).raise_for_status()


def upload(web: httpx.Client) -> None:
    """Bring one recording in, as the upload page does."""
    data = longer_sample(32)
    about = {
        "name": "2026-02-03 Shared services.m4a",
        "size": len(data),
        "type": "audio/mp4",
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    if web.post("/api/uploads/check", json=about).raise_for_status().json()["recording"]:
        return
    circle = web.get("/api/circles").json()[0]["slug"]
    details = {"title": "Shared services, once more", "circle": circle, "date": "2026-02-03", "language": "en"}
    begun = web.post("/api/uploads", json=about | {"details": details}).raise_for_status().json()
    part = web.put(f"/api/uploads/{begun['id']}/parts/1", content=data).raise_for_status()
    parts = [{"PartNumber": 1, "ETag": part.headers["ETag"]}]
    web.post(f"/api/uploads/{begun['id']}/complete", json={"parts": parts}).raise_for_status()


def when(line: dict[str, Any]) -> dict[str, float]:
    return {"start": line["start"], "end": line["end"]}


@contextmanager
def opened(browser: Browser, size: str, scheme: Any, locale: str) -> Iterator[Page]:
    page = browser.new_page(viewport=SIZES[size], color_scheme=scheme, locale=locale)
    yield page
    page.close()


def show(page: Page, url: str, name: str) -> None:
    page.goto(url, wait_until="networkidle")
    page.wait_for_function("[...document.querySelectorAll('video')].every(one => one.readyState > 3)")
    if name == "upload":
        page.locator("input[type=file]").first.set_input_files([unknown_file("2026-03-12 Personvern i skolen.m4a")])
        page.get_by_label("Title").wait_for()
    page.wait_for_timeout(SETTLING)


def unknown_file(name: str) -> FilePayload:
    """A recording that the demo's archive does not have: a sample with something more at its end."""
    return {
        "name": name,
        "mimeType": "audio/mp4",
        "buffer": longer_sample(64),
    }


def longer_sample(more: int) -> bytes:
    return (SAMPLES / "privacy-shared-services.m4a").read_bytes() + bytes(more)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8420")
