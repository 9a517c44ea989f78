"""The form of a circle: filled from one, or from what somebody typed, with what is to be said beside its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kring.circles.circle_fields import BadCircle, network_name
from kring.circles.circle_merge import ChangedMeanwhile, marks_of
from kring.model import Circle, Visibility
from search_ui.i18n.gettext import N_, _, language_name
from search_ui.i18n.localisation import message_of
from search_ui.upload.page import VISIBILITIES

BOXES = frozenset({"english", "previews"})
"""Fields that are ticked; a browser sends those that are, and nothing of the others."""
SEEN = "seen"
"""The field that holds the marks of the circle that the form was filled from."""
ORDER = (
    "name", "slug", "purpose", "contact", "network", "network_name", "visibility", "previews", "retention_months",
    "language", "english", "glossary",
)  # fmt: skip
"""The fields as they stand on the page."""
NEW = {"visibility": Visibility.NETWORK.value}
"""What stands in the form of a circle that is not there yet."""
NOT_SAVED = N_("Nothing was saved yet: look at the fields that are marked below.")
TAKEN = N_("There is a circle with this short name already; choose another.")


@dataclass(frozen=True)
class CircleForm:
    """What the page shows of it."""

    texts: Mapping[str, str]
    """Field → what stands in it; of one that is ticked, anything."""
    seen: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    """Field → why it cannot be so."""
    meanwhile: Mapping[str, str] = field(default_factory=dict)
    """Field → what somebody else has set it to since the form was filled."""
    trouble: str = ""
    """Why nothing was saved."""

    def text(self, name: str) -> str:
        return self.texts.get(name, "")

    @property
    def first_marked(self) -> str:
        """The field to go to."""
        return next((name for name in ORDER if name in self.problems or name in self.meanwhile), "")


def filled_from(circle: Circle, fields: frozenset[str]) -> CircleForm:
    return CircleForm(texts_of(circle), marks_of(circle, fields))


def refused(form: Mapping[str, str], error: BadCircle) -> CircleForm:
    """What was typed, with what is wrong about it."""
    problems = {name: message_of(problem) for name, problem in error.problems.items()}
    return CircleForm(form, form.get(SEEN, ""), problems, trouble=_(NOT_SAVED))


def overtaken(form: Mapping[str, str], error: ChangedMeanwhile, fields: frozenset[str]) -> CircleForm:
    """What was typed beside what others have set the same fields to; elsewhere what stands there now."""
    typed = {name: form.get(name, "") for name in error.fields}
    meanwhile = {name: in_words(error.now, name) for name in error.fields}
    return CircleForm(
        texts_of(error.written) | typed, marks_of(error.now, fields), meanwhile=meanwhile, trouble=message_of(error)
    )


def texts_of(circle: Circle) -> dict[str, str]:
    """What stands in each field of a form."""
    return {name: _text(getattr(circle, name)) for name in Circle.model_fields}


def written_in(form: Mapping[str, str], fields: frozenset[str]) -> dict[str, Any]:
    """What is said of these fields; who sends no such field has emptied it."""
    return {name: name in form if name in BOXES else form.get(name, "") for name in fields}


def named_network(written: Mapping[str, Any], circles: Mapping[str, Circle]) -> dict[str, Any]:
    """The same with a name of the network; none if there is nothing that says which it is."""
    named = written["network_name"].strip() or network_name(circles.values(), written["network"].strip())
    return {name: text for name, text in {**written, "network_name": named}.items() if name != "network_name" or text}


def in_words(circle: Circle, name: str) -> str:
    """What a field of the circle says, for people."""
    value = getattr(circle, name)
    match name:
        case "visibility":
            return _(VISIBILITIES[circle.visibility])
        case "language":
            return language_name(value) if value else _("As it is heard")
        case "english" | "previews":
            return _("ticked") if value else _("not ticked")
        case _:
            return _text(value) or _("nothing")


def _text(value: Any) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "on"
        case tuple():
            return "\n".join(value)
        case _:
            return str(value)
