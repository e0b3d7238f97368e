"""How a kind of fault is declared: a dataclass whose fields pydantic checks, and one description of these fields.

Python's call, tables in JSON and TOML, the words of a command line, the dashboard's forms, the control API's schema and
what is stored follow from it. The classes are made by the standard library, and pydantic's part of a class when the first
of its faults is made, so that a mock without faults starts without it.
"""

from __future__ import annotations

import functools
import inspect
import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import timedelta
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import BeforeValidator, TypeAdapter, ValidationError, ValidationInfo, WithJsonSchema
from pydantic.fields import FieldInfo
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import ArgsKwargs, ErrorDetails

from mockwise.common.durations import parse_duration
from mockwise.common.wording import did_you_mean
from mockwise.errors import InvalidValueError

T = TypeVar("T")

TextForm = Literal["text", "number", "choice", "flag", "list", "json"]
"""What the text of a field looks like: as it is, digits, one of some words, true or false, words with commas, JSON."""

_FROM_TABLE = "a table, whose values may be text"
_NUMBERS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"}
_BOUNDS = {"gt": "more than {}", "ge": "at least {}", "lt": "less than {}", "le": "at most {}"}
_FORMS: Mapping[object, TextForm] = {
    bool: "flag",
    int: "number",
    float: "number",
    str: "text",
    timedelta: "text",
    tuple: "list",
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a field may be, in words, where its bounds do not say it well."""

    words: str


@dataclass(frozen=True, slots=True)
class FaultField:
    """The description of one field of a kind of fault."""

    name: str
    help: str
    """What it means: a sentence."""
    default: object
    """What it is if it is not said; `MISSING`: it must be said."""
    is_own: bool
    """Whether it belongs to the kind, and not to all faults."""
    in_tables: bool
    """Whether it can be written down; a function cannot."""
    form: TextForm
    choices: tuple[str, ...]
    examples: tuple[object, ...]
    allowed: str
    """What its bounds let through, in words, or nothing."""

    def read_text(self, text: str) -> object:
        """The value that a table has for a text of a command line or a form; it is checked with the table."""
        return _json(text) if self.form == "json" else text

    def write_text(self, value: object) -> str:
        """The text that `read_text` reads."""
        if self.form == "json":
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, bool):
            return str(value).lower()
        return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _read_duration(value: object, info: ValidationInfo) -> object:
    if info.context is not _FROM_TABLE:
        return value
    if not isinstance(value, str | timedelta):
        raise InvalidValueError("write a text such as 90s, 15m or 12h")
    return parse_duration(value)


def _read_list(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str) and info.context is _FROM_TABLE:
        listed = _json(value) if value.startswith("[") else value
        return tuple(filter(None, value.split(","))) if isinstance(listed, str) else listed
    return tuple(value) if isinstance(value, list) else value


Duration: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_read_duration),
    WithJsonSchema({"type": "string", "examples": ["15m"]}),
]
"""A length of time: a `timedelta` in Python, a text such as 15m in a table."""
Names: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_read_list)]
"""Some names; a command line writes them with commas."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def fault_kind(kind: type[T]) -> type[T]:
    """Make a class of faults of a class with annotated fields: a frozen dataclass that checks what it is given.

    What cannot be used is an `InvalidValueError` at the call.
    """
    made = dataclass(frozen=True)(kind)
    type.__setattr__(made, "__init__", _checked(vars(made)["__init__"]))
    return made


def _checked(init: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(init)
    def checked(self: object, *args: object, **values: object) -> None:
        kind = type(self)
        try:
            _adapter(kind).validator.validate_python(ArgsKwargs(args, values), self_instance=self)
        except ValidationError as error:
            raise InvalidValueError(_sentences(kind, error)) from None

    return checked


def read_values(kind: type[T], values: Mapping[str, object]) -> T:
    """Make a fault of a kind from the values of its table, which may be text.

    Raises:
        InvalidValueError: there is no such field, or a value cannot be used; the message says what can.
    """
    for it in describe(kind):
        if it.name in values and not it.in_tables:
            raise InvalidValueError(_no_field(kind, it.name))
    try:
        return _adapter(kind).validate_python(dict(values), strict=False, context=_FROM_TABLE)
    except ValidationError as error:
        raise InvalidValueError(_sentences(kind, error)) from None


def describe(kind: type) -> tuple[FaultField, ...]:
    """The fields of a kind of fault: its own first, then those that all faults share."""
    return _description(kind)


@functools.cache
def _description(kind: type) -> tuple[FaultField, ...]:
    hints = get_type_hints(kind, include_extras=True)
    own = inspect.get_annotations(kind)
    described = [
        _described(it.name, FieldInfo.from_annotation(hints[it.name]), _default(it), is_own=it.name in own)
        for it in fields(kind)
    ]
    return tuple(sorted(described, key=lambda it: not it.is_own))


def summarize(kind: type) -> str:
    """The first line of a kind's docstring, which says what happens."""
    return inspect.cleandoc(kind.__doc__ or "").partition("\n")[0]


def _described(name: str, info: FieldInfo, default: object, *, is_own: bool) -> FaultField:
    types = list(_types(info.annotation))
    metadata = [*info.metadata, *_inner_metadata(info.annotation)]
    choices = tuple(str(it) for type_ in types if get_origin(type_) is Literal for it in get_args(type_))
    forms = (_FORMS[it] for type_ in types if (it := get_origin(type_) or type_) in _FORMS)
    return FaultField(
        name=name,
        help=info.description or "",
        default=default,
        is_own=is_own,
        in_tables=not any(it.__class__ is SkipJsonSchema for it in metadata),
        form="choice" if choices else next(forms, "json"),
        choices=choices,
        examples=tuple(info.examples or ()),
        allowed=_allowed(metadata),
    )


def _types(annotation: object) -> Iterator[object]:
    """The types that an annotation allows, but for None."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType}:
        for it in inner:
            yield from _types(it)
    elif origin is Annotated:
        yield from _types(inner[0])
    elif annotation is not type(None):
        yield annotation


def _inner_metadata(annotation: object) -> Iterator[object]:
    """What is annotated of the types that an annotation allows."""
    for it in get_args(annotation) if get_origin(annotation) in {Union, UnionType} else ():
        for inner in get_args(it)[1:] if get_origin(it) is Annotated else ():
            yield from inner.metadata if isinstance(inner, FieldInfo) else [inner]


def _default(it: Field[Any]) -> object:
    return it.default if it.default_factory is MISSING else it.default_factory()


def _allowed(metadata: Collection[object]) -> str:
    said = [it.words for it in metadata if isinstance(it, Allowed)]
    bounds = {
        name: bound for it in metadata for name in _BOUNDS if (bound := getattr(it, name, None)) is not None
    }
    if bounds.keys() == {"ge", "le"}:
        said.append(f"{bounds['ge']} to {bounds['le']}")
    return next(iter(said), " and ".join(_BOUNDS[name].format(bound) for name, bound in bounds.items()))


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    """What checks the faults of a kind; made once, when the first of them is."""
    made = _ADAPTERS.get(kind)
    if made is None:
        with _LOCK:
            made = _ADAPTERS.get(kind) or _ADAPTERS.setdefault(kind, TypeAdapter(kind))
    return made


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}
_LOCK = threading.Lock()


def _sentences(kind: type, error: ValidationError) -> str:
    return "; ".join(_sentence(kind, it) for it in error.errors(include_url=False))


def _sentence(kind: type, problem: ErrorDetails) -> str:
    place, what = problem["loc"], problem["type"]
    if what == "unexpected_keyword_argument":
        return _no_field(kind, str(place[0]))
    if what == "unexpected_positional_argument":
        return f"say by its name what {problem['input']!r} is"
    names = [it.name for it in fields(kind) if not it.kw_only]
    name = ".".join(names[it] if at == 0 and isinstance(it, int) else str(it) for at, it in enumerate(place))
    allowed = {it.name: it.allowed for it in describe(kind)}.get(name)
    if what in _NUMBERS and allowed:
        return f"{name}: {allowed}: {problem['input']}"
    said = problem["msg"].removeprefix("Value error, ")
    return f"{name}: {said}" if name else said


def _no_field(kind: type, name: str) -> str:
    known = [it.name for it in describe(kind) if it.in_tables]
    return f"there is no {name!r}. {did_you_mean(name, known)}"


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text  # a plain text, which the check of the table accepts or refuses
