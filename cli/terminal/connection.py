"""What most commands start with: settings, the ports, and Prefect told where its server is."""

from __future__ import annotations

import os

from kring.local_stack import connect_locally
from kring.settings import Settings, load_settings
from services.ports import Ports, open_ports
from services.prefect_env import prefect_environment


def connect() -> Ports:
    """Ports to the running Kring. Sets Prefect's environment, which must come before Prefect is imported."""
    settings = connect_locally(load_settings())
    prepare_prefect(settings)
    return open_ports(settings)


def prepare_prefect(settings: Settings) -> None:
    """Set what Prefect reads from the environment while it is imported."""
    os.environ.update(prefect_environment(settings))
