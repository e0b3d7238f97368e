"""Reads the settings file: TOML whose keys are the names of `Settings`.

    token_lifetime = "90s"
    public_host = ["mock"]

A relative path in it begins at the file's own folder, so that the file works from wherever it is used.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any

from mockwise.errors import InvalidValueError
from mockwise.settings import OPTIONS, setting_problems

_PATHS = frozenset(name for name, option in OPTIONS.items() if option.annotation == Path | None)


def read_config_file(path: Path) -> dict[str, Any]:
    """Read the settings in a TOML file.

    Raises:
        InvalidValueError: the file cannot be read, is no TOML, or a key or value is wrong; the message names file, line
            and key, and says what is allowed.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidValueError(
            f"{path} cannot be read: {error.strerror}. Name a settings file with --config"
        ) from None
    text = _decoded(path, content)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidValueError(
            f'{path} is not TOML: {error}. Write lines like token_lifetime = "12h"'
        ) from None
    if problems := setting_problems(table):
        raise InvalidValueError(
            "; ".join(f"{path}{_line(text, key)}: {sentence}" for key, sentence in problems)
        )
    folder = path.absolute().parent
    return {key: folder / value if key in _PATHS else value for key, value in table.items()}


def _decoded(path: Path, content: bytes) -> str:
    """The text of the file, without the byte order mark that editors on Windows write."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content:
        raise InvalidValueError(
            f"{path} is text in UTF-16, as Windows writes it: save it as UTF-8, as TOML must be"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidValueError(f"{path} is not text in UTF-8, as TOML must be: save it as that") from None


def _line(text: str, key: str) -> str:
    """The line of a key, as `:3`."""
    found = re.search(rf"""^[ \t]*\[*["']?{re.escape(key)}\b""", text, re.MULTILINE)
    return f":{text.count(chr(10), 0, found.start()) + 1}" if found else ""
