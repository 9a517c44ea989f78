"""Reading the settings, with a sentence about what is wrong in them."""

from __future__ import annotations

import os
import re
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from kring.errors import SetupError
from kring.settings.misspelt import unknown_key, unknown_variable
from kring.settings.settings import Settings, config_path
from kring.settings.sources import FeedSource, FolderSource


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; `data_dir` comes out absolute.

    Raises SetupError naming the setting and what is wrong with it (never its value).
    """
    if unknown := unknown_variable(Settings, os.environ):
        raise SetupError(unknown)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise SetupError(_in_words(error)) from None
    except SettingsError as error:  # a variable that should hold JSON
        [field] = re.findall(r'field "(\w+)"', str(error)) or ["…"]
        raise SetupError(
            f"The variable KRING_{field.upper()} is not the JSON it has to be. See docs/settings.md."
        ) from None
    except ValueError as error:  # a kring.toml that is not TOML
        raise SetupError(f"{config_path()} cannot be read: {error}.") from None
    except OSError as error:
        raise SetupError(f"{config_path()} cannot be read: {error.strerror}.") from None
    return settings.model_copy(update={"data_dir": settings.data_dir.expanduser().resolve()})


def _in_words(error: ValidationError) -> str:
    errors = error.errors(include_input=False, include_url=False)
    first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
    if first["type"] == "extra_forbidden":  # what is missing besides may be what it was meant to be
        return unknown_key(Settings, {"folder": FolderSource, "feed": FeedSource}, first["loc"])
    if first["type"] == "value_error":  # one of our own
        return str(first["ctx"]["error"])
    where = ".".join(str(part) for part in first["loc"]) or "settings"
    return f"The setting {where} is wrong: {first['msg']}. See docs/settings.md."
