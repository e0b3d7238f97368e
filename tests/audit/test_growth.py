"""An audit looks at each exchange and each token a few times, however many there are: steps are counted, not seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from random import Random
from types import FrameType

import pytest

from mockwise.audit.audit_input import AuditInput, apart
from mockwise.audit.auditing import judge
from mockwise.audit.rules.retrying import retry_after_ignored
from mockwise.journal.journal import Exchange
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


def lingering(many: int) -> JournalBuilder:
    """Many dead tokens that are used again and again by a client that asks for another one, but never soon."""
    builder = JournalBuilder()
    for number in range(many):
        builder.fetch(f"t{number}", 0)
        builder.die(f"t{number}", 1)
    for number in range(many):
        for later in range(3):
            builder.call(f"t{number}", 1000 * number + 2 + later, status=401)
        builder.ask(1000 * number + 500)
    return builder


def told_to_wait(many: int) -> JournalBuilder:
    """Many answers with Retry-After, each ignored, all within the time that the first one named."""
    builder = JournalBuilder()
    for number in range(many):
        builder.ask(number / 100, status=429, retry_after=900)
    return builder


def told_by_turns(many: int) -> JournalBuilder:
    """Many answers with Retry-After, while the sandbox's clock is moved ahead and back."""
    builder = JournalBuilder()
    for number in range(many):
        builder.ask(number + HOUR * (number % 2), wall=number, status=429, retry_after=30 + number % 7)
    return builder


def patient(many: int) -> JournalBuilder:
    """Many answers with Retry-After, to a client that waits."""
    builder = JournalBuilder()
    for number in range(many):
        builder.ask(2 * number, status=503, retry_after=1)
    return builder


@pytest.mark.parametrize("made", [held, dead, late, lingering, told_to_wait, told_by_turns, patient])
def test_an_audit_of_twice_as_much_takes_twice_as_many_steps(made: Callable[[int], JournalBuilder]) -> None:
    """An audit's steps grow in proportion to the journal, whatever the clients did."""
    few, many = steps(made(MANY).record), steps(made(2 * MANY).record)
    assert few < many < 2.5 * few


def test_what_came_too_early_is_judged_as_by_looking_at_each_pair() -> None:
    """However the clocks move: the rule that looks at each exchange a few times finds what one that compares all finds."""
    random = Random(1)
    for _ in range(300):
        builder = JournalBuilder()
        seconds = 0.0
        for _ in range(random.randrange(2, 14)):
            seconds += random.choice([0, 0.5, 1, 3, 40]) if random.random() < 0.9 else -random.randrange(50)
            told = random.choice([None, None, 1, 2, 5, 30])
            builder.ask(
                seconds,
                wall=len(builder.exchanges) * random.choice([0.1, 1, 10]),
                status=429,
                retry_after=told,
                duration=timedelta(seconds=random.choice([0, 0.2, 2])),
            )
        found = [hit.exchanges for hit in retry_after_ignored.check(builder.record)]
        assert found == _compared(builder.exchanges)


def _compared(exchanges: list[Exchange]) -> list[list[Exchange]]:
    """The exchanges that break the rule, by comparing each with each."""
    found: set[int] = set()
    for place, told in enumerate(exchanges):
        if not told.response_headers:
            continue
        wait = timedelta(seconds=int(told.response_headers[0][1]))
        after = [(apart(told, it), it) for it in exchanges[place + 1 :]]
        early = [it for passed, it in after if passed < wait - timedelta(seconds=0.05)]
        patient = any(
            wait - timedelta(seconds=0.05) <= passed <= wait + timedelta(seconds=30) for passed, _ in after
        )
        if len(early) >= 3 or (early and not patient):
            found |= {it.number for it in (told, *early)}
    return [[it for it in exchanges if it.number in found]] if found else []
