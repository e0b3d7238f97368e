"""Faults as a command line writes them: `respond status=503 retry_after=5 times=2 path=/oauth/token`.

Lists are written with commas, objects as JSON, and so is what may be of any type: `expires_in='"43199"'` is a text.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from mockwise.errors import InvalidValueError
from mockwise.faults.declaration import FaultField, describe
from mockwise.faults.schema import find_kind


def read_words(name: str, words: Iterable[str]) -> dict[str, Any]:
    """Read the table of a fault from words such as `status=503`; its values are checked when the table is read.

    Raises:
        InvalidValueError: a word is not of that form, or says again what another has said.
    """
    fields = _fields(name)
    table: dict[str, Any] = {"fault": name}
    for word in words:
        field, is_said, text = word.partition("=")
        if not is_said:
            raise InvalidValueError(f"write {word!r} as name=value, for example times=2")
        if field in table:
            raise InvalidValueError(f"{field!r} is said twice")
        table[field] = fields[field].read_text(text) if field in fields else text
    return table


def spell_words(table: Mapping[str, Any]) -> str:
    """Write a fault's table as the arguments of `mockwise arm`, ready to paste into a POSIX shell."""
    name = table["fault"]
    fields = _fields(name)
    said = (
        f"{field}={fields[field].write_text(value) if field in fields else value}"
        for field, value in table.items()
        if field != "fault"
    )
    return shlex.join((name, *said))


def _fields(name: str) -> Mapping[str, FaultField]:
    kind = find_kind(name)
    return {} if kind is None else {it.name: it for it in describe(kind)}
