"""The judged queries: what a person who asks this would want, from 3 (exactly this) over 2 (good) to 1 (related).

Rules, from what is said in the recordings and nothing else:

- `about`, a topic ("privacy"): 3 in the language of the question (Bokmål and Nynorsk are one here), 2 in a language
  that is read without effort (Danish for Norwegians, and the other way), 1 in another.
- `about`, one theme of a topic ("privacy-2"), or two topics at once: the same, but 0 in another language: who asks for
  something so particular, and has it in their own language, is not helped by one they cannot read.
- Where no recording in the asker's own language is about it, each is what is wanted, in any language: 3.
- A talk that is also about the topic (`ALSO`) counts one less.
- A remark in passing in the asker's own language: 1, for a whole topic only.
- `partly`, topics or themes: 1 in the asker's own language.
- `speaker`, `town`: 3 for those who speak there or come from there; with `about`, for those that are both. Being named
  by somebody else is worth nothing.
- `grades` by hand override the rules. Everything else is 0: of two topics, a talk about one of them is not the answer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.relevance.corpus import Recording, corpus

ALSO = {
    "ai-2": "casework",
    "budget-2": "participation",
    "chatbot-2": "accessibility",
    "cloud-2": "privacy",
    "eid-2": "elderly",
    "elderly-2": "volunteers",
    "gis-2": "emergency",
    "procurement-2": "climate",
}
"""Themes that are about a second topic as well."""
_READ_AS = {"nb": "no", "nn": "no"}
_SISTERS = {"no", "da"}


@dataclass(frozen=True, slots=True)
class Judged:
    kind: str
    language: str
    text: str
    grades: Mapping[str, int]
    """Recording's name → 1, 2 or 3; what is not listed is not wanted."""


@cache
def queries() -> tuple[Judged, ...]:
    asked = tomllib.loads((Path(__file__).parent / "queries.toml").read_text("utf-8"))
    return tuple(
        Judged(kind, language, entry["text"], _grades(language, entry))
        for kind, languages in asked.items()
        for language, entries in languages.items()
        for entry in entries
    )


def _grades(language: str, asked: Mapping[str, Any]) -> dict[str, int]:
    about, who = asked.get("about"), asked.get("speaker") or asked.get("town")
    wanted = [recording for recording in corpus() if about and _is_about(recording, about)]
    told_here = any(_near(language, recording) == 3 for recording in wanted)
    grades = {}
    for recording in corpus():
        if who:
            grade = _grade_of_name(recording, who, about)
        elif about:
            grade = _grade_of_topic(language, recording, about, told_here)
        else:
            grade = 0
        if any(_is_about(recording, theme) for theme in asked.get("partly", ())) and _near(language, recording) == 3:
            grade = max(grade, 1)
        grade = asked.get("grades", {}).get(recording.name, grade)
        if grade:
            grades[recording.name] = grade
    return grades


def _grade_of_topic(language: str, recording: Recording, about: str, told_here: bool) -> int:
    near = _near(language, recording) if told_here else 3
    if _is_about(recording, about):
        return 0 if near == 1 and about == recording.theme else near
    if ALSO.get(recording.theme) == about:
        return near - 1
    return int(recording.mentions == about and _near(language, recording) == 3)


def _grade_of_name(recording: Recording, who: str, about: str | None) -> int:
    theirs = who == recording.town or who in recording.speakers
    return 3 * (theirs and (about is None or _is_about(recording, about)))


def _is_about(recording: Recording, about: str) -> bool:
    return about in (recording.topic, recording.theme)


def _near(language: str, recording: Recording) -> int:
    """How well somebody who asks in `language` understands it."""
    asker, teller = (_READ_AS.get(one, one) for one in (language, recording.language))
    if asker == teller:
        return 3
    return 2 if {asker, teller} == _SISTERS else 1


def unknown_names(judged: Sequence[Judged]) -> set[str]:
    """Recordings that are judged but not there: a slip in queries.toml."""
    return {name for query in judged for name in query.grades} - {recording.name for recording in corpus()}
