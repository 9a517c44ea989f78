"""What people have changed, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import takewhile

from kring.corrections.apply import changed_fields, steps
from kring.corrections.changes import (
    AttachmentChange,
    ChapterChange,
    Correction,
    DetailsChange,
    ErasedChange,
    LineChange,
    NameChange,
    SpeakerChange,
    Undo,
)
from kring.corrections.segments import count_name
from kring.model import Transcript, now
from search_ui.http import formatting
from search_ui.i18n.gettext import N_, _, format_date, ngettext

SHORT = 80
"""Characters of a text that are quoted."""
NEAR = 3
"""Unchanged words that are quoted before the first that is another."""

FIELDS = {
    "title": N_("title"),
    "circle": N_("circle"),
    "date": N_("date"),
    "language": N_("language"),
    "presenters": N_("presenters"),
    "english": N_("English track"),
    "organisations": N_("organisations"),
    "topics": N_("topics"),
    "visibility": N_("visibility"),
    "legal_basis": N_("legal basis"),
}


def author_name(correction: Correction) -> str:
    """The name its author has given themselves."""
    return correction.by_name or _("Someone")


def time_ago(moment: datetime) -> str:
    """How long since: `just now`, `2 minutes ago`, `on 12 March 2026`."""
    minutes = max(0, int((now() - moment).total_seconds() // 60))
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("{n} minute ago", "{n} minutes ago", minutes).format(n=minutes)
    hours = minutes // 60
    if hours < 24:
        return ngettext("{n} hour ago", "{n} hours ago", hours).format(n=hours)
    return _("on {day}").format(day=format_date(moment.date()))


def places(heard: Callable[[], Transcript | None], corrections: Sequence[Correction]) -> dict[int, int]:
    """Number of a name's correction → in how many places it changed the transcript; of those that count."""
    named = any(isinstance(one.change, NameChange) for one in corrections)
    transcript = heard() if named else None
    if transcript is None:
        return {}
    counts: dict[int, int] = {}
    segments = transcript.segments
    for correction, after in steps(transcript, corrections):
        if isinstance(correction.change, NameChange):
            counts[correction.number] = count_name(segments, correction.change.find, correction.change.replace)
        segments = after
    return counts


def summary(correction: Correction, known: Mapping[int, Correction], counts: Mapping[int, int]) -> str:
    """One sentence; `known` are all corrections of the recording by number, `counts` is what `places` says."""
    match correction.change:
        case LineChange() as line:
            sentence = _line(line)
        case NameChange() as name:
            sentence = _name(name, counts.get(correction.number))
        case SpeakerChange(name=before, to=after):
            sentence = _("renamed the speaker “{before}” to “{after}”").format(before=before, after=after)
        case ChapterChange() as chapter:
            sentence = _chapter(chapter)
        case DetailsChange():
            fields = ", ".join(_(FIELDS[name]) for name in changed_fields(correction))
            sentence = _("changed the details: {fields}").format(fields=fields)
        case AttachmentChange(before=before, title=title):
            sentence = _("renamed the document “{before}” to “{title}”").format(before=before, title=title)
        case ErasedChange():
            sentence = _("changed something in a passage that was taken out since")
        case Undo(number=number):
            sentence = _undo(number, known, counts)
    return sentence


def _line(change: LineChange) -> str:
    before, text = map(short, _from_difference(change.before, change.text))
    if not before:
        return _("added “{text}”").format(text=text)
    if not text:
        return _("removed “{text}”").format(text=before)
    return _("changed “{before}” to “{text}”").format(before=before, text=text)


def _from_difference(before: str, text: str) -> tuple[str, str]:
    """Both texts; of long ones without the beginning that is the same, but for a few words."""
    old, new = before.split(), text.split()
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    skip = same - NEAR
    if len(" ".join(old[:same])) < SHORT // 2 or skip <= 0 or not (old[skip:] and new[skip:]):
        return before, text
    return f"… {' '.join(old[skip:])}", f"… {' '.join(new[skip:])}"


def _name(change: NameChange, places: int | None) -> str:
    if places is None:  # it counts no longer
        return _("“{before}” → “{after}” everywhere").format(before=change.find, after=change.replace)
    return ngettext(
        "“{before}” → “{after}” everywhere ({n} place)", "“{before}” → “{after}” everywhere ({n} places)", places
    ).format(before=change.find, after=change.replace, n=places)


def _undo(number: int, known: Mapping[int, Correction], counts: Mapping[int, int]) -> str:
    back = True
    meant = known.get(number)
    while meant is not None and isinstance(meant.change, Undo):  # an undo may be undone again
        number, back = meant.change.number, not back
        meant = known.get(number)
    if meant is None:
        return _("took back correction {number}").format(number=number)
    what = summary(meant, known, counts)
    return (_("took back: {what}") if back else _("put back: {what}")).format(what=what)


def _chapter(change: ChapterChange) -> str:
    time = formatting.clock(change.start)
    if change.title is None:
        return _("removed the chapter at {time}").format(time=time)
    if change.before is None or change.before == change.title:
        return _("chapter “{title}” at {time}").format(title=change.title, time=time)
    return _("renamed the chapter “{before}” to “{title}”").format(before=change.before, title=change.title)


def short(text: str) -> str:
    """Its first words, if it is long."""
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= SHORT else one_line[: SHORT - 1].rsplit(" ", 1)[0].rstrip() + "…"
