"""Templates and static files: every value is escaped, every file has an address that changes with its content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from search_ui import view

HERE = Path(__file__).parent

# Marks that turn the direction of text; harmless on pages (each text is isolated), not in a window's title.
_TURNING = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def _versions() -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in sorted((HERE / "static").iterdir())
    }


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    versions = _versions()
    environment.globals["static"] = lambda name: f"/static/{name}?v={versions[name]}"
    environment.globals["bars"] = view.bars
    environment.filters |= {
        "clock": view.clock,
        "duration": view.duration,
        "readable_date": view.readable_date,
        "language_name": view.language_name,
        "missing": view.missing,
        "plain": view.plain,
        "straight": lambda text: text.translate(_TURNING),
        "t": view.time_parameter,
    }
    return environment


_templates = _environment()


def page(template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """A page or a part of one. Browsers keep it but ask each time whether it is still true."""
    html = _templates.get_template(template).render(values)
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "private, no-cache"})


class Static(StaticFiles):
    """`/static`: kept for a year by browsers when asked for with its version."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        lasting = scope["query_string"].startswith(b"v=") and response.status_code in {200, 304}
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return response
