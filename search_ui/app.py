"""The application, put together: routes, error answers, static files and the guard around them."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from index.port import SearchIndex
from kring.settings import Settings
from search_ui import api
from search_ui.auth import audit_page, identity, own_account, passkeys, people, sign_in
from search_ui.auth.api_description import describe_keys
from search_ui.auth.identity import IdentityMiddleware
from search_ui.auth.providers import provider_sign_in
from search_ui.auth.providers.provider_sign_in import Providers
from search_ui.auth.providers.proxy import ProxyAccounts
from search_ui.auth.sessions import Sessions
from search_ui.auth.sign_in import WrongCodes
from search_ui.circles import page as circles_page
from search_ui.context import Site
from search_ui.edit import api as edit_api, page as edit_page
from search_ui.feeds import own_feeds, routes as feed_routes
from search_ui.feeds.private_addresses import HiddenTokens, ListedRecordings, PrivateFeeds, WrongTokens
from search_ui.http import errors, healthz
from search_ui.http.body_spool import SpoolPlaces
from search_ui.http.rates import RateLimit
from search_ui.http.rendering import HERE, Static
from search_ui.http.security import RequestGuard, host_names, own_origins
from search_ui.i18n import negotiation
from search_ui.i18n.negotiation import LanguageMiddleware
from search_ui.recording import (
    attachments,
    captions,
    chapters,
    embed,
    media,
    page as recording_page,
    progress_events,
    sound_tracks,
    waveform,
)
from search_ui.removal import person_page, removed, removing, taking_out
from search_ui.search import api as search_api, collections, page as search_page
from search_ui.server.bounds import OwnCookies
from search_ui.upload import (
    api as upload_api,
    complete,
    left_out,
    mine,
    page as upload_page,
    parts,
)
from search_ui.upload.mine import OwnRecordings
from search_ui.upload.parts import PartPlaces
from search_ui.viewer.archive_view import FoundCircles
from search_ui.viewer.operator_looks import OperatorLooks
from services.runs.port import Runs
from services.runs.prefect import PrefectRuns
from storage.archive.archive import Archive
from storage.archive.people import People
from storage.audit import Audit

NOT_TO_COMPRESS = (*DEFAULT_EXCLUDED_CONTENT_TYPES, attachments.PDF)
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
    site.add(
        healthz.health_of(site),
        progress_events.Watchers(),
        WrongCodes(),
        WrongTokens(),
        ListedRecordings(),
        OwnRecordings(archive),
        PartPlaces(),
        SpoolPlaces(),
        Sessions(People(archive.store), settings.web),
        Providers(settings),
        ProxyAccounts(People(archive.store), settings.trusted_proxy),
        Audit(archive.store),
        OperatorLooks(Audit(archive.store)),
        FoundCircles(),
    )
    errors.install(app)
    for router in (
        search_page.router,
        recording_page.router,
        progress_events.router,
        upload_page.router,
        feed_routes.router,
        own_feeds.router,
        collections.router,
        embed.router,
        captions.router,
        chapters.router,
        media.router,
        waveform.router,
        upload_api.router,
        parts.router,
        mine.router,
        left_out.router,
        complete.router,
        attachments.router,
        edit_api.router,
        edit_page.router,
        sound_tracks.router,
        removing.router,
        removed.router,
        person_page.router,
        taking_out.router,
        identity.router,
        sign_in.router,
        provider_sign_in.router,
        own_account.router,
        passkeys.router,
        people.router,
        audit_page.router,
        circles_page.router,
        negotiation.router,
        search_api.router,
        api.router,
        healthz.router,
    ):
        app.include_router(router)
    describe_keys(app)
    app.mount("/static", Static(directory=HERE / "static"))
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5, exclude_content_types=NOT_TO_COMPRESS)
    app.add_middleware(IdentityMiddleware, secure=settings.web.public_url.startswith("https://"))
    app.add_middleware(PrivateFeeds)
    app.add_middleware(RateLimit)
    app.add_middleware(
        RequestGuard, hosts=host_names(settings.web), origins=own_origins(settings.web), broken=errors.broken
    )
    app.add_middleware(LanguageMiddleware)
    app.add_middleware(OwnCookies)
    app.add_middleware(HiddenTokens)
    return app
