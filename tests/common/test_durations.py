from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise.common.durations import parse_duration, parse_lifetime, spell, spell_exactly, spell_roughly
from mockwise.errors import InvalidValueError, MockwiseError


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("12h", timedelta(hours=12)),
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("250ms", timedelta(milliseconds=250)),
        ("1m1ms", timedelta(minutes=1, milliseconds=1)),
        ("1w2d", timedelta(days=9)),
        ("1.5h", timedelta(minutes=90)),
        ("0s", timedelta()),
        ("  12H ", timedelta(hours=12)),
    ],
)
def test_the_short_form_is_numbers_with_units(text: str, length: timedelta) -> None:
    """A length is written as numbers with units, in any case, blanks around it ignored (mock-only)."""
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT12H", timedelta(hours=12)),
        ("P1DT30M", timedelta(days=1, minutes=30)),
        ("PT1H30M5S", timedelta(hours=1, minutes=30, seconds=5)),
        ("PT0.25S", timedelta(milliseconds=250)),
        ("P2W", timedelta(weeks=2)),
        ("P7300D", timedelta(days=7300)),
        ("pt12h", timedelta(hours=12)),
    ],
)
def test_iso_8601_is_read(text: str, length: timedelta) -> None:
    """A length may be written as ISO 8601 section 4.4.3.2 has it, without years and months."""
    assert parse_duration(text) == length


def test_a_timedelta_is_itself() -> None:
    """Whoever has a timedelta already may hand it in (mock-only)."""
    assert parse_duration(timedelta(hours=12)) == timedelta(hours=12)


NONSENSE = [
    "",
    " ",
    "12",
    "h",
    "12x",
    "12 h",
    "1h 30m",
    "-5s",
    "+5s",
    "1..5h",
    ".5h",
    "5.h",
    "1e3s",
    "nan",
    "inf",
]
NONSENSE_ISO = ["P", "PT", "P1DT", "P1Y", "P1M", "PT1.5H", "PT-5S", "-PT5S", "12h!", "twelve hours"]


@pytest.mark.parametrize("text", NONSENSE + NONSENSE_ISO)
def test_nonsense_is_refused_with_examples(text: str) -> None:
    """What is no length of time is refused at the call, with the remedy (errors)."""
    with pytest.raises(InvalidValueError, match=r"a duration.*Write for example 12h, 90s, 1h30m or PT12H"):
        parse_duration(text)


def test_a_negative_length_is_refused() -> None:
    """Time is never asked to go backwards by a length (mock-only); zero is no negative."""
    with pytest.raises(InvalidValueError, match="cannot be negative"):
        parse_duration(timedelta(microseconds=-1))
    assert parse_duration(timedelta()) == timedelta()


@pytest.mark.parametrize(
    "text", ["1000000000d", "999999999d24h", "P1000000000D", "9" * 400 + "h", f"PT{'9' * 400}S"]
)
def test_a_length_beyond_all_bounds_is_refused(text: str) -> None:
    """A length that a timedelta cannot hold is a bad value, not an OverflowError (errors)."""
    with pytest.raises(InvalidValueError, match=r"too long a duration.*999999999 days"):
        parse_duration(text)


def test_a_bad_value_is_both_of_its_families() -> None:
    """A bad value is caught as the mock's own error and as Python's ValueError (errors)."""
    with pytest.raises(MockwiseError):
        parse_duration("soon")
    with pytest.raises(ValueError, match="soon"):
        parse_duration("soon")


@pytest.mark.parametrize("text", ["1s", "12h", "36500d"])
def test_a_lifetime_is_from_a_second_to_a_century(text: str) -> None:
    """A token lives at least a second, as expires_in counts whole ones (docs/wise/token-endpoint.md#response), and at most 100 years."""
    assert parse_lifetime(text) == parse_duration(text)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("0s", "at least one second.*expire or revoke it"),
        ("999ms", "at least one second"),
        (timedelta(), "at least one second"),
        ("36500d1ms", "at most 36500 days"),
        (timedelta.max, "at most 36500 days"),
        (timedelta(seconds=-1), "cannot be negative"),
        ("forever", "not a duration"),
    ],
)
def test_a_lifetime_outside_its_bounds_is_refused(value: str | timedelta, complaint: str) -> None:
    """A lifetime that no answer could state is refused at the call (docs/wise/token-endpoint.md#response, mock-only)."""
    with pytest.raises(InvalidValueError, match=complaint):
        parse_lifetime(value)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(), "0s"),
        (timedelta(milliseconds=999), "0s"),
        (timedelta(seconds=45), "45s"),
        (timedelta(hours=12), "12h"),
        (timedelta(hours=1, minutes=30), "1h30m"),
        (timedelta(days=2, seconds=1), "2d1s"),
    ],
)
def test_a_length_is_spelled_as_it_is_read(length: timedelta, text: str) -> None:
    """Messages write a length in the short form that is read back, to the second (mock-only)."""
    assert spell(length) == text
    assert parse_duration(text) == timedelta(seconds=int(length.total_seconds()))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "40ms"),
        (3.2, "3.2s"),
        (5, "5s"),
        (720, "12m"),
        (3600, "1h"),
        (47100, "13h5m"),
        (86400, "1d"),
        (273600, "3d4h"),
    ],
)
def test_for_people_a_length_has_two_units_at_most(seconds: float, words: str) -> None:
    """The command line, the dashboard and the report of an audit write it alike."""
    assert spell_roughly(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("length", "text"),
    [(timedelta(milliseconds=250), "0.250000s"), (timedelta(minutes=15), "15m"), (timedelta(), "0s")],
)
def test_a_length_that_is_read_again_loses_nothing(length: timedelta, text: str) -> None:
    """A fault's table, which can be armed again, holds fractions of a second (faults.schema)."""
    assert spell_exactly(length) == text
    assert parse_duration(text) == length
