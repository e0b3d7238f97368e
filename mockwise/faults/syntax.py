"""Faults as a command line writes them: `respond status=503 retry_after=5 times=2 path=/oauth/token`.

Lists are written with commas, objects as JSON, and so is what may be of any type: `expires_in='"43199"'` is a text.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from mockwise.errors import InvalidValueError
from mockwise.faults.kinds import FAULTS


def read_words(name: str, words: Iterable[str]) -> dict[str, Any]:
    """Read the table of a fault from words such as `status=503`; its values are checked when the table is read.

    Raises:
        InvalidValueError: a word is not of that form, or says again what another has said.
    """
    table: dict[str, Any] = {"fault": name}
    for word in words:
        field, is_said, text = word.partition("=")
        if not is_said:
            raise InvalidValueError(f"write {word!r} as name=value, for example times=2")
        if field in table:
            raise InvalidValueError(f"{field!r} is said twice")
        table[field] = _json(text) if _is_json(name, field) else text
    return table


def spell_words(table: Mapping[str, Any]) -> str:
    """Write a fault's table as the arguments of `mockwise arm`, ready to paste into a POSIX shell."""
    name = table["fault"]
    said = (f"{field}={_spelled(name, field, value)}" for field, value in table.items() if field != "fault")
    return shlex.join((name, *said))


def fields_of(name: str) -> tuple[str, ...]:
    """The names of a fault's own fields, without those that all faults share."""
    kind = next(it for it in FAULTS if it.name == name)
    return tuple(field for field in kind.__annotations__ if field not in {"name", "stage", "reach"})


@cache
def _hints(name: str) -> Mapping[str, Any]:
    return next((get_type_hints(kind) for kind in FAULTS if kind.name == name), {})


def _is_json(name: str, field: str) -> bool:
    hint = _hints(name).get(field, str)
    inner = {hint, *get_args(hint)} - {NoneType}
    return object in inner or get_origin(hint) is Mapping


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text  # a plain text, which the schema accepts or refuses


def _spelled(name: str, field: str, value: object) -> str:
    if _is_json(name, field):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
