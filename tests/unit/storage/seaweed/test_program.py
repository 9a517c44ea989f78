"""The command line of SeaweedFS, headers and keys: the pure parts of storage."""

from __future__ import annotations

import pytest

from storage.keys import manifest_key, rendition_key, transcript_key
from storage.s3.store import content_disposition
from storage.seaweed.program import volume_mb

GB = 1_000_000_000


@pytest.mark.parametrize(("free", "volume"), [(GB // 4, 64), (20 * GB, 200), (5000 * GB, 1024)])
def test_volumes_are_small_on_a_small_disk(free: int, volume: int) -> None:
    assert volume_mb(free) == volume


@pytest.mark.parametrize("name", ['a"b', "a\r\nSet-Cookie: x", "a\\b", "æ/ø", "日本", ""])
def test_a_file_name_cannot_get_out_of_its_header(name: str) -> None:
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert "\\" not in header


@pytest.mark.parametrize("wrong", ["", "../x", "a/b", "A" * 16, "møte", "a" * 15, "a" * 16 + "\n"])
def test_only_our_own_names_become_keys(wrong: str) -> None:
    with pytest.raises(ValueError, match="cannot be part of a key"):
        manifest_key(wrong)
    with pytest.raises(ValueError, match="cannot be part of a key"):
        transcript_key(wrong, "fw-base-1")
    if wrong != "a" * 15:
        with pytest.raises(ValueError, match="cannot be part of a key"):
            rendition_key("a" * 64, "web-1", wrong)
