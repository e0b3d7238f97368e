from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mockwise.oauth import wise_wire


@pytest.mark.parametrize(
    ("left", "seconds"),
    [
        (timedelta(hours=12), 43199),
        (timedelta(hours=12) - timedelta(microseconds=1), 43199),
        (timedelta(seconds=43199), 43198),
        (timedelta(seconds=60), 59),
        (timedelta(seconds=1, microseconds=1), 1),
        (timedelta(seconds=1), 0),
        (timedelta(milliseconds=1), 0),
        (timedelta(), 0),
        (timedelta(hours=-1), 0),
        (timedelta(days=36500), 3_153_599_999),
    ],
)
def test_whole_seconds_are_what_is_left_when_the_answer_arrives(left: timedelta, seconds: int) -> None:
    """Twelve hours read 43199: the seconds left, rounded up, less one, never below zero (docs/wise/token-endpoint.md#response)."""
    assert wise_wire.whole_seconds(left) == seconds


@pytest.mark.parametrize(
    ("microsecond", "digits"), [(0, "000"), (521_339, "521"), (521_999, "521"), (999_999, "999"), (1, "000")]
)
def test_a_timestamp_has_milliseconds_and_a_z(microsecond: int, digits: str) -> None:
    """expires_at is UTC, cut to three fractional digits, and ends in Z (docs/wise/token-endpoint.md#response, OBSERVED)."""
    time = datetime(2026, 7, 31, 20, 43, 59, microsecond, tzinfo=UTC)
    assert wise_wire.millisecond_timestamp(time) == f"2026-07-31T20:43:59.{digits}Z"


def test_the_words_of_the_wire_are_wises() -> None:
    """Each word that goes out is the one of the fact sheet (docs/wise/token-endpoint.md#response, docs/wise/token-endpoint.md#errors and docs/wise/errors.md#shapes)."""
    assert wise_wire.TOKEN_TYPE == "bearer"
    assert wise_wire.SCOPE == "transfers"
    assert wise_wire.CLIENT_AUTHENTICATION_FAILED == "Client authentication failed"
    assert wise_wire.MISSING_GRANT_TYPE == "Missing grant type"
    assert wise_wire.INVALID_TOKEN == "Invalid token"
    assert wise_wire.FULL_AUTHENTICATION == "Full authentication is required to access this resource"


def test_token_answers_are_not_to_be_stored() -> None:
    """Answers of the token endpoint are JSON that no cache keeps (docs/wise/token-endpoint.md#response; RFC 6749 section 5.1)."""
    assert dict(wise_wire.TOKEN_HEADERS) == {
        b"cache-control": b"no-store",
        b"pragma": b"no-cache",
        b"content-type": b"application/json",
    }


def test_figures_of_the_edge_are_wises() -> None:
    """A correlation id has up to 36 characters (docs/wise/errors.md#headers); a body up to 64 KiB (mock-only)."""
    assert wise_wire.LONGEST_CORRELATION_ID == 36
    assert wise_wire.LARGEST_TOKEN_REQUEST == 65536
