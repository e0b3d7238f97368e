"""How records are encoded; that every kind comes back equal from every store is in `test_store`."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from freezegun import freeze_time
from freezegun.api import FakeDatetime
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import fields

from mockwise.common.clock import CLOCKS, ClockSetting
from mockwise.errors import InvalidValueError, StorageError
from mockwise.faults.kinds import Delay, Drip, Fault, Respond, RevokeToken, SpoilToken, TooManyRequests
from mockwise.faults.queue import FAULT_RECORDS, FaultRecord
from mockwise.state.clients import Watermark
from mockwise.state.directory import SANDBOXES, SandboxEntry
from mockwise.state.options import SandboxOptions
from mockwise.state.tokens import NEVER, TOKENS, IssuedToken, application
from mockwise.state.users import UserSpec
from mockwise.storage.codec import key_bytes, key_text, read, write
from mockwise.storage.store import Kind, Record
from tests.properties.settings import effort
from tests.storage.test_store import RECORDS

MARKS = Kind("mark", Watermark)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KINDS = {kind.name: kind for kind, _ in RECORDS if kind.stored_form is None}


class Colour(Enum):
    """An enumeration."""

    RED = "red"


class Inner(Record, frozen=True):
    """Inside another."""

    colour: Colour = Colour.RED


class Outer(Record, frozen=True):
    """With a field of each sort."""

    inner: Inner | None
    content: Any = None
    some: tuple[Inner, ...] = ()


OUTER = Kind("outer", Outer)


_DRAWN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(codec=None), max_size=5),  # lone surrogates included
    datetime: st.datetimes(timezones=st.just(UTC)),
    timedelta: st.timedeltas(),
}


def drawn_as(hint: Any) -> st.SearchStrategy[Any]:
    """Values of the type of a record or of a field of one."""
    inner = get_args(hint)
    if isinstance(hint, type) and issubclass(hint, Record):
        hints = get_type_hints(hint)
        return st.builds(hint, **{it.name: drawn_as(hints[it.name]) for it in fields(hint)})
    if get_origin(hint) is tuple and inner[-1] is ...:
        return st.lists(drawn_as(inner[0]), max_size=2).map(tuple)
    if get_origin(hint) is tuple:
        return st.tuples(*map(drawn_as, inner))
    if type(None) in inner:
        return st.none() | st.one_of([drawn_as(it) for it in inner if it is not type(None)])
    return _DRAWN[hint] if hint in _DRAWN else st.from_type(hint)


@effort(60)
@given(st.data())
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_record_comes_back_and_equal_ones_are_encoded_alike(
    kind: Kind[Any], data: st.DataObject
) -> None:
    """Whatever it holds: numbers of any size, any text, times to the microsecond. Stores compare bytes (storage.codec)."""
    record = data.draw(drawn_as(kind.record))
    back = read(kind, write(kind, record))
    assert back == record
    assert type(back) is type(record)
    assert write(kind, back) == write(kind, record)
    if isinstance(record, Record):
        said = {it.name: value for it in fields(record) if (value := getattr(record, it.name)) != it.default}
        assert write(kind, kind.record(**said)) == write(kind, record)


def test_a_record_is_a_json_object() -> None:
    """Of its fields by their names, so that people can read it in the file (storage.store)."""
    assert write(MARKS, Watermark(7, NOON)) == b'{"number":7,"at":"2026-11-22T12:00:00Z"}'


@pytest.mark.parametrize(
    "content",
    [
        None,
        0,
        -1.5,
        True,
        "\ud800\u00fc",
        [],
        [1, [2]],
        {},
        {"list": [], "a": {"b": []}},
        10**30,
    ],
)
def test_content_comes_back_equal_and_of_its_type(content: object) -> None:
    """Whatever JSON can say (storage.codec)."""
    back = read(OUTER, write(OUTER, Outer(Inner(), content)))
    assert back == Outer(Inner(), content)
    assert type(back.content) is type(content)


@pytest.mark.parametrize(
    ("kind", "content"),
    [(Kind("bytes", bytes), b"\x00\xff"), (Kind("tuple", tuple[int, tuple[int]]), (1, (2,)))],
)
def test_what_is_no_json_comes_back_by_its_type(kind: Kind[Any], content: object) -> None:
    """Bytes are no text, and a tuple is no list (storage.store)."""
    assert read(kind, write(kind, content)) == content


def test_what_has_its_default_is_left_out() -> None:
    """A version with more fields reads what one with fewer wrote (storage.store)."""
    assert write(OUTER, Outer(Inner(Colour.RED))) == b'{"inner":{}}'


def test_equal_records_are_written_alike() -> None:
    """Stores compare what is written (storage.codec)."""
    record = Outer(None, {"b": 1, "a": 2}, (Inner(), Inner()))
    assert write(OUTER, read(OUTER, write(OUTER, record))) == write(OUTER, record)


def test_a_function_is_refused() -> None:
    """A fault's `when` lives in one process (errors)."""
    armed = FaultRecord(1, Respond(503, when=lambda _: True), NOON)
    with pytest.raises(InvalidValueError, match="cannot be kept in a file or shared with another mock"):
        write(FAULT_RECORDS, armed)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"null",
        b'"text"',
        b"[]",
        b'["Watermark"]',
        b"{}",
        b'["Watermark",{"number":1,"at":["time","2026-11-22T12:00:00+00:00"]}]',
        b'{"number":1,"at":"noon"}',
        b'{"number":1,"at":7}',
        b'{"number":1,"at":"2026-11-22T12:00:00Z","of":"a later version"}',
        b'{"number":"1","at":"2026-11-22T12:00:00Z"}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_read_is_told(text: bytes) -> None:
    """Another version's record, or none (errors)."""
    with pytest.raises(StorageError, match="holds a mark that this version of mockwise cannot read"):
        read(MARKS, text)


