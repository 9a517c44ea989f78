"""Who may change anything, as long as there are no logins: browsers that have opened the link that `kring link` shows,
by the key they were given then (`kring.link`); or everyone; or no one."""

from __future__ import annotations

import time
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass

from starlette.requests import Request

from kring import link
from kring.settings import Settings
from search_ui.i18n.gettext import N_
from search_ui.server.room import client_network

KEY_COOKIE = "kring_key"
WRONG_A_MINUTE = 10
"""Wrong codes that one address may try before it hears to wait; a good code is taken all the same."""

BY_LINK = N_(
    "Uploading and correcting is for facilitators, who sign in with a link that holds a code. The operator of Kring "
    "has that link: “kring up” prints it, and “kring link” shows it again. Ask for it, and open it in this browser."
)
NOT_HERE = N_(
    "Uploading and correcting is switched off at this address. The operator of Kring can allow it with "
    "KRING_WEB__FACILITATORS."
)


@dataclass(frozen=True, slots=True)
class EditPermission:
    may_edit: bool
    """Whether this request may change anything."""
    by_link: bool
    """Whether that is because of the link, or would be with it."""

    @property
    def refusal(self) -> str:
        """Why not, and what to do about it."""
        return BY_LINK if self.by_link else NOT_HERE


_NOWHERE = EditPermission(may_edit=False, by_link=False)
_current: ContextVar[EditPermission] = ContextVar("edit_permission", default=_NOWHERE)


def permission_of(request: Request, settings: Settings) -> EditPermission:
    match settings.web.facilitators:
        case "all":
            return EditPermission(may_edit=True, by_link=False)
        case "nobody":
            return _NOWHERE
        case "link":  # the secret is read each time, so that another one counts at once
            key = request.cookies.get(KEY_COOKIE, "")
            return EditPermission(may_edit=bool(key) and link.is_key(settings, key), by_link=True)


def set_current(permission: EditPermission) -> None:
    """`permission` is what `current` says while this request is answered."""
    _current.set(permission)


def current() -> EditPermission:
    """Of the request that is being answered, for templates; outside of one nothing is allowed."""
    return _current.get()


class WrongCodes:
    """How many each address has tried within this minute."""

    def __init__(self) -> None:
        self._minute = 0.0
        self._tried: Counter[str] = Counter()

    def too_many(self, address: str) -> bool:
        if (minute := time.monotonic() // 60) != self._minute:
            self._minute, self._tried = minute, Counter()
        return self._tried[client_network(address)] >= WRONG_A_MINUTE

    def count(self, address: str) -> None:
        self._tried[client_network(address)] += 1
