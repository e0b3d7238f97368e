"""The form of each fault, made from the fields of its class."""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import timedelta
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from mockwise.common.once import Once
from mockwise.faults.kinds import FAULTS, Fault

Widget = Literal["text", "number", "choice", "tick", "json"]

_ONLY_IN_PYTHON = {"when"}
_WIDGETS: Mapping[object, Widget] = {
    bool: "tick",
    int: "number",
    float: "number",
    str: "text",
    timedelta: "text",
}
_EXAMPLES = {
    "path": "/oauth/token",
    "method": "POST",
    "grant": "client_credentials",
    "lasts": "15m",
    "after": "5m",
    "headers": '{"x-id": "1"}',
    "json": '{"error": "server_error"}',
    "extra": '{"foo": 1}',
    "without": "expires_in,scope",
    "expires_in": '0 or "43199"',
    "token_type": "Bearer",
    "share": "0.2",
    "times": "1",
    "content_type": "text/html",
}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field to fill in; what is left empty is as the fault has it."""

    name: str
    widget: Widget
    choices: tuple[str, ...] = ()
    needed: bool = False
    usual: str = ""
    """What it is when it is left empty."""
    example: str = ""
    help: str = ""

    @property
    def label(self) -> str:
        """The field's name as the form shows it."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class FaultForm:
    """The form of one fault."""

    name: str
    story: str
    own: tuple[FormField, ...]
    shared: tuple[FormField, ...]
    """Which requests it is for, and when it is spent."""


def fault_forms() -> tuple[FaultForm, ...]:
    """The forms of all kinds of faults, in the order of `FAULTS`."""
    return _forms()


def read_table(given: Mapping[str, str]) -> dict[str, Any]:
    """A fault's table from what a form sent: `fault` is its name, empty fields are left out."""
    name = given.get("fault", "").strip()
    form = next((it for it in fault_forms() if it.name == name), None)
    table: dict[str, Any] = {"fault": name}
    for entry in (*form.own, *form.shared) if form else ():
        text = given.get(entry.name, "").strip()
        if text:
            table[entry.name] = _json(text) if entry.widget == "json" else text
    return table


def python_line(fault: Fault) -> str:
    """The Python line that arms a fault."""
    said = ", ".join(
        f"{field.name}={_spelled(value)}"
        for field in sorted(fields(fault), key=lambda it: it.name in Fault.__dataclass_fields__)
        if (value := getattr(fault, field.name)) != _default(field)
    )
    return f"box.arm({type(fault).__name__}({said}))"


def _form(kind: type[Fault]) -> FaultForm:
    hints = get_type_hints(kind, include_extras=True)
    every = [it for it in fields(kind) if it.name not in _ONLY_IN_PYTHON]
    own = tuple(_entry(it, hints[it.name]) for it in every if it.name not in Fault.__dataclass_fields__)
    shared = tuple(_entry(it, hints[it.name]) for it in every if it.name in Fault.__dataclass_fields__)
    return FaultForm(kind.name, inspect.cleandoc(kind.__doc__ or "").partition("\n")[0], own, shared)


def _entry(field: Field[Any], hint: object) -> FormField:
    plain, *said = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    kinds = set(_flat(plain)) - {type(None)}
    default = _default(field)
    choices = tuple(str(choice) for it in kinds if get_origin(it) is Literal for choice in get_args(it))
    return FormField(
        name=field.name,
        widget="choice" if choices else next((_WIDGETS[it] for it in kinds if it in _WIDGETS), "json"),
        choices=choices,
        needed=default is MISSING,
        usual="" if default in (MISSING, None, False, (), {}) else str(default),
        example=_EXAMPLES.get(field.name, ""),
        help=next((it for it in said if isinstance(it, str)), ""),
    )


def _flat(hint: object) -> Iterator[object]:
    if get_origin(hint) in {Union, types.UnionType}:
        for it in get_args(hint):
            yield from _flat(it)
    else:
        yield hint


def _default(field: Field[Any]) -> Any:  # noqa: ANN401  because a field may be anything
    return field.default if field.default_factory is MISSING else field.default_factory()


def _spelled(value: object) -> str:
    return f"timedelta(seconds={value.total_seconds():g})" if isinstance(value, timedelta) else repr(value)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text  # which is told to be wrong, or is what is meant


_forms = Once(lambda: tuple(_form(kind) for kind in FAULTS))
