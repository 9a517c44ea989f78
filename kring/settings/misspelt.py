"""Names of settings as people write them: what is known, and which one a misspelt one probably means. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from pydantic import BaseModel

PREFIX = "KRING_"
OURS = ("KRING_CONFIG",)
"""Variables that begin like a setting and are none."""
NOT_OURS = ("KRING_TEST_",)
"""How variables begin that only tests read."""
_ALIKE = 0.65


def dotted(model: type[BaseModel]) -> dict[str, str | None]:
    """Every setting as `web.port`, and the name another program has given it (`AWS_REGION`) or None."""
    names: dict[str, str | None] = {}
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names |= {f"{name}.{inner}": None for inner in kind.model_fields}
        else:
            names[name] = str(field.validation_alias) if field.validation_alias else None
    return names


def variable(name: str) -> str:
    """`web.port` → `KRING_WEB__PORT`."""
    return PREFIX + name.upper().replace(".", "__")


def unknown_variable(model: type[BaseModel], environment: Iterable[str]) -> str:
    """A sentence about the first variable that looks like a setting and is none; empty if all are."""
    settings = dotted(model)
    whole_sections = {PREFIX + name.partition(".")[0].upper() for name, other in settings.items() if other is None}
    known = {variable(name) for name, other in settings.items() if other is None} | whole_sections | set(OURS)
    meant = {name: name for name in known}
    for name, other in settings.items():
        if other is not None:
            meant |= {variable(name): other, PREFIX + other: other}
    for given in sorted(environment):
        name = given.upper()
        if name.startswith(PREFIX) and name not in known and not name.startswith(NOT_OURS):
            return f"There is no setting {given}{did_you_mean(name, meant)} See docs/settings.md."
    return ""


def unknown_key(model: type[BaseModel], sources: Mapping[str, type[BaseModel]], path: tuple[int | str, ...]) -> str:
    """A sentence about a key that no section has: `("web", "prot")`. `sources`: the kinds of sources there are."""
    *sections, key = path
    if sections and sections[0] == "sources":
        kind = str(sections[-1])
        fields = {name: name for name in sources[kind].model_fields} if kind in sources else {}
        return f"A source (kind “{kind}”) has no setting {key}{did_you_mean(str(key), fields)} See docs/settings.md."
    name = ".".join(str(part) for part in path)
    names = {known: other or known for known, other in dotted(model).items()}
    names |= {known.partition(".")[0]: known.partition(".")[0] for known in names if "." in known}
    names |= {known.partition(".")[2]: known for known in names if "." in known}
    return f"There is no setting {name}{did_you_mean(name, names)} See docs/settings.md."


def did_you_mean(name: str, known: Mapping[str, str]) -> str:
    """`; did you mean web.port?`, or a full stop."""
    [best] = get_close_matches(name, known, n=1, cutoff=_ALIKE) or [""]
    return f"; did you mean {known[best]}?" if best else "."
