"""Encodes records as text and decodes them, for stores that keep them outside this process.

JSON in which every list is a pair of what it is and its content, so that what is read equals what was written:

    ["Watermark", {"number": 7, "at": ["time", "2026-11-22T12:00:00+00:00"]}]

Equal records are written alike, because stores compare what is written. A field that has its default is left out, so
that a record of an older version can be read by a newer one. Reading makes nothing but the classes that a kind of
record can hold.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar, get_args, get_type_hints

from mockwise.errors import InvalidValueError, StorageError
from mockwise.storage.store import Kind

R = TypeVar("R")

_JSON_SCALARS = frozenset({str, int, float, bool, type(None)})


def write(record: object) -> str:
    """Encode a record as text.

    Raises:
        InvalidValueError: it holds a function, or something else that cannot be written.
    """
    return json.dumps(_encoded(record), separators=(",", ":"))


def read(kind: Kind[R], text: str | bytes) -> R:
    """Decode the record that `write` encoded.

    Raises:
        StorageError: it is not a record of that kind, as this version knows it.
    """
    try:
        record = _decoded(json.loads(text), _classes(kind.record))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        record = error
    if not isinstance(record, kind.record):
        raise StorageError(
            f"the kept state holds a {kind.name} that this version of mockwise cannot read. Start with another state, "
            "or with the version that wrote it"
        )
    return record


def key_bytes(key: str) -> bytes:
    """Encode a record's key as bytes; a peer may have put lone surrogates into it."""
    return key.encode("utf-8", "surrogatepass")


def key_text(key: bytes) -> str:
    """Decode a key that `key_bytes` encoded."""
    return key.decode("utf-8", "surrogatepass")


def _encoded(value: object) -> object:
    if type(value) in _JSON_SCALARS:
        return value
    if isinstance(value, Enum):
        return [type(value).__name__, value.value]
    if _has_fields(type(value)):
        return [type(value).__name__, dict(_field_values(value))]
    for kind, (name, encode) in _ENCODERS.items():
        if isinstance(value, kind):
            return [name, encode(value)]
    raise InvalidValueError(
        f"{value!r} cannot be kept in a file or shared with another mock: a function lives in one process alone"
    )


def _encoded_list(values: list[object] | tuple[object, ...]) -> list[object]:
    return [_encoded(it) for it in values]


_ENCODERS: Mapping[type, tuple[str, Callable[[Any], object]]] = {
    datetime: ("time", datetime.isoformat),
    timedelta: ("length", lambda it: f"{it.days} {it.seconds} {it.microseconds}"),
    bytes: ("bytes", lambda it: b64encode(it).decode()),
    tuple: ("tuple", _encoded_list),
    list: ("list", _encoded_list),
    Mapping: ("map", lambda it: {str(key): _encoded(value) for key, value in it.items()}),
}


def _has_fields(kind: type) -> bool:
    """Whether it is a dataclass or a pydantic model, as the options of a sandbox are."""
    return is_dataclass(kind) or hasattr(kind, "model_fields")


def _field_values(record: Any) -> Iterator[tuple[str, object]]:  # noqa: ANN401  because it is any class with fields
    for field, default in _fields(type(record)):
        value = getattr(record, field)
        if value is not default and (default is MISSING or value != default):
            yield field, _encoded(value)


def _fields(record: Any) -> list[tuple[str, object]]:  # noqa: ANN401  because it is any class with fields
    """The names of a class's fields, each with its default."""
    if record not in _FIELDS:
        _FIELDS[record] = (
            [
                (it.name, it.default if it.default_factory is MISSING else it.default_factory())
                for it in fields(record)
            ]
            if is_dataclass(record)
            else [(name, it.default) for name, it in record.model_fields.items()]
        )
    return _FIELDS[record]


_FIELDS: dict[type, list[tuple[str, object]]] = {}


def _decoded(value: object, classes: Mapping[str, Callable[..., object]]) -> object:
    if not isinstance(value, list):
        return value
    what, content = value
    if isinstance(content, dict):
        content = {key: _decoded(it, classes) for key, it in content.items()}
        return content if what == "map" else classes[what](**content)
    if isinstance(content, list):
        content = [_decoded(it, classes) for it in content]
        return tuple(content) if what == "tuple" else content
    return _DECODERS[what](content) if what in _DECODERS else classes[what](content)


def _length(text: str) -> timedelta:
    days, seconds, microseconds = map(int, text.split())
    return timedelta(days, seconds, microseconds)


_DECODERS: Mapping[str, Callable[[str], object]] = {
    "time": datetime.fromisoformat,
    "length": _length,
    "bytes": b64decode,
}


def _classes(record: type) -> Mapping[str, Callable[..., object]]:
    """The classes that a record of this class can hold, by their names. There are few, of however many kinds."""
    if record not in _CLASSES:
        found: dict[str, type] = {}
        _collect_classes(record, found)
        _CLASSES[record] = found
    return _CLASSES[record]


_CLASSES: dict[type, Mapping[str, Callable[..., object]]] = {}


def _collect_classes(hint: Any, found: dict[str, type]) -> None:  # noqa: ANN401  because it is a type
    for inner in get_args(hint):
        _collect_classes(inner, found)
    if (
        isinstance(hint, type)
        and hint.__name__ not in found
        and (_has_fields(hint) or issubclass(hint, Enum))
    ):
        found[hint.__name__] = hint
        for inner in [*hint.__subclasses__(), *_hints(hint)]:
            _collect_classes(inner, found)


def _hints(kind: Any) -> Iterable[object]:  # noqa: ANN401  because it is any class
    """The types of a class's fields."""
    if is_dataclass(kind):
        return get_type_hints(kind).values()
    return [it.annotation for it in kind.model_fields.values()] if _has_fields(kind) else ()
