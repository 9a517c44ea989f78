"""The doors to the archive: searching for a viewer, and opening a recording for a viewer.

Whatever answers a request (pages, the API, feeds, captions, media, embedding, the editor) searches and opens recordings
only through these functions; a test holds it to that. Today everyone who reaches the pages may see everything. Once
people log in, they are the only place in which a recording's visibility is enforced.
"""

from __future__ import annotations

import re

from index.port import Filters, Query, Results
from kring.errors import IndexNotReady, NotFound
from kring.model import Manifest, State
from search_ui.context import Site

_ID = re.compile(r"[0-9a-f]{16}")
_GONE = "There is no recording at this address; it may have been removed, or the link is incomplete."


def search_for_viewer(site: Site, query: Query) -> Results:
    """The door for searching: what the viewer may find. Raises BadQuery, IndexNotReady, SearchDown."""
    return site.index.search(query)


def open_recording(site: Site, recording_id: str) -> Manifest:
    """The door for opening a recording, published or not. Raises NotFound, also for what cannot be an id, Damaged and
    StorageDown."""
    if not _ID.fullmatch(recording_id):
        raise NotFound(_GONE)
    try:
        return site.archive.manifest(recording_id)
    except NotFound:
        raise NotFound(_GONE) from None


def open_published(site: Site, recording_id: str) -> Manifest:
    """The same for a recording that can be read and played. Raises NotFound if it is not published yet."""
    manifest = open_recording(site, recording_id)
    if manifest.state is not State.PUBLISHED:
        raise NotFound("This recording is not published yet; its page says how far it is.")
    return manifest


def is_searchable(site: Site, recording_id: str) -> bool:
    """Whether search finds this recording now. Raises SearchDown."""
    try:
        return search_for_viewer(site, Query(filters=Filters(recording_id=recording_id), per_page=1)).total > 0
    except IndexNotReady:
        return False
