"""What people do that others may have to answer for: entries that are only ever added to. Pure types."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from kring.model import SCHEMA_VERSION, Frozen, Line, Sha256


class Act(StrEnum):
    """What somebody did."""

    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    INVITE = "invite"
    ROLES = "roles"
    ACCOUNT = "account"
    """An account was renamed, blocked or removed, or signed out everywhere."""
    KEY = "key"
    LOOK = "look"
    """An operator opened a recording that is not for them but as an operator."""
    UPLOAD = "upload"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    """A recording was hidden, or put back."""
    ERASE = "erase"
    """A recording was erased, or may come in again."""
    KEEP = "keep"
    """A recording is kept however long its circle keeps recordings, or no longer."""
    CHANGE = "change"
    """A recording's documents, its sound, or that it is tried again."""
    CIRCLE = "circle"
    """A circle was made, or what is said of it was changed."""


class AuditEntry(Frozen):
    """One act. Stored at `audit/<number>.json`, once, and never changed; each holds the hash of the one before, so that
    none can be altered or taken out of their middle unseen."""

    schema_version: int = SCHEMA_VERSION
    number: int = Field(ge=1)
    at: datetime
    act: Act
    by: Line
    """Id of an account or of a browser; or `command` for one typed on Kring's own machine."""
    by_name: Line | None = None
    as_operator: bool = False
    """Whether they could do it as an operator only, or did it as one."""
    about: Line | None = None
    """Id of a recording or an account, or the name of a circle."""
    says: Line | None = None
    """What was done, in a few words; nothing of what a recording says."""
    previous: Sha256 | None = None
    """SHA-256 of the entry before, as it is stored; None: the first there is."""
