"""Whether an index of Tantivy is whole: each of its files by its checksum, and each segment by really reading it.

Tantivy ends every file of a segment with a footer that holds the CRC-32 of what comes before, and does not look at it
when it opens an index (tantivy 0.27, `src/directory/footer.rs`; tantivy-py does not hand out `validate_checksum`).
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Mapping
from pathlib import Path

import tantivy

from index.embedded.schema import passage_in
from index.embedded.search import TantivyEngine
from index.embedded.snapshot import Snapshot
from index.port import Filters, Query, Results
from index.query.answer import answer

META = "meta.json"
"""Where Tantivy writes down, with every commit, which segments count."""
_MAGIC = (1337).to_bytes(4, "little")
_CHUNK = 1 << 20
_WORD = re.compile(r"[^\W\d_]{4,}")

Stamp = tuple[int, int, int]
"""What changes with a file: inode, size, time of its last change in nanoseconds."""


def stamps_of(generation: Path) -> dict[str, Stamp]:
    """Every file of a generation, by name. Raises OSError."""
    with os.scandir(generation) as entries:
        stamps = {}
        for entry in entries:
            stat = entry.stat()
            stamps[entry.name] = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        return stamps


def of_segments(generation: Path, stamps: Mapping[str, Stamp]) -> dict[str, Stamp]:
    """Those of its files that `meta.json` counts in: none of them ever changes. Raises ValueError or OSError."""
    meta = json.loads((generation / "meta.json").read_bytes())
    try:
        ids = {str(segment["segment_id"]).replace("-", "") for segment in meta["segments"]}
    except (TypeError, KeyError):
        raise ValueError("meta.json is not Tantivy's") from None
    return {name: stamp for name, stamp in stamps.items() if name.partition(".")[0] in ids}


def changed_since(before: Mapping[str, Stamp], files: Mapping[str, Stamp], now: Mapping[str, Stamp]) -> list[str]:
    """Files of segments that are not as they were `before`. Raises ValueError if one is gone that counts still.

    (With a commit, a segment gets a new `.del` in place of the old one.)
    """
    segments = {name.partition(".")[0] for name in files}
    committed = before[META] != now.get(META)
    remaining = {name for name in before if name.partition(".")[0] in segments}
    missing = sorted(name for name in remaining - files.keys() if not (committed and name.endswith(".del")))
    if missing:
        raise ValueError(f"{missing[0]} is gone")
    return [name for name in remaining & files.keys() if files[name] != before[name]]


def check_file(path: Path) -> None:
    """Raises ValueError if the file is not what Tantivy wrote, OSError if it cannot be read."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 8))
        length, magic = file.read(4), file.read(4)
        payload = size - 8 - int.from_bytes(length, "little")
        if magic != _MAGIC or payload < 0:
            raise ValueError(f"{path.name} has lost its end")
        file.seek(payload)
        footer = json.loads(file.read(size - 8 - payload))
        file.seek(0)
        crc, left = 0, payload
        while left and (chunk := file.read(min(_CHUNK, left))):
            crc, left = zlib.crc32(chunk, crc), left - len(chunk)
    if not isinstance(footer, dict) or left or crc != footer.get("crc"):
        raise ValueError(f"{path.name} is not as it was written")


def probe(snapshot: Snapshot) -> None:
    """Search as people do: everything with its facets, one known recording, a word that is said in it; and read from
    every segment. Raises ValueError, or what Tantivy raises, if that does not work."""
    for segment in range(snapshot.searcher.num_segments):
        stored = snapshot.searcher.doc(tantivy.DocAddress(segment, 0))
        if stored.get_first("payload") is not None:
            passage_in(stored)
    everything = _found(snapshot, Query(per_page=1, passages=1))
    if not snapshot.columns.cards:
        return
    known = Filters(recording_id=snapshot.columns.cards[-1].recording_id)
    alone = _found(snapshot, Query(filters=known, per_page=1, passages=1))
    if everything.total != len(snapshot.columns.cards) or alone.total != 1 or not alone.hits[0].passages:
        raise ValueError("a recording that is in it is not found")
    excerpt = "".join(fragment.text for fragment in alone.hits[0].passages[0].fragments)
    for word in _WORD.findall(excerpt)[:1]:
        _found(snapshot, Query(f'"{word}"', known, per_page=1, passages=1))


def _found(snapshot: Snapshot, query: Query) -> Results:
    return answer(query, lambda _: TantivyEngine(snapshot.everything))
