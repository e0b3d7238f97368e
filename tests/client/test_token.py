from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mockwise.client import Token
from mockwise.client.token import CachedToken

ANSWER = {
    "access_token": "ca44a17e",
    "token_type": "bearer",
    "expires_in": 43199,
    "scope": "transfers",
    "expires_at": "2026-05-06T00:57:28.213Z",
}
USERS = {
    "access_token": "7b2ea7cb",
    "token_type": "bearer",
    "refresh_token": "984bd68c",
    "expires_in": 43199,
    "scope": "transfers",
    "created_at": "2026-07-31T08:43:59.521339906Z",
    "expires_at": "2026-07-31T20:43:59.521Z",
    "refresh_token_expires_in": 625803591,
    "refresh_token_expires_at": "2046-05-30T11:03:51.097Z",
}
SENT = 1_000.0
NONSENSE: list[object] = [0, -5, True, None, "soon", [], float("nan"), float("inf"), 10**400]


def test_the_documented_answer_is_read() -> None:
    """All fields of docs/wise/token-endpoint.md#response arrive; a client-credentials token has no created_at."""
    assert Token.read(ANSWER) == Token(
        access_token="ca44a17e",
        token_type="bearer",
        expires_in=43199,
        scope="transfers",
        expires_at=datetime(2026, 5, 6, 0, 57, 28, 213000, tzinfo=UTC),
    )


def test_nine_fractional_digits_and_unknown_fields_do_no_harm() -> None:
    """created_at has nine digits (docs/wise/token-endpoint.md#response); unknown fields are ignored (RFC 6749 §5.1)."""
    token = Token.read(ANSWER | {"created_at": "2026-07-31T08:43:59.521339906Z", "surprise": [1]})
    assert token.created_at == datetime(2026, 7, 31, 8, 43, 59, 521339, tzinfo=UTC)


def test_the_token_of_a_user_is_read() -> None:
    """The observed answer to a refresh (docs/wise/token-endpoint.md#response)."""
    token = Token.read(USERS)
    assert token.refresh_token == "984bd68c"
    assert token.refresh_token_expires_in == 625803591
    assert token.refresh_token_expires_at == datetime(2046, 5, 30, 11, 3, 51, 97000, tzinfo=UTC)
    assert "984bd68c" not in repr(token)


@pytest.mark.parametrize("value", ["", 7, None, []])
def test_a_refresh_token_is_a_text_or_nothing(value: object) -> None:
    """It is optional (RFC 6749 §5.1); of its size and format nothing is assumed (docs/wise/lifetimes-and-formats.md#formats)."""
    assert Token.read({"access_token": "x", "refresh_token": value}).refresh_token is None
    assert Token.read({"access_token": "x", "refresh_token": "\u00e9 " * 999}).refresh_token


def test_a_token_is_hidden() -> None:
    """A repr ends in a log sooner or later."""
    assert "ca44a17e" not in repr(Token.read(ANSWER))


@pytest.mark.parametrize("text", ["x", "a.b.c", "!~", "x" * 100_000, "{}[]%'\""])
def test_any_size_and_format_is_taken(text: str) -> None:
    """Callers must not assume size or format (docs/wise/lifetimes-and-formats.md#formats)."""
    assert Token.read({"access_token": text}).access_token == text


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([], "not a JSON object"),
        ({}, "no access_token"),
        ({"access_token": ""}, "no access_token"),
        ({"access_token": 7}, "no access_token"),
        ({"access_token": "SEEN\r\nX: y"}, "no header"),
        ({"access_token": "SEEN seen"}, "no header"),
        ({"access_token": "SEEN\u00e9"}, "no header"),
        ({"access_token": "SEEN", "token_type": "mac"}, "not bearer"),
        ({"access_token": "SEEN", "token_type": None}, "not bearer"),
    ],
)
def test_what_cannot_be_sent_as_a_bearer_token_is_refused(answer: object, why: str) -> None:
    """RFC 6750 §2.1 and RFC 6749 §7.1; the message does not repeat the token."""
    with pytest.raises(ValueError, match=why) as raised:
        Token.read(answer)
    assert "SEEN" not in str(raised.value)


