"""`UserAuth` and a server that rotates refresh tokens (RFC 6749 section 6; docs/wise/conflicts.md#c6): the real mock, over mutual TLS."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from mockwise import Sandbox
from mockwise.client import AuthorizationCode, LinkBroken, Token, UserAuth, fetch_token
from tests.client.support import MakeCaller

pytestmark = pytest.mark.mockwise(refresh_rotation="on", token_format="uuid")

ME = "/v1/me"


def link(box: Sandbox) -> Token:
    """A user consents, and the code is exchanged."""
    consent = box.authorize()
    with httpx.Client(verify=box.ssl_context(), base_url=box.mtls_url) as client:
        grant = AuthorizationCode(consent.code, consent.redirect_uri)
        return fetch_token(client, box.client_id, box.client_secret, grant=grant)


def auth_of(box: Sandbox, kept: str | Token, told: list[Token]) -> UserAuth:
    """A `UserAuth` that shares the sandbox's clock and keeps what it is told."""
    return UserAuth(
        box.client_id,
        box.client_secret,
        kept,
        on_token=told.append,
        clock=lambda: box.now.timestamp(),  # noqa: PLW0108  `now` is a property
    )


def test_each_refresh_uses_the_refresh_token_of_the_last_answer(
    mockwise: Sandbox, caller: MakeCaller
) -> None:
    """And the application is told each new one, to keep it."""
    told: list[Token] = []
    given = link(mockwise)
    client = caller(auth_of(mockwise, given, told), verify=mockwise.ssl_context(), base_url=mockwise.mtls_url)
    for refreshes in range(4):
        assert client.get(ME).status_code == 200
        assert len(told) == refreshes
        mockwise.advance("7h")
    kept = [given.refresh_token, *(it.refresh_token for it in told)]
    assert len(set(kept)) == 4
    assert None not in kept
    states = [it.ended_by.value if it.ended_by else "live" for it in mockwise.links]
    assert states == ["rotated", "rotated", "rotated", "live"]


def test_what_the_application_kept_goes_on_in_another_process(mockwise: Sandbox, caller: MakeCaller) -> None:
    """The newest refresh token, or the whole token; an older one is a broken link, and the reason says why."""
    told: list[Token] = []
    given = link(mockwise)
    for kept in (given.refresh_token, told, told):
        newest = kept if isinstance(kept, str) else told[-1]
        assert newest is not None
        mockwise.advance("7h")
        auth = auth_of(mockwise, newest, told)
        client = caller(auth, verify=mockwise.ssl_context(), base_url=mockwise.mtls_url)
        assert client.get(ME).status_code == 200
    old = auth_of(mockwise, str(given.refresh_token), told)
    client = caller(old, verify=mockwise.ssl_context(), base_url=mockwise.mtls_url)
    with pytest.raises(LinkBroken, match="rotated out") as raised:
        client.get(ME)
    assert str(given.refresh_token) not in str(raised.value)
    old.relink(told[-1])
    assert client.get(ME).status_code == 200


def test_a_401_leads_to_one_rotation_for_all(mockwise: Sandbox) -> None:
    """Threads that find the access token dead share one refresh, so that no second one comes with the dead token."""
    told: list[Token] = []
    auth = auth_of(mockwise, link(mockwise), told)
    start = threading.Barrier(8, timeout=20)

    def call(client: httpx.Client) -> int:
        start.wait()
        return client.get(ME).status_code

    with (
        httpx.Client(
            verify=mockwise.ssl_context(), base_url=mockwise.mtls_url, auth=auth, timeout=20
        ) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        for flight in (1, 2):
            mockwise.revoke_tokens()
            assert [*pool.map(call, [client] * 8)] == [200] * 8
            assert len(told) == flight
    assert [it.status for it in mockwise.token_requests] == [200] * 3


@pytest.mark.asyncio
async def test_tasks_share_a_rotation_too(mockwise: Sandbox) -> None:
    """In one event loop, flight after flight."""
    told: list[Token] = []
    auth = auth_of(mockwise, link(mockwise), told)
    context = mockwise.ssl_context()
    async with httpx.AsyncClient(verify=context, base_url=mockwise.mtls_url, auth=auth, timeout=20) as client:
        for flight in (1, 2):
            mockwise.advance("7h")
            answers = await asyncio.gather(*(client.get(ME) for _ in range(20)))
            assert {it.status_code for it in answers} == {200}
            assert len(told) == flight


def test_two_that_share_a_refresh_token_break_each_other(mockwise: Sandbox, caller: MakeCaller) -> None:
    """As the docs of `UserAuth` say: one a user, in one process. The audit notes it."""
    given, told = link(mockwise), list[Token]()
    one, two = (
        caller(auth_of(mockwise, given, told), verify=mockwise.ssl_context(), base_url=mockwise.mtls_url)
        for _ in "12"
    )
    mockwise.advance("7h")
    assert one.get(ME).status_code == 200
    with pytest.raises(LinkBroken, match="Keep and use the refresh_token of each answer"):
        two.get(ME)
    assert "rotated-refresh-token-used" in {it.rule for it in mockwise.audit()}
