from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise.common.rate_limit import DOCUMENTED, OFF, Limit, RateLimit, parse_rate_limit
from mockwise.errors import InvalidValueError
from mockwise.state.sandbox_state import SandboxState
from tests.state.helpers import NOON

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("off", OFF),
        ("documented", DOCUMENTED),
        ("10/s", RateLimit(Limit(10, None), Limit(10, None))),
        ("100/min", RateLimit(Limit(None, 100), Limit(None, 100))),
        ("10/s,100/min", RateLimit(Limit(10, 100), Limit(10, 100))),
    ],
)
def test_a_limit_is_read_and_spelled(text: str, limit: RateLimit) -> None:
    """`off`, Wise's figures (docs/wise/errors.md#rate-limits), or one's own."""
    assert parse_rate_limit(text) == parse_rate_limit(limit) == limit
    assert str(limit) == text
    assert (limit == OFF) is (text == "off")


@pytest.mark.parametrize("text", ["", "on", "0/s", "10", "10/h", "5/s,0/min", "-1/s", "10/min,1/s"])
def test_nonsense_is_no_limit(text: str) -> None:
    """What is none of them is refused, and the message says what is allowed."""
    with pytest.raises(InvalidValueError, match="write off, documented, or figures"):
        parse_rate_limit(text)


def test_the_documented_figures() -> None:
    """100 a second and 1000 a minute for a client (docs/wise/errors.md#rate-limits, DOCUMENTED)."""
    assert DOCUMENTED.client == Limit(100, 1000)


def test_one_too_many_in_a_second_waits_for_the_next(box: SandboxState) -> None:
    """The wait is whole seconds, at least one, on the sandbox's clock (docs/wise/errors.md#headers: `Retry-After`)."""
    limit = Limit(per_second=2)
    waits = [box.limits.wait("app", limit, NOON) for _ in range(4)]
    assert waits == [0, 0, 1, 1]
    assert box.limits.wait("other", limit, NOON) == 0
    assert box.limits.wait("app", limit, NOON + SECOND) == 0


def test_one_too_many_in_a_minute_waits_for_its_end(box: SandboxState) -> None:
    """A minute that is full is waited out (docs/wise/errors.md#rate-limits)."""
    limit = Limit(per_second=5, per_minute=1)
    assert box.limits.wait("app", limit, NOON + 20 * SECOND) == 0
    assert box.limits.wait("app", limit, NOON + 20.5 * SECOND) == 40
    assert box.limits.wait("app", limit, NOON + 59.9 * SECOND) == 1
    assert box.limits.wait("app", limit, NOON + 60 * SECOND) == 0


def test_no_figures_no_wait(box: SandboxState) -> None:
    """Without figures nothing is counted."""
    assert box.limits.wait("app", Limit(), NOON) == 0
