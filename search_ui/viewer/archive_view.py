"""The archive as one viewer sees it: the doors for searching, for opening a recording, and for learning that there is
one.

Whatever answers a request (pages, the API, feeds, captions, media, embedding, the editor) searches and opens recordings
only through these methods; a test holds it to that. Who may see what is decided in `kring.access`. What a viewer may
not see is answered like what is not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from index.port import Filters, Query, Results
from kring.access import ANONYMOUS, Access, Viewer, ViewerKind
from kring.errors import Conflict, Damaged, IndexNotReady, NotAllowed, NotFound, SearchDown, UnknownCircle
from kring.intake.uploads import Upload
from kring.model import Circle, Details, Manifest, State
from search_ui.context import Names, Site, site_of
from search_ui.i18n.gettext import N_
from search_ui.recent import Recent
from search_ui.viewer.operator_looks import Looker, OperatorLooks, looker_of
from search_ui.viewer.previews import MOST, Previews, previews_of
from search_ui.viewer.visit import visit_of
from storage.archive.erasures import Erasures

_ID = re.compile(r"[0-9a-f]{16}")
_GONE = N_("There is no recording at this address; it may have been removed, or the link is incomplete.")
_GONE_OR_SIGN_IN = N_(
    "There is no recording at this address for those who have not signed in. Sign in if it belongs to one of your "
    "circles; else it may have been removed, or the link is incomplete."
)
_NO_CIRCLE = N_("There is no circle at this address that you may change; it may have another name now.")
BEING_ERASED = N_("This recording is being erased, which nobody can stop.")
_OF_OTHERS = N_("Only the facilitators of its circle may change this recording.")


@dataclass(frozen=True)
class ArchiveView:
    """What `viewer` may find, open and change, now."""

    site: Site
    viewer: Viewer
    read_only: bool = False
    """Nobody changes anything here."""
    looker: Looker | None = None
    """An operator, of whom it is written down what they open."""

    @property
    def access(self) -> Access:
        """The rules over the circles as they are now. Raises StorageDown if those are not known yet."""
        return access_of(self.site)

    def search(self, query: Query) -> Results:
        """The door for searching: what the viewer may find. Raises BadQuery, IndexNotReady, SearchDown."""
        return self.site.index.search(replace(query, visible_to=self.access.audiences_of(self.viewer)))

    def previews(self, query: Query) -> Previews:
        """The door for learning what others have talked about: of recordings that the viewer may not see, whose title
        and topics have all that `query` asks for. Never asks the index for who sees what there is to be previewed.

        Raises BadQuery, IndexNotReady, SearchDown.
        """
        access = self.access
        audiences = access.preview_audiences_of(self.viewer)
        if not audiences:
            return Previews()
        query = replace(query, visible_to=audiences, page=1, per_page=MOST + 1)
        return previews_of(self.site.index.previews(query), access.circles)

    def open(self, recording_id: str) -> Manifest:
        """The door for opening a recording, published or not. Raises NotFound, also for what cannot be an id and for
        what the viewer may not see, Damaged (to operators only) and StorageDown."""
        if not _ID.fullmatch(recording_id):
            raise self._gone()
        try:
            manifest = self.site.archive.manifest(recording_id)
        except NotFound:
            raise self._gone() from None
        except Damaged:  # whose it is cannot be read
            if self.viewer.operator:
                raise
            raise self._gone() from None
        self.check_opens(manifest)
        return manifest

    def open_published(self, recording_id: str) -> Manifest:
        """The same for a recording that can be read and played. Raises NotFound if it is not published yet."""
        manifest = self.open(recording_id)
        if manifest.state is not State.PUBLISHED:
            raise NotFound(N_("This recording is not published yet; its page says how far it is."))
        return manifest

    def open_to_change(self, recording_id: str, *, even_if_erased: bool = False) -> Manifest:
        """The same for a recording, published or not, that the viewer may change. Raises NotAllowed if they may only
        see it."""
        manifest = self.open(recording_id)
        self.check_changes(manifest.details.circle)
        if manifest.withdrawn is not None and not even_if_erased and Erasures(self.site.archive.store).has(manifest.id):
            raise Conflict(BEING_ERASED)
        return manifest

    def open_published_to_change(self, recording_id: str) -> Manifest:
        """`open_published` and `open_to_change` in one."""
        self.open_published(recording_id)
        return self.open_to_change(recording_id)

    def find_upload(self, upload_id: str) -> Upload | None:
        """What is on its way here with this id, if the viewer may see what will become of it."""
        upload = self.site.archive.find_upload(upload_id) if _ID.fullmatch(upload_id) else None
        if upload is not None and upload.replaces is not None and not self.may_change(upload.details.circle):
            return None  # the recording that it is for may be withdrawn
        return upload if upload is not None and self.access.may_see(self.viewer, upload.details) else None

    def without_note(self) -> ArchiveView:
        """The same for a list, in which nothing is opened: of an operator nothing is written down."""
        return replace(self, looker=None)

    def check_opens(self, manifest: Manifest) -> None:
        """Raises NotFound, as if it were not there, if the viewer may not open it."""
        if not self.access.may_open(self.viewer, manifest):
            raise self._gone()
        if self.looker is not None and not self.access.may_open(self.looker.otherwise, manifest):
            self.site.get(OperatorLooks).note(self.looker.who, manifest.id)

    def check_sees(self, details: Details) -> None:
        """Raises NotFound, as if it were not there, if the viewer may not see a recording with these details."""
        if not self.access.may_see(self.viewer, details):
            raise self._gone()

    def _gone(self) -> NotFound:
        """What is said alike of what is not there and of what the viewer may not see."""
        return NotFound(_GONE_OR_SIGN_IN if self.viewer.kind is ViewerKind.ANONYMOUS else _GONE)

    def may_change(self, circle_slug: str) -> bool:
        """Whether the viewer may change what belongs to this circle."""
        return not self.read_only and self.access.may_change(self.viewer, circle_slug)

    def check_changes(self, circle_slug: str) -> None:
        """Raises NotAllowed."""
        if not self.may_change(circle_slug):
            raise NotAllowed(_OF_OTHERS)

    def is_public(self, manifest: Manifest) -> bool:
        """Whether everyone may see it, so that browsers may keep it and pages of other sites may show it."""
        return self.access.may_open(ANONYMOUS, manifest)

    def is_searchable(self, recording_id: str) -> bool:
        """Whether search finds this recording now. Raises SearchDown."""
        try:
            return self.search(Query(filters=Filters(recording_id=recording_id), per_page=1)).total > 0
        except IndexNotReady:
            return False

    @cached_property
    def names(self) -> Names:
        """The names of the circles and networks that are no secret to the viewer: those they belong to, those whose
        recordings are for them, and those in which they find something."""
        circles = self.site.circles.all()
        if self.viewer.operator:
            return Names(circles)
        audiences = self.access.audiences_of(self.viewer) or frozenset()
        found = self.site.get(FoundCircles).get(audiences, lambda _: self._circles_found())
        may_know = self.access.may_know
        return Names(
            {slug: circle for slug, circle in circles.items() if slug in found or may_know(self.viewer, circle)}
        )

    def _circles_found(self) -> frozenset[str]:
        try:
            return frozenset(self.search(Query(per_page=1)).facets.get("circle", {}))
        except SearchDown:
            return frozenset()

    def may_make_circles(self) -> bool:
        return not self.read_only and self.access.may_make_circles(self.viewer)

    def circle_settings(self, circle_slug: str) -> frozenset[str]:
        """The fields of this circle that the viewer may change."""
        return frozenset() if self.read_only else self.access.settings_of(self.viewer, circle_slug)

    def open_circle_to_change(self, circle_slug: str) -> Circle:
        """A circle whose settings the viewer may change, as it is stored now. Raises NotFound, alike if there is none
        and if they may not, Damaged and StorageDown."""
        if not self.circle_settings(circle_slug):
            raise NotFound(_NO_CIRCLE)
        try:
            return self.site.archive.circle(circle_slug)
        except UnknownCircle:
            raise NotFound(_NO_CIRCLE) from None

    def changeable_circles(self) -> Mapping[str, Circle]:
        """The circles to which the viewer may upload, by slug, in the order of their names."""
        circles = sorted(self.site.circles.all().values(), key=lambda circle: circle.name.casefold())
        return {circle.slug: circle for circle in circles if self.may_change(circle.slug)}


class FoundCircles(Recent[frozenset[str], frozenset[str]]):
    """In which circles the viewers of some audiences find anything."""

    SECONDS = 10.0
    MOST = 256


def access_of(site: Site) -> Access:
    """The rules over the circles as they are now. Raises StorageDown if those are not known yet."""
    return Access(site.circles.all(), anonymous_reading=site.settings.web.anonymous_reading)


def archive_view_of(request: Request) -> ArchiveView:
    """The archive as the viewer of this request sees it."""
    visit = visit_of(request)
    return ArchiveView(site_of(request), visit.viewer, read_only=visit.read_only, looker=looker_of(visit))


ArchiveViewDep = Annotated[ArchiveView, Depends(archive_view_of)]
