"""Sentences that are stored with a recording, in the language of the reader."""

from __future__ import annotations

import ast
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from kring.errors import BadTranscript, Conflict, KringError
from kring.sentence import Sentence
from search_ui.http.rendering import text
from search_ui.i18n import catalogues
from search_ui.i18n.gettext import LANGUAGES, SOURCE, STORED, Language, catalogue_path, translations, using_language
from search_ui.i18n.localisation import NUMBERS, localise, message_of
from tests.support.web.served_site import Served, served
from transcribe.captions.reader import read_captions

__all__ = ["served"]

TRANSLATED = tuple(language for language in LANGUAGES if language != SOURCE)
WORDS = {
    "most": "4",
    "speed": "6.3",
    "line": "7",
    "size": "2.5",
    "needed": "12.0",
    "free": "0.4",
    "name": "Møte 3.2 – «A».mp4",
}


def stored_templates() -> list[str]:
    with catalogue_path("nb").open("rb") as file:
        return [str(message.id) for message in read_po(file, locale="nb") if STORED in message.auto_comments]


def values_of(template: str) -> dict[str, str]:
    names = {name for _fixed, name, _spec, _conversion in Formatter().parse(template) if name}
    return {name: WORDS.get(name, f"the {name} – (x.y)*") for name in names}


def test_the_sentences_people_are_told_most_are_in_the_catalogues() -> None:
    assert {
        "The transcript is empty.",
        "The file has {size} GB; at most {most} GB are taken. Split it in parts.",
        "This PDF has {count} pages; the text of at most {most} is read. Attach the part that matters.",
        "Line {line}: the caption ends ({end}) before it starts ({start}).",
        "{problem} The transcript there was before stands; `kring retranscribe` tries again.",
        "{speed} × real time",
        "converting",
    } <= set(stored_templates())


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("template", stored_templates())
def test_every_sentence_that_is_stored_is_said_in_every_language(template: str, language: Language) -> None:
    values = values_of(template)
    with using_language(language):
        told = localise(Sentence(template, **values))
    assert told.language == language
    plain = {
        name: value.replace(".0", "").replace(".", ",") if name in NUMBERS else value for name, value in values.items()
    }
    assert told.text == translations(language).gettext(template).format(**plain)


@pytest.mark.parametrize("template", stored_templates())
def test_a_template_only_puts_values_in_their_places(template: str) -> None:
    """Reading it back refuses anything else."""
    assert all(not spec and not conversion for _text, _name, spec, conversion in Formatter().parse(template))


FOR_OPERATORS = {"archive.py", "cache.py", "details.py", "hub.py", "languages.py", "vad.py"}
"""Weights, files of our own: most of what goes wrong there is read in a terminal, in English."""


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
    assert localise(Sentence(ours)) == (ours, "en")
    with using_language("nb"):
        for sentence in (ours, Sentence(ours)):
            assert localise(sentence) == ("Utskriften er tom.", "nb")
        for sentence in (strange, Sentence(strange)):
            assert localise(sentence) == (strange, "en")
        assert localise("") == ("", "en")
        assert localise(f"{ours} {ours}").language == "en"


def test_a_sentence_within_a_sentence_is_said_too() -> None:
    stands = "{problem} The transcript there was before stands; `kring retranscribe` tries again."
    empty = Sentence("The sound track of this file is empty; export the recording again with sound.")
    with using_language("da"):
        told = localise(Sentence(stands, problem=empty))
        assert told.text.startswith("Lydsporet i denne fil er tomt; eksportér optagelsen igen, med lyd. Den tidligere")
        told = localise(Sentence(stands, problem="libfoo broke."))
        assert told.text.startswith("libfoo broke. Den tidligere udskrift")
        speed = Sentence("{speed} × real time", speed="6.3")
        assert localise(Sentence("into English, {note}", note=speed)).text == "til engelsk, 6,3 × realtid"


def test_values_that_look_like_templates_or_sentences_are_only_values() -> None:
    too_large = "{name} is too large to be a transcript; add the right file."
    with using_language("nb"):
        for name in ("converting", "{problem}{0}%s"):
            assert localise(Sentence(too_large, name=name)).text.startswith(f"{name} er for stor")


def test_hostile_sentences_are_escaped() -> None:
    too_large = Sentence(
        "{name} is too large to be a transcript; add the right file.", name="<script>alert(1)</script>"
    )
    with using_language("nl"):
        shown = text("state.html", **STATE | {"problem": too_large})
        assert "&lt;script&gt;alert(1)&lt;/script&gt; is te groot" in shown
        assert "<script" not in shown
        shown = text("state.html", **STATE | {"problem": "<i>what</i> else"})
        assert '<p class="reason" lang="en" dir="auto">&lt;i&gt;what&lt;/i&gt; else</p>' in shown


STATE = {
    "id": "0" * 32,
    "kind": "stopped",
    "percent": 0,
    "left": "",
    "activity_note": "",
    "stages": [],
    "tried_again": False,
    "shown_again": False,
    "may_edit": False,
}


def test_errors_that_tell_of_others_are_said_at_once() -> None:
    with pytest.raises(BadTranscript) as found:
        read_captions(b'{"segments": [{"startTime": 0, "endTime": 1}]}')
    assert str(found.value) == ("Line 1: the transcript has no text as the body of segment 1; export it again.")
    with using_language("nl"):
        assert message_of(found.value) == (
            "Regel 1: het transcript heeft geen tekst als body van segment 1; exporteer het opnieuw."
        )
        assert message_of(Conflict.saying(found.value.sentence)) == message_of(found.value)
        assert message_of(KringError("libfoo broke")) == "libfoo broke"


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
        doing = Sentence("{speed} × real time", speed="6.3")
        values = STATE | {"kind": "working", "shown_again": True, "problem": None, "activity_note": doing}
        assert f'<p class="note" dir="auto">{note}</p>' in text("state.html", **values)
