"""Sentences that are kept in English with a recording, said in the language of who reads them."""

from __future__ import annotations

import ast
import time
from string import Formatter

import pytest

from kring.errors import BadTranscript, Conflict, KringError
from search_ui.http.rendering import text
from search_ui.i18n import catalogues, stored_messages
from search_ui.i18n.gettext import LANGUAGES, SOURCE, Language, sentence, translations, using_language
from tests.support.web.served_site import Served, served
from transcribe.captions.reader import read_captions

__all__ = ["served"]

TRANSLATED = tuple(language for language in LANGUAGES if language != SOURCE)
KEPT = [template.source for template in stored_messages.templates("nb")]
WORDS = {
    "most": "4",
    "speed": "6.3",
    "line": "7",
    "size": "2.5",
    "needed": "12.0",
    "free": "0.4",
    "name": "Møte 3.2 – «A».mp4",
}


def values_of(source: str) -> dict[str, str]:
    names = {name for _fixed, name, _spec, _conversion in Formatter().parse(source) if name}
    return {name: WORDS.get(name, f"the {name} – (x.y)*") for name in names}


def test_the_sentences_people_are_told_most_are_among_those_recognised() -> None:
    assert {
        "The transcript is empty.",
        "The file has {size} GB; at most {most} GB are taken. Split it in parts.",
        "This PDF has {count} pages; the text of at most {most} is read. Attach the part that matters.",
        "Line {line}: the caption ends ({end}) before it starts ({start}).",
        "{problem} The transcript there was before stands; `kring retranscribe` tries again.",
        "{speed} × real time",
        "converting",
    } <= set(KEPT)


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("source", KEPT)
def test_every_template_recognises_what_is_made_from_it(source: str, language: Language) -> None:
    values = values_of(source)
    kept = source.format(**values)
    found = stored_messages.pattern_of(source).fullmatch(kept)
    assert found is not None
    assert found.groupdict() == values
    translated = translations(language).gettext(source)
    with using_language(language):
        told = stored_messages.said(kept)
    assert told.language == language
    plain = {
        name: value.replace(".0", "").replace(".", ",") if name in stored_messages.NUMBERS else value
        for name, value in values.items()
    }
    assert told.text == translated.format(**plain)


FOR_OPERATORS = {"archive.py", "cache.py", "details.py", "hub.py", "languages.py", "vad.py"}
"""Weights, codes of languages, files of our own: most of what goes wrong there is read in a terminal, in English."""


def test_errors_whose_sentences_are_kept_keep_their_values_apart() -> None:
    names = catalogues.error_names()
    made = [
        (path.name, node.args[0])
        for path in catalogues.kept()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args
    ]
    assert len(made) > 50
    assert {name for name, first in made if isinstance(first, ast.JoinedStr)} == FOR_OPERATORS


def test_english_and_what_is_not_ours_stay_as_they_are() -> None:
    ours = "The transcript is empty."
    strange = "<b>libfoo</b> said {line} %(x)s: 50 %"
    assert stored_messages.said(ours) == (ours, "en")
    with using_language("nb"):
        assert stored_messages.said(ours) == ("Utskriften er tom.", "nb")
        assert stored_messages.said(strange) == (strange, "en")
        assert stored_messages.said("") == ("", "en")
        assert stored_messages.said(f"{ours} {ours}").language == "en"


def test_the_more_specific_template_wins() -> None:
    kept = "Line 3: the transcript has more than 9 captions; export it again."
    inner = "Line 3: the transcript has more than 200000 captions; split the recording."
    with using_language("nb"):
        assert stored_messages.said(inner).text.startswith("Linje 3: utskriften har mer enn 200\xa0000 undertekster")
        assert stored_messages.said(kept).text == "Linje 3: utskriften has more than 9 captions; eksporter den på nytt."
    fixed = [len(stored_messages.pattern_of(source).pattern) for source in KEPT]
    assert fixed[0] > fixed[-1]


