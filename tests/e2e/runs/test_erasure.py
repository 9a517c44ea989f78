"""Erasing on the running stack: afterwards no file of the data folder holds a byte of it, and no source brings it back.

The places that are searched are all files under the data folder and under what Prefect's database keeps outside it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kring.model import State
from kring.model.erased import Place
from storage.archive.erasures import Erasures
from storage.keys import transcript_key
from tests.support.media.pdf import pdf
from tests.support.media.short_files import tone
from tests.support.stack.running import Kring, eventually
from tests.support.stack.watched import found, kring, left
from tests.support.web import facilitator

__all__ = ["kring"]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SPOKEN, TITLE, WRITTEN, CORRECTED = "Zwaluwennest", "Skaldyrsuppe", "Lysarkord", "Multesyltetid"
FORMER, INSIDE = "Fordumsheter", "Originalmerke"
WORDS = [word.encode() for word in (SPOKEN, TITLE, WRITTEN, CORRECTED, FORMER, INSIDE)]
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v Kari>Her taler vi om {word} i Agder.</v>\n"


def offer(folder: Path, name: str, word: str, inside: str) -> None:
    """Put a recording there, with what the platform has heard, and a word `inside` its own bytes."""
    tone(folder / f"{name}.mp3", "-metadata", f"comment={inside}", "-t", "2")
    (folder / f"{name}.vtt").write_text(VTT.format(word=word), encoding="utf-8")


def test_no_byte_of_an_erased_recording_is_left(kring: tuple[Kring, Path]) -> None:
    stack, watched = kring
    offer(watched, f"2026-03-01 {TITLE}", SPOKEN, INSIDE)
    offer(watched, "2026-03-02 Budsjett", "Rabarbra", "Budsjettets")
    eventually(lambda: found(stack, SPOKEN) and found(stack, "Rabarbra"), what="both to be found")
    recording = stack.recording(TITLE)
    former = transcript_key(recording.original.sha256, "former-1")
    stack.ports.archive.store.put_bytes(former, f'"{FORMER * 20}"'.encode(), media_type="application/json")
    with facilitator.client(stack.address) as client:
        change = {"kind": "line", "start": 0.0, "end": 1.5, "before": f"Her taler vi om {SPOKEN} i Agder."}
        said = {"change": {**change, "text": f"Her taler vi om {CORRECTED} i Agder."}}
        client.post(f"/api/recordings/{recording.id}/corrections", json=said).raise_for_status()
        sent = client.post(
            f"/api/recordings/{recording.id}/attachments?name={WRITTEN}.pdf", content=pdf(f"{WRITTEN} paa side en")
        )
        assert sent.status_code in (200, 201), sent.text
    eventually(lambda: found(stack, WRITTEN), what="the document to be found")
    before = left(stack, WORDS)
    assert {word for held in before.values() for word in held} == set(WORDS)
    assert {"objects", "logs"} <= before.keys()

    erased = stack.run("erase", recording.id, "--yes", "--reason", "no longer agreed")
    assert erased.returncode == 0, erased.stderr
    assert "Erased" in erased.stdout
    assert left(stack, WORDS) == {}
    receipt = Erasures(stack.ports.archive.store).find(recording.id)
    assert receipt is not None
    assert [place.place for place in receipt.places if place.left is not None] == []
    assert all(place.removed for place in receipt.places if place.place is not Place.SCRATCH)
    assert (found(stack, CORRECTED), found(stack, "Rabarbra")) == (0, 1)
    with facilitator.client(stack.address) as client:
        assert client.get(f"/media/{recording.id}/playback").status_code == 404

    # The file still lies in the watched folder.
    offer(watched, "2026-03-03 Senere", "Pastinakk", "Senere")
    eventually(lambda: found(stack, "Pastinakk"), what="a later look at the folder")
    assert {manifest.details.title for manifest in stack.ports.archive.manifests()} == {"Budsjett", "Senere"}
    assert left(stack, WORDS) == {}
    assert all(manifest.state is State.PUBLISHED for manifest in stack.ports.archive.manifests())
