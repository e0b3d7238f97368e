"""An audit looks at each exchange and each token a few times, however many there are: steps are counted, not seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from mockwise.audit.audit_input import AuditInput
from mockwise.audit.auditing import judge
from tests.audit.journal_builder import HOUR, JournalBuilder

MANY = 200


def steps(record: AuditInput) -> int:
    """How many calls of functions an audit takes."""
    count = 0

    def step(_: FrameType, event: str, __: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        judge(record)
    finally:
        sys.setprofile(before)
    return count


def held(many: int) -> JournalBuilder:
    """Many tokens that were fetched and never let go, each used over two connections."""
    builder = JournalBuilder()
    for number in range(many):
        builder.fetch(f"t{number}", number, connection="a")
        builder.call(f"t{number}", number, connection="a")
        builder.call(f"t{number}", number, connection="b")
    return builder


def dead(many: int) -> JournalBuilder:
    """Many tokens that were used again and again after their end, over several connections, and none was asked for."""
    builder = JournalBuilder()
    for number in range(many):
        builder.fetch(f"t{number}", 0)
        builder.die(f"t{number}", 1)
    for number in range(many):
        for connection in "aab":
            builder.call(
                f"t{number}", 2 + number, status=401, connection=f"{number}{connection}", open_connections=9
            )
    return builder


def late(many: int) -> JournalBuilder:
    """Many users' tokens that were refreshed late or never."""
    builder = JournalBuilder()
    for number in range(many):
        builder.fetch(f"t{number}", number, link=f"l{number}")
    for number in range(many):
        builder.call(f"t{number}", 11 * HOUR + number)
    for number in range(many):
        builder.refresh(f"n{number}", f"l{number}", 12 * HOUR + number)
    return builder


@pytest.mark.parametrize("made", [held, dead, late])
def test_an_audit_of_twice_as_much_takes_twice_as_many_steps(made: Callable[[int], JournalBuilder]) -> None:
    """An audit's steps grow in proportion to the journal, whatever the clients did."""
    few, many = steps(made(MANY).record), steps(made(2 * MANY).record)
    assert few < many < 2.5 * few
