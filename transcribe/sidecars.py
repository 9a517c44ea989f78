"""What lies beside a recording: which transcript and which sidecar are its own, by their names. Pure.

Names are compared without regard to capitals and to how accents are written. Zoom and Teams name the files of one
meeting otherwise than each other, so a name may also be the meeting's: the recording's without what says how it was
made.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice, takewhile
from pathlib import PurePath
from typing import NamedTuple

from kring.errors import BadMetadata, BadTranscript
from kring.languages import same_language
from kring.text import normalized
from transcribe.containers.kinds import may_be_recording
from transcribe.language_names import language_tagged

CAPTIONS = (".vtt", ".srt")
"""How a transcript that lies beside its recording may end, the first there is wins. Any program may have left a JSON or
text file of the recording's name there (Zoom's chat is one), and people the minutes in Word: those have to be named."""
SIDECAR = ".toml"

_VIEW = re.compile(r"(?:[_-](?:as|avo|gvo|gallery))?[_-]\d{3,4}x\d{3,4}$|[_-]audio[_-]only$")
"""What Zoom adds for each view of a meeting: `GMT20240402-080000_Recording_gallery_1920x1080.mp4`."""
_TEAMS = re.compile(r"(?P<title>.+)-(?P<stamp>(?P<day>\d{8})_\d{6})(?:utc)?-.*")
"""`Title-20240402_100000UTC-Meeting Recording.mp4`, the end of it in the language of who recorded."""
_ZOOMS = {".transcript": -1, ".cc": 1}
"""Of the two that Zoom makes, the transcript has the names of the speakers."""
_SEPARATORS = re.compile(r"[._\- ()\[\]]+")
_SAYS_NOTHING = frozenset(
    {"transcript", "cc", "captions", "subtitles", "sdh", "forced", "default", "orig", "auto", "generated"}
)
_USUAL = frozenset({"nb", "nn", "da", "nl", "en"})


class _Claim(NamedTuple):
    """How surely a transcript belongs to a recording: the smaller, the surer."""

    level: int
    """0: it has the recording's name; 1: the meeting's, or something is added; 2: only the meeting's title."""
    more: int
    """Characters of its name that are not the recording's."""
    language: str | None


class SidecarFinder:
    """The names of the files in one folder."""

    def __init__(self, names: Iterable[str]) -> None:
        captions: list[str] = []
        self._sidecars = defaultdict[str, list[str]](list)
        """By folded stem."""
        self._recordings = defaultdict[str, list[str]](list)
        """By how everything that belongs to it begins."""
        for name in names:
            ending = PurePath(name).suffix.lower()
            if ending in CAPTIONS:
                captions.append(name)
            elif ending == SIDECAR:
                self._sidecars[_stem(name)].append(name)
            elif may_be_recording(name):
                self._recordings[_root(name)].append(name)
        self._captions = sorted(captions, key=_stem)

    def captions_of(self, recording: str, language: str | None = None) -> str | None:
        """The transcript of a recording; None: there is none. One in another language than the recording, where that
        is said, is not its transcript.

        Raises BadTranscript if there are several and none is clearly the right one.
        """
        claims = {
            name: claim
            for name in self._beginning(_root(recording))
            if (claim := _claim(recording, name)) is not None
            and (language is None or claim.language is None or same_language(language, claim.language))
            and not self._is_anothers(recording, name, claim)
        }
        if not claims:
            return None
        ranks = {name: (claim.level, *_rank(recording, name)) for name, claim in claims.items()}
        best = min(claims, key=lambda name: ranks[name])
        equal = [name for name in claims if claims[name].level == claims[best].level]
        languages = {tagged for name in equal if (tagged := claims[name].language)}
        if len(languages) > 1 or sum(ranks[name] == ranks[best] for name in equal) > 1:
            raise BadTranscript(
                "Beside {recording} lie several transcripts ({names}): say the recording's language, or keep only one "
                "of them there.",
                recording=recording,
                names=", ".join(sorted(equal)),
            )
        return best

    def sidecar_of(self, recording: str) -> str | None:
        """The sidecar that says what a recording is; None: there is none. Raises BadMetadata if several do."""
        for begin in _begins(recording):
            candidates = self._sidecars.get(begin, [])
            spelled = [name for name in candidates if recording.startswith(PurePath(name).stem)]
            if len(spelled or candidates) > 1:
                raise BadMetadata(
                    "Beside {recording} lie several sidecars ({names}): keep only one of them there.",
                    recording=recording,
                    names=", ".join(sorted(candidates)),
                )
            if candidates:
                return (spelled or candidates)[0]
        return None

    def _beginning(self, root: str) -> Iterator[str]:
        """The transcripts whose names begin so."""
        first = bisect_left(self._captions, root, key=_stem)
        return takewhile(lambda name: _stem(name).startswith(root), islice(self._captions, first, None))

    def _is_anothers(self, recording: str, captions: str, claim: _Claim) -> bool:
        """Whether a recording of another meeting has a better claim to it, or as good a one by its title."""
        meeting = _meeting(_stem(recording))
        stem = _stem(captions)
        others = (other for end in range(len(stem) + 1) for other in self._recordings.get(stem[:end], ()))
        for other in others:
            rival = _claim(other, captions)
            if rival is None or _meeting(_stem(other)) == meeting:
                continue
            if rival[:2] < claim[:2] or rival.level == claim.level == 2:
                return True
        return False


