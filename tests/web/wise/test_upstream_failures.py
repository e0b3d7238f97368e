"""Calls that are sent on (mock-only): upstreams that fail, peers that leave, and what stays behind."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path

import httpx
import pytest
import trustme

from mockwise.errors import InvalidValueError
from mockwise.oauth.jose import Signer
from mockwise.oauth.server import AuthorizationServer
from mockwise.web.wise.app import build_app
from mockwise.web.wise.middleware import ExchangeMiddleware
from mockwise.web.wise.operations import Operations
from mockwise.web.wise.upstream import Upstream
from tests.web.wise.asgi import PATH, authorized, exchange, run, send_on
from tests.web.wise.bearers import bearer
from tests.web.wise.upstream_server import FakePeer, UpstreamServer
from tests.web.wise_app import WiseApp


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"]
)
def test_an_upstream_that_does_not_speak_http_is_502(wise_app: WiseApp, answer: bytes) -> None:
    """In shape 5 of docs/wise/errors.md#shapes, with a reason that says where to look."""

    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    async def work() -> FakePeer:
        async with UpstreamServer(speak) as upstream:
            return await FakePeer().ask(
                send_on(wise_app, upstream.url), "GET", PATH, authorized(bearer(wise_app))
            )

    peer = run(work)
    assert (peer.status, json.loads(peer.body)) == (
        502,
        {
            "timestamp": "2026-07-01T12:00:00.000Z",
            "status": 502,
            "error": "Bad Gateway",
            "message": "Bad Gateway",
        },
    )
    assert b"--upstream" in dict(peer.headers)[b"x-mockwise-reason"]
    assert wise_app.last.status == 502


def test_an_upstream_that_is_not_there_is_502(wise_app: WiseApp) -> None:
    """An upstream whose port is closed is answered for with 502."""

    async def work() -> FakePeer:
        async with UpstreamServer() as upstream:
            send_on(wise_app, upstream.url)
        return await FakePeer().ask(wise_app, "GET", PATH, authorized(bearer(wise_app)))

    assert run(work).status == 502


def test_a_mute_upstream_is_504(wise_app: WiseApp) -> None:
    """It is not waited for without end."""

    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def work() -> tuple[FakePeer, UpstreamServer]:
        async with UpstreamServer(mute) as upstream:
            impatient = Upstream(upstream.url, httpx.Timeout(0.01, connect=10))
            wise_app.app = ExchangeMiddleware(Operations(impatient), wise_app.registry, {})
            peer = await FakePeer().ask(wise_app, "GET", PATH, authorized(bearer(wise_app)))
            await upstream.left.wait()
            return peer, upstream

    peer, _ = run(work)
    assert peer.status == 504
    assert b"too long" in dict(peer.headers)[b"x-mockwise-reason"]


def test_an_answer_that_breaks_off_is_not_passed_off_as_whole(wise_app: WiseApp) -> None:
    """The status is out, so the peer's connection is cut."""

    async def break_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")

    async def work() -> FakePeer:
        async with UpstreamServer(break_off) as upstream:
            return await FakePeer().ask(
                send_on(wise_app, upstream.url), "GET", PATH, authorized(bearer(wise_app))
            )

    peer = run(work)
    assert (peer.status, peer.body, peer.whole) == (200, b"abc", False)
    assert peer.gone.is_set()
    assert wise_app.last.reason == "The upstream broke off in the middle of its answer."


def test_a_peer_that_leaves_an_endless_answer_ends_it(wise_app: WiseApp) -> None:
    """The connection to the upstream is closed, and the exchange is in the journal."""

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 1000)
            await writer.drain()

    async def work() -> FakePeer:
        async with UpstreamServer(endless) as upstream:
            peer = FakePeer()
            asked = asyncio.create_task(
                peer.ask(send_on(wise_app, upstream.url), "GET", PATH, authorized(bearer(wise_app)))
            )
            await peer.something.wait()
            peer.gone.set()
            await asked
            await upstream.left.wait()
            return peer

    peer = run(work)
    assert (peer.status, peer.whole) == (200, False)
    assert wise_app.last.status == 200


