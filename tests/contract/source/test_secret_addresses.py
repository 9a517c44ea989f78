"""Tokens in addresses: fetched with, and kept nowhere that anybody reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from flows.sources.feeds.feed import Feed
from flows.steps import steps
from flows.steps.steps import Job
from kring.addresses import without_secrets
from kring.errors import SourceDown, SourceError, StorageDown
from kring.intake.item import Item
from kring.model import ADDRESS, Circle, Details, SourceRef
from kring.settings import FeedSource, FetchSettings, Settings
from services.ports import Ports
from services.secret_addresses import hide_secrets, with_secrets
from storage.archive.addresses import find_address
from storage.archive.archive import Archive
from storage.keys import address_key, manifest_key
from storage.leases import Leases
from storage.port import ObjectStore
from storage.verify.verify import verify
from tests.support.http.web_server import Site, serve

TOKEN = "s3cret-t0ken"
CIRCLE = Circle(slug="privacy", name="Personvern", network="north", network_name="Nord")


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@pytest.fixture
def ports(store: ObjectStore, tmp_path: Path) -> Ports:
    archive = Archive(store)
    archive.put_circle(CIRCLE)
    source = FeedSource(kind="feed", name="it", url="http://127.0.0.1:1/", circle="privacy", allow_private=True)
    settings = Settings(data_dir=tmp_path / "data", fetch=FetchSettings(allow_private=True), sources=(source,))
    return Ports(settings, archive, Leases(store, lease_seconds=60))


def asked_for(url: str, *, source: str = ADDRESS, captions: str | None = None) -> Item:
    return Item(
        ref=SourceRef.of(source, url),
        details=Details(title="A talk", circle="privacy", date=date(2026, 3, 12)),
        file_name="x.mp4",
        location=url,
        captions_location=captions,
    )


def receive(ports: Ports, item: Item | None, recording_id: str) -> None:
    steps.receive(Job(ports, recording_id, lambda _fraction, _note: None, item))


def everything(store: ObjectStore) -> bytes:
    """All that is in the bucket, keys included."""
    return b"\n".join(info.key.encode() + b" " + store.get_bytes(info.key).data for info in store.list())


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://h.no/a/x.mp4", "https://h.no/a/x.mp4"),
        (f"https://h.no/a/x.mp4?token={TOKEN}", "https://h.no/a/x.mp4"),
        (f"https://h.no:8443/x.mp4?a=1&b={TOKEN}#t", "https://h.no:8443/x.mp4"),
        (f"https://h.no/x.mp4#{TOKEN}", "https://h.no/x.mp4"),
        (f"https://kari:{TOKEN}@h.no/x.mp4", "https://h.no/x.mp4"),
        (f"HTTPS://{TOKEN}@h.no?{TOKEN}", "HTTPS://h.no"),
        (f"http://kari:p@{TOKEN}@h.no/x@y", "http://h.no/x@y"),
        ("an id of a feed? yes#1", "an id of a feed? yes#1"),
        ("/srv/recordings/what? #1.mp4", "/srv/recordings/what? #1.mp4"),
    ],
)
def test_nothing_but_host_and_path_is_shown(address: str, shown: str) -> None:
    assert without_secrets(address) == shown


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="/?#@", exclude_categories=["Cs"])), st.text())
def test_nothing_of_a_query_or_a_password_stays(user: str, host: str, rest: str) -> None:
    shown = without_secrets(f"https://{host}/p?{rest}#{user}")
    assert shown == f"https://{host}/p"
    assert without_secrets(shown) == shown


def test_a_recording_stays_the_same_one() -> None:
    """The id is that of the whole address, as it was before: no archive gets a recording twice."""
    for url in ("https://h.no/x.mp4", f"https://h.no/x.mp4?token={TOKEN}", "https://h.no/?p=1", "an id"):
        assert SourceRef.of("it", url).recording_id == SourceRef(source="it", external_id=url).recording_id
    assert SourceRef.of("it", "https://h.no/x.mp4") == SourceRef(source="it", external_id="https://h.no/x.mp4")
    assert SourceRef.of("it", "https://h.no/?p=1").recording_id != SourceRef.of("it", "https://h.no/?p=2").recording_id


def test_a_run_fetches_with_the_token_and_nothing_keeps_it(ports: Ports, site: Site) -> None:
    store = ports.archive.store
    site.files[f"/x.mp4?token={TOKEN}"] = b"bytes of a film"
    item = hide_secrets(store, asked_for(f"{site.address}/x.mp4?token={TOKEN}"))
    assert TOKEN not in item.model_dump_json()
    assert item.location == f"{site.address}/x.mp4"
    assert verify(ports.archive).orphans == ()
    receive(ports, item, item.recording_id)
    manifest = ports.archive.manifest(item.recording_id)
    assert manifest.original.size == 15
    assert manifest.source.external_id == f"{site.address}/x.mp4"
    assert TOKEN.encode() not in everything(store)
    assert site.requests == [(f"/x.mp4?token={TOKEN}", None)]
    receive(ports, item, item.recording_id)  # once more, as after a crash
    receive(ports, None, item.recording_id)
    assert len(site.requests) == 1


def test_the_transcript_of_a_feed_is_fetched_with_its_token_too(ports: Ports, site: Site) -> None:
    store = ports.archive.store
    site.files[f"/x.mp4?t={TOKEN}"] = b"bytes of a film"
    site.files[f"/x.vtt?t={TOKEN}"] = b"WEBVTT\n"
    given = asked_for(f"{site.address}/x.mp4?t={TOKEN}", source="it", captions=f"{site.address}/x.vtt?t={TOKEN}")
    item = hide_secrets(store, given)
    assert TOKEN not in item.model_dump_json()
    receive(ports, item, item.recording_id)
    captions = ports.archive.manifest(item.recording_id).captions
    assert captions is not None
    assert captions.size == 7
    assert TOKEN.encode() not in everything(store)


@pytest.mark.parametrize("status", [404, 503])
def test_where_it_cannot_be_fetched_the_sentence_does_not_tell(ports: Ports, site: Site, status: int) -> None:
    """And it can be tried again: what is kept aside stays until then, and the next token replaces it."""
    store = ports.archive.store
    site.statuses[f"/x.mp4?token={TOKEN}"] = status
    given = asked_for(f"{site.address}/x.mp4?token={TOKEN}")
    item = hide_secrets(store, given)
    with pytest.raises((SourceError, SourceDown)) as caught:
        receive(ports, item, item.recording_id)
    assert TOKEN not in str(caught.value)
    kept = find_address(store, item.recording_id)
    assert kept is not None
    assert kept.location == given.location
    again = given.model_copy(update={"location": f"{given.location}&again=1"})
    hide_secrets(store, again)
    assert with_secrets(store, item).location == again.location
    assert verify(ports.archive).orphans == ()


def test_what_was_left_behind_is_an_orphan(ports: Ports, site: Site) -> None:
    store = ports.archive.store
    site.files["/x.mp4?a=1"] = b"bytes of a film"
    given = asked_for(f"{site.address}/x.mp4?a=1")
    item = hide_secrets(store, given)
    receive(ports, item, item.recording_id)
    hide_secrets(store, given)
    (orphan,) = verify(ports.archive).orphans or ()
    assert orphan.key == address_key(item.recording_id)


def test_without_what_was_kept_aside_it_says_what_to_do(ports: Ports) -> None:
    item = asked_for("http://127.0.0.1:1/x.mp4").model_copy(update={"hidden": True})
    with pytest.raises(SourceError, match="add it again"):
        receive(ports, item, item.recording_id)


def test_addresses_without_secrets_are_kept_nowhere_else(ports: Ports) -> None:
    item = asked_for("https://h.no/x.mp4")
    assert hide_secrets(ports.archive.store, item) == item
    assert not ports.archive.store.exists(address_key(item.recording_id))
    assert not ports.archive.store.exists(manifest_key(item.recording_id))


def test_the_ids_of_a_feed_hold_no_token_either(site: Site, tmp_path: Path) -> None:
    enclosure = f"{site.address}/x.mp3?token={TOKEN}"
    site.files["/feed"] = (
        '<rss version="2.0"><channel><title>F</title>'
        f'<item><title>a</title><enclosure url="{enclosure}" type="audio/mpeg"/></item>'
        f'<item><title>b</title><guid>{enclosure}&amp;b</guid><enclosure url="{enclosure}" type="audio/mpeg"/></item>'
        "</channel></rss>"
    ).encode()
    source = FeedSource(kind="feed", name="it", url=f"{site.address}/feed", circle="privacy", allow_private=True)
    first, second = Feed(source, Settings(data_dir=tmp_path)).list()
    assert TOKEN not in first.ref.model_dump_json() + second.ref.model_dump_json()
    shown = f"{site.address}/x.mp3"
    assert first.recording_id == SourceRef(source="it", external_id=shown).recording_id
    assert second.recording_id == SourceRef(source="it", external_id=f"{shown}?b").recording_id


def test_the_store_being_down_keeps_nothing_in_prefect(tmp_path: Path) -> None:
    """Where the secret cannot be kept aside no run is asked for."""
    from tests.support.web.served_site import MoodyStore

    store = MoodyStore()

    class Down(MoodyStore):
        def get_bytes(self, key: str):  # type: ignore[no-untyped-def]
            raise StorageDown(key)

    assert hide_secrets(store, asked_for("https://h.no/x?a")).hidden
    with pytest.raises(StorageDown):
        hide_secrets(Down(), asked_for("https://h.no/x?a"))