def language_named(captions: str, recording: str) -> str | None:
    """The language that a transcript's name says it is in: `x.nb.vtt`, `x_nb.vtt`, `x.nb-NO.srt`, `x (Norwegian).vtt`.

    Of a name that is not its recording's, only what a dot or brackets set apart can be any language: many a code is a
    word too (“hva_er_it”).
    """
    claim = _claim(recording, captions)
    if claim is not None:
        return claim.language
    apart = re.search(r"[._(\[][^._()\[\]]+[)\]]?$", _stem(captions))
    language = _language(apart.group()) if apart else None
    return (language or None) if apart and (apart.group()[0] != "_" or language in _USUAL) else None


def _claim(recording: str, captions: str) -> _Claim | None:
    """By the two names alone."""
    stem = _stem(captions)
    for level, begin in zip((0, 0, 1), _begins(recording), strict=True):
        if stem.startswith(begin) and (language := _language(stem[len(begin) :])) is not None:
            more = len(stem) - len(begin)
            return _Claim(1 if more else level, more, language or None)
    meeting = _TEAMS.fullmatch(_stem(recording))
    if meeting is None or not stem.startswith(meeting["title"]):
        return None
    if other := _TEAMS.fullmatch(stem):
        return _Claim(1, len(stem), None) if other.group("title", "stamp") == meeting.group("title", "stamp") else None
    added = stem.removeprefix(meeting["title"])
    return _Claim(2, len(added), None) if _SEPARATORS.sub("", added) in {"", meeting["day"]} else None


def _rank(recording: str, captions: str) -> tuple[bool, int, int, int]:
    """Which of several that have the same claim is taken: the least."""
    name = PurePath(captions)
    spelled = name.stem.startswith(PurePath(recording).stem)
    kind = next((order for kind, order in _ZOOMS.items() if kind in _stem(captions)), 0)
    return not spelled, kind, CAPTIONS.index(name.suffix.lower()), len(captions)


@lru_cache(maxsize=1 << 14)
def _begins(recording: str) -> tuple[str, str, str]:
    """How the name of what belongs to it may begin: with its whole name, without the ending, as the meeting's."""
    stem = _stem(recording)
    return _folded(recording), stem, _meeting(stem)


def _root(recording: str) -> str:
    """How every name begins that belongs to it."""
    teams = _TEAMS.fullmatch(_stem(recording))
    return teams["title"] if teams else _meeting(_stem(recording))


def _meeting(stem: str) -> str:
    """The folded name of a recording without what says how it was made."""
    teams = _TEAMS.fullmatch(stem)
    return f"{teams['title']}-{teams['stamp']}" if teams else _VIEW.sub("", stem)


def _language(tail: str) -> str | None:
    """What the end of a transcript's name says: a language, "" for none; None: it is something else."""
    words = [word for word in _SEPARATORS.split(tail) if word and word not in _SAYS_NOTHING]
    if tail and not _SEPARATORS.match(tail):
        return None
    return language_tagged(words) if words else ""


@lru_cache(maxsize=1 << 14)
def _stem(name: str) -> str:
    return _folded(PurePath(name).stem)


def _folded(name: str) -> str:
    return normalized("NFC", name).casefold()
