"""What the watched folders and feeds offer and could not be taken in: for operators, with the reason."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from search_ui.auth.identity import OperatorDep
from search_ui.context import SiteDep
from search_ui.http.rendering import page
from search_ui.i18n.localisation import localise
from storage.archive.left_out import all_left_out

router = APIRouter()


class LeftOutItem(BaseModel):
    """`text` says why, in the language of the answer, and names it too."""

    name: str | None
    """Of the file, or the title of the entry; null if it is about the source as a whole."""
    text: str
    since: datetime


class LeftOutSource(BaseModel):
    """One watched folder or feed; `more`: so many items besides."""

    source: str
    items: list[LeftOutItem]
    more: int


@router.get("/api/left-out", tags=["uploads"])
def left_out(site: SiteDep, _person: OperatorDep) -> list[LeftOutSource]:
    """What the watched folders and feeds offer and could not be taken in. It goes when its cause has gone."""
    return [
        LeftOutSource(
            source=left_outs.source,
            items=[
                LeftOutItem(name=item.name, text=localise(item.says).text, since=item.since) for item in left_outs.items
            ],
            more=left_outs.more,
        )
        for left_outs in all_left_out(site.archive.store)
    ]


@router.get("/left-out", include_in_schema=False)
def left_out_page(site: SiteDep, _person: OperatorDep) -> Response:
    return page("left_out.html", sources=all_left_out(site.archive.store))
