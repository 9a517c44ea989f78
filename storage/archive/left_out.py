"""What each source offers and could not be taken in, in the bucket: so that every machine can show it.

Several machines may look at sources of their own, or at the same. Each writes lists of its own and deletes no other's,
unless it has not been written for so long that its writer is gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from kring.errors import Damaged, NotFound, SetupError
from kring.intake.left_out import LeftOutReason, LeftOuts, merged, with_dates
from storage.documents import JSON, read_document, read_replaceable, write_document
from storage.keys import LEFT_OUT, id_of, left_out_key, older_left_out_key
from storage.port import ObjectStore

RENEWED = timedelta(hours=6)
"""A list that stays as it is is written again after so long, which says that its writer still looks …"""
LAPSED = timedelta(days=2)
"""… and after so long without it any other deletes it."""


def keep_left_out(
    store: ObjectStore, looker: str, source: str, reasons: Sequence[LeftOutReason], moment: datetime
) -> None:
    """What the last look at a source left out. Nothing is written if that is as it was.

    `looker`: names the installation that looks, and always the same.
    """
    key = left_out_key(id_of(looker), id_of(source))
    present, _ = read_replaceable(store, LeftOuts, key)
    before = present or read_replaceable(store, LeftOuts, older_left_out_key(id_of(source)))[0]
    after = with_dates(before or LeftOuts(source=source), reasons, moment)
    info = store.stat(key)
    if after.items and (after != present or info is None or moment - info.modified > RENEWED):
        store.put_bytes(key, write_document(after), media_type=JSON)
    elif info is not None and not after.items:
        store.delete(key)


def forget_other_sources(store: ObjectStore, looker: str, sources: Iterable[str], moment: datetime) -> None:
    """Nothing is known of a source at which this installation no longer looks, nor of those of one that is gone."""
    ids = {id_of(source) for source in sources}
    current_keys = {left_out_key(id_of(looker), item_id) for item_id in ids}
    replaced = {older_left_out_key(item_id) for item_id in ids}
    for info in store.list(LEFT_OUT):
        own = info.key.startswith(f"{LEFT_OUT}{id_of(looker)}/") or info.key in replaced
        if info.key not in current_keys and (own or moment - info.modified > LAPSED):
            store.delete(info.key)


def all_left_out(store: ObjectStore) -> list[LeftOuts]:
    """By the names of the sources. One that cannot be read is written anew by the next look, and left out here."""
    lists: dict[str, list[LeftOuts]] = defaultdict(list)
    for info in store.list(LEFT_OUT):
        try:
            left_outs = read_document(LeftOuts, info.key, store.get_bytes(info.key).data)
        except (NotFound, Damaged, SetupError):
            continue
        lists[left_outs.source].append(left_outs)
    return [merged(lists[source]) for source in sorted(lists)]
