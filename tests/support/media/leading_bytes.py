"""What stands in front of the sound in files that people have: tags, padding, junk."""

from __future__ import annotations

import random
import struct

_DICE = random.Random(7)
_BELOW_SYNC = bytes(byte % 0xE0 for byte in range(256))


def picture(size: int) -> bytes:
    """Bytes of a JPEG, near enough."""
    return b"\xff\xd8\xff\xe0" + _DICE.randbytes(size)


def id3(content: bytes, *, footer: bool = False, padding: int = 0) -> bytes:
    """An ID3v2.4 tag; its size is written in seven bits a byte."""
    size = len(content) + padding
    header = b"\x04\0" + (b"\x10" if footer else b"\0") + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + header + content + bytes(padding) + (b"3DI" + header if footer else b"")


def id3_picture(size: int) -> bytes:
    cover = b"\0image/jpeg\0\x03\0" + picture(size)
    return id3(b"APIC" + bytes(len(cover) >> shift & 0x7F for shift in (21, 14, 7, 0)) + b"\0\0" + cover)


def ape(content: bytes) -> bytes:
    """An APEv2 tag with its header, as some programs write in front."""
    item = struct.pack("<II", len(content), 2) + b"Cover Art (Front)\0" + content

    def head(flags: int) -> bytes:
        return b"APETAGEX" + struct.pack("<IIII", 2000, len(item) + 32, 1, flags) + bytes(8)

    return head(0xA0000000) + item + head(0x80000000)


WORDS = b"TIT2\0\0\0\x08\0\0\x03Referat"
BEGINNINGS: dict[str, bytes] = {
    "tag": id3(WORDS, padding=200),
    "two tags": id3(WORDS, padding=290) + id3(WORDS, padding=500),
    "many tags": id3(WORDS) * 9,
    "footer": id3(WORDS, footer=True),
    "tag, zeros, tag, zeros": id3(WORDS) + bytes(3000) + id3(WORDS, footer=True) + bytes(77),
    "large picture": id3_picture(3_000_000),
    "ape": ape(b"words"),
    "large ape": ape(picture(200_000)),
    "ape and tag": ape(b"words") + id3(WORDS),
    "few zeros": bytes(3),
    "zeros": bytes(5000),
    "many zeros": bytes(1_000_000),
    "junk": _DICE.randbytes(5001),
    "much junk": _DICE.randbytes(100_001),
    "tag and junk": id3(WORDS) + _DICE.randbytes(700),
    "tag whose size is not as it should be": b"ID3\x03\0\0\0\0\x02\0" + bytes(512)[:300] + picture(900),
    "a server's answer": b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nicy-name: R\xc3\xa5dhus\r\n\r\n",
}
