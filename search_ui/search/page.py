"""The search page, which is also the start page. It works without JavaScript."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from kring.errors import BadQuery
from search_ui.http.rendering import page
from search_ui.i18n.gettext import _
from search_ui.i18n.localisation import message_of
from search_ui.search import query_help
from search_ui.search.links import SearchLinks
from search_ui.search.params import SearchParamsDep
from search_ui.search.results import results_values
from search_ui.viewer import ArchiveViewDep

router = APIRouter(include_in_schema=False)


@router.get("/")
def search_page(
    request: Request,
    view: ArchiveViewDep,
    params: SearchParamsDep,
    part: Literal["results"] | None = None,
) -> Response:
    """If the query cannot be understood the sentence stands beside the field, with the text still in it."""
    title = (
        _("“{words}” – search in Kring").format(words=params.text) if params.text else _("Kring – find what was said")
    )
    values: dict[str, Any] = {
        "params": params,
        "links": SearchLinks(params),
        "names": view.names,
        "window_title": title,
    }
    try:
        values |= results_values(view, request, params)
    except BadQuery as error:
        if part:
            raise
        return page("search.html", 400, **values, tips=query_help.tips(view.names, None), problem=message_of(error))
    if part:
        return page("results.html", **values)
    return page("search.html", **values, tips=query_help.tips(view.names, values["results"]), problem="")
