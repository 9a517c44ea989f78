"""Human speech with known words: the telephone prompts of Asterisk, as Debian packages them.

Spoken by Allison Smith, 16 kHz, CC BY-SA 3.0 (https://packages.debian.org/asterisk-core-sounds-en-g722); what is said
is listed in the package `asterisk-core-sounds-en`. They are fetched with apt into a folder and unpacked there: nothing
is installed, root is not needed, and none of it is part of Kring.
"""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from kring.errors import SetupError

PACKAGES = ("asterisk-core-sounds-en", "asterisk-core-sounds-en-g722")
FEWEST_WORDS = 6
_TEXTS = "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
_SOUNDS = "usr/share/asterisk/sounds/en_US_f_Allison"
_ODD = re.compile(r"[\[(<*#@]|\d\d|\b[B-HJ-Z]\b|[A-Z]{4}|www\.")
"""Tones, stage directions, keypad signs, numbers said digit by digit, lone letters, addresses."""

_LEFT_OUT = {
    "agent-user": "login and log in are both right",
    "conf-adminmenu-menu8": "the list has umute",
    "demo-congrats": "a word of the list is not heard",
    "enter-num-blacklist": "blacklist and black list are both right",
    "entr-num-rmv-blklist": "the same",
    "pbx-invalidpark": "a word is heard that the list does not have",
    "priv-callee-options": "the list has thru",
    "queue-periodic-announce": "the list has represenatives",
    "unidentified-no-callback": "the list has indentified and witheld",
    "vm-mailboxfull": "mail box and mailbox are both right",
    "vm-review": "rerecord and re-record are both right",
    "vm-torerecord": "the same",
}
"""Prompts whose words cannot be counted, and why."""


class Prompt(NamedTuple):
    name: str
    text: str
    sound: Path


def prompts(cache: Path) -> list[Prompt]:
    """Those whose words can be counted, in the order of the list, no text twice.

    Raises SetupError where Debian's packages are not in `cache` and cannot be had.
    """
    folder = cache / "prompts"
    if not folder.is_dir():
        _fetch(folder)
    lines = gzip.decompress((folder / _TEXTS).read_bytes()).decode("utf-8").splitlines()
    chosen: dict[str, Prompt] = {}
    for line in lines:
        name, _, text = line.partition(": ")
        sound = folder / _SOUNDS / f"{name}.g722"
        if _fit(name, text) and sound.is_file():
            key = " ".join(re.findall(r"\w+", text.lower()))
            chosen.setdefault(key, Prompt(name, text.strip(" ."), sound))
    return list(chosen.values())


def _fit(name: str, text: str) -> bool:
    return name not in _LEFT_OUT and not _ODD.search(text) and len(text.split()) >= FEWEST_WORDS


def _fetch(folder: Path) -> None:
    """Download both packages and unpack them; `folder` appears when it is whole."""
    part = folder.with_name("prompts.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        _run(["apt-get", "download", *PACKAGES], part)
        for package in sorted(part.glob("*.deb")):
            _run(["dpkg-deb", "-x", package.name, "."], part)
            (part / package.name).unlink()
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _run(command: list[str], folder: Path) -> None:
    wanted = (
        f"The speech with known words comes from Debian's packages {' and '.join(PACKAGES)}, which cannot be had here"
    )
    instead = "Give a recording of your own with --audio and what is said in it with --words."
    if shutil.which(command[0]) is None:
        raise SetupError(f"{wanted}: there is no {command[0]}. {instead}")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SetupError(f"{wanted} ({command[0]}: {said}). {instead}")
