"""What a mock knows when a test has failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mockwise import MockWise
from mockwise.sandbox.failure_report import failure_report
from tests.api_calls import ask

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def test_only_the_last_ten_are_shown(mockwise_own: MockWise) -> None:
    """The end is what failed."""
    for _ in range(12):
        ask(mockwise_own.default)
    report = failure_report(mockwise_own.default, [], LONG_AGO)
    assert "exchanges, the last 10 of 12:" in report
    assert report.count("POST /oauth/token") == 10


def test_a_clock_that_is_behind_is_told(mockwise_own: MockWise) -> None:
    """A certificate or token may look as if it were of the future."""
    sandbox = mockwise_own.default
    assert "clock" not in failure_report(sandbox, [], LONG_AGO)
    sandbox.set_time(sandbox.now - timedelta(hours=2))
    assert "whose clock is 2h behind" in failure_report(sandbox, [], LONG_AGO)
