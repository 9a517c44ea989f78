"""The page of the circles one may change, and the page of one circle's settings. Both work without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query as Parameter, Request
from starlette.responses import RedirectResponse, Response

from kring.access import SETTINGS
from kring.circles.circle_fields import BadCircle, circle_of, differing
from kring.circles.circle_merge import ChangedMeanwhile, merged
from kring.errors import BadMetadata, NotAllowed
from kring.languages import CODES
from kring.model import MOST_MONTHS, Circle
from kring.people.audit import Act
from search_ui.auth.identity import OPERATORS_ONLY, FacilitatorDep
from search_ui.auth.recorder import RecorderDep
from search_ui.auth.sign_in import body_of, fields_of
from search_ui.circles.circle_form import (
    NEW,
    SEEN,
    TAKEN,
    CircleForm,
    filled_from,
    named_network,
    overtaken,
    refused,
    written_in,
)
from search_ui.http.rendering import page
from search_ui.http.security import MOST_BYTES
from search_ui.i18n.gettext import N_, _
from search_ui.upload.page import VISIBILITIES, languages
from search_ui.viewer import ArchiveView, ArchiveViewDep
from storage import circle_changes
from transcribe.pipeline.prompt import fitting_terms

PAGE = "/circles"
MADE = "made"
"""Said in the address of a circle's page after it was made, where else the fields stand that were changed."""
TRANSCRIPTION = frozenset({"glossary", "language", "english"})
MOST_FIELDS = 30
NEW_NETWORK = N_("The search takes in the new network with “kring reindex”, which the operator of Kring runs.")
NEW_WORDS = N_(
    "New recordings are transcribed with it; those here already with “kring retranscribe --circle {slug}”, which the "
    "operator of Kring runs."
)

router = APIRouter(include_in_schema=False)


async def circle_body(request: Request, person: FacilitatorDep) -> bytes:  # noqa: ARG001  of nobody else it is read
    """A form as it was sent: a glossary can be long, and takes a while to be decoded."""
    return await body_of(request, MOST_BYTES)


BodyDep = Annotated[bytes, Depends(circle_body)]
SavedParameter = Annotated[str | None, Parameter(max_length=300)]


@router.get(PAGE)
def circles_page(view: ArchiveViewDep, person: FacilitatorDep) -> Response:  # noqa: ARG001
    return _circles(view, CircleForm(NEW))


@router.post(PAGE)
def make_circle(view: ArchiveViewDep, body: BodyDep, record: RecorderDep) -> Response:
    """Make a circle of the fields of the form. Raises NotAllowed."""
    if not view.may_make_circles():
        raise NotAllowed(OPERATORS_ONLY)
    form = fields_of(body, MOST_FIELDS)
    try:
        circle = circle_of({}, named_network(written_in(form, SETTINGS | {"slug"}), view.site.circles.all()))
        note = partial(record.note, Act.CIRCLE, circle.slug)
        if not circle_changes.make_circle(view.site.archive, circle, note):
            raise BadCircle({"slug": BadMetadata(TAKEN)})
    except BadCircle as error:
        return _circles(view, refused(form, error), 400)
    view.site.circles.read_again()
    return _go_on(circle.slug, MADE)


@router.get(f"{PAGE}/{{value}}")
def circle_page(value: str, view: ArchiveViewDep, person: FacilitatorDep, saved: SavedParameter = None) -> Response:  # noqa: ARG001
    """The settings of the circle with the slug `value`. Raises NotFound."""
    circle = view.open_circle_to_change(value)
    return _circle(view, circle, filled_from(circle, view.circle_settings(value)), saved=saved)


@router.post(f"{PAGE}/{{value}}")
def change_circle(value: str, view: ArchiveViewDep, body: BodyDep, record: RecorderDep) -> Response:
    """Change the circle with the slug `value` as the form says, as far as the viewer may. Raises NotFound."""
    now, fields, form = view.open_circle_to_change(value), view.circle_settings(value), fields_of(body, MOST_FIELDS)
    try:
        written = circle_of(dict(now), written_in(form, fields))
        before, after = circle_changes.change_circle(
            view.site.archive,
            value,
            lambda old: merged(old, written, form.get(SEEN, ""), fields),
            partial(record.note, Act.CIRCLE, value),
        )
    except BadCircle as error:
        return _circle(view, now, refused(form, error), 400)
    except ChangedMeanwhile as error:
        return _circle(view, error.now, overtaken(form, error, fields), 409)
    view.site.circles.read_again()
    return _go_on(value, ",".join(differing(before, after)))


def _go_on(slug: str, saved: str) -> Response:
    return RedirectResponse(f"{PAGE}/{slug}?{urlencode({'saved': saved})}", status_code=303)


def _circles(view: ArchiveView, form: CircleForm, status: int = 200) -> Response:
    circles = [(circle, _(VISIBILITIES[circle.visibility])) for circle in view.changeable_circles().values()]
    may_make = view.may_make_circles()
    return page("circles.html", status, circles=circles, may_make=may_make, form=form, **_choices(view))


def _circle(
    view: ArchiveView, circle: Circle, form: CircleForm, status: int = 200, *, saved: str | None = None
) -> Response:
    """`saved`: the names of the fields that were changed just now, with commas between."""
    changed = frozenset((saved or "").split(","))
    notes = [_(NEW_NETWORK)] if "network" in changed else []
    if changed & TRANSCRIPTION:
        notes.append(_(NEW_WORDS).format(slug=circle.slug))
    taken = len(fitting_terms(circle.glossary))
    return page(
        "circle.html",
        status,
        circle=circle,
        fields=view.circle_settings(circle.slug),
        form=form,
        saved=saved,
        made=saved == MADE,
        notes=notes,
        taken=taken if taken < len(circle.glossary) else 0,
        **_choices(view),
    )


def _choices(view: ArchiveView) -> Mapping[str, Any]:
    """What can be chosen in the fields."""
    networks = {circle.network: circle.network_name for circle in view.changeable_circles().values()}
    return {
        "languages": languages(CODES),
        "visibilities": [(value.value, _(name)) for value, name in VISIBILITIES.items()],
        "networks": networks,
        "most_months": MOST_MONTHS,
    }
