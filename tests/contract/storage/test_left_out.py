"""What sources offer and could not be taken in: kept in the bucket, and shown to facilitators and operators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

import pytest

from cli.commands.status import left_out_as_json, say_left_out
from kring.intake.left_out import MOST, LeftOutReason
from kring.model import now
from kring.sentence import Sentence
from storage.archive.archive import Archive
from storage.archive.left_out import LAPSED, RENEWED, all_left_out, forget_other_sources, keep_left_out
from storage.keys import LEFT_OUT, older_left_out_key
from storage.memory.store import MemoryStore
from storage.port import ObjectStore
from storage.verify.verify import verify
from tests.support.left_out import told
from tests.support.stack.running import eventually
from tests.support.web.upload_site import Uploading, uploading

NO_CIRCLE = Sentence(
    "{name} has no circle: write `circle = '…'` into {sidecar} or into the source's settings.",
    name="a <b>.mp3",
    sidecar="a.toml",
)
CUT = Sentence(
    "{name} was not taken in. {problem}",
    name="film.mp4",
    problem=Sentence(
        "The file ends too early: it was probably still being recorded or copied, or the upload was cut off; export or "
        "copy it again."
    ),
)
FOREIGN = Sentence("An episode: somebody else's sentence")
HERE, THERE = "one.1a2b3c4d /srv/kring", "two.5e6f7a8b /srv/kring"
MONDAY = now()
TUESDAY = MONDAY + timedelta(days=1)


def test_it_stays_from_the_first_look_until_its_cause_has_gone(store: ObjectStore) -> None:
    keep_left_out(store, HERE, "Opptak", told(NO_CIRCLE), MONDAY)
    before = [info.etag for info in store.list(LEFT_OUT)]
    keep_left_out(store, HERE, "Opptak", told(NO_CIRCLE), MONDAY)
    assert [info.etag for info in store.list(LEFT_OUT)] == before, "nothing is written where nothing is new"
    keep_left_out(store, HERE, "Opptak", told(CUT, NO_CIRCLE), TUESDAY)
    (one,) = all_left_out(store)
    assert [(item.says, item.since) for item in one.items] == [(CUT, TUESDAY), (NO_CIRCLE, MONDAY)]
    keep_left_out(store, HERE, "Opptak", [], TUESDAY)
    assert list(store.list(LEFT_OUT)) == []


def test_each_source_has_its_own_and_one_that_is_no_longer_looked_at_has_none(store: ObjectStore) -> None:
    keep_left_out(store, HERE, "Opptak", told(NO_CIRCLE), MONDAY)
    keep_left_out(store, HERE, "A feed", told(FOREIGN), MONDAY)
    assert [one.source for one in all_left_out(store)] == ["A feed", "Opptak"]
    forget_other_sources(store, HERE, ["Opptak"], MONDAY)
    assert [one.source for one in all_left_out(store)] == ["Opptak"]


def test_machines_with_other_sources_leave_each_others_lists_alone(store: ObjectStore) -> None:
    for looker, source in ((HERE, "Opptak"), (THERE, "A feed")):
        keep_left_out(store, looker, source, told(NO_CIRCLE), MONDAY)
        forget_other_sources(store, looker, [source], MONDAY)
    assert [one.source for one in all_left_out(store)] == ["A feed", "Opptak"]
    forget_other_sources(store, HERE, [], MONDAY)
    assert [one.source for one in all_left_out(store)] == ["A feed"]


def test_a_source_at_which_several_machines_look_is_told_once(store: ObjectStore) -> None:
    keep_left_out(store, HERE, "Opptak", told(NO_CIRCLE, CUT), TUESDAY)
    keep_left_out(store, THERE, "Opptak", told(NO_CIRCLE, FOREIGN), MONDAY)
    (one,) = all_left_out(store)
    assert {item.says: item.since for item in one.items} == {NO_CIRCLE: MONDAY, FOREIGN: MONDAY, CUT: TUESDAY}
    keep_left_out(store, THERE, "Opptak", [], TUESDAY)
    assert [item.says for item in all_left_out(store)[0].items] == [NO_CIRCLE, CUT]


def test_what_nobody_writes_any_more_goes_in_the_end(store: ObjectStore) -> None:
    keep_left_out(store, THERE, "A feed", told(FOREIGN), MONDAY)
    forget_other_sources(store, HERE, [], now() + LAPSED - timedelta(minutes=1))
    assert [one.source for one in all_left_out(store)] == ["A feed"]
    forget_other_sources(store, HERE, [], now() + LAPSED + timedelta(minutes=1))
    assert all_left_out(store) == []


def test_one_that_stays_as_it_is_is_written_again_before_it_lapses(store: ObjectStore) -> None:
    assert RENEWED < LAPSED / 2
    keep_left_out(store, HERE, "Opptak", told(CUT), MONDAY)
    (before,) = store.list(LEFT_OUT)
    eventually(lambda: now() > before.modified + timedelta(seconds=1), what="the store's clock to move on")
    keep_left_out(store, HERE, "Opptak", told(CUT), now() + RENEWED + timedelta(minutes=1))
    (after,) = store.list(LEFT_OUT)
    assert after.modified > before.modified
    assert all_left_out(store)[0].items[0].since == MONDAY


def test_what_an_older_kring_wrote_is_read_and_replaced(store: ObjectStore) -> None:
    old = {"schema_version": 2, "source": "Opptak", "items": [{"says": CUT, "since": MONDAY.isoformat()}], "more": 0}
    key = older_left_out_key(sha256(b"Opptak").hexdigest()[:16])
    store.put_bytes(key, json.dumps(old).encode(), media_type="application/json")
    assert [(item.says, item.name) for item in all_left_out(store)[0].items] == [(CUT, None)]
    keep_left_out(store, HERE, "Opptak", [LeftOutReason(says=CUT, name="film.mp4")], TUESDAY)
    forget_other_sources(store, HERE, ["Opptak"], TUESDAY)
    (one,) = all_left_out(store)
    assert [(item.name, item.says, item.since) for item in one.items] == [("film.mp4", CUT, MONDAY)]
    assert key not in [info.key for info in store.list(LEFT_OUT)]


def test_its_size_is_bounded(store: ObjectStore) -> None:
    keep_left_out(store, HERE, "Opptak", told(*(f"{number}.mp3 is bad." for number in range(MOST + 7))), MONDAY)
    (one,) = all_left_out(store)
    assert (len(one.items), one.more) == (MOST, 7)


def test_a_damaged_one_hides_nothing_and_is_no_orphan(store: ObjectStore) -> None:
    keep_left_out(store, HERE, "Opptak", told(NO_CIRCLE), MONDAY)
    (info,) = store.list(LEFT_OUT)
    store.put_bytes(info.key, b"rubbish", media_type="application/json")
    assert all_left_out(store) == []
    assert verify(Archive(store)).orphans == ()
    keep_left_out(store, HERE, "Opptak", told(NO_CIRCLE), MONDAY)
    assert len(all_left_out(store)) == 1


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uploading]:
    with uploading(MemoryStore(), tmp_path_factory.mktemp("data")) as served:
        yield served


def test_values_that_are_known_of_a_text_stay(store: ObjectStore) -> None:
    keep_left_out(store, HERE, "Opptak", told(CUT), MONDAY)
    keep_left_out(store, HERE, "Opptak", told(str(CUT), "Another."), TUESDAY)
    (one,) = all_left_out(store)
    assert [item.says.values for item in one.items] == [CUT.values, {}]


def test_a_facilitator_reads_it_in_their_own_language(site: Uploading) -> None:
    assert "Nothing was left out." in site.web.get("/left-out").text
    named = [
        LeftOutReason(says=NO_CIRCLE, name="a <b>.mp3"),
        *told(CUT),
        LeftOutReason(says=FOREIGN, name="An episode"),
    ]
    keep_left_out(site.archive.store, HERE, "Opptak", named, MONDAY)
    danish = {"Accept-Language": "da"}
    (one,) = site.web.get("/api/left-out", headers=danish).json()
    assert (one["source"], one["more"]) == ("Opptak", 0)
    assert [item["name"] for item in one["items"]] == ["a <b>.mp3", None, "An episode"]
    assert [item["text"] for item in one["items"]] == [
        "a <b>.mp3 har ingen kreds: skriv `circle = '…'` i a.toml eller i kildens indstillinger.",
        "film.mp4 blev ikke taget ind. Filen slutter for tidligt: Den var nok stadig ved at blive optaget eller "
        "kopieret, eller også blev uploadet afbrudt; eksportér eller kopiér den igen.",
        FOREIGN,
    ]
    page = site.web.get("/left-out", headers=danish).text
    assert "a &lt;b&gt;.mp3 har ingen kreds" in page
    assert '<h3 class="left-out-name"><bdi>a &lt;b&gt;.mp3</bdi></h3>' in page
    assert page.count("left-out-name") == 2
    assert '<p class="left-out-reason" lang="en" dir="auto">An episode' in page


def test_an_operator_reads_it_in_the_terminal(store: ObjectStore, capsys: pytest.CaptureFixture[str]) -> None:
    named = LeftOutReason(says=NO_CIRCLE, name="a <b>.mp3")
    keep_left_out(store, HERE, "Opptak", [named, *told(*(f"{number}.mp3 is bad." for number in range(MOST)))], MONDAY)
    (one,) = all_left_out(store)
    say_left_out(one)
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith(f"Left out of the source Opptak: {NO_CIRCLE}")
    assert shown.endswith("and 1 more.")
    first = json.loads(json.dumps(list(left_out_as_json(one))))[0]
    assert (first["id"], first["state"], first["problem"]) == (None, "left out", NO_CIRCLE)
    assert first["name"] == "a <b>.mp3"
