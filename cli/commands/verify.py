"""`kring verify`."""

from __future__ import annotations

import json
from contextlib import nullcontext

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from cli.terminal.connection import connect
from cli.terminal.output import err, is_terminal, out, say
from storage.verify.findings import Damage
from storage.verify.verify import VerifyReport, verify


def run_verify(*, deep: bool, as_json: bool) -> int:
    """0 if nothing is missing or damaged; orphans alone are no fault, a crash may leave some."""
    archive = connect().archive
    with _bar() if deep and is_terminal() else nullcontext() as bar:
        task = bar.add_task("reading", total=None) if bar else None

        def progress(done: int, total: int) -> None:
            if bar and task is not None:
                bar.update(task, completed=done, total=total)

        report = verify(archive, deep=deep, progress=progress)
    if as_json:
        out.file.write(json.dumps(_as_json(report), ensure_ascii=False, indent=1) + "\n")
    else:
        _say(report)
    return 0 if report.sound else 1


def _say(report: VerifyReport) -> None:
    for damage in report.damages:
        say(_line(damage, report))
    for older in report.older:
        say(f"older    {older.key}, {older.size} bytes: replaced by what the recording has now")
    for orphan in report.orphans or ():
        say(f"orphan   {orphan.key}, {orphan.size} bytes")
    for key in report.newer:
        say(f"newer    {key}: made by a newer Kring; update this one", "yellow")
    for called, counts in report.versions.items():
        of_versions = ", ".join(f"{count} of version {version}" for version, count in counts.items())
        say(f"{called}: {of_versions}")
    say(_count(report))
    if report.not_kept:
        say(f"What was found could not be written down for `kring status`: {report.not_kept}", "yellow")
    for recording_id in sorted({damage.recording_id for damage in report.damages if damage.recording_id}):
        say(f"  kring repair {recording_id}")
    if any(damage.recording_id is None for damage in report.damages):
        say("  kring repair --all")


def _as_json(report: VerifyReport) -> dict[str, object]:
    return {
        "recordings": report.recordings,
        "objects": report.objects,
        "bytes": report.size,
        "versions": report.versions,
        "faults": [
            {"key": damage.key, "kind": damage.kind, "recording": damage.recording_id, "reason": damage.reason or None}
            for damage in report.damages
        ],
        "newer": list(report.newer),
        "older": [info.key for info in report.older],
        "orphans": None if report.orphans is None else [info.key for info in report.orphans],
        "unchecked": report.unchecked,
    }


def _line(damage: Damage, report: VerifyReport) -> str:
    whose = ""
    if damage.recording_id is not None:
        title = report.titles.get(damage.recording_id)
        whose = f", of the recording {damage.recording_id}" + (f" “{title}”" if title else "")
    return f"{damage.kind:<8} {damage.key}{whose}" + (f": {damage.reason}" if damage.reason else "")


def _count(report: VerifyReport) -> str:
    orphans = "orphans not known" if report.orphans is None else f"{len(report.orphans)} orphans"
    unchecked = f", {report.unchecked} objects could not be compared with anything" if report.unchecked else ""
    return (
        f"{report.recordings} recordings, {report.objects} objects, {report.size / 1e9:.2f} GB: "
        f"{len(report.damages)} faults, {orphans}, {len(report.older)} older transcripts and renditions{unchecked}."
    )


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True)
