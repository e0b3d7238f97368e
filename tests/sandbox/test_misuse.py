"""Values that cannot be used, handed in from Python: an error of the mock's own at the call, with the remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mockwise import InvalidValueError, MockWise, Respond, Sandbox
from mockwise.state.users import User
from mockwise.storage.location import check_state

Use = Callable[[Any], object]


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda box: box.advance("-1h"), "a duration cannot be negative: '-1h'. Write for example 12h"),
        (lambda box: box.advance("\N{MINUS SIGN}1h"), "a duration cannot be negative"),
        (lambda box: box.advance("--1h"), "not a duration: '--1h'. Write for example 12h, 90s"),
        (lambda box: box.advance(timedelta(hours=-1)), "a duration cannot be negative"),
        (lambda box: box.advance(hours=-1), "a duration cannot be negative"),
        (lambda box: box.advance(3600), "not a duration: 3600. Write for example 12h"),
        (lambda box: box.advance(None), "not a duration: None"),
        (lambda box: box.advance(hour=1), "advance('12h') or advance(hours=12)"),
        (lambda box: box.advance(hours="1"), "advance('12h') or advance(hours=12)"),
        (lambda box: box.advance(hours=float("nan")), "not a duration"),
        (lambda box: box.advance(hours=1e300), "not a duration"),
        (lambda box: box.rotate_secret(overlap=5), "not a duration: 5"),
        (lambda box: box.renew_certificate(valid_until=5), "not a duration: 5"),
        (lambda box: box.set_time(datetime(2027, 1, 7)), "the time needs a zone"),
        (lambda box: box.set_time("2027-01-07"), "the time needs a zone"),
        (lambda box: box.set_time("tomorrow"), "such as 2027-01-07T00:00:00Z, or now"),
        (lambda box: box.set_time(5), "or now"),
        (lambda box: box.set_time(None), "or now"),
        (lambda box: box.arm("x"), "a fault is written like Respond(503)"),
        (lambda box: box.arm(Respond), "Respond is a class of faults: arm one of them, written Respond(...)"),
        (lambda box: box.arm(Respond(503), None), "a fault is written like Respond(503)"),
        (lambda box: box.arm([Respond(503)]), "a fault is written like Respond(503)"),
        (lambda box: box.play("nope"), "there is no scenario 'nope'"),
        (lambda box: box.play(None), "there is no scenario None"),
        (lambda box: box.query(since="lunch"), "since: write the number"),
    ],
)
def test_a_value_that_cannot_be_used_is_told(use: Use, said: str, mockwise: Sandbox) -> None:
    """A value that cannot be used is refused, and nothing is done."""
    before = mockwise.freeze()
    with pytest.raises(InvalidValueError) as error:
        use(mockwise)
    assert said in str(error.value)
    assert mockwise.now == before
    assert mockwise.faults == []


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda _: MockWise(5), "settings: write options by name, as in MockWise(token_lifetime='60s')"),  # type: ignore[arg-type]
        (lambda mock: mock.trust("x"), "an authority is what new_authority() makes"),
        (lambda mock: mock.distrust(None), "an authority is what new_authority() makes"),
        (lambda mock: mock.bad_server("x"), "x"),
        (lambda mock: mock.sandbox(token_lifetime=5), "not a duration: 5"),
    ],
)
def test_so_it_is_of_a_mock(use: Use, said: str, mockwise_server: MockWise) -> None:
    """What is no settings, no authority, no kind of server."""
    with pytest.raises(InvalidValueError) as error:
        use(mockwise_server)
    assert said in str(error.value)


def test_a_time_may_be_text_or_now(mockwise: Sandbox) -> None:
    """As on the command line."""
    assert mockwise.set_time("2027-01-07T00:00:00Z") == datetime(2027, 1, 7, tzinfo=UTC)
    assert mockwise.set_time("2027-01-07T01:00:00+01:00") == datetime(2027, 1, 7, tzinfo=UTC)
    assert abs(mockwise.set_time("now") - datetime.now(UTC)) < timedelta(minutes=5)
    assert isinstance(mockwise.users[0], User)


@pytest.mark.parametrize(
    "state",
    [
        "redis://127.0.0.1/abc",
        "redis://127.0.0.1/0/1",
        "redis://u:s3cret@127.0.0.1:6379/x",
        "redis://127.0.0.1/-1",
        "rediss://127.0.0.1/1a",
        "valkey://127.0.0.1/ ",
        "redis://127.0.0.1?db=abc",
        "unix:///run/redis.sock?db=abc",
        "redis://127.0.0.1:abc/0",
        "redis://127.0.0.1:99999/0",
        "redis://127.0.0.1:0/0",
    ],
)
def test_a_database_that_is_no_number_is_not_database_0(state: str) -> None:
    """The driver would take it for that, in silence."""
    with pytest.raises(InvalidValueError, match=r"write (its number, as in )?redis://HOST:PORT/0") as error:
        check_state(state)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    "state",
    [
        *("redis://127.0.0.1", "redis://127.0.0.1/", "redis://127.0.0.1:6379/12", "valkey://h/1"),
        *("unix:///run/redis.sock", "unix:///run/redis.sock?db=3", "rediss://u:p@h/0?ssl_cert_reqs=none"),
    ],
)
def test_a_database_is_a_number_or_left_away(state: str) -> None:
    """As the driver reads it."""
    assert check_state(state) == state
