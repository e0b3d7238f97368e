"""`UserAuth`: when a user's token is refreshed, used, and repeated after a 401; on both kinds of httpx client."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from mockwise.client import ClientRefused, ForeignOrigin, RequestRefused, ServerFailed, Token, UserAuth
from tests.client.support import (
    HOST,
    ID,
    REFRESH,
    SECRET,
    START,
    Clock,
    MakeCaller,
    Server,
    aparts,
    make_user,
    parts,
)

HALF = 43199 / 2
"""Seconds after which a token of twelve hours is refreshed."""


def kept(**fields: object) -> Token:
    """What an application got for a code, and kept."""
    return Token.read({"access_token": "kept", "refresh_token": REFRESH, "expires_in": 43199} | fields)


def test_the_first_call_refreshes(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """With the refresh token that was kept, and HTTP Basic (docs/wise/token-endpoint.md#parameters); later calls use what it brought."""
    client = caller(make_user(clock), server)
    assert [client.get().status_code for _ in range(3)] == [200] * 3
    assert server.forms == [{"grant_type": "refresh_token", "refresh_token": REFRESH}]
    assert server.token_requests[0].headers["Authorization"].startswith("Basic ")


def test_a_token_is_refreshed_at_half_of_its_life(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """Every 6 of 12 hours, as Wise recommends (docs/wise/lifetimes-and-formats.md#what-ends-a-token); one that lives an hour after half an hour."""
    client = caller(make_user(clock), server)
    for seconds, tokens in ((0.0, 1), (HALF - 1, 1), (HALF, 2)):
        clock.now = START + seconds
        client.get()
        assert len(server.token_requests) == tokens
    server.fields |= {"expires_in": 3600}
    for seconds, tokens in ((HALF, 3), (HALF + 1799, 3), (HALF + 1800, 4)):
        clock.now = START + HALF + seconds
        client.get()
        assert len(server.token_requests) == tokens


def test_the_leeway_can_be_given(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """`UserAuth` takes a leeway, as `WiseAuth` does."""
    client = caller(make_user(clock, leeway=timedelta(minutes=5)), server)
    for seconds, tokens in ((0, 1), (43199 - 301, 1), (43199 - 300, 2)):
        clock.now = START + seconds
        client.get()
        assert len(server.token_requests) == tokens


def test_a_kept_token_is_used_until_it_is_time(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """One fresh from the exchange of a code costs no refresh, which would be its end."""
    server.live = "kept"
    client = caller(make_user(clock, kept()), server)
    for seconds, tokens in ((0.0, 0), (HALF - 1, 0), (HALF, 1)):
        clock.now = START + seconds
        assert client.get().status_code == 200
        assert len(server.token_requests) == tokens


@pytest.mark.parametrize("age", [timedelta(hours=7), timedelta(days=7)])
def test_an_old_token_is_refreshed_first(
    age: timedelta, clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """Its expires_at says how long it was kept."""
    at = datetime.fromtimestamp(START, UTC) + timedelta(seconds=43199) - age
    client = caller(make_user(clock, kept(expires_at=at.isoformat())), server)
    assert client.get().status_code == 200
    assert [r.headers["Authorization"] for r in server.api_requests] == ["Bearer token-1"]


def test_a_401_refreshes_exactly_once(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """And the call is repeated exactly once; a second 401 is the caller's."""
    client = caller(make_user(clock, kept()), server)
    assert client.request("POST", f"{HOST}/v1/transfers", json={"amount": 1}).status_code == 200
    assert len(server.token_requests) == 1
    assert server.bodies[-1] == b'{"amount":1}'
    server.calls = [httpx.Response(401)] * 2
    assert client.get().status_code == 401
    assert len(server.token_requests) == 2
    assert client.get().status_code == 200


def test_a_streamed_body_is_sent_once(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """The caller gets the 401; the token is forgotten all the same."""
    client = caller(make_user(clock, kept()), server)
    body = aparts() if client.is_async else parts()
    assert client.request("POST", f"{HOST}/v1/files", content=body).status_code == 401
    assert len(server.requests) == 1
    assert client.get().status_code == 200
    assert len(server.token_requests) == 1


@pytest.mark.parametrize("trouble", [httpx.Response(503), httpx.Response(401), httpx.ConnectError("nobody")])
def test_a_failed_refresh_costs_nothing_while_the_older_token_lives(
    trouble: httpx.Response | Exception, clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """One short try, because all others wait for it; the next after half of what is left."""
    server.live = "kept"
    client = caller(make_user(clock, kept()), server)
    server.tokens = [trouble] * 9
    for seconds, asked in ((HALF, 1), (HALF * 1.5 - 1, 1), (HALF * 1.5, 2)):
        clock.now = START + seconds
        assert client.get().status_code == 200
        assert len(server.token_requests) == asked
    assert clock.slept == []


def test_a_refresh_whose_answer_was_lost_is_made_again(
    clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """The server had made it, so the older token is over: the 401 tells."""

    def lost() -> None:
        server.during = lambda: None
        server.live = "unheard"
        raise httpx.ReadTimeout("timed out")

    server.live, server.during = "kept", lost
    client = caller(make_user(clock, kept()), server)
    clock.now += HALF
    assert client.get().status_code == 200
    assert [r.url.path for r in server.requests] == ["/oauth/token", "/v1/me", "/oauth/token", "/v1/me"]


def test_passing_trouble_is_waited_out(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """429, 5xx and lost connections, with Retry-After and jitter, as with `WiseAuth`."""
    server.tokens = [
        httpx.Response(429, headers={"Retry-After": "7"}),
        httpx.Response(503),
        httpx.ReadError(""),
    ]
    assert caller(make_user(clock), server).get().status_code == 200
    assert clock.slept == [7.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), ClientRefused),
        (httpx.Response(403), RequestRefused),
        (httpx.Response(503, json={"error": "invalid_grant"}), ServerFailed),
    ],
)
def test_lasting_trouble_is_raised_and_tried_again_by_the_next_call(
    answer: httpx.Response, error: type[Exception], clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """None of it says that the refresh token is dead (docs/wise/token-endpoint.md#errors)."""
    client = caller(make_user(clock), server)
    server.tokens = [answer] * 4
    with pytest.raises(error):
        client.get()
    server.tokens = []
    assert client.get().status_code == 200


def test_the_token_goes_where_it_belongs(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """And nowhere else, as with `WiseAuth`."""
    client = caller(make_user(clock, token_url="https://tokens.test/oauth/token"), server)
    assert client.get().status_code == 200
    assert server.token_requests[0].url.host == "tokens.test"
    with pytest.raises(ForeignOrigin, match="origins="):
        client.get("https://elsewhere.test/")


def test_an_instance_shows_no_secret_and_cannot_be_pickled(clock: Clock) -> None:
    """A repr ends in a log sooner or later; a copy would race with the original."""
    auth = make_user(clock, kept())
    assert repr(auth) == "<UserAuth of client 'the-client'>"
    assert auth.token == kept()
    assert REFRESH not in repr(auth.token)
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(auth)


@pytest.mark.parametrize("refresh_token", ["", Token("x"), Token("x", refresh_token="")])
def test_without_a_refresh_token_there_is_no_user(refresh_token: str | Token, clock: Clock) -> None:
    """The client's own tokens have none (docs/wise/token-endpoint.md#response)."""
    with pytest.raises(ValueError, match="refresh_token: "):
        make_user(clock, refresh_token)
    with pytest.raises(ValueError, match="refresh_token: "):
        make_user(clock).relink(refresh_token)


def test_it_lives_by_the_clock_on_the_wall() -> None:
    """Unless it is given another."""
    assert UserAuth(ID, SECRET, REFRESH).token is None
