"""Bytes as they came in, and documents that belong to a recording."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kring.model.values import Frozen, Line, Sha256
from kring.sentence import StoredSentence

MOST_ATTACHMENTS = 100


class Original(Frozen):
    """Bytes as they came in. The file name is data for people; the key comes from the hash."""

    sha256: Sha256
    size: int = Field(ge=0)
    file_name: Line

    @property
    def key(self) -> str:
        return f"originals/sha256/{self.sha256[:2]}/{self.sha256}"


class Content(Frozen):
    """What the bytes of an object were when Kring stored it, so that damage can be seen later."""

    sha256: Sha256
    size: int = Field(ge=0)


class Attachment(Frozen):
    """A document that belongs to a recording: slides, a report."""

    original: Original
    title: Line
    text: str | None = None
    """Key of the text of its pages (`Pages`), once it was read; None: not yet, or `problem` says why not."""
    text_content: Content | None = None
    """Of the object `text` names; None: it was made by a Kring that did not look."""
    problem: StoredSentence | None = None

    @property
    def is_read(self) -> bool:
        return self.text is not None or self.problem is not None


Attachments = Annotated[tuple[Attachment, ...], Field(max_length=MOST_ATTACHMENTS)]


class Pages(Frozen):
    """The text of an attachment, page by page; a page without text is empty. Stored beside the renditions."""

    pages: tuple[str, ...]
