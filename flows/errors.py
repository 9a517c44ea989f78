"""Errors of other people's code in Kring's own words."""

from __future__ import annotations

import errno

import httpx
from prefect.exceptions import PrefectHTTPStatusError

from kring.errors import KringError, OrchestratorDown
from services.scratch import disk_full


def as_kring_error(error: Exception) -> KringError:
    """The error in Kring's own words; one it did not foresee cannot be expected to pass by itself."""
    if isinstance(error, KringError):
        return error
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full()
    if isinstance(error, httpx.TransportError | PrefectHTTPStatusError):  # Prefect's; sources have words of their own
        return OrchestratorDown("The Prefect server did not answer; the recording goes on by itself once it does.")
    return KringError(
        "Kring met an error it does not know ({kind}). What was received is kept; an operator finds "
        "the details in the flow run's log, and `kring reconcile --retry-failed` tries again.",
        kind=type(error).__name__,
    )
