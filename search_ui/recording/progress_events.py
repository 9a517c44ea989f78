"""Following a recording until it is published: its page, and what is pushed to it while it is open.

Server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html: `state` with the HTML of
state.html whenever that has changed, `done` when the page is to be loaded anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from kring.errors import NotFound, StorageDown, TransientError
from search_ui.auth.identity import view_again
from search_ui.context import shared
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_
from search_ui.recording.progress import Facts, StepPace, facts_of, values_of
from search_ui.viewer import ArchiveView, ArchiveViewDep

POLL_SECONDS = 1.0
"""Seconds between two looks."""
KEEP_ALIVE_SECONDS = 15.0
"""Seconds after which something is sent in any case, so that nothing in between takes the connection for dead."""
STREAM_SECONDS = 3600.0
"""Seconds until a browser has to ask again, which it does by itself."""
MOST_WATCHERS = 200
"""Pages that follow at a time. Those beyond ask again and again instead (`following.js`)."""
FULL = N_("Too many pages follow recordings just now; this one asks again by itself.")

router = APIRouter(include_in_schema=False)


@dataclass
class Watchers:
    """The pages that follow recordings at the moment, and what they share."""

    pace: StepPace = field(default_factory=StepPace)
    count: int = 0
    leaving: bool = False
    """Set on shutdown; streams end at the next poll."""
    _seen: dict[str, tuple[float, Facts]] = field(default_factory=dict)

    def look(self, view: ArchiveView, recording_id: str) -> Facts:
        """At most one look a second for each recording, however many follow it. Raises NotFound, also for what the
        viewer may not see, and StorageDown."""
        moment = time.monotonic()
        at, facts = self._seen.get(recording_id, (float("-inf"), None))
        if facts is None or moment - at >= POLL_SECONDS * 0.9:
            facts = facts_of(view, recording_id)
            self._seen = {
                name: remembered for name, remembered in self._seen.items() if moment - remembered[0] < POLL_SECONDS
            }
            self._seen[recording_id] = (moment, facts)
        else:
            facts.check_opens(view)  # another viewer has looked
        return facts


WatchersDep = Annotated[Watchers, Depends(shared(Watchers))]


def unfinished_page(view: ArchiveView, watchers: Watchers, facts: Facts, part: str | None) -> Response:
    return page("state.html" if part else "unfinished.html", **values_of(view, facts, watchers.pace))


def state_html(view: ArchiveView, watchers: Watchers, recording_id: str) -> str | None:
    """None: it is published, or gone, or the viewer may no longer see it; its page is another one now."""
    try:
        facts = watchers.look(view, recording_id)
    except NotFound:
        return None
    if facts.published:
        return None
    return bytes(unfinished_page(view, watchers, facts, "state").body).decode()


@router.get("/r/{recording_id}/events")
def events(
    recording_id: str,
    request: Request,
    view: ArchiveViewDep,
    watchers: WatchersDep,
) -> Response:
    if watchers.count >= MOST_WATCHERS:
        raise TransientError(FULL)
    watchers.look(view, recording_id)  # what is not there is answered before a stream begins
    return StreamingResponse(
        follow(lambda: view_again(request), watchers, recording_id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def follow(view_now: Callable[[], ArchiveView], watchers: Watchers, recording_id: str) -> AsyncIterator[str]:
    """The events, until it is published, the server stops or the viewer may no longer see it. If the client has gone,
    the server ends this from outside.

    `view_now`: what the one who asked may see at this moment; they may be signed out meanwhile.
    """
    shown = ""
    began = last_sent = time.monotonic()
    watchers.count += 1
    try:
        yield f"retry: {round(3000 * POLL_SECONDS)}\n\n"
        while not watchers.leaving and time.monotonic() - began < STREAM_SECONDS:
            try:
                html = await run_in_threadpool(lambda: state_html(view_now(), watchers, recording_id))
            except StorageDown:
                html = shown  # what was known last stays, until the store answers again
            if html is None:
                yield event("done", recording_id)
                return
            if html != shown:
                shown, last_sent = html, time.monotonic()
                yield event("state", html)
            elif time.monotonic() - last_sent >= KEEP_ALIVE_SECONDS:
                last_sent = time.monotonic()
                yield ": still here\n\n"
            await asyncio.sleep(POLL_SECONDS)
    finally:
        watchers.count -= 1


def event(name: str, data: str) -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines())
    return f"event: {name}\n{lines}\n"
