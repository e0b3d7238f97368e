"""What peers send is read as something, and what they are told can be read back."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockwise.oauth import wise_wire
from mockwise.oauth.credentials import BasicCredentials, BearerToken, InvalidAuthorization, read_authorization
from mockwise.oauth.errors import InvalidRequest
from mockwise.oauth.parameters import read_parameters
from mockwise.web.wise.body import read_form
from tests.properties.settings import effort

MANY = effort(150)
SECOND = timedelta(seconds=1)
utf8_text = st.text(max_size=40)

# What peers send.


@MANY
@given(utf8_text.filter(lambda it: ":" not in it), utf8_text)
def test_basic_carries_any_id_and_secret(user: str, password: str) -> None:
    """As they are, and form-encoded by who does that first (RFC 7617, RFC 6749 section 2.3.1)."""
    plain = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
    assert read_authorization((plain,)) == BasicCredentials(user, password)
    encoded = f"{quote_plus(user)}:{quote_plus(password)}"
    read = read_authorization(("basic  " + b64encode(encoded.encode()).decode() + " ",))
    assert isinstance(read, BasicCredentials)
    assert read.form_decoded() == BasicCredentials(user, password)


@MANY
@given(st.lists(st.binary(max_size=40), max_size=2))
def test_any_authorization_is_read_as_something(values: list[bytes]) -> None:
    """Headers are bytes, which ASGI's apps read as Latin-1; what cannot be used says why in ASCII."""
    for prefix in (b"", b"Basic ", b"Bearer ", b"BASIC\t"):
        read = read_authorization(tuple((prefix + it).decode("latin-1") for it in values))
        if isinstance(read, InvalidAuthorization):
            assert read.problem.isascii()
        else:
            assert (read is None) == (not values)
            assert read is None or isinstance(read, BasicCredentials | BearerToken)


@MANY
@given(st.lists(st.tuples(utf8_text.filter(bool), utf8_text), max_size=6))
def test_a_form_says_what_was_meant(pairs: list[tuple[str, str]]) -> None:
    """In any Unicode and in order; each parameter once, and one without a value counts as left out (RFC 6749 3.2)."""
    form = read_form(b"application/x-www-form-urlencoded; charset=x", urlencode(pairs).encode())
    assert form == tuple(pairs)
    if len(dict(pairs)) == len(pairs):
        assert read_parameters(form) == {name: value for name, value in pairs if value}
    else:
        with pytest.raises(InvalidRequest):
            read_parameters(form)


TYPES = [
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=b",
    b"multipart/form-data; boundary=",
]


@MANY
@given(
    st.sampled_from(TYPES) | st.binary(max_size=30),
    st.lists(
        st.sampled_from(
            [b"--b", b"--", b"\r\n", b"Content-Disposition: form-data; ", b'name="a"', b"=", b"&"]
        )
        | st.binary(max_size=10),
        max_size=12,
    ),
)
def test_any_body_is_a_form_or_a_broken_one(kind: bytes, parts: list[bytes]) -> None:
    """None of what a peer sends is an error of the reader's (docs/wise/token-endpoint.md#request)."""
    form = read_form(kind, b"".join(parts))
    assert form is None or all("".join(pair).isprintable() is not None for pair in form)


# Times on the wire.

moments = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1)).map(lambda it: it.replace(tzinfo=UTC))
lengths = st.timedeltas(timedelta(), timedelta(days=36500))


@MANY
@given(lengths)
@example(timedelta(hours=12))
@example(timedelta(microseconds=1))
def test_seconds_left_are_rounded_up_less_one(left: timedelta) -> None:
    """12 hours read 43199 (docs/wise/token-endpoint.md#response); a token that lives never says more than it has, nor less than nothing."""
    told = wise_wire.whole_seconds(left)
    assert told >= 0
    assert told == 0 or told * SECOND < left <= (told + 1) * SECOND
    assert told or left <= SECOND


@MANY
@given(moments, lengths, moments)
def test_seconds_left_never_exceed_the_lifetime(began: datetime, lifetime: timedelta, now: datetime) -> None:
    """Though the clock may be set back (docs/wise/token-endpoint.md#response)."""
    told = wise_wire.seconds_left(began, began + lifetime, now)
    assert 0 <= told <= max(lifetime // SECOND, 0)


@MANY
@given(moments, st.integers(1, 10**9))
def test_timestamps_are_read_back(time: datetime, number: int) -> None:
    """`expires_at` in milliseconds, `created_at` with nine digits, whatever the year (docs/wise/token-endpoint.md#response)."""
    short, long = wise_wire.millisecond_timestamp(time), wise_wire.nanosecond_timestamp(time, number)
    assert datetime.fromisoformat(short) == time.replace(microsecond=time.microsecond // 1000 * 1000)
    assert long[-1] == "Z"
    assert datetime.fromisoformat(long[:-4] + "Z") == time
    assert long[-4:-1] != "000"
