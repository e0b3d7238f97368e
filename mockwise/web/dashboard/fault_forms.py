"""The form of each fault, made from the description of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from datetime import timedelta
from typing import Any, Literal

from mockwise.common.once import Once
from mockwise.faults.declaration import FaultField, TextForm, describe, summarize
from mockwise.faults.kinds import FAULTS, Fault
from mockwise.faults.schema import find_kind

Widget = Literal["text", "number", "choice", "tick"]

_WIDGETS: Mapping[TextForm, Widget] = {"number": "number", "choice": "choice", "flag": "tick"}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field to fill in; what is left empty is as the fault has it."""

    name: str
    widget: Widget
    choices: tuple[str, ...]
    needed: bool
    usual: str
    """What it is when it is left empty."""
    example: str
    help: str

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
    kind = find_kind(name)
    table: dict[str, Any] = {"fault": name}
    for field in describe(kind) if kind else ():
        text = given.get(field.name, "").strip()
        if text and field.in_tables:
            table[field.name] = field.read_text(text)
    return table


def python_line(fault: Fault) -> str:
    """The Python line that arms a fault."""
    said = ", ".join(
        f"{field.name}={_spelled(value)}"
        for field in describe(type(fault))
        if (value := getattr(fault, field.name)) != field.default
    )
    return f"box.arm({type(fault).__name__}({said}))"


def _form(kind: type[Fault]) -> FaultForm:
    fields = [it for it in describe(kind) if it.in_tables]
    own = tuple(_form_field(it) for it in fields if it.is_own)
    shared = tuple(_form_field(it) for it in fields if not it.is_own)
    return FaultForm(kind.name, summarize(kind), own, shared)


def _form_field(it: FaultField) -> FormField:
    return FormField(
        name=it.name,
        widget=_WIDGETS.get(it.form, "text"),
        choices=it.choices,
        needed=it.default is MISSING,
        usual="" if it.default in (MISSING, None, False, (), {}) else str(it.default),
        example=" or ".join(map(it.write_text, it.examples)),
        help=it.help,
    )


def _spelled(value: object) -> str:
    return f"timedelta(seconds={value.total_seconds():g})" if isinstance(value, timedelta) else repr(value)


_forms = Once(lambda: tuple(_form(kind) for kind in FAULTS))
