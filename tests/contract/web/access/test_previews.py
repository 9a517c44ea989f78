"""What those learn of a recording who may not see it, if its circle allows previews: that it is there, whom to ask, and
nothing that was said. Over the archive of the walk (test_every_route.py), with previews and without."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from index.embedded.index import EmbeddedIndex
from index.memory import MemoryIndex
from index.passages.build import passages_of
from index.port import Passage, SearchIndex
from kring.access import Access, audience_of
from kring.model import State, Visibility
from kring.settings import Settings
from search_ui.app import create_app
from search_ui.auth.identity import SESSION_COOKIE
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.http.alike import VARYING, alike
from tests.support.patience import PATIENCE
from tests.support.web.browser import serving
from tests.support.web.guarded_archive import (
    CIRCLES,
    CONTACT,
    DAY,
    KEYS,
    PEOPLE,
    PREVIEWED,
    Guarded,
    GuardedArchive,
    word_of,
)  # fmt: skip

VIEWERS = ["anonymous", *PEOPLE, *KEYS]
ONE_CIRCLE = "key for one circle of an operator"
NOT_TOLD = ["anonymous", "operator", ONE_CIRCLE]
OUTSIDERS = [viewer for viewer in VIEWERS if viewer not in NOT_TOLD]
NOWHERE = word_of(999)
ACCESS = Access(CIRCLES)
SECTION = re.compile(r'<section class="previews".*?</section>\s*', re.DOTALL)


@dataclass
class Site:
    guarded: GuardedArchive
    clients: dict[str, httpx.Client]

    def get(self, viewer: str, path: str) -> httpx.Response:
        return self.clients[viewer].get(path)

    def previews(self, viewer: str, asked: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.get(viewer, f"/api/search?{asked}").json()["previews"]
        return found

    def of(self, visibility: Visibility | None) -> Guarded:
        [one] = [each for each in self.guarded.recordings if (each.circle, each.visibility) == (PREVIEWED, visibility)]
        return one


@pytest.fixture(scope="module", params=["memory", pytest.param("embedded", marks=pytest.mark.slow)])
def sites(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Site]]:
    """With previews, and without."""
    with ExitStack() as opened:
        yield (
            _site(opened, request.param, tmp_path_factory.mktemp("with"), previews=True),
            _site(opened, request.param, tmp_path_factory.mktemp("without"), previews=False),
        )


def _site(opened: ExitStack, engine: str, folder: Path, *, previews: bool) -> Site:
    index: SearchIndex = MemoryIndex()
    guarded = GuardedArchive(Archive(MemoryStore()))
    guarded.fill(index)
    if engine == "embedded":  # all at once: how often it merged what it was given one by one decides between equals
        index = EmbeddedIndex(folder / "index", writer=True)
        opened.callback(index.close)
        index.rebuild(_passages(guarded.archive))
    guarded.archive.put_circle(CIRCLES[PREVIEWED].model_copy(update={"previews": previews}))
    app = create_app(Settings(data_dir=folder), guarded.archive, index, MemoryRuns())
    origin = opened.enter_context(serving(app))
    clients = {}
    for viewer in VIEWERS:
        clients[viewer] = opened.enter_context(httpx.Client(base_url=origin, timeout=PATIENCE))
        if viewer in guarded.sessions:
            clients[viewer].cookies.set(SESSION_COOKIE, guarded.sessions[viewer])
        if viewer in guarded.keys:
            clients[viewer].headers["Authorization"] = f"Bearer {guarded.keys[viewer]}"
    return Site(guarded, clients)


def _passages(archive: Archive) -> Iterator[Passage]:
    for manifest in map(archive.manifest, archive.ids()):
        if manifest.state is State.PUBLISHED and manifest.withdrawn is None:
            circle = archive.circle(manifest.details.circle)
            yield from passages_of(manifest, circle, archive.transcript_of(manifest), archive.attached(manifest))


@pytest.fixture
def site(sites: tuple[Site, Site]) -> Site:
    return sites[0]


def told(recording: Guarded) -> dict[str, str]:
    """All that there is to be told."""
    circle = CIRCLES[PREVIEWED]
    return {
        "title": recording.details.title,
        "circle_name": circle.name,
        "network_name": circle.network_name,
        "date": DAY.isoformat(),
        "contact": CONTACT,
    }


@pytest.mark.parametrize("viewer", OUTSIDERS)
def test_who_has_an_account_is_told_that_it_is_there_and_nothing_more(site: Site, viewer: str) -> None:
    for visibility in (None, Visibility.NETWORK):
        recording = site.of(visibility)
        for asked in (f"q={recording.subject}", f"q=tittel+{recording.subject}", f"topic=Emne+{recording.subject}"):
            answer = site.get(viewer, f"/api/search?{asked}")
            found = answer.json()
            assert (found["previews"], found["more_previews"]) == ([told(recording)], False)
            assert recording.id not in answer.text
            assert recording.word not in answer.text
            [section] = SECTION.findall(site.get(viewer, f"/?{asked}").text)
            for said in (recording.details.title, CIRCLES[PREVIEWED].name, "2026-03-04", 'href="mailto:kari@vist'):
                assert said in section
            assert "Kari &lt;Nordmann&gt;, <a" in section
            assert "/r/" not in section
            assert recording.id not in section
        assert alike(
            site.get(viewer, f"/r/{recording.id}"), site.get(viewer, f"/r/{'f' * 16}"), (recording.id, "f" * 16)
        )


@pytest.mark.parametrize("viewer", NOT_TOLD)
def test_who_has_not_signed_in_or_sees_all_or_asks_of_one_circle_is_told_nothing(site: Site, viewer: str) -> None:
    for visibility in (None, Visibility.NETWORK):
        subject = site.of(visibility).subject
        assert site.previews(viewer, f"q={subject}") == []
        assert "previews-heading" not in site.get(viewer, f"/?q={subject}").text


@pytest.mark.parametrize("viewer", VIEWERS)
def test_what_was_made_less_visible_than_its_circle_stays_a_secret(site: Site, viewer: str) -> None:
    subject = site.of(Visibility.CIRCLE).subject
    assert site.previews(viewer, f"q={subject}") == site.previews(viewer, f"q={NOWHERE}") == []
    assert site.previews(viewer, f"q={site.of(Visibility.PUBLIC).subject}") == []  # found as it is


@pytest.mark.parametrize("viewer", VIEWERS)
def test_of_circles_that_do_not_allow_it_nothing_is_told(site: Site, viewer: str) -> None:
    for recording in site.guarded.unseen(viewer, ACCESS):
        if recording.circle != PREVIEWED:
            assert site.previews(viewer, f"q={recording.word}") == []


@pytest.mark.parametrize("viewer", OUTSIDERS)
def test_words_that_are_said_change_no_answer(site: Site, viewer: str) -> None:
    """Whoever asks for them, beside the title or without it, is answered as if they were nowhere."""
    for visibility in (None, Visibility.NETWORK):
        recording = site.of(visibility)
        title = recording.subject
        for asked in (
            "{word}", "{word} tittel", f"{title} {{word}}", f"{title} -{{word}}", f'"{title} {{word}}"',
            f'{title} -"sies {{word}}"', f"{title} speaker:{{word}}", f"-{{word}} {title}",
            f'{title} organisation:"Kommune {{word}}"',
        ):  # fmt: skip
            for address in ("/?part=results", "/?part=results&typing=1", "/api/search?", "/feed.xml?"):
                answer, nothing = (
                    site.get(viewer, f"{address}&q={quote(asked.format(word=word))}")
                    for word in (recording.word, NOWHERE)
                )
                assert answer.status_code == 200
                assert alike(answer, nothing, (recording.word, NOWHERE)), (asked, address)
    shared = site.previews(viewer, f"q={title}+-felles"), site.previews(viewer, f"q={title}+-saken")
    assert shared == ([], [told(recording)])  # a topic may leave it out, what is said may not


@pytest.mark.parametrize(
    "viewer", ["anonymous", "member of fjern", "without a role", "facilitator of nord", "operator"]
)
def test_nothing_else_changes_because_of_previews(sites: tuple[Site, Site], viewer: str) -> None:
    subjects = [sites[0].of(visibility).subject for visibility in (None, *Visibility)]
    asked = [
        f"{start}q={text}" for text in [*subjects, "felles", "tittel", "navnvist", ""] for start in ("", "sort=oldest&")
    ]
    asked += [f"q={subject[:-4]}&typing=1" for subject in subjects] + [f"q={subject[:-2]}aa" for subject in subjects]
    asked += [f"topic=Emne+{subject}" for subject in subjects] + ["topic=Felles+emne", "q=felles&page=2", "circle=vist"]
    for search in asked:
        for path in ("/", "/api/search", "/feed.xml", "/c/aapen", "/n/nord", "/t/Felles%20emne", "/api/circles"):
            with_previews, without = (without_previews(site.get(viewer, f"{path}?{search}")) for site in sites)
            assert with_previews == without, f"{path}?{search}"
    for path in [f"/t/Emne%20{subject}" for subject in subjects] + [f"/c/{PREVIEWED}", "/n/vest"]:
        with_previews, without = (without_previews(site.get(viewer, path)) for site in sites)
        assert with_previews == without


def without_previews(answer: httpx.Response) -> str:
    """The rest of an answer."""
    text = VARYING.sub("", SECTION.sub("", answer.text))
    text = re.sub(r"http://127.0.0.1:\d+|\s+(?=<)", "", text)
    if answer.headers["content-type"] == "application/json" and text.startswith('{"total"'):
        found = json.loads(text.replace(",,", ","))
        text = json.dumps({name: value for name, value in found.items() if "previews" not in name})
    return f"{answer.status_code} {text}"


def test_there_is_something_to_compare(sites: tuple[Site, Site]) -> None:
    """The comparisons above would hold of nothing, too."""
    subject = sites[0].of(None).subject
    with_previews, without = (site.get("member of fjern", f"/?q={subject}") for site in sites)
    assert SECTION.search(with_previews.text)
    assert not SECTION.search(without.text)
    assert {audience_of(sites[0].of(None).details)} <= ACCESS.preview_audiences_of(
        sites[0].guarded.viewer("member of fjern")
    )


def test_at_most_five_and_only_with_the_first_page(site: Site) -> None:
    assert len(site.previews("member of fjern", "q=felles")) == 2
    assert site.previews("member of fjern", "q=felles&page=2") == []
    assert "previews-heading" not in site.get("member of fjern", "/?q=felles&page=2").text