def test_a_peer_that_leaves_before_the_answer_ends_the_wait(wise_app: WiseApp) -> None:
    """Nothing is answered to nobody."""

    async def work() -> FakePeer:
        peer = FakePeer()

        async def answer_late(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            peer.gone.set()
            await reader.read()

        async with UpstreamServer(answer_late) as upstream:
            await peer.ask(send_on(wise_app, upstream.url), "GET", PATH, authorized(bearer(wise_app)))
            await upstream.left.wait()
        return peer

    assert run(work).got == []
    assert wise_app.last.status == 0


def test_a_peer_that_leaves_while_it_sends_ends_the_request(wise_app: WiseApp) -> None:
    """The upstream sees that the body is not whole."""

    async def work() -> tuple[FakePeer, UpstreamServer]:
        peer = FakePeer(b"half", more=True)
        peer.gone.set()
        async with UpstreamServer() as upstream:
            headers = authorized(bearer(wise_app), (b"content-length", b"8"))
            await peer.ask(send_on(wise_app, upstream.url), "POST", PATH, headers)
            await upstream.left.wait()
        return peer, upstream

    peer, _ = run(work)
    assert peer.got == []
    assert (wise_app.last.status, wise_app.last.request_body) == (0, "<4 bytes>")


def test_a_server_that_stops_ends_what_is_under_way(wise_app: WiseApp) -> None:
    """The task of a request is cancelled, and takes its connection with it."""

    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asking[0].cancel()
        await reader.read()

    asking: list[asyncio.Task[FakePeer]] = []

    async def work() -> None:
        async with UpstreamServer(mute) as upstream:
            peer = FakePeer().ask(send_on(wise_app, upstream.url), "GET", PATH, authorized(bearer(wise_app)))
            asking.append(asyncio.create_task(peer))
            with pytest.raises(asyncio.CancelledError):
                await asking[0]
            await upstream.left.wait()

    run(work)


def test_an_early_answer_does_not_wait_for_the_body(wise_app: WiseApp) -> None:
    """An upstream may refuse what it has not read."""

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    async def work() -> FakePeer:
        async with UpstreamServer(refuse) as upstream:
            headers = authorized(bearer(wise_app), (b"content-length", b"4"))
            return await FakePeer(b"abcd").ask(send_on(wise_app, upstream.url), "POST", PATH, headers)

    assert run(work).status == 413


def test_connections_are_used_again_and_closed_with_the_loop(wise_app: WiseApp) -> None:
    """One for calls in a row, in each loop; `run` would see one that stays open."""

    async def work() -> int:
        async with UpstreamServer() as upstream:
            for _ in range(3):
                await FakePeer().ask(
                    wise_app if upstream.requests else send_on(wise_app, upstream.url), "GET", PATH, headers
                )
            assert len(upstream.requests) == 3
            return upstream.connections

    headers = authorized(bearer(wise_app))
    assert run(work) == 1

    async def once() -> None:
        peer = await FakePeer().ask(wise_app, "GET", PATH, headers)
        assert peer.status == 502  # that one is gone

    run(once)


def test_proxies_of_the_environment_are_not_used(wise_app: WiseApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upstream is meant as it is written."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://localhost:9")
    _, peer = exchange(wise_app, FakePeer())
    assert peer.status == 200


def test_the_system_says_which_https_upstream_is_trusted(
    wise_app: WiseApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """OpenSSL's own places, and no list that some package carries."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    leaf = authority.issue_cert("localhost")

    async def work() -> int:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        leaf.configure_cert(context)
        async with UpstreamServer(tls=context) as upstream:
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # refused handshakes are noisy
            return (
                await FakePeer().ask(
                    send_on(wise_app, upstream.url), "GET", PATH, authorized(bearer(wise_app))
                )
            ).status

    assert run(work) == 502
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert run(work) == 200


def test_the_journal_sees_no_secrets_of_the_upstream(wise_app: WiseApp) -> None:
    """They are not known beforehand, so they are found by their names; what is no JSON is not kept."""
    content = b'{"access_token":"MARKER","id":7}'
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s"
    _, peer = exchange(
        wise_app,
        FakePeer(b'{"password":"MAR', b'KER","a":1}'),
        answer % (len(content), content),
        method="POST",
        headers=authorized(bearer(wise_app), (b"content-length", b"27")),
    )
    assert peer.body == content
    assert wise_app.last.response_body == '{"access_token":"***","id":7}'
    assert wise_app.last.request_body == '{"password":"***","a":1}'
    assert "MARKER" not in repr(wise_app.last)

    exchange(wise_app, FakePeer(), answer % (6, b"MARKER"))
    assert wise_app.last.response_body == "<6 bytes>"
    exchange(wise_app, FakePeer(), answer % (0, b""))
    assert wise_app.last.response_body == ""


def test_the_journal_keeps_little_of_much(wise_app: WiseApp) -> None:
    """However much streams by, in either direction."""
    much = 1_000_000
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (much, b"x" * much)
    headers = authorized(bearer(wise_app), (b"content-length", str(much).encode()))
    upstream, peer = exchange(
        wise_app, FakePeer(*[b"y" * 10_000] * 100), answer, method="POST", headers=headers
    )
    assert len(peer.body) == much
    assert upstream.requests[0].endswith(b"y" * much)
    assert len(wise_app.last.response_body) < 100
    assert wise_app.last.request_body == ""


def test_an_upstream_that_is_no_url_is_refused_at_once(wise_app: WiseApp) -> None:
    """And not at the first call."""
    with pytest.raises(InvalidValueError, match="an upstream is"):
        build_app(wise_app.registry, AuthorizationServer(Signer()), "localhost:9000")
