"""What sources offer and could not be taken in: kept in the bucket, and shown to facilitators and operators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from flows.commands.status import left_out_as_json, say_left_out
from kring.left_out import MOST
from kring.model import now
from storage.archive import Archive
from storage.keys import LEFT_OUT
from storage.left_out import all_left_out, forget_other_sources, keep_left_out
from storage.memory import MemoryStore
from storage.port import ObjectStore
from storage.verify import verify
from tests.upload_site import Uploading, uploading

NO_CIRCLE = "a <b>.mp3 has no circle: write `circle = '…'` into a.toml or into the source's settings."
CUT = (
    "film.mp4 was not taken in. The file ends too early: it was probably still being recorded or copied, or the upload "
    "was cut off; export or copy it again."
)
FOREIGN = "An episode: somebody else's sentence"
MONDAY = now()
TUESDAY = MONDAY + timedelta(days=1)


def test_it_stays_from_the_first_look_until_its_cause_has_gone(store: ObjectStore) -> None:
    keep_left_out(store, "Opptak", [NO_CIRCLE], MONDAY)
    before = [info.etag for info in store.list(LEFT_OUT)]
    keep_left_out(store, "Opptak", [NO_CIRCLE], TUESDAY)
    assert [info.etag for info in store.list(LEFT_OUT)] == before, "nothing is written where nothing is new"
    keep_left_out(store, "Opptak", [CUT, NO_CIRCLE], TUESDAY)
    (one,) = all_left_out(store)
    assert [(item.says, item.since) for item in one.items] == [(CUT, TUESDAY), (NO_CIRCLE, MONDAY)]
    keep_left_out(store, "Opptak", [], TUESDAY)
    assert list(store.list(LEFT_OUT)) == []


def test_each_source_has_its_own_and_one_that_is_no_longer_looked_at_has_none(store: ObjectStore) -> None:
    keep_left_out(store, "Opptak", [NO_CIRCLE], MONDAY)
    keep_left_out(store, "A feed", [FOREIGN], MONDAY)
    assert [one.source for one in all_left_out(store)] == ["A feed", "Opptak"]
    forget_other_sources(store, ["Opptak"])
    assert [one.source for one in all_left_out(store)] == ["Opptak"]


def test_its_size_is_bounded(store: ObjectStore) -> None:
    keep_left_out(store, "Opptak", [f"{number}.mp3 is bad." for number in range(MOST + 7)], MONDAY)
    (one,) = all_left_out(store)
    assert (len(one.items), one.more) == (MOST, 7)


def test_a_damaged_one_hides_nothing_and_is_no_orphan(store: ObjectStore) -> None:
    keep_left_out(store, "Opptak", [NO_CIRCLE], MONDAY)
    (info,) = store.list(LEFT_OUT)
    store.put_bytes(info.key, b"rubbish", media_type="application/json")
    assert all_left_out(store) == []
    assert verify(Archive(store)).orphans == ()
    keep_left_out(store, "Opptak", [NO_CIRCLE], MONDAY)
    assert len(all_left_out(store)) == 1


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uploading]:
    with uploading(MemoryStore(), tmp_path_factory.mktemp("data")) as served:
        yield served


def test_a_facilitator_reads_it_in_their_own_language(site: Uploading) -> None:
    assert "Nothing was left out." in site.web.get("/left-out").text
    keep_left_out(site.archive.store, "Opptak", [NO_CIRCLE, CUT, FOREIGN], MONDAY)
    danish = {"Accept-Language": "da"}
    (one,) = site.web.get("/api/left-out", headers=danish).json()
    assert (one["source"], one["more"]) == ("Opptak", 0)
    assert [item["text"] for item in one["items"]] == [
        "a <b>.mp3 har ingen kreds: skriv `circle = '…'` i a.toml eller i kildens indstillinger.",
        "film.mp4 blev ikke taget ind. Filen slutter for tidligt: Den var nok stadig ved at blive optaget eller "
        "kopieret, eller også blev uploadet afbrudt; eksportér eller kopiér den igen.",
        FOREIGN,
    ]
    page = site.web.get("/left-out", headers=danish).text
    assert "a &lt;b&gt;.mp3 har ingen kreds" in page
    assert '<p class="left-out-reason" lang="en" dir="auto">An episode' in page


def test_an_operator_reads_it_in_the_terminal(store: ObjectStore, capsys: pytest.CaptureFixture[str]) -> None:
    keep_left_out(store, "Opptak", [NO_CIRCLE, *(f"{number}.mp3 is bad." for number in range(MOST))], MONDAY)
    (one,) = all_left_out(store)
    say_left_out(one)
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith(f"Left out of the source Opptak: {NO_CIRCLE}")
    assert told.endswith("and 1 more.")
    first = json.loads(json.dumps(list(left_out_as_json(one))))[0]
    assert (first["id"], first["state"], first["problem"]) == (None, "left out", NO_CIRCLE)
