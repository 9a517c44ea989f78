"""The codes that Whisper has for languages: it calls Bokmål `no`, and only its engines need to know."""

from __future__ import annotations


def to_whisper(code: str) -> str:
    """Whisper's own code for one of ours."""
    return "no" if code == "nb" else code


def from_whisper(code: str) -> str:
    """Our code for one of Whisper's own."""
    return "nb" if code == "no" else code
