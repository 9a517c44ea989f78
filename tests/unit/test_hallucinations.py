"""What is taken for invented, and what must never be."""

from __future__ import annotations

import pytest

from kring.model import Segment
from transcribe.hallucinations import Heard, is_credit, is_echo, is_loop, sift


def heard(*texts: str, log_probability: float = -0.3, no_speech: float = 0.1) -> list[Heard]:
    return [
        Heard(Segment(start=number, end=number + 1, text=text), log_probability, no_speech)
        for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Teksting av Nicolai Winther",
        "Undertekster av Ai-Media",
        "Tekstet av Kari Nordmann.",
        "Norske undertekster av Ole Hansen og Kari Berg",
        "Teksta av Kari Nordmann",
        "Takk for at du så på!",
        "Takk for at dere så på.",
        "Danske tekster af Jesper Buhl Scandinavian Text Service 2018",
        "Undertekster af Mette Jensen",
        "Tak fordi du så med.",
        "Ondertiteling door T. den Haan",
        "Ondertitels ingediend door de Amara.org gemeenschap",
        "Ondertiteld door Jan van de Berg",
        "TV GELDERLAND 2021",
        "Bedankt voor het kijken!",
        "Thanks for watching!",
        "Thank you so much for watching.",
        "Subtitles by the Amara.org community",
        "♪ Subtitles by Steamteamextra ♪",
        "Transcription by CastingWords",
        "Please subscribe to my channel.",
    ],
)
def test_credits_are_known(text: str) -> None:
    assert is_credit(text)


@pytest.mark.parametrize(
    "text",
    [
        "Teksting av møtene gjør kommunen selv",
        "Oversettelse av dokumentet til engelsk tar lang tid",
        "Oversettelse av personvernerklæringen har Kari gjort",
        "Oversættelse af vejledningen ligger på Sharepoint",
        "Titel van de presentatie is privacy",
        "Vertaling door de leverancier is te duur",
        "Takk for at dere kom i dag",
        "Takk for at dere så på saken før møtet",
        "Tak fordi I ville være med i dag",
        "Thanks for watching the budget so closely this year",
        "Captions by default are off in Teams",
        "Bedankt voor het luisteren naar onze ervaringen",
        "Subscribe to the newsletter of the network if you want the report",
    ],
)
def test_speech_is_not_taken_for_credits(text: str) -> None:
    assert not is_credit(text)


@pytest.mark.parametrize(
    ("text", "loop"),
    [
        ("Yeah, yeah, yeah, yeah, yeah, yeah, yeah, yeah, yeah, yeah.", True),
        ("takk for det " * 5, True),
        ("og så takk for det takk for det takk for det takk for det takk for det", True),
        ("ja ja ja ja", False),
        ("nei, nei, nei, vi må se på loven, og loven sier nei, nei og nei", False),
        ("Vi gjør det steg for steg for steg, og så ser vi hva som skjer.", False),
        ("", False),
    ],
)
def test_loops_are_told_from_emphasis(text: str, loop: bool) -> None:
    assert is_loop(text) is loop


def test_an_echo_is_a_long_piece_of_the_prompt() -> None:
    prompt = "personvern, risikovurdering, innkjøp, digital post, KS, Datatilsynet"
    assert is_echo("Risikovurdering, innkjøp, digital post, KS", prompt)
    assert not is_echo("Personvern.", prompt)
    assert not is_echo("innkjøp av digital post i KS", prompt)
    assert not is_echo("Risikovurdering, innkjøp, digital post, KS", None)


def test_repeats_beyond_two_are_kept_out() -> None:
    kept, dropped = sift(heard("Ja.", "ja", "Ja!", "Nei.", "Ja."))
    assert [segment.text for segment in kept] == ["Ja.", "ja", "Nei.", "Ja."]
    assert [(one.segment.text, one.reason) for one in dropped] == [("Ja!", "same words 3 times in a row")]


def test_unsure_silence_is_kept_out_and_sure_or_voiced_speech_stays() -> None:
    _, dropped = sift(heard("mmm", log_probability=-1.2, no_speech=0.9))
    assert dropped[0].reason == "probably no speech (no speech 0.90, log probability -1.20)"
    assert sift(heard("hei", log_probability=-0.2, no_speech=0.9))[1] == ()
    assert sift(heard("hei", log_probability=-1.2, no_speech=0.2))[1] == ()


def test_nothing_is_lost() -> None:
    texts = ["Hei.", "Teksting av Nicolai Winther", "...", "Ja " * 9, "Slutt."]
    kept, dropped = sift(heard(*texts))
    assert [segment.text for segment in kept] == ["Hei.", "Slutt."]
    assert [one.reason for one in dropped] == ["subtitle credit", "no words", "repeats itself"]
