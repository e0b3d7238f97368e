"""Servers that a good client must refuse: judged by the reference client, by httpx and by curl."""

from __future__ import annotations

import asyncio
import queue
import ssl
import subprocess
from collections.abc import Callable, Iterator

import httpx
import pytest

from mockwise import Exchange, InvalidValueError, MockWise, MockwiseError, Sandbox
from mockwise.client import (
    AsyncWiseTransport,
    ConnectionLost,
    RetryPolicy,
    ServerNotTrusted,
    WiseAuth,
    WiseTransport,
)
from mockwise.mock import BAD_SERVERS, BadServer, BadServerKind, FailedHandshake
from tests.api_calls import GRANT, PLAYGROUND, ask

Client = Callable[[Sandbox, BadServer], int]
PATIENCE = 10.0  # seconds after which a test that waits has failed
BRIEF = 0.3  # seconds to wait in vain
ONCE = RetryPolicy(attempts=1)


def patience(bad: BadServer) -> float:
    """Seconds that a client has: few where nothing will come."""
    return BRIEF if bad.kind == "hang" else PATIENCE


def by_httpx(box: Sandbox, bad: BadServer) -> int:
    """Ask a bad server with httpx and Python's default context."""
    credentials = (box.client_id, box.client_secret)
    with httpx.Client(verify=box.ssl_context(), timeout=patience(bad)) as client:
        return client.post(f"{bad.url}/oauth/token", auth=credentials, data=GRANT).status_code


def by_reference(box: Sandbox, bad: BadServer) -> int:
    """Ask a bad server with the reference client."""
    transport = WiseTransport(httpx.HTTPTransport(verify=box.ssl_context()))
    auth = WiseAuth(box.client_id, box.client_secret, pace=ONCE)
    with httpx.Client(base_url=bad.url, transport=transport, auth=auth, timeout=patience(bad)) as client:
        return client.get(PLAYGROUND).status_code


def by_async_reference(box: Sandbox, bad: BadServer) -> int:
    """The same on asyncio, which sends no alerts."""
    transport = AsyncWiseTransport(httpx.AsyncHTTPTransport(verify=box.ssl_context()))
    auth = WiseAuth(box.client_id, box.client_secret, pace=ONCE)

    async def call() -> int:
        async with httpx.AsyncClient(
            base_url=bad.url, transport=transport, auth=auth, timeout=patience(bad)
        ) as client:
            return (await client.get(PLAYGROUND)).status_code

    return asyncio.run(call())


def by_curl(box: Sandbox, bad: BadServer) -> int:
    """A client that we did not write; whatever kept it from an answer is raised as httpx would."""
    own = ("--cert", box.cert_file, "--key", box.key_file, "--user", f"{box.client_id}:{box.client_secret}")
    words = ["curl", "-sS", "--max-time", patience(bad), "--cacert", box.ca_file, *own, "-o", "/dev/null"]
    words += ["-w", "%{http_code}", "--data", "grant_type=client_credentials", f"{bad.url}/oauth/token"]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise httpx.TransportError(done.stderr)
    return int(done.stdout)


@pytest.fixture
def own(mockwise_server: MockWise) -> Iterator[Sandbox]:
    """A sandbox on the session's server: extra listeners disturb nobody."""
    with mockwise_server.sandbox() as box:
        yield box


@pytest.mark.parametrize("call", [by_httpx, by_reference, by_async_reference, by_curl])
@pytest.mark.parametrize("kind", BAD_SERVERS)
def test_a_good_client_refuses_what_it_must_and_nothing_else(
    mockwise_server: MockWise, own: Sandbox, kind: BadServerKind, call: Client
) -> None:
    """No secret reaches a bad server; the good ones of either TLS version give a token."""
    bad = mockwise_server.bad_server(kind)
    if bad.must_refuse:
        with pytest.raises(httpx.TransportError):
            call(own, bad)
        assert own.exchanges == []
    else:
        assert call(own, bad) == 200
        assert {exchange.host for exchange in own.exchanges} == {f"bad server: {kind}"}


@pytest.mark.parametrize("kind", BAD_SERVERS)
def test_the_reference_client_names_what_happened(
    mockwise_server: MockWise, own: Sandbox, kind: BadServerKind
) -> None:
    """A false certificate is `ServerNotTrusted`; a dead end is a lost connection."""
    bad = mockwise_server.bad_server(kind)
    if bad.must_refuse:
        expected = ConnectionLost if kind in {"hang", "reset"} else ServerNotTrusted
        with pytest.raises(expected) as raised:
            by_reference(own, bad)
        assert type(raised.value) is expected


@pytest.mark.parametrize(
    "kind",
    ["expired", "not-yet-valid", "wrong-host", "foreign-ca", "self-signed", "weak", "missing-intermediate"],
)
def test_a_careless_client_convicts_itself(mockwise_own: MockWise, kind: BadServerKind) -> None:
    """It does not look, gets its token, and the journal says where from; the others' handshakes are recorded."""
    box, bad = mockwise_own.default, mockwise_own.bad_server(kind)
    seen: queue.SimpleQueue[Exchange | FailedHandshake] = queue.SimpleQueue()
    mockwise_own.watch(seen.put)
    context = box.ssl_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with httpx.Client(verify=context) as client:
        credentials = (box.client_id, box.client_secret)
        assert client.post(f"{bad.url}/oauth/token", auth=credentials, data=GRANT).status_code == 200
    assert [(it.host, it.status) for it in box.token_requests] == [(f"bad server: {kind}", 200)]
    assert isinstance(seen.get(timeout=PATIENCE), Exchange)
    assert mockwise_own.handshakes == []
    with pytest.raises(httpx.TransportError):
        by_httpx(box, bad)
    refusal = seen.get(timeout=PATIENCE)
    assert isinstance(refusal, FailedHandshake)
    assert mockwise_own.handshakes == [refusal]
    assert (refusal.listener, "as it must" in refusal.reason) == (f"bad server: {kind}", True)


def test_each_tells_its_story(mockwise_own: MockWise) -> None:
    """Each on a port of its own, the same at each call; the good hosts go on."""
    all_of_them = mockwise_own.bad_servers()
    assert [bad.kind for bad in all_of_them] == list(BAD_SERVERS)
    assert len({bad.url for bad in all_of_them} | {mockwise_own.mtls_url}) == len(BAD_SERVERS) + 1
    assert all(bad.story.endswith(".") and bad.story.isascii() for bad in all_of_them)
    assert mockwise_own.bad_servers() == all_of_them
    assert ask(mockwise_own.default).status_code == 200


def test_a_wrong_kind_and_a_mock_that_is_over_are_told() -> None:
    """At the call, with the remedy."""
    with MockWise(token_format="uuid") as mock:
        with pytest.raises(InvalidValueError, match=r"no bad server 'old'; there are: expired, "):
            mock.bad_server("old")  # type: ignore[arg-type]  # what people do
        known = mock.bad_server("hang")
    with pytest.raises(MockwiseError, match="does not run any more"):
        mock.bad_server("expired")
    with pytest.raises(httpx.ConnectError):
        httpx.get(known.url)
