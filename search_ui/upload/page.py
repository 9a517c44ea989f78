"""The pages on which recordings are brought in. Sent by `search_ui/js/src/upload.js` and `search_ui.upload.api`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Query as Parameter
from starlette.responses import Response

from index.port import Query
from kring.errors import SearchDown
from kring.intake.uploads import UploadState
from kring.languages import CODES
from kring.model import Circle, Visibility
from search_ui.auth.identity import FacilitatorDep
from search_ui.context import Site
from search_ui.http.rendering import page
from search_ui.http.security import policy
from search_ui.i18n.gettext import N_, _, language_name
from search_ui.upload.mine import OwnRecordingsDep, uploads_of
from search_ui.viewer import ArchiveView, ArchiveViewDep
from search_ui.viewer.visit import Person
from transcribe.containers.kinds import ACCEPTED

FIRST_LANGUAGES = ("nb", "nn", "da", "nl", "en")
"""Languages of most recordings, offered before the others."""
MOST_NAMES = 500
"""Names of each kind that are offered at most."""
SUGGESTED_FIELDS = {"organisations": "organisation", "topics": "topic"}
"""Fields in which names known in the archive are offered, and the facet that counts those."""
VISIBILITIES = {
    Visibility.PUBLIC: N_("Everyone"),
    Visibility.NETWORK: N_("The circle's network"),
    Visibility.CIRCLE: N_("The circle only"),
}

RecordingParameter = Annotated[str, Parameter(max_length=16)]

router = APIRouter(include_in_schema=False)


@router.get("/upload")
def upload_page(view: ArchiveViewDep, person: FacilitatorDep, replaces: RecordingParameter = "") -> Response:
    """`replaces`: the recording whose file is to be replaced. Raises NotFound, NotAllowed."""
    site = view.site
    replaced = view.open_to_change(replaces) if replaces else None
    circles = view.changeable_circles().values()
    facts = {
        "circles": {circle.slug: _circle_defaults(circle) for circle in circles},
        "known": known_names(view),
        "begun": unfinished_uploads(site, person),
        "accepted": ACCEPTED,
        "replaces": {"id": replaced.id, "details": replaced.details.model_dump(mode="json")} if replaced else None,
    }
    note = _("Video or sound, {most} GB at most each; drop several at once if you like.")
    response = page(
        "upload.html",
        circles=[(circle.slug, circle.name) for circle in circles],
        languages=languages(CODES),
        visibilities=[(value.value, _(name)) for value, name in VISIBILITIES.items()],
        facts=facts,
        replaced=replaced,
        note=note.format(most=f"{site.settings.media.max_gb:g}"),
    )
    if site.settings.web.uploads_to:
        store = urlsplit(site.settings.web.uploads_to)
        response.headers["Content-Security-Policy"] = policy(connect=f"{store.scheme}://{store.netloc}")
    return response


def _circle_defaults(circle: Circle) -> dict[str, str]:
    """What goes for recordings of this circle that say nothing themselves, in words."""
    return {
        "language": language_name(circle.language) if circle.language else "",
        "visibility": _(VISIBILITIES[circle.visibility]),
    }


def languages(codes: Iterable[str]) -> list[tuple[str, str]]:
    """(code, name): the usual ones, then all others by their names."""
    others = sorted((language_name(code), code) for code in set(codes) - set(FIRST_LANGUAGES))
    return [(code, language_name(code)) for code in FIRST_LANGUAGES] + [(code, name) for name, code in others]


def known_names(view: ArchiveView) -> dict[str, list[str]]:
    """Names in the archive, by field, the most frequent first; none if the search does not answer."""
    try:
        facets = view.search(Query(per_page=1)).facets
    except SearchDown:
        return {field: [] for field in SUGGESTED_FIELDS}
    counted = {field: facets.get(facet, {}) for field, facet in SUGGESTED_FIELDS.items()}
    return {field: sorted(names, key=lambda name: -names[name])[:MOST_NAMES] for field, names in counted.items()}


def unfinished_uploads(site: Site, person: Person) -> dict[str, dict[str, Any]]:
    """What this person has said about files that are still on their way, by the id of the upload."""
    return {
        upload.id: upload.details.model_dump(mode="json")
        for upload in site.archive.uploads()
        if upload.by == person.id and upload.state is UploadState.ARRIVING
    }


@router.get("/uploads")
def uploads_page(
    view: ArchiveViewDep,
    person: FacilitatorDep,
    brought: OwnRecordingsDep,
) -> Response:
    """What this person has brought in, and what can be done about what is not there yet."""
    return page(
        "uploads.html",
        brought=uploads_of(view, person, brought),
        uploads={upload.id for upload in view.site.archive.uploads()},
    )
