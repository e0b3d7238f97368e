"""Faults as tables: what the control API, the settings file and the command line write, in one vocabulary.

A table is the fault's name under `fault`, and its fields by their names:

    {"fault": "respond", "status": 503, "retry_after": 5, "times": 2, "path": "/oauth/token"}
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from mockwise.common.durations import spell_exactly
from mockwise.common.wording import did_you_mean
from mockwise.errors import InvalidValueError
from mockwise.faults.declaration import describe, read_values
from mockwise.faults.kinds import FAULTS, Fault

_KINDS = {kind.name: kind for kind in FAULTS}


def read_fault(table: Mapping[str, Any]) -> Fault:
    """Read a fault from its table; values may be text, as a command line has them.

    Raises:
        InvalidValueError: there is no such fault or field, or a value cannot be used; the message says what can.
    """
    name = table.get("fault")
    kind = find_kind(name)
    if kind is None:
        raise InvalidValueError(f"there is no fault {name!r}. {did_you_mean(name, _KINDS)}")
    try:
        return read_values(kind, {field: value for field, value in table.items() if field != "fault"})
    except InvalidValueError as error:
        raise InvalidValueError(f"{name}: {error}") from None


def read_faults(value: object) -> tuple[Fault, ...]:
    """Read one fault or a list of them; each is a table, or is a fault already.

    Raises:
        InvalidValueError: as `read_fault`.
    """
    listed = value if isinstance(value, list | tuple) else [value]
    return tuple(it if isinstance(it, Fault) else read_fault(_table(it)) for it in listed)


def write_fault(fault: Fault) -> dict[str, Any]:
    """Write a fault as its table; a `when` is left out, since it is a function."""
    said: dict[str, Any] = {"fault": fault.name}
    for field in describe(type(fault)):
        value = getattr(fault, field.name)
        if field.in_tables and value != field.default:
            said[field.name] = spell_exactly(value) if isinstance(value, timedelta) else value
    return said


def find_kind(name: object) -> type[Fault] | None:
    """The kind of fault of that name, if there is one."""
    return _KINDS.get(name) if isinstance(name, str) else None


class _AnyTable:
    """Describes the table of any fault to pydantic."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices: dict[Any, CoreSchema] = {
            name: handler.generate_schema(kind) for name, kind in _KINDS.items()
        }
        return core_schema.tagged_union_schema(choices, "fault")


FaultTable = Annotated[dict[str, Any], _AnyTable]
"""The table of a fault, as the document of the control API describes it; `read_fault` reads it."""


def _table(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidValueError(
            f'a fault is a table such as {{"fault": "respond", "status": 503}}, not {value!r}'
        )
    return value
