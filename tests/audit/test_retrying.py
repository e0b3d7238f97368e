"""Whether a client gives a server time, and changes what was refused (docs/wise/token-endpoint.md#errors and docs/wise/errors.md#headers)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.audit.journal_builder import HOUR, JournalBuilder, levels, only

REPEATED, EARLY, FAST = "refused-request-repeated", "retry-after-ignored", "retry-without-backoff"


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_the_same_refused_request_three_times_is_a_warning(status: int) -> None:
    """A refused request that is sent three times, the same to the last byte, is a warning."""
    builder = JournalBuilder()
    for number in range(3):
        builder.ask(number, status=status)
    assert levels(builder.findings) == {REPEATED: "warning"}
    assert only(builder.findings).what == "up to 3 times in a row"


@pytest.mark.parametrize(
    "answers",
    [
        [401],
        [401, 401],
        [401, 401, 200, 401],
        [404, 404, 404, 404],
        [409, 409, 409],
    ],
)
def test_fewer_or_others_are_none(answers: list[int]) -> None:
    """A test that looks at a refusal once; a client that waits for something to come."""
    builder = JournalBuilder()
    for number, status in enumerate(answers):
        builder.call(None, number, status=status)
    assert builder.broken == []


def test_other_secrets_are_other_requests() -> None:
    """Masked they look alike, but a test tries many wrong ones."""
    builder = JournalBuilder()
    for number in range(5):
        builder.ask(number, status=401, fingerprint=f"f{number}")
    assert builder.broken == []


def test_each_of_many_workers_may_be_refused_once() -> None:
    """Eight threads with a wrong secret, and with a token of the wrong kind."""
    builder = JournalBuilder()
    for number in range(8):
        builder.ask(number, status=401, connection=f"c{number}", open_connections=8)
    builder.fetch("t", 9, open_connections=8)
    for number in range(8):
        builder.call("t", 10, connection=f"c{number % 2}", open_connections=8, status=403)
    assert REPEATED not in builder.broken


def test_refusals_that_a_fault_made_are_none() -> None:
    """What was armed is not the client's fault."""
    builder = JournalBuilder()
    for number in range(5):
        builder.ask(number, status=401, fault="Respond")
    assert builder.broken == []


def test_an_early_retry_ignores_retry_after() -> None:
    """A retry after one second ignores a `Retry-After` of five."""
    builder = JournalBuilder()
    builder.ask(0, retry_after=5)
    builder.fetch("t", 1)
    assert levels(builder.findings) == {EARLY: "warning"}
    assert [it.number for it in only(builder.findings).evidence] == [1, 2]


def test_four_early_retries_are_not_excused_by_a_late_one() -> None:
    """Somebody came back in time, but not who asked all the time."""
    builder = JournalBuilder()
    for number in range(3):
        builder.ask(number * 0.5, retry_after=5, status=429)
        builder.ask(number * 0.5 + 0.2, retry_after=5, status=429)
    builder.fetch("t", 6)
    assert builder.broken == [EARLY]


@pytest.mark.parametrize(
    ("retry_after", "second"),
    [
        (5, {"seconds": 5.0}),
        (5, {"seconds": 0.0, "wall": 5.0}),
        (5, {"seconds": 4.97}),
        (5, {"seconds": 0.1, "path": "/v1/profiles"}),
        ("soon", {"seconds": 0.1}),
        (0, {"seconds": 0.1}),
        ("9" * 20, {"seconds": 0.1}),
    ],
)
def test_a_retry_in_time_is_none(retry_after: object, second: dict[str, Any]) -> None:
    """By either clock; other requests, and values that mean nothing, do not count."""
    builder = JournalBuilder()
    builder.ask(0, retry_after=retry_after)
    builder.add(**second)
    assert builder.broken == []


def test_another_worker_does_not_know() -> None:
    """One is told to wait, another one asks for its own token over the same pool, the first comes back in time."""
    builder = JournalBuilder()
    builder.ask(0, retry_after=5)
    builder.fetch("b", 0.2)
    builder.fetch("a", 5.3)
    builder.call("b", 6)
    assert builder.broken == []


def test_retry_after_on_another_status_is_none() -> None:
    """A 401 with that header says nothing about time."""
    builder = JournalBuilder()
    builder.ask(0, retry_after=5, status=401)
    builder.fetch("t", 1)
    assert builder.broken == []


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_four_attempts_at_once_are_without_backoff(status: int) -> None:
    """No back-off is over so soon."""
    builder = JournalBuilder()
    for number in range(4):
        builder.ask(number * 0.01, status=status)
    assert levels(builder.findings) == {FAST: "warning"}
    assert only(builder.findings).what == "4 attempts within 27 ms"


def test_many_attempts_at_a_steady_pace_are_without_backoff() -> None:
    """A loop with a short sleep."""
    builder = JournalBuilder()
    for number in range(20):
        builder.ask(number * 0.05, wall=0)
    assert builder.broken == [FAST]


@pytest.mark.parametrize("times", [[0, 0.3, 0.9, 2.0], [0, 0.01, 0.02], [0, 0, 0.15, 0.4, 1.0]])
def test_backoff_with_jitter_is_none(times: list[float]) -> None:
    """Some of its waits are short."""
    builder = JournalBuilder()
    for seconds in times:
        builder.ask(seconds)
    assert builder.broken == []


def test_four_workers_that_failed_once_are_none() -> None:
    """Each over its own connection; and tasks of a pool, which call the same."""
    builder = JournalBuilder()
    for number in range(4):
        builder.ask(connection=f"c{number}", open_connections=4)
    builder.fetch("t", HOUR, open_connections=4)
    for number in range(12):
        builder.call("t", HOUR, connection=f"c{number % 2}", open_connections=4, status=503)
    assert FAST not in builder.broken
