"""How a recording's run is asked for: names that who starts runs and who looks at them must agree on."""

from __future__ import annotations

FLOW = "recording"
DEPLOYMENT = f"{FLOW}/kring"


def run_tags(recording_id: str, circle: str) -> tuple[str, ...]:
    return (circle, f"recording:{recording_id}")


def run_key(recording_id: str, after: str | None = None) -> str:
    """The idempotency key: asked for twice, there is one run. `after` names what a new one is wanted after."""
    return recording_id + (f":after:{after}" if after else "")
