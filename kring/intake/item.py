"""One recording that a source offers and the archive may not have yet."""

from __future__ import annotations

from kring.model import Details, Frozen, SourceRef


class Item(Frozen):
    """One recording a source offers, before it is fetched. Plain data: it travels as a flow's parameter."""

    ref: SourceRef
    details: Details
    file_name: str
    location: str
    """Path or URL, for the source that listed it; of a URL only host and path travel as a flow's parameter."""
    sha256: str | None = None
    """Of the bytes, if the source has looked at them: others are another recording."""
    hidden: bool = False
    """Both locations lack what is secret in them, which lies in the archive (`services.secret_addresses`)."""
    captions_location: str | None = None
    """Path or URL of the platform's own transcript."""
    captions_sha256: str | None = None
    """Its hash, if the source can tell cheaply; a new one is a new transcript."""
    grown: bool = False
    """Under this reference a first part of it was offered before, when it was still being copied; this is the whole."""
    attempt: str | None = None
    """Differs if the source offers it anew after it could not be taken in: then a new run is wanted."""

    @property
    def recording_id(self) -> str:
        return self.ref.recording_id
