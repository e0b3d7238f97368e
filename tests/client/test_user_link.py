"""The link of a user: when it is broken, mended, and what the application is told; on both kinds of httpx client."""

from __future__ import annotations

import logging

import httpx
import pytest

from mockwise.client import LinkBroken, ServerFailed, Token
from tests.client.support import HOST, REFRESH, START, Clock, MakeCaller, Server, make_user

DEAD = {"error": "invalid_grant", "error_description": f"Invalid refresh token: {REFRESH}"}


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("code", ["invalid_grant", "invalid_token"])
def test_a_dead_refresh_token_is_asked_for_once(
    *, status: int, code: str, clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """Wise's pages differ on status and code (docs/wise/token-endpoint.md#errors and docs/wise/conflicts.md); each call says it, and none asks again."""
    client = caller(make_user(clock), server)
    server.tokens = [httpx.Response(status, json=DEAD | {"error": code}, headers={"x-trace-id": "ab" * 16})]
    raised = []
    for _ in range(3):
        with pytest.raises(LinkBroken, match=r"ask the user to link the account again.*abab") as one:
            client.get()
        raised.append(one.value)
    assert len(server.requests) == 1
    assert len({id(error) for error in raised}) == 3
    assert {(e.status, e.error, e.trace_id) for e in raised} == {(status, code, "ab" * 16)}


def test_a_dead_link_is_no_matter_of_the_older_token(
    clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """It is told as soon as it is known: not hours later, when the older token ends."""
    auth = make_user(clock)
    client = caller(auth, server)
    client.get()
    clock.now = START + 43199 / 2
    server.tokens = [httpx.Response(400, json=DEAD)]
    for _ in range(2):
        with pytest.raises(LinkBroken):
            client.get()
    assert auth.token is None
    assert len(server.requests) == 3


@pytest.mark.parametrize("new", ["new", Token("token-new", refresh_token="new", expires_in=43199)])
def test_relinking_mends_it(new: str | Token, clock: Clock, server: Server, caller: MakeCaller) -> None:
    """With the refresh token of the user's new consent, or the whole token, whose access token is used."""
    auth = make_user(clock)
    client = caller(auth, server)
    server.tokens = [httpx.Response(400, json=DEAD)]
    with pytest.raises(LinkBroken):
        client.get()
    server.live = "token-new"
    auth.relink(new)
    assert client.get().status_code == 200
    server.live = None
    assert client.get().status_code == 200
    assert [form["refresh_token"] for form in server.forms][1:] == ["new"] * (1 + isinstance(new, str))


@pytest.mark.parametrize("dead", [False, True])
def test_relinking_during_a_refresh_is_the_end_of_that_refresh(
    *, dead: bool, clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """What it brings, good or bad, says nothing of the new link."""
    told: list[Token] = []
    auth = make_user(clock, on_token=told.append)

    def relink() -> httpx.Response | None:
        server.during = lambda: None
        auth.relink("new")
        return httpx.Response(400, json=DEAD) if dead else None

    server.during = relink
    assert caller(auth, server).get().status_code == 200
    assert [form["refresh_token"] for form in server.forms] == [REFRESH, "new"]
    assert [token.refresh_token for token in told] == ["new"]


def test_a_new_refresh_token_takes_the_place_of_the_older(
    clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """Wise does not rotate it (docs/wise/token-endpoint.md#response), but nothing is assumed (RFC 6749 §6); the application is told."""
    told: list[Token] = []
    client = caller(make_user(clock, on_token=told.append), server)
    for answered in ("second", "second", None, "third"):
        server.fields["refresh_token"] = answered
        server.live = None
        assert client.get().status_code == 200
        if len(told) == 1:
            client.get()
    assert [form["refresh_token"] for form in server.forms] == [REFRESH, "second", "second", "second"]
    assert [token.access_token for token in told] == [f"token-{n}" for n in (1, 2, 3, 4)]
    assert [token.refresh_token for token in told] == ["second", "second", "second", "third"]


def test_what_on_token_raises_is_the_callers(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """Once, and the token is used nevertheless: it is the only one that lives."""

    def keep(_: Token) -> None:
        raise LookupError("no database")

    auth = make_user(clock, on_token=keep)
    client = caller(auth, server)
    with pytest.raises(LookupError, match="no database"):
        client.get()
    assert auth.token is not None
    assert auth.token.refresh_token == REFRESH
    assert client.get().status_code == 200
    assert len(server.token_requests) == 1


def test_a_call_from_on_token_is_an_error_and_no_hang(clock: Clock, server: Server) -> None:
    """It would wait for the refresh that waits for it; the token is used nevertheless."""
    client: httpx.Client
    auth = make_user(clock, on_token=lambda _: client.get(HOST))
    with httpx.Client(transport=httpx.MockTransport(server.handle), auth=auth) as client:
        with pytest.raises(RuntimeError, match="wait for ever"):
            client.get(HOST)
        assert client.get(HOST).status_code == 200
    assert len(server.token_requests) == 1


@pytest.mark.asyncio
async def test_a_call_from_an_event_hook_of_the_refresh_is_an_error_and_no_hang(
    clock: Clock, server: Server
) -> None:
    """The same in an event loop."""

    async def hook(response: httpx.Response) -> None:
        if response.request.url.path == "/oauth/token" and server.live == "token-1":
            await client.get(HOST)

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(server.ahandle),
        auth=make_user(clock),
        event_hooks={"response": [hook]},
    ) as client:
        with pytest.raises(RuntimeError, match="wait for ever"):
            await client.get(HOST)
        assert (await client.get(HOST)).status_code == 200
    assert len(server.token_requests) == 2


def test_no_token_is_shown(
    clock: Clock, server: Server, caller: MakeCaller, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in a log or an error, even if the server echoes it; nor one that came later."""
    server.fields["refresh_token"] = "rotated-secret"
    echo = {"error_description": f"{REFRESH} rotated-secret"}
    with caplog.at_level(logging.DEBUG):
        client = caller(make_user(clock), server)
        server.tokens = [httpx.Response(503, json=echo)] * 4
        with pytest.raises(ServerFailed) as first:
            client.get()
        server.tokens = []
        client.get()
        server.live, server.tokens = (
            None,
            [httpx.Response(400, json=DEAD | {"error_description": "rotated-secret"})],
        )
        with pytest.raises(LinkBroken) as second:
            client.get()
    said = caplog.text + "".join(f"{e.value!r} {vars(e.value)!r}" for e in (first, second))
    assert "got a token for client 'the-client'" in said
    assert REFRESH not in said
    assert "rotated-secret" not in f"{second.value!r} {vars(second.value)!r}"
    assert "token-5" not in said
