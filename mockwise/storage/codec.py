"""Encodes records as JSON and decodes them, by msgspec, for stores that keep them outside this process.

Equal records are encoded alike, because stores compare the bytes. JSON, although MessagePack would save a quarter of a
microsecond for each record: people can read it in the file, and it carries every text and number, also half a surrogate
pair, which a peer may send and UTF-8 cannot encode.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from mockwise.errors import StorageError
from mockwise.storage.store import Kind

R = TypeVar("R")

_UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, AttributeError, LookupError, RecursionError)


def write(kind: Kind[R], record: R) -> bytes:
    """Encode a record of that kind.

    Raises:
        InvalidValueError: it holds a function, which lives in one process alone.
    """
    form = kind.stored_form
    stored = record if form is None else form.store(record)
    try:
        return _ENCODER.encode(stored)
    except UnicodeEncodeError:
        content = msgspec.to_builtins(stored, enc_hook=_write_time)
        return json.dumps(content, separators=(",", ":")).encode()


def read(kind: Kind[R], text: bytes) -> R:
    """Decode the record that `write` encoded.

    Raises:
        StorageError: it is not a record of that kind, as this version knows it.
    """
    form = kind.stored_form
    try:
        if form is None:
            return _decoded(kind.record, text)
        return form.restore(_decoded(form.type, text))
    except _UNREADABLE:
        raise StorageError(
            f"the kept state holds a {kind.name} that this version of mockwise cannot read. Start with another state, "
            "or with the version that wrote it"
        ) from None


def key_bytes(key: str) -> bytes:
    """Encode a record's key as bytes; a peer may have put lone surrogates into it."""
    return key.encode("utf-8", "surrogatepass")


def key_text(key: bytes) -> str:
    """Decode a key that `key_bytes` encoded."""
    return key.decode("utf-8", "surrogatepass")


def _decoded(record: type[R], text: bytes) -> R:
    try:
        decoder: msgspec.json.Decoder[R] = _decoder(record)
        return decoder.decode(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:  # no JSON, or with half a surrogate pair, which msgspec does not decode
        return msgspec.convert(json.loads(text), record, dec_hook=_read_time)


def _decoder(record: type[Any]) -> msgspec.json.Decoder[Any]:
    if record not in _DECODERS:
        _DECODERS[record] = msgspec.json.Decoder(record, dec_hook=_read_time)
    return _DECODERS[record]


_DECODERS: dict[type[Any], msgspec.json.Decoder[Any]] = {}


# While a test stops the clocks, freezegun puts a class of its own in the place of `datetime`. It is the only class in
# records that msgspec does not know by itself.


def _write_time(time: datetime) -> str:
    """Write a time of freezegun's class as msgspec writes one."""
    return time.isoformat().replace("+00:00", "Z")


def _read_time(kind: type[datetime], text: str) -> datetime:
    """Read a time for a record whose class was first looked at while freezegun's stood in `datetime`'s place."""
    return kind.fromisoformat(text)


_ENCODER = msgspec.json.Encoder(enc_hook=_write_time)
