"""The settings file: TOML, its keys the names of `Settings`, nothing else in it.

    token_lifetime = "90s"
    public_host = ["mock"]

A relative path in it begins at the file's own folder, so that the file works from wherever it is used.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from mockwise.config import setting_problems
from mockwise.core.errors import BadValue, MockwiseError

_PATHS = ("certs",)


def read_config_file(path: Path) -> dict[str, Any]:
    """Read settings.

    Raises:
        MockwiseError: the file cannot be read, is no TOML, or a key or value is wrong; the message names file, line
            and key, and says what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MockwiseError(
            f"{path} cannot be read: {error.strerror}. Name a settings file with --config"
        ) from None
    except UnicodeDecodeError:
        raise MockwiseError(f"{path} is not text in UTF-8, as TOML must be") from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MockwiseError(f'{path} is not TOML: {error}. Write lines like token_lifetime = "12h"') from None
    if problems := setting_problems(content):
        raise BadValue("; ".join(f"{path}{_line(text, key)}: {sentence}" for key, sentence in problems))
    folder = path.absolute().parent
    return {key: folder / value if key in _PATHS else value for key, value in content.items()}


def _line(text: str, key: str) -> str:
    """Where a key stands, as `:3`."""
    found = re.search(rf"""^[ \t]*\[*["']?{re.escape(key)}\b""", text, re.MULTILINE)
    return f":{text.count(chr(10), 0, found.start()) + 1}" if found else ""
