"""What is told of recordings that a viewer may not see."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest

from index.memory import MemoryIndex
from index.port import PreviewHit, Query
from kring.access import ANONYMOUS, Role, Viewer, ViewerKind
from kring.model import Circle, Visibility
from kring.settings import Settings
from search_ui.context import Site
from search_ui.viewer import ArchiveView, Preview, Previews
from search_ui.viewer.previews import MOST, previews_of
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore

DAY = date(2026, 3, 4)
SKY = Circle(
    slug="sky", name="Sky og drift", network="sor", network_name="Nettverk Sør", visibility=Visibility.CIRCLE,
    previews=True, contact="Kari, kari@example.org",
)  # fmt: skip
HIT = PreviewHit("Skyløsninger", "sky", DAY)
OUTSIDER = Viewer(ViewerKind.PERSON, {"drift": Role.MEMBER})


def test_it_has_no_place_for_what_was_said_nor_for_the_way_there() -> None:
    assert {field.name for field in fields(Preview)} == {"title", "circle_name", "network_name", "date", "contact"}


def test_what_the_circle_is_called_now_and_whom_it_says_to_ask() -> None:
    assert previews_of([HIT], {"sky": SKY}) == Previews(
        (Preview("Skyløsninger", "Sky og drift", "Nettverk Sør", DAY, "Kari, kari@example.org"),)
    )
    silent = SKY.model_copy(update={"contact": None})
    assert previews_of([HIT], {"sky": silent}).shown[0].contact == ""


def test_nothing_of_a_circle_that_has_gone_or_does_not_allow_it_any_more() -> None:
    assert (
        previews_of([HIT], {}) == previews_of([HIT], {"sky": SKY.model_copy(update={"previews": False})}) == Previews()
    )


@pytest.mark.parametrize(("hits", "shown", "more"), [(0, 0, False), (MOST, MOST, False), (MOST + 1, MOST, True)])
def test_of_more_than_a_few_it_is_only_said_that_there_are_more(hits: int, shown: int, more: bool) -> None:
    told = previews_of([HIT] * hits, {"sky": SKY})
    assert (len(told.shown), told.more) == (shown, more)


class Asked(MemoryIndex):
    """An index that remembers what it was asked for previews."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[Query] = []

    def previews(self, query: Query) -> tuple[PreviewHit, ...]:
        self.queries.append(query)
        return super().previews(query)


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize(
    "viewer",
    [ANONYMOUS, OUTSIDER, Viewer(ViewerKind.PERSON, {"sky": Role.MEMBER}), Viewer(ViewerKind.PERSON, operator=True)],
    ids=["anonymous", "outsider", "member", "operator"],
)
def test_the_index_is_asked_only_for_those_who_have_something_to_learn(allowed: bool, viewer: Viewer) -> None:
    index, archive = Asked(), Archive(MemoryStore())
    archive.put_circle(SKY.model_copy(update={"previews": allowed}))
    view = ArchiveView(Site(Settings(), archive, index, MemoryRuns()), viewer)
    assert view.previews(Query("sky", page=3, per_page=50)) == Previews()
    audiences = frozenset({"sky/default", "sky/network", "sky/circle"})
    expected = [Query("sky", page=1, per_page=MOST + 1, visible_to=audiences)] if allowed and viewer is OUTSIDER else []
    assert index.queries == expected
