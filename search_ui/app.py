"""The application, put together: routes, error answers, static files and the guard around them."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from index.port import SearchIndex
from kring.settings import Settings
from search_ui import api
from search_ui.context import Site
from search_ui.edit import api as correcting, page as editing_pages
from search_ui.feeds import feeds
from search_ui.http import errors as problems, facilitator_link as facilitating, healthz, identity as people
from search_ui.http.access import WrongCodes
from search_ui.http.body_spool import SpoolPlaces
from search_ui.http.identity import People
from search_ui.http.rates import Rates
from search_ui.http.rendering import HERE, Static
from search_ui.http.security import Guard, host_names, own_origins
from search_ui.i18n import negotiation
from search_ui.i18n.negotiation import Speech
from search_ui.recording import (
    attachments as attaching,
    captions,
    chapters as chaptering,
    embed as embedding,
    media,
    page as recording_page,
    progress_events as following,
    sound_tracks,
    waveform,
)
from search_ui.runs import PrefectRuns, Runs
from search_ui.search import collections as collected, page as search_page
from search_ui.server.bounds import OwnCookies
from search_ui.upload import (
    api as uploads,
    complete as completing,
    left_out,
    mine as own_uploads,
    page as uploading_pages,
    parts as upload_parts,
)
from search_ui.upload.mine import Brought
from search_ui.upload.parts import PartPlaces
from storage.archive.archive import Archive

NOT_TO_COMPRESS = (*DEFAULT_EXCLUDED_CONTENT_TYPES, attaching.PDF)
"""What is compressed already, and is asked for in ranges."""


def create_app(settings: Settings, archive: Archive, index: SearchIndex, runs: Runs | None = None) -> FastAPI:
    """The web application over an archive and an index, both opened by the caller and closed by it.

    `runs`: where runs are asked for; None: the Prefect server of the settings.
    """
    app = FastAPI(
        title="Kring",
        summary="The recording archive of knowledge circles.",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the stock documentation pages load scripts from a foreign host
        redoc_url=None,
    )
    site = app.state.site = Site(settings, archive, index, runs or PrefectRuns(settings))
    site.add(healthz.health_of(site), following.Watchers(), WrongCodes(), Brought(archive), PartPlaces(), SpoolPlaces())
    problems.install(app)
    for router in (
        search_page.router,
        recording_page.router,
        following.router,
        uploading_pages.router,
        feeds.router,
        collected.router,
        embedding.router,
        captions.router,
        chaptering.router,
        media.router,
        waveform.router,
        uploads.router,
        upload_parts.router,
        own_uploads.router,
        left_out.router,
        completing.router,
        attaching.router,
        correcting.router,
        editing_pages.router,
        sound_tracks.router,
        people.router,
        facilitating.router,
        negotiation.router,
        api.router,
        healthz.router,
    ):
        app.include_router(router)
    app.mount("/static", Static(directory=HERE / "static"))
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5, exclude_content_types=NOT_TO_COMPRESS)
    app.add_middleware(People, secure=settings.web.public_url.startswith("https://"))
    app.add_middleware(Rates)
    app.add_middleware(Guard, hosts=host_names(settings.web), origins=own_origins(settings.web), broken=problems.broken)
    app.add_middleware(Speech)
    app.add_middleware(OwnCookies)
    return app
