"""When a token is kept, renewed, given up and fetched anew; on both kinds of httpx client."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from mockwise.client import RequestRefused, ServerFailed, WiseAuth
from tests.client.support import HOST, ID, SECRET, START, Clock, MakeCaller, Server, aparts, make_auth, parts


def test_one_token_serves_many_calls(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """A token is kept for as long as it lives, in memory (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    client = caller(make_auth(clock), server)
    assert [client.get().status_code for _ in range(5)] == [200] * 5
    assert len(server.token_requests) == 1
    assert {r.headers["Authorization"] for r in server.api_requests} == {"Bearer token-1"}


@pytest.mark.parametrize("leeway", [300, timedelta(minutes=5)])
def test_a_token_is_renewed_ahead_of_its_end(
    leeway: float | timedelta, clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """By the leeway; a second earlier it is not."""
    client = caller(make_auth(clock, leeway=leeway), server)
    for seconds, tokens in ((0, 1), (43199 - 301, 1), (43199 - 300, 2)):
        clock.now = START + seconds
        assert client.get().status_code == 200
        assert len(server.token_requests) == tokens


def test_a_life_is_counted_from_when_the_request_was_sent(
    clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """The one that brought the token, not an earlier attempt; the server began to count before it answered."""
    server.fields = {"expires_in": 100}
    server.tokens = [httpx.Response(503, headers={"Retry-After": "20"})]
    server.during = lambda: clock.sleep(5)
    client = caller(make_auth(clock, leeway=10), server)
    client.get()
    assert clock.slept == [20.5, 5]
    for seconds, tokens in ((20.5 + 89, 2), (20.5 + 90, 3)):
        clock.now = START + seconds
        client.get()
        assert len(server.token_requests) == tokens


def test_a_token_is_renewed_when_four_fifths_of_its_life_are_over(
    clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """Unless a leeway was given: DOCUMENTED, docs/wise/sources.md#newer-sources (D26o)."""
    client = caller(make_auth(clock), server)
    for seconds, tokens in ((0, 1), (0.8 * 43199 - 1, 1), (0.8 * 43199, 2)):
        clock.now = START + seconds
        client.get()
        assert len(server.token_requests) == tokens


@pytest.mark.parametrize("nonsense", [{"expires_in": "soon"}, {"expires_in": 0}, {"expires_in": None}])
def test_expires_at_stands_in(
    nonsense: dict[str, object], clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """If expires_in is missing or nonsense, expires_at counts."""
    server.fields = nonsense | {"expires_at": datetime.fromtimestamp(START + 600, UTC).isoformat()}
    client = caller(make_auth(clock), server)
    for seconds, tokens in ((0, 1), (479, 1), (480, 2)):
        clock.now = START + seconds
        client.get()
        assert len(server.token_requests) == tokens


def test_a_token_of_unknown_life_is_used_until_a_401(
    clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """Nothing is assumed of a lifetime that was not given (RFC 6749 §5.1)."""
    server.fields = {}
    client = caller(make_auth(clock), server)
    for days in (0, 1000):
        clock.now += days * 86400
        assert client.get().status_code == 200
    assert len(server.token_requests) == 1
    server.live = None
    assert client.get().status_code == 200
    assert len(server.token_requests) == 2


def test_a_failed_renewal_costs_nothing_while_the_older_token_lives(
    clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """That is what the leeway is for: one short try, the next after half of what is left, an error only at the end."""
    client = caller(make_auth(clock), server)
    client.get()
    server.tokens = [httpx.Response(503)] * 99
    for seconds, asked in ((43199 - 60, 2), (43199 - 31, 2), (43199 - 30, 3), (43199 - 29, 3)):
        clock.now = START + seconds
        assert client.get().status_code == 200
        assert len(server.token_requests) == asked
    assert clock.slept == []
    clock.now = START + 43199
    with pytest.raises(ServerFailed):
        client.get()
    server.tokens = []
    assert client.get().status_code == 200


def test_a_401_fetches_anew_exactly_once(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """A revoked token costs one more fetch, and the call is answered as if nothing had been."""
    client = caller(make_auth(clock), server)
    client.get()
    server.live = None
    answer = client.request("POST", f"{HOST}/v1/transfers", json={"amount": 1})
    assert answer.status_code == 200
    assert len(server.token_requests) == 2
    assert server.bodies[-1] == b'{"amount":1}'


def test_a_second_401_is_the_callers(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """Another token would not help; the next call may try."""
    server.calls = [httpx.Response(401, json={"error": "invalid_token"})] * 2
    client = caller(make_auth(clock), server)
    answer = client.get()
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token"})
    assert (len(server.token_requests), len(server.api_requests)) == (2, 2)
    assert client.get().status_code == 200


@pytest.mark.parametrize("status", [403, 429, 500])
def test_other_answers_of_the_api_are_the_callers(
    status: int, clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """Whether a call may be repeated only its author knows."""
    server.calls = [httpx.Response(status)]
    assert caller(make_auth(clock), server).get().status_code == status
    assert len(server.requests) == 2


def test_a_401_and_then_no_token_is_an_error(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """The refused token is forgotten, so nothing is left to fall back to."""
    client = caller(make_auth(clock), server)
    client.get()
    server.live, server.tokens = None, [httpx.Response(400)]
    with pytest.raises(RequestRefused):
        client.get()


def test_a_consumed_stream_is_not_sent_again(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """The caller gets the 401 rather than a call with an empty body; the token is forgotten all the same."""
    client = caller(make_auth(clock), server)
    client.get()
    server.live = None
    body = aparts() if client.is_async else parts()
    assert client.request("POST", f"{HOST}/v1/files", content=body).status_code == 401
    assert server.bodies[-1] == b"once"
    assert len(server.token_requests) == 1
    assert client.get().status_code == 200
    assert len(server.token_requests) == 2


def test_a_redirect_back_to_the_api_carries_the_token(
    clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """It is the same origin, and a 401 there is one of the API."""
    server.calls = [httpx.Response(307, headers={"Location": "/v2/me"}), httpx.Response(401)]
    assert caller(make_auth(clock), server, follow_redirects=True).get().status_code == 200
    assert len(server.token_requests) == 2


def test_an_instance_shows_no_secret_and_cannot_be_persisted() -> None:
    """Client-credentials tokens should not be persisted (docs/wise/lifetimes-and-formats.md#storage)."""
    auth = WiseAuth(ID, SECRET)
    assert repr(auth) == "<WiseAuth of client 'the-client'>"
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(auth)
