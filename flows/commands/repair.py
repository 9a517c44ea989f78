"""`kring repair`."""

from __future__ import annotations

from functools import partial

from flows.commands.connection import connect
from flows.commands.console import say
from flows.commands.difference import id_in
from flows.commands.watch import RunState, StepBars, follow
from flows.patience import patiently
from flows.wiring import Ports
from kring.errors import BadMetadata, Damaged, NotFound
from kring.model import Manifest
from services.repair import Mend, mend, plan
from storage.damage import read_findings
from storage.verify import inspect


def run_repair(recordings: list[str], *, everything: bool, wait: bool) -> int:
    """Look at each recording, mend what can be mended, and look again; 0 if nothing is damaged afterwards."""
    if not (recordings or everything):
        raise BadMetadata("Say what is to be repaired: recordings, or --all for what `kring verify` has found.")
    ports = connect()
    found = read_findings(ports.archive.store)
    asked = {id_in(recording) for recording in recordings}
    ids = asked | ({one.recording_id for one in found if one.recording_id} if everything else set())
    left = sum(not _repair(ports, recording_id, wait=wait) for recording_id in sorted(ids))
    others = [one for one in found if one.recording_id is None] if everything else []
    mends = plan(None, others)
    for one in mends:
        _say(one)
    mend(ports.archive, None, mends)
    left += sum(not one.possible for one in mends)
    if not ids and not others:
        say("`kring verify` has found nothing damaged.")
    return 1 if left else 0


def _repair(ports: Ports, recording_id: str, *, wait: bool) -> bool:
    """Whether the recording is whole afterwards, or will be once its run has ended."""
    damages = inspect(ports.archive, recording_id)
    manifest = _manifest(ports, recording_id)
    if manifest is None and not damages:
        raise NotFound(f"There is no recording {recording_id}; `kring status` lists the ones there are.")
    say(f"{recording_id}  {manifest.details.title if manifest else ''}".rstrip(), "bold")
    if not damages:
        say("  Nothing is damaged.")
        return True
    mends = plan(manifest, damages)
    for one in mends:
        _say(one)
    if not mend(ports.archive, manifest, mends) or manifest is None:
        return not inspect(ports.archive, recording_id)
    run_id = _start(manifest)
    if not wait:
        say("  It is being made again; `kring status` shows how far it is.")
        return all(one.possible for one in mends)
    with StepBars(manifest.details.title) as bars:
        follow(ports, recording_id, bars, RunState(run_id))
    rest = inspect(ports.archive, recording_id)
    say("  Everything that was damaged is whole again." if not rest else f"  {len(rest)} of its files stay damaged.")
    return not rest


def _start(manifest: Manifest) -> str:
    from flows.orchestrator import Orchestrator

    details = manifest.details
    start = partial(Orchestrator().run_for, manifest.id, title=details.title, circle=details.circle)
    return patiently(start, say)


def _say(one: Mend) -> None:
    say(f"  {'✔' if one.possible else '✗'} {one.key}", "green" if one.possible else "red")
    say(f"    {one.says}")


def _manifest(ports: Ports, recording_id: str) -> Manifest | None:
    try:
        return ports.archive.manifest(recording_id)
    except (NotFound, Damaged):
        return None
