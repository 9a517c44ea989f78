"""Every kind of recording goes the whole way to what a browser plays."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kring.settings import MediaLimits
from tests.support.media.formats import KINDS, SECONDS, make_kind
from tests.support.web.browser import browser, eventually
from transcribe.containers.kinds import SUFFIXES, SUFFIXES_OF
from transcribe.media.probe import probe
from transcribe.rendering.render import render

__all__ = ["browser"]

LIMITS = MediaLimits(spare_disk_mb=0)
ALIKE = {
    *(".adts", ".aif", ".aiff", ".divx", ".wmv", ".mk3d", ".3ga", ".3gp2", ".3gpp", ".f4a", ".m4a", ".m4r", ".m4v"),
    *(".mpa", ".mpga", ".mpg", ".tod", ".trp", ".ogx", ".wave"),
}
"""Other names of what is tried under its usual one."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


def test_there_is_one_of_each() -> None:
    assert set(KINDS) == SUFFIXES
    assert ALIKE < SUFFIXES


@pytest.mark.parametrize("suffix", [kind for kind in KINDS if kind not in ALIKE])
def test_each_kind_is_played(suffix: str, browser: Browser, made: Path, tmp_path: Path) -> None:
    original = make_kind(made, suffix)
    media = probe(original, LIMITS)
    assert suffix in SUFFIXES_OF[media.format]
    assert media.duration == pytest.approx(SECONDS, abs=0.15)
    files = render(original, media, tmp_path / "out", LIMITS)
    assert probe(files.speech, LIMITS).duration == pytest.approx(SECONDS, abs=0.15)
    page = browser.new_page()
    try:
        page.goto(files.playback.as_uri())
        page.evaluate("(v => { v.playbackRate = 4; return v.play() })(document.querySelector('video'))")
        eventually(page, lambda: bool(page.evaluate("document.querySelector('video').ended")))
        heard, duration, width = page.evaluate(
            "(v => [v.webkitAudioDecodedByteCount, v.duration, v.videoWidth])(document.querySelector('video'))"
        )
    finally:
        page.close()
    assert heard > 0
    assert duration == pytest.approx(SECONDS, abs=0.15)
    assert (width > 0) == media.has_video
