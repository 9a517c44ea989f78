"""`kring add`."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from cli.terminal.connection import connect
from cli.terminal.output import printable, say, say_error
from cli.terminal.progress import RunState, StepBars, follow, page_of
from flows.sources.address import file_name_of
from flows.sources.details import date_of, neighbours_in, title_of
from flows.sources.http.web import checked
from kring.details import make_details
from kring.errors import BadMetadata, BadTranscript, EmptyFile, KringError, NotFound
from kring.intake.item import Item
from kring.model import ADDRESS, UPLOAD, Details, SourceRef, Step, Visibility
from services.intake import describe, store_recording
from services.ports import Ports
from services.retry import with_retries
from services.runs.requests import keep_request
from services.search_index.ownership import require_own_index
from services.secret_addresses import hide_secrets
from storage.archive.erasures import check_not_erased
from transcribe.captions.reader import MAX_BYTES, read_captions


@dataclass(frozen=True)
class AddRequest:
    """What was asked for, with everything checked that can be checked before a byte is sent."""

    details: Details
    path: Path | None = None
    captions: Path | None = None
    url: str = ""


def add_recordings(
    what: list[str],
    *,
    circle: str,
    title: str | None,
    date: date | None,
    language: str | None,
    english: bool | None,
    transcript: Path | None,
    presenters: tuple[str, ...],
    topics: tuple[str, ...],
    organisations: tuple[str, ...],
    visibility: Visibility | None,
    wait: bool,
) -> int:
    """Take each in; one that cannot be used does not hold up the others. 0 only if all went well."""
    if len(what) > 1 and (title is not None or transcript is not None):
        raise BadMetadata("A title or a transcript belongs to one recording: add them one by one, or leave it out.")
    ports = connect()
    require_own_index(ports.settings, ports.archive.store)  # before a byte is sent: it would not be indexed here
    ports.archive.circle(circle)
    failed = 0
    for address_or_path in what:
        try:
            request = _request(
                address_or_path,
                transcript,
                title=title,
                circle=circle,
                date=date,
                language=language,
                english=english,
                presenters=presenters,
                topics=topics,
                organisations=organisations,
                visibility=visibility,
            )
            failed += not _add(ports, request, wait=wait)
        except KringError as error:
            say_error(str(error))
            failed += 1
        except OSError as error:
            say_error(f"{address_or_path} cannot be read: {error.strerror}.")
            failed += 1
    return 1 if failed else 0


def _request(one: str, transcript: Path | None, **values: object) -> AddRequest:
    if "://" in one:
        if transcript is not None:
            raise BadMetadata(
                "A transcript can be given with a file, not with an address: download the recording first."
            )
        checked(one)
        defaults = {"title": title_of(Path(file_name_of(one))), "date": datetime.now(UTC).date()}
        return AddRequest(_details(values, defaults), url=one)
    path = Path(one)
    if not path.is_file():
        raise NotFound(f"There is no file {one}; check the path." if not path.exists() else f"{one} is not a file.")
    if path.stat().st_size == 0:
        raise EmptyFile(f"{path.name} is empty (0 bytes): check that it was copied or exported to the end.")
    if path.name != printable(path.name) or not _is_utf8(path):
        raise BadMetadata(f"The name {path.name!a} has signs in it that are no text; rename the file.")
    details = _details(values, {"title": title_of(path), "date": date_of(path)})
    captions = transcript or _captions_beside(path, details.language)
    if captions is not None:
        _check_captions(captions)
    return AddRequest(details, path=path, captions=captions)


def _captions_beside(path: Path, language: str | None) -> Path | None:
    try:
        name = neighbours_in(path.parent).captions_of(path.name, language)
    except BadTranscript as error:
        raise BadTranscript(f"{error} Or name one with --transcript.") from None
    return path.with_name(name) if name else None


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _details(values: dict[str, object], defaults: dict[str, object]) -> Details:
    return make_details(**{key: defaults.get(key) if value is None else value for key, value in values.items()})


def _check_captions(path: Path) -> None:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadTranscript("It is too large to be a transcript.")
        read_captions(path.read_bytes())
    except FileNotFoundError:
        raise BadTranscript(f"There is no transcript {path}; check the path.") from None
    except BadTranscript as error:
        raise BadTranscript(f"{path.name}: {error}") from None


def _add(ports: Ports, request: AddRequest, *, wait: bool) -> bool:
    item: dict[str, Any] | None = None
    with StepBars(request.details.title) if wait else nullcontext() as bars:
        if request.path is None:
            ref = SourceRef.of(ADDRESS, request.url)
            check_not_erased(ports.archive.store, ref.recording_id)
            offered = Item(ref=ref, details=request.details, file_name=file_name_of(request.url), location=request.url)
            hidden = hide_secrets(ports.archive.store, offered)
            keep_request(ports.archive, hidden)
            item = hidden.model_dump(mode="json")
        else:
            original = describe(request.path)
            ref = SourceRef(source=UPLOAD, external_id=original.sha256)
            take = partial(
                store_recording,
                ports.archive,
                ref=ref,
                details=request.details,
                path=request.path,
                original=original,
                captions=request.captions,
                progress=lambda fraction: bars.show(Step.RECEIVE, fraction, "storing") if bars else None,
            )
            manifest = with_retries(take, say)
            if manifest.details != request.details:
                say(f"This file is in the archive already, as “{manifest.details.title}”; nothing was changed.")
        details = request.details
        start = partial(ports.runs.run_for, ref.recording_id, title=details.title, circle=details.circle, item=item)
        run_id = with_retries(start, say)
        published = follow(ports, ref.recording_id, bars, RunState(ports.runs, run_id)) if bars else True
    if not bars:
        say(f"Taken in: {page_of(ports, ref.recording_id)}")
    elif published:
        say(f"  Searchable: {page_of(ports, ref.recording_id)}", "green")
    return published
