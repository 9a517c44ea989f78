"""Which container a file is, from its bytes alone."""

from __future__ import annotations

import io
import random

import pytest

from kring.errors import EmptyFile, NotMedia
from transcribe.containers.detect import container_of


def kind(data: bytes) -> str:
    file = io.BytesIO(data)
    found = container_of(file)
    assert file.tell() == 0
    return found.demuxer


ID3 = b"ID3\x04\x00\x00\x00\x00\x01\x00" + b"\0" * 128


FRAME = b"\xff\xfb\x90\x64" + b"\0" * 413
ADTS = b"\xff\xf1\x50\x80\x0c\x9f\xfc" + b"\0" * 93


@pytest.mark.parametrize(
    ("data", "demuxer"),
    [
        (b"\0\0\0\x20ftypisom", "mov"),
        (b"\0\0\0\x20moov", "mov"),
        (b"\x1aE\xdf\xa3\x01", "matroska"),
        (b"RIFF\0\0\0\0WAVE", "wav"),
        (b"RIFF\0\0\0\0AVI ", "avi"),
        (b"RF64\xff\xff\xff\xffWAVE", "wav"),
        (b"OggS\0", "ogg"),
        (b"fLaC", "flac"),
        (ID3 + b"fLaC", "flac"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (ID3 + b"\0" * 50 + b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xf1\x50\x80", "aac"),
        ((b"\x47" + b"\0" * 187) * 4, "mpegts"),
        ((b"\0\0\0\0\x47" + b"\0" * 187) * 4, "mpegts"),
        ((b"\x47" + b"\0" * 203) * 4, "mpegts"),
        (b"#!AMR\n", "amr"),
        (b"#!AMR-WB\n", "amr"),
        (b"\0\0\0\x18ftyp3gp4", "mov"),
        (b"\0\0\0\x20uuid", "mov"),
        (FRAME, "mp3"),
        (FRAME * 2, "mp3"),
        (b"\x01\x02\x03" + FRAME * 5, "mp3"),
        (FRAME[200:] + FRAME * 5, "mp3"),
        (b"\xff\xfb" * 90 + FRAME * 5, "mp3"),
        (b"\x01" * 900 + ADTS * 5, "aac"),
        (b"PK" + b"\x01" * 9 + FRAME * 5, "mp3"),
        (b"FORM\0\0\0\0AIFF", "aiff"),
    ],
)
def test_containers_are_known_by_their_bytes(data: bytes, demuxer: str) -> None:
    assert kind(data) == demuxer


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"#EXTM3U\n#EXTINF:1,\nsecret.wav\n", "playlist"),
        (b"\xef\xbb\xbf#EXTM3U\nsecret.wav\n", "playlist"),
        ("#EXTM3U\nsecret.wav\n".encode("utf-16"), "playlist"),
        (b"\n\n  #EXTM3U\nsecret.wav\n", "playlist"),
        (ID3 + b"#EXTM3U\nsecret.wav\n", "playlist"),
        (b"ffconcat version 1.0\nfile secret.wav\n", "playlist"),
        (b'<?xml version="1.0"?><MPD></MPD>', "playlist"),
        (b"[playlist]\nFile1=secret.wav\n", "playlist"),
        (b"file 'secret.wav'\n", "text"),
        (b"concat:secret.wav|secret.wav", "text"),
        (b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", "text"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="secret.png"/></svg>', "text"),
        (b"<!DOCTYPE html><html>Sign in", "web page"),
        (b"PK\x03\x04", "document"),
        (b"%PDF-1.7", "document"),
        (b"PK\x03\x04" + FRAME * 9, "archive"),
        (b"Rar!\x1a\x07\x01\0", "archive"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "archive"),
        (b"\x1f\x8b\x08\0", "archive"),
        (b"talk.mp3" + b"\0" * 249 + b"ustar\x0000" + b"\0" * 248 + FRAME * 9, "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document"),
        (b"\x89PNG\r\n\x1a\n\0\0", "picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + FRAME * 9, "picture"),
        (b"GIF89a\x01\0\x01\0", "picture"),
        (b"II*\0\x08\0\0\0", "picture"),
        (b"RIFF\0\0\0\0WEBP", "picture"),
        (b"BM\x36\x10\0\0\0\0\0\0\x36\0", "picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "picture"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "picture"),
        (b"\x7fELF\x02\x01\x01\0" + FRAME * 9, "program"),
        (b"MZ" + b"\0" * 58 + b"\x80\0\0\0" + b"\0" * 64 + b"PE\0\0", "program"),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01", "program"),
        (b"#!/bin/sh\nexit\n", "text"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\nHei\n", "text"),
        ("Møte om språkmodeller på rådhuset\n".encode("latin-1") * 20, "text"),
        ("Møte om æøå\n".encode("utf-16"), "text"),
        ("会議の記録\n".encode() * 9, "text"),
        (b"The free software we use\n", "text"),
        (b"ID3 is what MP3 files have in front.\n", "text"),
        (ID3 + b"Only words\n", "text"),
        (2 * ID3 + b"<!DOCTYPE html><html>", "web page"),
        (bytes(5000) + b"ffconcat version 1.0\n", "playlist"),
        (b"MThd\0\0\0\x06\0\x01", "form Kring knows"),
        (b"\x01\x02\x03" + FRAME * 4 + b"\x01" * 50, "form Kring knows"),
        (bytes(range(256)) * 900, "form Kring knows"),
        (random.Random(5).randbytes(600_000), "form Kring knows"),
        (b"\0" * 3_000_000, "form Kring knows"),
        (ID3, "form Kring knows"),
        (b"\xff\xff\xff\xff", "form Kring knows"),
        (b"\0" * 300, "form Kring knows"),
        (b"RIFF\0\0\x10\0WAVEfmt ", "ends too early"),
    ],
)
def test_everything_else_is_refused_by_name(data: bytes, word: str) -> None:
    with pytest.raises(NotMedia, match=word):
        kind(data)


def test_an_empty_file_is_empty() -> None:
    with pytest.raises(EmptyFile):
        container_of(io.BytesIO())
