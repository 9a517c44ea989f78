"""`kring up`."""

from __future__ import annotations

import os

from cli.stack.prefect.login import login_link
from cli.stack.services import PREFECT
from cli.stack.stack import Stack, run_stack
from cli.terminal.output import say
from flows.preflight import check_start
from kring.link import link
from kring.local_stack import public_address
from kring.settings import Settings, load_settings
from services.ports import Ports, open_ports
from services.prefect_env import prefect_environment
from services.search_index.ownership import claim_index, request_take_over
from storage import open_store


def run_up(port: int | None, *, take_over: bool = False) -> int:
    """Run the local stack until Ctrl-C or SIGTERM, its pages on `port` if one is given. 0: it was stopped cleanly.

    `take_over`: feed the archive's index from now on, whichever Kring did so far.
    """
    settings = with_port(load_settings(), port)
    check_start(settings)
    if settings.s3_endpoint is not None:  # else there is no object store yet, and the parts see to it
        claim_index(settings, open_store(settings), take_over=take_over)
    elif take_over:
        request_take_over(settings)
    run_stack(settings, on_ready=welcome)
    return 0


def with_port(settings: Settings, port: int | None) -> Settings:
    """The settings, their `web.port` overruled if a port is given."""
    if port is None:
        return settings
    return settings.model_copy(update={"web": settings.web.model_copy(update={"port": port})})


def welcome(stack: Stack) -> None:
    say(f"\n  Kring is at {public_address(stack.settings)}")
    if stack.settings.web.facilitators == "link":
        say(f"  Come in as its operator by this link:  {link(stack.settings)}")
    say(f"  Flow runs:  {prefect_page(stack)}", "dim")
    say("  Ctrl-C stops it; everything is there again at the next start.\n", "dim")


def prefect_page(stack: Stack) -> str:
    """Where a browser sees the flow runs: of a local server the link that logs it in, else the server's address."""
    settings = stack.settings
    if PREFECT in stack.pids() and settings.prefect_api_url and settings.prefect_auth_string:
        return login_link(settings.prefect_api_url, settings.prefect_auth_string)
    return str(settings.prefect_api_url).removesuffix("/api")


def ports_of(stack: Stack) -> Ports:
    """The ports to a healthy stack, for work in this process. Must come before Prefect is imported."""
    os.environ.update(prefect_environment(stack.settings))
    return open_ports(stack.settings)
