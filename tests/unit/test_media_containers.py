"""Which container a file is, from its bytes alone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from kring.errors import EmptyFile, NotMedia
from transcribe.containers import container_of


def kind(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "x.mp4"
    path.write_bytes(data)
    with path.open("rb") as file:
        found = container_of(file)
        assert file.tell() == 0
    return found


ID3 = b"ID3\x04\x00\x00\x00\x00\x01\x00" + b"\0" * 128


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
        (b"#!AMR\n", "amr"),
        (b"FORM\0\0\0\0AIFF", "aiff"),
    ],
)
def test_containers_are_known_by_their_bytes(tmp_path: Path, data: bytes, demuxer: str) -> None:
    assert kind(tmp_path, data) == demuxer


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
        (b"RIFF\0\0\0\0WEBP", "form Kring knows"),
        (b"\x89PNG\r\n\x1a\n\0\0", "form Kring knows"),
        (b"\xff\xff\xff\xff", "form Kring knows"),
        (b"\0" * 300, "form Kring knows"),
        (b"RIFF\0\0\x10\0WAVEfmt ", "ends too early"),
    ],
)
def test_everything_else_is_refused_by_name(tmp_path: Path, data: bytes, word: str) -> None:
    with pytest.raises(NotMedia, match=word):
        kind(tmp_path, data)


def test_an_empty_file_is_empty() -> None:
    with pytest.raises(EmptyFile):
        container_of(io.BytesIO())