def test_the_type_is_read_in_any_case_and_may_be_missing() -> None:
    """token_type is case insensitive (RFC 6749 §5.1); a server that forgets it means bearer."""
    assert Token.read({"access_token": "x", "token_type": "BEARER"}).token_type == "BEARER"
    assert Token.read({"access_token": "x"}).token_type == "bearer"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (43199, 43199),
        ("43199", 43199),
        (59.9, 59),
        *[(nonsense, None) for nonsense in NONSENSE],
    ],
)
def test_a_lifetime_is_a_positive_number_or_nothing(value: object, seconds: int | None) -> None:
    """expires_in is only RECOMMENDED (RFC 6749 §5.1), and servers err."""
    assert Token.read({"access_token": "x", "expires_in": value}).expires_in == seconds


@pytest.mark.parametrize("value", [7, None, "soon", "2026-05-06", "2026-05-06T00:57:28"])
def test_a_timestamp_without_zone_or_sense_is_nothing(value: object) -> None:
    """A time without a zone may be wrong by hours, and so is not used."""
    assert Token.read({"access_token": "x", "expires_at": value, "scope": value}).expires_at is None


def held(leeway: float = 60.0, **fields: Any) -> CachedToken:
    """A token that a request of `SENT` brought."""
    return CachedToken.of(Token("x", **fields), SENT, leeway)


def test_a_token_is_renewed_ahead_of_its_end() -> None:
    """By the leeway, counted from when the request was sent."""
    token = held(expires_in=600)
    assert (token.fresh(SENT + 539), token.fresh(SENT + 540)) == (True, False)
    assert (token.alive(SENT + 599), token.alive(SENT + 600)) == (True, False)


def test_a_short_life_is_used_to_its_half_at_least() -> None:
    """A leeway longer than the life would mean a token request for each call."""
    token = held(expires_in=20)
    assert (token.fresh(SENT + 9), token.fresh(SENT + 10)) == (True, False)


def test_expires_at_stands_in_for_expires_in() -> None:
    """If expires_in is missing or nonsense, expires_at counts; if both are, only a 401 will tell."""
    at = datetime.fromtimestamp(SENT + 600, UTC)
    assert held(expires_at=at).ends_at == SENT + 600
    assert held(expires_in=300, expires_at=at).ends_at == SENT + 300
    assert held(expires_at=datetime.fromtimestamp(SENT, UTC)).ends_at is None
    eternal = held()
    assert eternal.fresh(1e12)
    assert eternal.alive(1e12)
    assert eternal.postponed(1e12).fresh(1e13)


def test_a_failed_renewal_is_tried_again_after_half_of_what_is_left() -> None:
    """So a server in trouble is not asked at every call."""
    token = held(expires_in=600).postponed(SENT + 540)
    assert (token.fresh(SENT + 569), token.fresh(SENT + 570), token.ends_at) == (True, False, SENT + 600)


def test_a_kept_token_is_renewed_when_it_would_have_been() -> None:
    """However long it was kept: by its expires_at, and half of its whole life; without one it is taken for new."""
    at = datetime.fromtimestamp(SENT + 100, UTC)
    kept = CachedToken.kept(Token("x", expires_in=600, expires_at=at), SENT, 60.0)
    assert (kept.renew_at, kept.ends_at) == (SENT + 40, SENT + 100)
    assert CachedToken.kept(Token("x", expires_in=600, expires_at=at), SENT, 999.0).renew_at == SENT - 200
    assert CachedToken.kept(Token("x", expires_at=at), SENT, 999.0).renew_at == SENT + 50
    over = CachedToken.kept(Token("x", expires_in=600, expires_at=at), SENT + 100, 60.0)
    assert (over.fresh(SENT + 100), over.alive(SENT + 100)) == (False, False)
    assert CachedToken.kept(Token("x", expires_in=600), SENT, 60.0).ends_at == SENT + 600
