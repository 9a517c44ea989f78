"""That there is a recording, for those who may not see it: found by title and topics, never by what is said in it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest

from index.port import Filters, Passage, PreviewHit, Query, SearchIndex
from kring.errors import BadQuery, IndexNotReady
from tests.support.passages import fill, recording, recording_id

AUDIENCE = "sky/circle"
NETS = recording(
    "nets",
    "om sykemelding og fravær",
    "personvern er hemmelig her",
    title="Digitale anskaffelser av skyløsninger",
    circle="sky",
    network="sor",
    language="da",
    day="2025-03-01",
    speakers=["Berit Hemmelig"],
    topics=["Innkjøp", "Digital post"],
    organisations=["Skjult kommune"],
    pages=["Avtalen om helsearkivet"],
)
OLDER = recording("older", "tale", title="Anskaffelse uten sky", circle="sky", day="2023-01-01")
TITLE, OLD_TITLE = NETS[0].title, OLDER[0].title
OTHERS = {
    "drift/circle": recording("other", "om anskaffelser", title="Anskaffelser i det skjulte", circle="drift"),
    "": recording("nobody's", "om anskaffelser", title="Anskaffelser for ingen"),
}


def shown_to(audience: str, passages: list[Passage]) -> list[Passage]:
    return [replace(passage, audience=audience) for passage in passages]


@pytest.fixture
def filled(index: SearchIndex) -> SearchIndex:
    mine = [shown_to(AUDIENCE, passages) for passages in (NETS, OLDER)]
    others = [shown_to(audience, passages) for audience, passages in OTHERS.items()]
    fill(index, *sorted([*mine, *others], key=lambda passages: passages[0].recording_id))
    return index


def previewed(index: SearchIndex, text: str, filters: Filters | None = None, **more: object) -> list[str]:
    query = Query(text, filters or Filters(), visible_to=frozenset({AUDIENCE, "elsewhere/default"}))
    return [hit.title for hit in index.previews(replace(query, **more))]  # type: ignore[arg-type]


def test_there_is_no_room_in_it_for_more() -> None:
    assert {field.name for field in fields(PreviewHit)} == {"title", "circle", "date"}


@pytest.mark.parametrize(
    "text",
    [
        "anskaffelser",
        "anskaffelse",  # another form
        "digital anskaffelse",
        "procurement",  # the glossary's
        "skyløsning",  # in a compound of the title, and written so
        "sky løsninger",
        "innkjøp",  # a topic
        "innkjøp skyløsninger",
        '"digital post"',
        '"anskaffelser av skyløsninger"',
        "anskaffelser -skole",
        "hvor er skyløsninger",
        "topic:innkjøp",
        "topic:INNKJØP",
        'skyløsninger topic:"digital post" after:2025',
        "skyløsninger before:2025-03-01",
    ],
)
def test_found_by_title_and_topics(filled: SearchIndex, text: str) -> None:
    assert previewed(filled, text)[:1] == [TITLE]


SAID = [
    "sykemelding",
    "fravær",
    "personvern",
    "hemmelig",
    "helsearkivet",
    "Berit",
    "Skjult",
    "tale",
    '"om sykemelding"',
]


@pytest.mark.parametrize("said", SAID)
def test_never_by_what_is_said_or_written_or_who_speaks(filled: SearchIndex, said: str) -> None:
    assert filled.search(Query(said)).total  # it is there
    assert previewed(filled, said) == []
    assert previewed(filled, said, typing=True) == []
    assert previewed(filled, f"skyløsninger {said}") == []
    word = said.strip('"').split()[-1]
    assert previewed(filled, word[:5], typing=True) == []
    assert previewed(filled, f'"skyløsninger {word}"') == []


@pytest.mark.parametrize("said", [*SAID, "kommune", "zzzzz"])
def test_what_is_said_does_not_leave_it_out_either(filled: SearchIndex, said: str) -> None:
    """Else a minus would tell whether a word is said."""
    assert previewed(filled, f"skyløsninger -{said}") == [TITLE]


def test_all_that_is_asked_for_has_to_be_in_title_and_topics(filled: SearchIndex) -> None:
    assert previewed(filled, "anskaffelser skyløsninger zzzzz") == []
    assert previewed(filled, '"skyløsninger anskaffelser"') == []
    assert previewed(filled, "anskaffelser -innkjøp") == [OLD_TITLE]
    assert previewed(filled, "anskaffleser") == []  # nobody is told what the titles of others nearly are


def test_the_newest_first_and_no_more_than_asked_for(filled: SearchIndex) -> None:
    assert previewed(filled, "anskaffelser") == [TITLE, OLD_TITLE]
    assert previewed(filled, "anskaffelser", per_page=1) == [TITLE]
    assert previewed(filled, "anskaffelser before:2024") == [OLD_TITLE]


def test_of_one_day_by_id(index: SearchIndex) -> None:
    names = sorted(map(str, range(9)), key=recording_id)
    fill(index, *(shown_to(AUDIENCE, recording(name, "tale", title=f"Arkiv {name}")) for name in names))
    assert previewed(index, "arkiv", per_page=6) == [f"Arkiv {name}" for name in names[:6]]
    assert previewed(index, "ark", typing=True, per_page=6) == [f"Arkiv {name}" for name in names[:6]]


def test_only_of_these_audiences(filled: SearchIndex) -> None:
    asked = Query("anskaffelser", per_page=9)
    everyone = filled.previews(asked)
    assert len(everyone) == 4
    assert filled.previews(replace(asked, visible_to=frozenset())) == ()
    assert filled.previews(replace(asked, visible_to=frozenset({"sky/default", "sky", "*"}))) == ()
    assert filled.previews(replace(asked, visible_to=frozenset({AUDIENCE}))) == (
        PreviewHit(TITLE, "sky", date(2025, 3, 1)),
        PreviewHit(OLD_TITLE, "sky", date(2023, 1, 1)),
    )


def test_another_way_to_write_it_has_to_be_in_the_titles_of_these_audiences(index: SearchIndex) -> None:
    mine = shown_to(AUDIENCE, recording("a", "covid19 og sky flyttingen", title="Covid 19 i barnehagen"))
    fill(index, *sorted([mine, shown_to("x", recording("b", "covid 19"))], key=lambda made: made[0].recording_id))
    assert previewed(index, "covid19") == previewed(index, "barne hagen") == [mine[0].title]
    assert previewed(index, "skyflyttingen") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hvor er",
        "for",
        "!!!",
        "year:2025",
        "skyløsninger circle:sky",
        "skyløsninger network:sor",
        "skyløsninger language:da",
        "skyløsninger speaker:berit",
        'skyløsninger organisation:"skjult kommune"',
        "topic:innkjøp circle:sky",
    ],
)
def test_nothing_for_what_names_no_subject_or_what_is_no_subject(filled: SearchIndex, text: str) -> None:
    assert previewed(filled, text) == []
    assert previewed(filled, text, typing=True) == []


def test_nothing_inside_one_recording(filled: SearchIndex) -> None:
    assert previewed(filled, "skyløsninger", Filters(recording_id=recording_id("nets"))) == []


def test_while_typing_from_three_letters_on(filled: SearchIndex) -> None:
    shown = {
        letters: previewed(filled, letters, typing=True) for letters in ("s", "sk", "sky", "skyl", "anskaffelse s")
    }
    assert shown == {"s": [], "sk": [], "sky": [TITLE, OLD_TITLE], "skyl": [TITLE], "anskaffelse s": [TITLE, OLD_TITLE]}
    assert previewed(filled, "skyl") == []
    assert previewed(filled, "anskaffelse innk", typing=True) == [TITLE]


def test_what_cannot_be_understood(filled: SearchIndex) -> None:
    with pytest.raises(BadQuery):
        previewed(filled, "skyløsninger after:sommer")


def test_what_is_written_counts_with_the_next_search(filled: SearchIndex) -> None:
    filled.replace(recording_id("nets"), shown_to(AUDIENCE, recording("nets", "sky", title="Andre ord", version=2)))
    assert previewed(filled, "skyløsninger") == []
    assert previewed(filled, "andre ord") == ["Andre ord"]
    filled.replace(recording_id("nets"), shown_to("sky/public", recording("nets", title="Andre ord", version=3)))
    assert previewed(filled, "andre ord") == []
    filled.remove(recording_id("older"))
    assert previewed(filled, "anskaffelser") == []


def test_the_ordinary_search_is_as_it_was(filled: SearchIndex) -> None:
    """Titles are not found twice, nor anything by what only previews are found by."""
    few = filled.search(Query("skyløsninger", visible_to=frozenset({AUDIENCE})))
    assert few.total == 1
    assert few.hits[0].passage_count == 1
    assert few.facets["topic"] == {"Digital post": 1, "Innkjøp": 1}


def test_before_the_index_was_built(index: SearchIndex) -> None:
    with pytest.raises(IndexNotReady):
        previewed(index, "skyløsninger")
