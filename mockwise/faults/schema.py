"""Faults as tables: what the control API, the settings file and the command line write, in one vocabulary.

A table is the fault's name under `fault`, and its fields by their names:

    {"fault": "respond", "status": 503, "retry_after": 5, "times": 2, "path": "/oauth/token"}

The pydantic models are made from the classes in `mockwise.faults.kinds`, so that each field is declared once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema, create_model
from pydantic import Field as ModelField

from mockwise.common.durations import parse_duration, spell_exactly
from mockwise.common.wording import did_you_mean
from mockwise.errors import InvalidValueError
from mockwise.faults.kinds import FAULTS, Fault

_NAMES = {kind.name: kind for kind in FAULTS}
_ONLY_IN_PYTHON = {"when"}


def read_fault(table: Mapping[str, Any]) -> Fault:
    """Read a fault from its table; values may be text, as a command line has them.

    Raises:
        InvalidValueError: there is no such fault or field, or a value cannot be used; the message says what can.
    """
    name = table.get("fault")
    kind = _NAMES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise InvalidValueError(f"there is no fault {name!r}. {did_you_mean(name, _NAMES)}")
    try:
        read = model_of(kind).model_validate(table)
    except ValidationError as error:
        raise InvalidValueError(
            f"{name}: " + "; ".join(_sentence(kind, it) for it in error.errors())
        ) from None
    said = {field[:-1]: getattr(read, field) for field in read.model_fields_set if field != "fault"}
    try:
        return kind(**said)
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
    for field in _fields(type(fault)):
        value = getattr(fault, field.name)
        if value != _default(field):
            said[field.name] = spell_exactly(value) if isinstance(value, timedelta) else value
    return said


def model_of(kind: type[Fault]) -> type[BaseModel]:
    """The pydantic model of a table of that kind of fault."""
    return _model(kind.name)


@cache
def _model(name: str) -> type[BaseModel]:
    kind = _NAMES[name]
    hints = get_type_hints(kind, include_extras=True)
    wanted: dict[str, Any] = {"fault": (Literal[name], ...)}
    for field in _fields(kind):
        default = _default(field)
        hint, meaning = get_args(hints[field.name])
        # An underscore is added, because pydantic's own methods have some of these names.
        wanted[f"{field.name}_"] = (
            _readable(hint),
            ModelField(default=... if default is MISSING else default, alias=field.name, description=meaning),
        )
    made: type[BaseModel] = create_model(
        f"{kind.__name__}Fault", __config__=ConfigDict(extra="forbid"), __doc__=kind.__doc__, **wanted
    )
    return made


def _fields(kind: type[Fault]) -> list[Field[Any]]:
    """The fields of a kind of fault: its own first, then those that all faults share."""
    own = [field for field in fields(kind) if field.name not in Fault.__dataclass_fields__]
    shared = [field for field in fields(Fault) if field.name not in _ONLY_IN_PYTHON]
    return own + shared


def _default(field: Field[Any]) -> Any:  # noqa: ANN401  because a field may be anything
    return field.default if field.default_factory is MISSING else field.default_factory()


def _readable(hint: Any) -> Any:  # noqa: ANN401  because it is a type
    if hint == timedelta | None:
        return Annotated[
            timedelta | None,
            BeforeValidator(_duration),
            WithJsonSchema({"type": "string", "examples": ["15m"]}),
        ]
    return Annotated[hint, BeforeValidator(_listed)] if hint == tuple[str, ...] else hint


def _duration(value: object) -> timedelta:
    if not isinstance(value, str | timedelta):
        raise InvalidValueError("write a text such as 90s, 15m or 12h")
    return parse_duration(value)


def _listed(value: object) -> object:
    """Split a list that a command line writes with commas."""
    return tuple(filter(None, value.split(","))) if isinstance(value, str) else value


def _table(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidValueError(
            f'a fault is a table such as {{"fault": "respond", "status": 503}}, not {value!r}'
        )
    return value


def _sentence(kind: type[Fault], problem: Mapping[str, Any]) -> str:
    place = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        known = [field.name for field in _fields(kind)]
        return f"there is no {place!r}. {did_you_mean(place, known)}"
    return f"{place}: {problem['msg'].removeprefix('Value error, ')}"