@pytest.mark.parametrize(
    "fault",
    [
        b'"no json"',
        b'"[1]"',
        b'"{}"',
        b'"{\\"fault\\":\\"of-a-later-version\\"}"',
        b'"{\\"fault\\":\\"respond\\",\\"status\\":503,\\"of\\":\\"a later version\\"}"',
        b"7",
    ],
)
def test_a_fault_that_cannot_be_read_is_told(fault: bytes) -> None:
    """It may be of a later version (errors)."""
    text = b'{"number":1,"fault":%s,"armed_at":"2026-11-22T12:00:00Z"}' % fault
    with pytest.raises(StorageError, match="holds a fault that this version of mockwise cannot read"):
        read(FAULT_RECORDS, text)


@pytest.mark.parametrize(
    "options",
    [
        b'"no json"',
        b'"[1]"',
        b'"{\\"of\\":\\"a later version\\"}"',
        b'"{\\"mtls\\":\\"perhaps\\"}"',
    ],
)
def test_options_that_cannot_be_read_are_told(options: bytes) -> None:
    """They may be of a later version (errors)."""
    with pytest.raises(StorageError, match="holds a sandbox that this version of mockwise cannot read"):
        read(SANDBOXES, b'{"mark":"m","options":%s}' % options)


def test_a_kind_reads_the_classes_below_its_own() -> None:
    """A fault is one of many classes (faults.kinds)."""
    armed = FaultRecord(1, Respond(503, headers={"x-a": "b"}), NOON)
    assert read(FAULT_RECORDS, write(FAULT_RECORDS, armed)) == armed


@pytest.mark.parametrize(
    "fault",
    [
        Delay(1),
        Delay(0.1, most=2, seed=10**30),
        Drip(1, pieces=2),
        TooManyRequests(lasts=timedelta(days=36500, microseconds=1)),
        Respond(503, json={1: (2, None), "\u00fc": [1.0, 10**30]}),
        SpoilToken(extra={"a": (1,)}, without=("scope",), share=1),
        RevokeToken(after=timedelta(microseconds=1)),
    ],
)
def test_what_is_read_of_a_fault_is_written_as_it_was(fault: Fault) -> None:
    """Also if it was made with 1 for 1.0, or a tuple for a list: stores compare what is written (storage.store)."""
    written = write(FAULT_RECORDS, FaultRecord(1, fault, NOON))
    assert write(FAULT_RECORDS, read(FAULT_RECORDS, written)) == written


def test_a_sandboxs_options_come_back_whatever_people_are_called() -> None:
    """Half a surrogate pair is text, too, which UTF-8 cannot encode (storage.codec)."""
    entry = SandboxEntry(
        mark="m", options=SandboxOptions(users=(UserSpec(email="a\ud800@b", business="\u00fc"),))
    )
    assert read(SANDBOXES, write(SANDBOXES, entry)) == entry


@effort(60)
@example(NOON)
@example(NEVER)
@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_is_encoded_alike_while_a_test_stops_the_clocks(time: datetime) -> None:
    """Its class is freezegun's then, which other processes do not know (docs/architecture.md#time)."""
    theirs = FakeDatetime.fromisoformat(time.isoformat())
    assert type(theirs) is not type(time)
    setting = ClockSetting(timedelta(), theirs)
    assert write(CLOCKS, setting) == write(CLOCKS, ClockSetting(timedelta(), time))
    assert read(CLOCKS, write(CLOCKS, setting)) == setting


def test_a_kind_that_is_first_read_while_a_test_stops_the_clocks_is_read_after_it() -> None:
    """Its fields are looked at once, and freezegun's class stands in the place of `datetime` then (storage.codec)."""

    class Met(Record, frozen=True):
        at: datetime

    kind = Kind("met", Met)
    text = b'{"at":"2026-11-22T12:00:00Z"}'
    with freeze_time("2026-11-22"):
        assert read(kind, text) == Met(NOON)
    assert read(kind, text) == Met(NOON)
    assert write(kind, read(kind, text)) == text


def test_no_garbage_is_looked_for_in_a_token() -> None:
    """There may be a million (docs/architecture.md)."""
    token = IssuedToken("ab", 1, application("app"), NOON, NOON)
    assert not gc.is_tracked(token)
    assert not gc.is_tracked(read(TOKENS, write(TOKENS, token)))


def test_a_key_is_bytes_and_comes_back() -> None:
    """Whatever a peer sent (storage.codec)."""
    assert key_text(key_bytes("a\ud800\u00fc")) == "a\ud800\u00fc"
