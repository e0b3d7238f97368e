from __future__ import annotations

import pytest

from mockwise.client import RetryPolicy
from mockwise.client.retry import read_retry_after

NOW = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 §5.6.7


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        (" 0 ", 0.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
        ("Sunday, 06-Nov-94 08:49:47 GMT", 10.0),
        ("Sun Nov  6 08:49:47 1994", 10.0),
        ("Sun, 06 Nov 1994 08:49:47 -0000", 10.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
        ("Sun, 06 Nov 99999999999999999999 08:00:00 GMT", None),
        *((nonsense, None) for nonsense in (None, "", "-5", "soon", "1.5", "\u0663")),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str | None, seconds: float | None) -> None:
    """Seconds, or an HTTP date in any of its three spellings (RFC 9110 §10.2.3, §5.6.7)."""
    assert read_retry_after(value, NOW) == seconds


def test_waits_grow_to_a_limit_and_are_drawn_by_lot() -> None:
    """Waits grow exponentially to a limit, with full jitter."""
    longest = RetryPolicy(attempts=9, patience=99, draw=lambda: 1.0)
    assert [longest.wait(n, 0, None) for n in range(1, 7)] == [0.5, 1, 2, 4, 8, 8]
    assert RetryPolicy(draw=lambda: 0.5).wait(2, 0, None) == 0.5
    assert 0 <= (RetryPolicy().wait(1, 0, None) or 0) <= 0.5


def test_retry_after_is_waited_for_with_the_jitter_on_top() -> None:
    """Everybody who was told the same second would come back in it."""
    assert RetryPolicy(draw=lambda: 1.0).wait(1, 0, 5) == 5.5


def test_attempts_and_time_are_bounded() -> None:
    """A wait that would not fit is not begun."""
    pace = RetryPolicy(attempts=2, patience=10, draw=lambda: 1.0)
    assert pace.wait(1, 9.5, None) == 0.5
    assert pace.wait(1, 9.6, None) is None
    assert pace.wait(1, 0, 10) is None
    assert pace.wait(2, 0, None) is None
    with pytest.raises(ValueError, match="attempts"):
        RetryPolicy(attempts=0)
