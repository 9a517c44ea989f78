"""`/healthz`: 200 if the pages have what they need; else 503, and what is wrong."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from kring.errors import IndexNotReady, KringError
from search_ui.context import Site, shared
from search_ui.http.errors import NOT_READY, SEARCH_DOWN, STORAGE_DOWN
from search_ui.http.health import Health, Probe
from search_ui.http.rendering import check_built
from search_ui.i18n.gettext import N_, _
from storage.keys import CIRCLES, RECORDINGS

router = APIRouter(tags=["operation"])

STORAGE, SEARCH, FILES, RUNS = "storage", "search", "files", "uploads"
FILES_MISSING = N_("The scripts and styles of the pages are missing; run `make setup`.")
RUNS_DOWN = N_("Uploads are kept but not processed: the Prefect server does not answer.")
SENTENCES = {STORAGE: STORAGE_DOWN, SEARCH: SEARCH_DOWN, FILES: FILES_MISSING, RUNS: RUNS_DOWN}


class PartHealth(BaseModel):
    ok: bool
    needed: bool
    """False: without it people can still read and search."""
    why: str
    """What is wrong; empty if nothing is."""


class HealthReport(BaseModel):
    """`ok`; `impaired`: something is wrong that readers do not need; `down`."""

    status: Literal["ok", "impaired", "down"]
    error: str
    parts: dict[str, PartHealth]


def health_of(site: Site) -> Health:
    """What the pages need, and how each of it is asked."""
    return Health(
        {
            STORAGE: Probe(lambda: _read_something(site)),
            SEARCH: Probe(site.index.check),
            FILES: Probe(check_built),
            RUNS: Probe(site.runs.check, needed=False),
        }
    )


def _read_something(site: Site) -> None:
    store = site.archive.store
    for prefix in (CIRCLES, RECORDINGS):
        for info in store.list(prefix):
            with store.open(info.key, 0, min(1, info.size)) as first:
                first.read()
            return


@router.get("/healthz", responses={503: {"model": HealthReport}})
async def healthz(health: Annotated[Health, Depends(shared(Health))], response: Response) -> HealthReport:
    """Whether storage, search and the files of the pages work, and whether uploads are worked on."""
    report = await health.report()
    parts = {
        name: PartHealth(ok=report[name] is None, needed=probe.needed, why=_why(name, report[name]))
        for name, probe in health.probes.items()
    }
    wrong = [part for part in parts.values() if not part.ok]
    down = any(part.needed for part in wrong)
    response.headers["Cache-Control"] = "no-store"
    if down:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    status: Literal["ok", "impaired", "down"] = "down" if down else "impaired" if wrong else "ok"
    return HealthReport(status=status, error=" ".join(part.why for part in wrong), parts=parts)


def _why(name: str, error: KringError | None) -> str:
    """Anyone may read it, so it names no addresses; the log has those."""
    if error is None:
        return ""
    return _(NOT_READY if isinstance(error, IndexNotReady) else SENTENCES[name])