def test_a_sentence_within_a_sentence_is_said_too() -> None:
    stands = "The transcript there was before stands; `kring retranscribe` tries again."
    with using_language("da"):
        told = stored_messages.said(
            f"The sound track of this file is empty; export the recording again with sound. {stands}"
        )
        assert told.text.startswith("Lydsporet i denne fil er tomt; eksportér optagelsen igen, med lyd. Den tidligere")
        assert stored_messages.said(f"libfoo broke. {stands}").text.startswith("libfoo broke. Den tidligere udskrift")
        assert stored_messages.said("into English, 6.3 × real time").text == "til engelsk, 6,3 × realtid"


def test_values_that_look_like_templates_or_sentences_are_only_values() -> None:
    with using_language("nb"):
        told = stored_messages.said("converting is too large to be a transcript; add the right file.")
        assert told.text.startswith("converting er for stor")
        told = stored_messages.said("{problem}{0}%s is too large to be a transcript; add the right file.")
        assert told.text.startswith("{problem}{0}%s er for stor")


def test_hostile_sentences_are_escaped_and_cost_no_time() -> None:
    kept = "<script>alert(1)</script> is too large to be a transcript; add the right file."
    with using_language("nl"):
        shown = text("state.html", **STATE | {"problem": kept})
        assert "&lt;script&gt;alert(1)&lt;/script&gt; is te groot" in shown
        assert "<script" not in shown
        shown = text("state.html", **STATE | {"problem": "<i>what</i> else"})
        assert '<p class="reason" lang="en" dir="auto">&lt;i&gt;what&lt;/i&gt; else</p>' in shown
        began = time.process_time()
        for piece in ("Line ", ": the transcript ", " is too large ", "(", " (x) before it starts ", " "):
            assert stored_messages.said((piece * stored_messages.LONGEST)[: stored_messages.LONGEST]).language == "en"
        assert time.process_time() - began < 2
        assert (
            stored_messages.said(
                f"{'x' * stored_messages.LONGEST} is too large to be a transcript; add the right file."
            ).language
            == "en"
        )


STATE = {
    "id": "0" * 32,
    "kind": "stopped",
    "percent": 0,
    "left": "",
    "activity_note": "",
    "stages": [],
    "tried_again": False,
    "shown_again": False,
}


def test_errors_that_tell_of_others_are_said_at_once() -> None:
    with pytest.raises(BadTranscript) as found:
        read_captions(b'{"segments": [{"startTime": 0, "endTime": 1}]}')
    assert str(found.value) == ("Line 1: the transcript has no text as the body of segment 1; export it again.")
    with using_language("nl"):
        assert sentence(found.value) == (
            "Regel 1: het transcript heeft geen tekst als body van segment 1; exporteer het opnieuw."
        )
        assert stored_messages.said(str(found.value)).text == sentence(found.value)
        assert stored_messages.said_of(Conflict(str(found.value))) == sentence(found.value)
        assert stored_messages.said_of(KringError("libfoo broke")) == "libfoo broke"


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        ("nb", "Denne filen inneholder tekst, ikke lyd eller video"),
        ("da", "Denne fil indeholder tekst, ikke lyd eller video"),
        ("nl", "Dit bestand bevat tekst, geen geluid of video"),
        ("en", "This file holds text, not sound or video"),
    ],
)
def test_the_page_of_a_failed_recording_gives_its_reason(served: Served, language: Language, reason: str) -> None:
    shown = served.web.get(f"/r/{served.broken.id}", headers={"Accept-Language": language}).text
    assert f'<p class="reason" dir="auto">{reason}; ' in shown


@pytest.mark.parametrize(("language", "note"), [("nb", "6,3 × sanntid"), ("nl", "6,3 × realtime")])
def test_what_is_being_done_is_said_in_the_readers_language(language: Language, note: str) -> None:
    with using_language(language):
        values = STATE | {"kind": "working", "shown_again": True, "problem": None, "activity_note": "6.3 × real time"}
        assert f'<p class="note" dir="auto">{note}</p>' in text("state.html", **values)
