"""Templates and static files: every value is escaped, every file has an address that changes with its content."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from kring.errors import SetupError
from search_ui.http import contact_links, formatting
from search_ui.i18n import gettext as i18n, localisation
from search_ui.viewer.visit import current

HERE = Path(__file__).parents[1]
BUILT = HERE / "static"
_NAMED = re.compile(r"""\bstatic\(\s*["']([^"']+)["']\s*\)""")

# Marks that turn the direction of text; harmless on pages (each text is isolated), not in a window's title.
_TURNING = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def _versions() -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in sorted(BUILT.glob("*"))}


@cache
def _named() -> frozenset[str]:
    """The scripts, styles and pictures that pages name."""
    pages = (path.read_text(encoding="utf-8") for path in (HERE / "templates").iterdir())
    return frozenset(name for text in pages for name in _NAMED.findall(text))


def check_built() -> None:
    """Raises SetupError if something that a page names has not been built (`search_ui/js`), or is gone."""
    if missing := sorted(name for name in _named() if not (BUILT / name).is_file()):
        raise SetupError(f"The web pages are not built ({missing[0]} is missing): run `make setup`.")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # of the extension above
        i18n._, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext, npgettext=i18n.npgettext
    )
    environment.globals |= {
        "current_language": i18n.current_language,
        "interface_languages": i18n.OWN_NAMES,
    }
    versions = _versions()
    environment.globals["static"] = lambda name: f"/static/{name}?v={versions[name]}"
    environment.globals["visit"] = current
    environment.globals["bars"] = formatting.bars
    environment.filters |= {
        "clock": formatting.clock,
        "duration": formatting.duration,
        "readable_date": i18n.format_date,
        "number": i18n.format_number,
        "language_name": i18n.language_name,
        "linked": contact_links.linked,
        "missing": formatting.missing,
        "plain": formatting.plain,
        "localise": localisation.localise,
        "size": formatting.size,
        "straight": lambda text: text.translate(_TURNING),
        "t": formatting.time_parameter,
    }
    return environment


_templates = _environment()


def text(template: str, /, **values: Any) -> str:
    """The text of a template that is no answer of its own."""
    return _templates.get_template(template).render(values)


def static_address(name: str) -> str:
    """The address of a static file, which changes with its content."""
    address: str = _templates.globals["static"](name)  # type: ignore[operator]
    return address


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
