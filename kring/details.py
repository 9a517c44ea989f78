"""What people say about a recording, checked wherever it comes in: a form, a sidecar, a command line, a feed."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from kring.errors import BadMetadata
from kring.languages import check_language
from kring.model import MOST_LABELS, Details

LABELS = ("presenters", "organisations", "topics")


def make_details(**values: Any) -> Details:
    """Details from what people wrote. Raises BadMetadata naming the field, UnknownLanguage listing the codes."""
    try:
        details = Details(**values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "too_long" and field in LABELS:
            raise BadMetadata(f"There are too many {field}: at most {MOST_LABELS} are kept with a recording.") from None
        raise BadMetadata(f"The {field} is missing or wrong: {first['msg']}.") from None
    if details.language is None:
        return details
    return details.model_copy(update={"language": check_language(details.language)})
