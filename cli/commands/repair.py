"""`kring repair`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from cli.terminal.connection import connect
from cli.terminal.difference import id_in
from cli.terminal.output import say, say_error
from cli.terminal.progress import RunState, StepBars, follow
from kring.errors import BadMetadata, Damaged, KringError, NotFound
from kring.model import Manifest
from services.intake import content_of
from services.ports import Ports
from services.repair import Mend, ask_for_run, mend, plan, stopped_by_damage
from services.retry import with_retries
from storage.verify.findings import read_findings
from storage.verify.verify import inspect


def run_repair(recordings: list[str], *, everything: bool, original: Path | None, wait: bool) -> int:
    """Check each recording, repair what can be repaired, and check again; 0 if nothing is damaged afterwards."""
    if not (recordings or everything):
        raise BadMetadata("Say what is to be repaired: recordings, or --all for what `kring verify` has found.")
    if original is not None and len(recordings) != 1:
        raise BadMetadata("An original belongs to one recording: name that one.")
    ports = connect()
    findings = read_findings(ports.archive.store)
    ids = {id_in(recording) for recording in recordings}
    ids |= {damage.recording_id for damage in findings if damage.recording_id} if everything else set()
    left = 0
    for recording_id in sorted(ids):
        try:
            if original is not None:
                _put_back(ports, recording_id, original)
            left += not _repair(ports, recording_id, wait=wait)
        except KringError as error:
            say_error(f"{recording_id}: {error}")
            left += 1
    others = [damage for damage in findings if damage.recording_id is None] if everything else []
    mends = plan(None, others)
    for repair in mends:
        _say(repair)
    mend(ports.archive, None, mends)
    left += sum(not repair.possible for repair in mends)
    if not ids and not others:
        say("`kring verify` has found nothing damaged.")
    return 1 if left else 0


def _put_back(ports: Ports, recording_id: str, path: Path) -> None:
    """Store the original again. Raises BadMetadata if `path` is a different file, NotFound if it does not exist."""
    if not path.is_file():
        raise NotFound(f"There is no file {path}; check the path.")
    known = ports.archive.manifest(recording_id).original
    if content_of(path).sha256 != known.sha256:
        raise BadMetadata(f"{path.name} is not the file that came in as “{known.file_name}”: its bytes are others.")
    if ports.archive.put_original(known, path):
        say(f"  {path.name} is stored again.")


def _repair(ports: Ports, recording_id: str, *, wait: bool) -> bool:
    """Whether the recording is complete afterwards, or will be once its run has ended."""
    activity = ports.leases.read(recording_id)
    if activity is not None and ports.leases.is_alive(activity):
        say(f"{recording_id} is being worked on just now; repair it when that is done.")
        return False
    damages = inspect(ports.archive, recording_id)
    manifest = _manifest(ports, recording_id)
    if manifest is None and not damages:
        raise NotFound("There is no such recording; `kring status` lists the ones there are.")
    say(f"{recording_id}  {manifest.details.title if manifest else ''}".rstrip(), "bold")
    mends = plan(manifest, damages)
    for repair in mends:
        _say(repair)
    runs = mend(ports.archive, manifest, mends)
    if not damages:
        say("  Nothing is damaged.")
    if not damages and manifest is not None and stopped_by_damage(manifest):
        ask_for_run(ports.archive, recording_id)
        runs = True
    if not runs or manifest is None:
        return not damages or not inspect(ports.archive, recording_id)
    run_id = _start(ports, manifest)
    if not wait:
        say("  It is being made again; `kring status` shows how far it is.")
        return all(repair.possible for repair in mends)
    with StepBars(manifest.details.title) as bars:
        follow(ports, recording_id, bars, RunState(ports.runs, run_id))
    rest = inspect(ports.archive, recording_id)
    say("  Everything is whole again." if not rest else f"  {len(rest)} of its files stay damaged.")
    return not rest


def _start(ports: Ports, manifest: Manifest) -> str:
    details = manifest.details
    start = partial(ports.runs.run_for, manifest.id, title=details.title, circle=details.circle)
    return with_retries(start, say)


def _say(step: Mend) -> None:
    say(f"  {'✔' if step.possible else '✗'} {step.key}", "green" if step.possible else "red")
    say(f"    {step.says}")


def _manifest(ports: Ports, recording_id: str) -> Manifest | None:
    try:
        return ports.archive.manifest(recording_id)
    except (NotFound, Damaged):
        return None
