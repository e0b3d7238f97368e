"""The options of a sandbox in JSON: as `POST /sandboxes` takes them, and as `GET /sandboxes/{name}` shows them.

Both models are made from the fields of `SandboxOptions`: a new option needs nothing here, unless its type is new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Self, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainValidator,
    create_model,
)
from pydantic.fields import FieldInfo

from mockwise.common.durations import spell
from mockwise.common.rate_limit import RateLimit
from mockwise.faults.base import Fault
from mockwise.faults.schema import read_faults, write_fault
from mockwise.sandbox.mock_controls import MockControls
from mockwise.settings import OPTIONS
from mockwise.state.options import SandboxOptions
from mockwise.state.stubs import Stub
from mockwise.state.users import UserSpec
from mockwise.web.control.faults import TABLES
from mockwise.web.control.shared import RequestBody
from mockwise.web.control.stubs import NewStub, StubView
from mockwise.web.control.users import NewUser


class SeedView(BaseModel):
    """A user that the sandbox is made with."""

    email: str = Field(examples=["ann@example.com"])
    first_name: str | None = Field(description="null: made up.")
    last_name: str | None = Field(description="null: made up.")
    business: str | None = Field(examples=["Example Bakery Ltd"])

    @classmethod
    def of(cls, it: UserSpec) -> Self:
        """The view of a user that an option describes."""
        return cls(email=it.email, first_name=it.first_name, last_name=it.last_name, business=it.business)


def _read_faults(value: object) -> tuple[Fault, ...] | None:
    return None if value is None else read_faults(value)


_Faults: Any = Annotated[
    tuple[Fault, ...] | None, PlainValidator(_read_faults, json_schema_input_type=TABLES | None)
]

# How each type that JSON does not have is taken, shown, and made into what is shown.
_TAKEN: Mapping[object, Any] = {
    timedelta: str,
    RateLimit: str,
    UserSpec: NewUser,
    Stub: NewStub,
    tuple[Fault, ...]: _Faults,
}
_SHOWN: Mapping[object, Any] = {
    timedelta: str,
    RateLimit: str,
    UserSpec: SeedView,
    Stub: StubView,
    Fault: dict[str, Any],
    Path: str,
}
_SHOW: Mapping[type, Callable[[Any], object]] = {
    timedelta: spell,
    RateLimit: str,
    UserSpec: SeedView.of,
    Stub: StubView.of,
    Fault: write_fault,
    Path: str,
}


def _in_json(annotation: Any, types: Mapping[object, Any]) -> Any:
    """The type that an option has in JSON. Of what is checked the bounds stay; the rest is checked with all options."""
    if annotation in types:
        return types[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _bounded(_in_json(inner[0], types), inner[1:])
    if origin is tuple:
        item: Any = _in_json(inner[0], types)
        return list[item]
    if origin in {Union, UnionType}:
        return Union[tuple(_in_json(it, types) for it in inner)]  # noqa: UP007  because | takes no list of types
    return annotation


def _bounded(kind: Any, metadata: Iterable[object]) -> Any:
    bounds = [it for it in metadata if not isinstance(it, AfterValidator | BeforeValidator | PlainValidator)]
    return Annotated[(kind, *bounds)] if bounds else kind


def _body_members() -> dict[str, Any]:
    return {
        name: (
            _bounded(_in_json(option.annotation, _TAKEN), option.metadata) | None,
            Field(default=None, description=description_of(option), examples=option.examples),
        )
        for name, option in SandboxOptions.model_fields.items()
    }


def _view_members(options: Mapping[str, FieldInfo]) -> dict[str, Any]:
    return {
        name: (
            _in_json(option.annotation, _SHOWN),
            Field(description=description_of(option), examples=option.examples),
        )
        for name, option in options.items()
    }


def description_of(option: FieldInfo) -> str:
    """What an option does, without what is said of its flag."""
    return (option.description or "").removesuffix(" May be repeated.")


class _Named(RequestBody):
    name: str | None = Field(default=None, description="Without one it gets one.", examples=["jest-1"])
    client_id: str | None = Field(default=None, description="Id of its own client; made up without one.")
    client_secret: str | None = Field(default=None, description="Made up without one.")


_Body: Any = create_model("_Body", __base__=_Named, **_body_members())
_View: Any = create_model("_View", **_view_members(SandboxOptions.model_fields))
_Settings: Any = create_model(
    "_Settings",
    **_view_members({name: option for name, option in OPTIONS.items() if option.repr}),
    state=(str | None, Field(description="Where the state is kept, without a password; null: in memory.")),
)


class NewSandbox(_Body):  # type: ignore[misc]  # because its members follow from the options
    """A sandbox to make. What is left out is as the mock's own options say."""

    def options(self) -> dict[str, Any]:
        """The options that the body gives, without the name."""
        said: dict[str, Any] = self.model_dump(exclude={"name", "stubs", "faults"}, exclude_none=True)
        if self.stubs is not None:
            said["stubs"] = [stub.options() for stub in self.stubs]
        if self.faults is not None:
            said["faults"] = self.faults
        return said


class Options(_View):  # type: ignore[misc]  # because its members follow from the options
    """The options that a sandbox was made with."""

    @classmethod
    def of(cls, options: SandboxOptions) -> Self:
        """The view of a sandbox's options."""
        view: Self = cls.model_validate({name: shown(value) for name, value in options})
        return view


class SettingsView(_Settings):  # type: ignore[misc]  # because its members follow from the options
    """The options of a mock, without its secrets: its own, and what its sandboxes have unless they are made otherwise."""

    @classmethod
    def of(cls, mock: MockControls) -> Self:
        """The view of a mock's settings."""
        known = {name: shown(value) for name, value in mock.settings if name in cls.model_fields}
        view: Self = cls.model_validate({**known, "state": mock.state})
        return view


def shown(value: object) -> object:
    """The value of an option in JSON."""
    if isinstance(value, tuple):
        return [shown(it) for it in value]
    return next((show(value) for kind, show in _SHOW.items() if isinstance(value, kind)), value)
