"""`kring link`."""

from __future__ import annotations

from cli.terminal.output import say
from kring.errors import SetupError
from kring.link import link, renew_secret
from kring.settings import load_settings

NEEDLESS = {
    "all": "Everybody who reaches the pages may upload and correct",
    "nobody": "Nobody may upload or correct on the pages",
}


def run_link(*, new: bool) -> int:
    """Print the facilitators' link, after making another where `new`. 0: here it is.

    Raises SetupError if no link lets people in.
    """
    settings = load_settings()
    if reason := NEEDLESS.get(settings.web.facilitators):
        raise SetupError(
            f"{reason}, because web.facilitators is “{settings.web.facilitators}”. Set it to “link” (or leave it out) "
            "and start the web pages again; then there is a link."
        )
    if new:
        renew_secret(settings)
    say(link(settings))
    return 0
