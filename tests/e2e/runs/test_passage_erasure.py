"""Taking a passage out on the running stack: afterwards no file of the data folder holds a word of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kring.model import Manifest, State
from storage.keys import cutting_key
from tests.support.media.short_files import tone
from tests.support.stack.running import Kring, eventually
from tests.support.stack.watched import found, kring, left
from tests.support.web import facilitator

__all__ = ["kring"]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SPOKEN, CORRECTED, CHAPTER, INSIDE = "Zwaluwennest", "Multesyltetid", "Kapittelmerke", "Originalmerke"
WORDS = [word.encode() for word in (SPOKEN, CORRECTED, CHAPTER, INSIDE)]
VTT = f"""WEBVTT

00:00:00.000 --> 00:00:01.000
<v Kari>Velkommen til Agder.</v>

00:00:02.000 --> 00:00:03.000
<v Kari>Her bor {SPOKEN}.</v>

00:00:04.000 --> 00:00:05.000
<v Kari>Takk for oppmerksomheten.</v>
"""
PASSAGE = {"from": "1.5", "to": "3.5", "reason": "a name", "original": "replace", "sure": "yes"}


def test_no_word_of_a_passage_is_left(kring: tuple[Kring, Path]) -> None:
    stack, watched = kring
    tone(watched / "2026-03-01 Fugler.mp3", "-metadata", f"comment={INSIDE}", "-t", "5")
    (watched / "2026-03-01 Fugler.vtt").write_text(VTT, encoding="utf-8")
    eventually(lambda: found(stack, SPOKEN), what="it to be found")
    before = stack.recording("Fugler")
    with facilitator.client(stack.address) as client:
        line = {
            "kind": "line",
            "start": 2.0,
            "end": 3.0,
            "before": f"Her bor {SPOKEN}.",
            "text": f"Her er {CORRECTED}.",
        }
        chapter = {"kind": "chapter", "start": 2.0, "before": None, "title": CHAPTER}
        for change in (line, chapter):
            sent = client.post(f"/api/recordings/{before.id}/corrections", json={"change": change})
            assert sent.status_code == 201, sent.text
        eventually(lambda: found(stack, CORRECTED), what="the correction to be found")
        assert {word for held in left(stack, WORDS).values() for word in held} == set(WORDS)
        asked = client.post(f"/r/{before.id}/remove/passage", data=PASSAGE)
        assert asked.status_code == 303, asked.text

    def gone() -> bool:
        store = stack.ports.archive.store
        return now().state is State.PUBLISHED and not store.exists(cutting_key(before.id))

    def now() -> Manifest:
        return stack.ports.archive.manifest(before.id)

    eventually(gone, what="the passage to be gone")
    assert now().original != before.original
    assert (found(stack, "Velkommen"), found(stack, CORRECTED), found(stack, SPOKEN)) == (1, 0, 0)
    (watched / "2026-03-02 Senere.mp3").write_bytes(tone(watched.parent / "Senere.mp3", "-t", "3").read_bytes())
    eventually(lambda: len(list(stack.ports.archive.manifests())) == 2, what="a later look at the folder")
    assert left(stack, WORDS) == {}
