"""The client and the real mock, over mutual TLS, on the sandbox's clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from mockwise import MockWise, Sandbox
from mockwise.client import (
    AsyncWiseTransport,
    CertificateRevoked,
    ClientRefused,
    ConnectionLost,
    RetryPolicy,
    WiseAuth,
    WiseTransport,
    afetch_token,
    fetch_token,
)
from tests.api_calls import PLAYGROUND
from tests.client.support import Caller, MakeCaller


def auth_of(box: Sandbox) -> WiseAuth:
    """A `WiseAuth` that shares the sandbox's clock."""
    return WiseAuth(box.client_id, box.client_secret, clock=lambda: box.now.timestamp())  # noqa: PLW0108  `now` is a property


def client_of(box: Sandbox, caller: MakeCaller) -> Caller:
    """A client over the sandbox's mutual TLS."""
    return caller(auth_of(box), verify=box.ssl_context(), base_url=box.mtls_url)


@pytest.mark.parametrize("token_format", ["jwt", "jwe", "uuid", "random"])
def test_one_token_for_many_calls_of_any_format(
    token_format: str, mockwise_server: MockWise, caller: MakeCaller
) -> None:
    """Over the same connection as the calls, whatever the token looks like (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    with mockwise_server.sandbox(token_format=token_format) as box:
        client = client_of(box, caller)
        assert [client.get(PLAYGROUND).status_code for _ in range(3)] == [200] * 3
        assert len(box.token_requests) == 1
        assert len({exchange.connection for exchange in box.exchanges}) == 1


def test_an_expired_token_is_never_sent(mockwise: Sandbox, caller: MakeCaller) -> None:
    """Renewed when four fifths of its twelve hours are over (docs/wise/sources.md#newer-sources, D26o), so the API never says 401."""
    client = client_of(mockwise, caller)
    mockwise.freeze()
    for step, tokens in (("0s", 1), ("9h35m58s", 1), ("2s", 2), ("24h", 3)):
        mockwise.advance(step)
        assert client.get(PLAYGROUND).status_code == 200
        assert len(mockwise.token_requests) == tokens
    assert {exchange.status for exchange in mockwise.exchanges} == {200}


@pytest.mark.mockwise(token_repeat="reuse", token_lifetime="60s")
def test_a_reused_token_is_asked_for_rarely(mockwise: Sandbox, caller: MakeCaller) -> None:
    """A server that hands the same token out with a falling lifetime is not asked at every call (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    client = client_of(mockwise, caller)
    mockwise.freeze()
    for _ in range(60):
        assert client.get(PLAYGROUND).status_code == 200
        mockwise.advance("1s")
    assert len(mockwise.token_requests) <= 7


@pytest.mark.parametrize("deed", ["expire_tokens", "revoke_tokens"])
def test_a_token_that_dies_early_is_replaced(deed: str, mockwise: Sandbox, caller: MakeCaller) -> None:
    """Only the 401 tells of it; one fetch, and the call succeeds (docs/wise/errors.md#shapes)."""
    client = client_of(mockwise, caller)
    client.get(PLAYGROUND)
    getattr(mockwise, deed)()
    assert client.get(PLAYGROUND).status_code == 200
    assert [e.status for e in mockwise.exchanges] == [200, 200, 401, 200, 200]


def test_a_client_with_a_wrong_clock_survives(mockwise: Sandbox, caller: MakeCaller) -> None:
    """expires_in needs no common clock; here the server's is years ahead of ours."""
    mockwise.advance("20000h")
    client = caller(
        WiseAuth(mockwise.client_id, mockwise.client_secret),
        verify=mockwise.ssl_context(),
        base_url=mockwise.mtls_url,
    )
    assert [client.get(PLAYGROUND).status_code for _ in range(2)] == [200, 200]
    mockwise.advance("12h")
    assert client.get(PLAYGROUND).status_code == 200
    assert len(mockwise.token_requests) == 2


def test_a_rotated_secret_ends_at_the_next_fetch(mockwise: Sandbox, caller: MakeCaller) -> None:
    """The token in hand still works; then the error names the cause, and not the secret."""
    client = client_of(mockwise, caller)
    client.get(PLAYGROUND)
    old, new = mockwise.client_secret, mockwise.rotate_secret()
    assert client.get(PLAYGROUND).status_code == 200
    mockwise.revoke_tokens()
    with pytest.raises(ClientRefused, match="secret") as raised:
        client.get(PLAYGROUND)
    error = raised.value
    assert (error.status, error.error, len(error.trace_id or "")) == (401, "invalid_client", 32)
    assert error.reason
    assert not [secret for secret in (old, new) if secret in str(error)]
    assert client_of(mockwise, caller).get(PLAYGROUND).status_code == 200


def test_a_revoked_certificate_is_named_and_a_new_one_works(mockwise: Sandbox, caller: MakeCaller) -> None:
    """The open connection ends and the next handshake is refused (docs/wise/mtls.md#certificates)."""
    client = client_of(mockwise, caller)
    client.get(PLAYGROUND)
    mockwise.revoke_certificate()
    with pytest.raises(CertificateRevoked, match="get a new one"):
        client.get(PLAYGROUND)
    mockwise.credentials.renew_certificate()
    assert client_of(mockwise, caller).get(PLAYGROUND).status_code == 200


def test_the_certificate_of_another_client_is_refused_in_http(mockwise: Sandbox, caller: MakeCaller) -> None:
    """401 at the token endpoint: the common name is the client id (docs/wise/mtls.md#certificates)."""
    other = mockwise.add_client()
    client = caller(auth_of(mockwise), verify=other.ssl_context(), base_url=mockwise.mtls_url)
    with pytest.raises(ClientRefused, match="certificate"):
        client.get(PLAYGROUND)


def test_a_server_that_is_gone_is_a_lost_connection(caller: MakeCaller) -> None:
    """After the allowed attempts, from the token request; the call was never sent."""
    with MockWise(token_format="uuid") as mock:
        box = mock.default
        verify, url = box.ssl_context(), box.mtls_url
    waits: list[float] = []

    async def asleep(seconds: float) -> None:
        waits.append(seconds)

    auth = WiseAuth("a", "b", pace=RetryPolicy(attempts=3, sleep=waits.append, asleep=asleep))
    with pytest.raises(ConnectionLost, match="no answer"):
        caller(auth, verify=verify, base_url=url).get(PLAYGROUND)
    assert len(waits) == 2


def test_a_streamed_body_is_sent_once(mockwise: Sandbox, caller: MakeCaller) -> None:
    """A 401 then goes to the caller; a body of bytes is sent again (httpx consumes a stream)."""

    def parts() -> Iterator[bytes]:
        yield b'{"email": "a@example.com"}'

    async def aparts() -> AsyncIterator[bytes]:
        yield b'{"email": "a@example.com"}'

    client = client_of(mockwise, caller)
    client.get(PLAYGROUND)
    headers = {"Content-Type": "application/json"}
    for body, status in ((aparts() if client.is_async else parts(), 401), (b"".join(parts()), 200)):
        mockwise.revoke_tokens()
        answer = client.request("POST", "/v1/users/exists", content=body, headers=headers)
        assert answer.status_code == status


def test_eight_threads_have_a_token_each(mockwise: Sandbox) -> None:
    """From one `WiseAuth` and one client (docs/wise/lifetimes-and-formats.md#storage: one per thread or worker)."""
    transport = WiseTransport(httpx.HTTPTransport(verify=mockwise.ssl_context()))
    with (
        httpx.Client(transport=transport, auth=auth_of(mockwise), base_url=mockwise.mtls_url) as client,
        ThreadPoolExecutor(8, initializer=lambda: client.get(PLAYGROUND)) as pool,
    ):
        assert {a.status_code for a in pool.map(client.get, [PLAYGROUND] * 200)} == {200}
        threads = len(pool._threads)  # how many it really started
    assert len(mockwise.token_requests) == threads


@pytest.mark.parametrize("connections", [2, 100])
@pytest.mark.asyncio
async def test_a_hundred_tasks_share_a_token(connections: int, mockwise: Sandbox) -> None:
    """Also when it was revoked under all of them, and when the pool has fewer connections than there are tasks."""
    transport = httpx.AsyncHTTPTransport(
        verify=mockwise.ssl_context(), limits=httpx.Limits(max_connections=connections)
    )
    async with httpx.AsyncClient(
        transport=AsyncWiseTransport(transport),
        auth=auth_of(mockwise),
        base_url=mockwise.mtls_url,
        timeout=20,
    ) as client:
        for tokens in (1, 2):
            answers = await asyncio.gather(*(client.get(PLAYGROUND) for _ in range(100)))
            assert {answer.status_code for answer in answers} == {200}
            assert len(mockwise.token_requests) == tokens
            mockwise.revoke_tokens()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_just_a_token(loop: str) -> None:
    """`fetch_token` and `afetch_token`, against a server on either loop."""
    with MockWise(loop=loop, token_format="uuid") as mock, mock.sandbox() as box:
        who = (box.client_id, box.client_secret)
        with httpx.Client(verify=box.ssl_context(), base_url=box.mtls_url) as client:
            token = fetch_token(client, *who)
        assert (token.token_type, token.expires_in, token.scope) == ("bearer", 43199, "transfers")
        assert token.expires_at is not None
        assert token.created_at is None

        async def afetch() -> str:
            async with httpx.AsyncClient(verify=box.ssl_context()) as client:
                return (await afetch_token(client, *who, token_url=box.token_url)).access_token

        assert asyncio.run(afetch()) != token.access_token


@pytest.mark.asyncio
async def test_a_refused_handshake_is_named_without_our_transport(mockwise: Sandbox) -> None:
    """`afetch_token` sees the naked ssl.SSLError that httpx.AsyncClient lets through under TLS 1.3."""
    context = mockwise.ssl_context()
    mockwise.revoke_certificate()
    async with httpx.AsyncClient(verify=context, base_url=mockwise.mtls_url) as client:
        with pytest.raises(CertificateRevoked):
            await afetch_token(client, mockwise.client_id, mockwise.client_secret)
