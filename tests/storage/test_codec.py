"""How records are written down; that every kind comes back equal is in `test_store`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

import pytest

from mockwise.errors import InvalidValueError, StorageError
from mockwise.faults.kinds import Respond
from mockwise.faults.queue import FAULT_RECORDS, FaultRecord
from mockwise.state.clients import Watermark
from mockwise.storage.codec import key_bytes, key_text, read, write
from mockwise.storage.store import Kind

MARKS = Kind("mark", Watermark)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Colour(Enum):
    """An enumeration."""

    RED = "red"


@dataclass(frozen=True)
class Inner:
    """Inside another."""

    colour: Colour = Colour.RED


@dataclass(frozen=True)
class Outer:
    """With a field of each sort."""

    inner: Inner | None
    content: object = None
    some: tuple[Inner, ...] = ()


OUTER = Kind("outer", Outer)


def test_a_record_is_written_as_the_notation_says() -> None:
    """The example of the module is true."""
    assert write(Watermark(7, NOON)) == '["Watermark",{"number":7,"at":["time","2026-11-22T12:00:00+00:00"]}]'


@pytest.mark.parametrize(
    "content",
    [
        None,
        0,
        -1.5,
        True,
        "\ud800\u00fc",
        b"\x00\xff",
        [],
        [1, [2]],
        (1, (2,)),
        {},
        {"list": [], "a": {"b": ()}},
    ],
)
def test_content_comes_back_equal_and_of_its_type(content: object) -> None:
    """A list is no tuple, and a text that reads like the notation is text (storage.store)."""
    back = read(OUTER, write(Outer(Inner(), content)))
    assert back == Outer(Inner(), content)
    assert type(back.content) is type(content)


def test_what_has_its_default_is_left_out() -> None:
    """A version with more fields reads what one with fewer wrote (storage.codec)."""
    assert write(Outer(Inner(Colour.RED))) == '["Outer",{"inner":["Inner",{}]}]'


def test_equal_records_are_written_alike() -> None:
    """Stores compare what is written (storage.codec)."""
    record = Outer(None, {"b": 1, "a": 2}, (Inner(), Inner()))
    assert write(read(OUTER, write(record))) == write(record)


def test_a_function_is_refused() -> None:
    """A fault's `when` lives in one process (errors)."""
    load = FaultRecord(1, Respond(503, when=lambda _: True), NOON)
    with pytest.raises(InvalidValueError, match="cannot be kept in a file or shared with another mock"):
        write(load)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        '"text"',
        "[]",
        '["Watermark"]',
        '["Watermark",{}]',
        '["Watermark",{"number":1,"at":["time","noon"]}]',
        '["Watermark",{"number":1,"at":["time",7]}]',
        '["Watermark",{"number":1,"at":null,"of":"a later version"}]',
        '["Load",{}]',
        '["Path","/"]',
        '["__class__",{}]',
        '[["a"],"b"]',
    ],
)
def test_what_cannot_be_read_is_told(text: str) -> None:
    """Another version's record, or none; and nothing is made but what the kind can hold (errors)."""
    with pytest.raises(StorageError, match="holds a mark that this version of mockwise cannot read"):
        read(MARKS, text)


def test_a_kind_reads_the_classes_below_its_own() -> None:
    """A fault is one of many classes (faults.kinds)."""
    load = FaultRecord(1, Respond(503, headers={"x-a": "b"}), NOON)
    assert read(FAULT_RECORDS, write(load).encode()) == load


def test_a_key_is_bytes_and_comes_back() -> None:
    """Whatever a peer sent (storage.codec)."""
    assert key_text(key_bytes("a\ud800\u00fc")) == "a\ud800\u00fc"
