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
from tests.web.wise.upstream_server import Far, Near
from tests.web.wise_app import House


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"]
)
def test_an_upstream_that_does_not_speak_http_is_502(house: House, answer: bytes) -> None:
    """In shape 5 of docs/wise/errors.md#shapes, with a reason that says where to look."""

    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    async def work() -> Near:
        async with Far(speak) as far:
            return await Near().ask(send_on(house, far.url), "GET", PATH, authorized(bearer(house)))

    near = run(work)
    assert (near.status, json.loads(near.body)) == (
        502,
        {
            "timestamp": "2026-07-01T12:00:00.000Z",
            "status": 502,
            "error": "Bad Gateway",
            "message": "Bad Gateway",
        },
    )
    assert b"--upstream" in dict(near.headers)[b"x-mockwise-reason"]
    assert house.last.status == 502


def test_an_upstream_that_is_not_there_is_502(house: House) -> None:
    """Its port is closed."""

    async def work() -> Near:
        async with Far() as far:
            send_on(house, far.url)
        return await Near().ask(house, "GET", PATH, authorized(bearer(house)))

    assert run(work).status == 502


def test_a_mute_upstream_is_504(house: House) -> None:
    """It is not waited for without end."""

    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def work() -> tuple[Near, Far]:
        async with Far(mute) as far:
            upstream = Upstream(far.url, httpx.Timeout(0.01, connect=10))
            house.app = ExchangeMiddleware(Operations(upstream), house.registry, {})
            near = await Near().ask(house, "GET", PATH, authorized(bearer(house)))
            await far.left.wait()
            return near, far

    near, _ = run(work)
    assert near.status == 504
    assert b"too long" in dict(near.headers)[b"x-mockwise-reason"]


def test_an_answer_that_breaks_off_is_not_passed_off_as_whole(house: House) -> None:
    """The status is out, so the peer's connection is cut."""

    async def break_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")

    async def work() -> Near:
        async with Far(break_off) as far:
            return await Near().ask(send_on(house, far.url), "GET", PATH, authorized(bearer(house)))

    near = run(work)
    assert (near.status, near.body, near.whole) == (200, b"abc", False)
    assert near.gone.is_set()
    assert house.last.reason == "The upstream broke off in the middle of its answer."


def test_a_peer_that_leaves_an_endless_answer_ends_it(house: House) -> None:
    """The connection to the upstream is closed, and the exchange is in the journal."""

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 1000)
            await writer.drain()

    async def work() -> Near:
        async with Far(endless) as far:
            near = Near()
            asked = asyncio.create_task(
                near.ask(send_on(house, far.url), "GET", PATH, authorized(bearer(house)))
            )
            await near.something.wait()
            near.gone.set()
            await asked
            await far.left.wait()
            return near

    near = run(work)
    assert (near.status, near.whole) == (200, False)
    assert house.last.status == 200


def test_a_peer_that_leaves_before_the_answer_ends_the_wait(house: House) -> None:
    """Nothing is answered to nobody."""

    async def work() -> Near:
        near = Near()

        async def answer_late(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            near.gone.set()
            await reader.read()

        async with Far(answer_late) as far:
            await near.ask(send_on(house, far.url), "GET", PATH, authorized(bearer(house)))
            await far.left.wait()
        return near

    assert run(work).got == []
    assert house.last.status == 0


def test_a_peer_that_leaves_while_it_sends_ends_the_request(house: House) -> None:
    """The upstream sees that the body is not whole."""

    async def work() -> tuple[Near, Far]:
        near = Near(b"half", more=True)
        near.gone.set()
        async with Far() as far:
            headers = authorized(bearer(house), (b"content-length", b"8"))
            await near.ask(send_on(house, far.url), "POST", PATH, headers)
            await far.left.wait()
        return near, far

    near, _ = run(work)
    assert near.got == []
    assert (house.last.status, house.last.request_body) == (0, "<4 bytes>")


def test_a_server_that_stops_ends_what_is_under_way(house: House) -> None:
    """The task of a request is cancelled, and takes its connection with it."""

    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asking[0].cancel()
        await reader.read()

    asking: list[asyncio.Task[Near]] = []

    async def work() -> None:
        async with Far(mute) as far:
            near = Near().ask(send_on(house, far.url), "GET", PATH, authorized(bearer(house)))
            asking.append(asyncio.create_task(near))
            with pytest.raises(asyncio.CancelledError):
                await asking[0]
            await far.left.wait()

    run(work)


def test_an_early_answer_does_not_wait_for_the_body(house: House) -> None:
    """An upstream may refuse what it has not read."""

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    async def work() -> Near:
        async with Far(refuse) as far:
            headers = authorized(bearer(house), (b"content-length", b"4"))
            return await Near(b"abcd").ask(send_on(house, far.url), "POST", PATH, headers)

    assert run(work).status == 413


def test_connections_are_used_again_and_closed_with_the_loop(house: House) -> None:
    """One for calls in a row, in each loop; `run` would see one that stays open."""

    async def work() -> int:
        async with Far() as far:
            for _ in range(3):
                await Near().ask(house if far.requests else send_on(house, far.url), "GET", PATH, headers)
            assert len(far.requests) == 3
            return far.connections

    headers = authorized(bearer(house))
    assert run(work) == 1

    async def once() -> None:
        near = await Near().ask(house, "GET", PATH, headers)
        assert near.status == 502  # that one is gone

    run(once)


def test_proxies_of_the_environment_are_not_used(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upstream is meant as it is written."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://localhost:9")
    _, near = exchange(house, Near())
    assert near.status == 200


def test_the_system_says_which_https_upstream_is_trusted(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """OpenSSL's own places, and no list that some package carries."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    leaf = authority.issue_cert("localhost")

    async def work() -> int:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        leaf.configure_cert(context)
        async with Far(tls=context) as far:
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # refused handshakes are noisy
            return (await Near().ask(send_on(house, far.url), "GET", PATH, authorized(bearer(house)))).status

    assert run(work) == 502
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert run(work) == 200


def test_the_journal_sees_no_secrets_of_the_upstream(house: House) -> None:
    """They are not known beforehand, so they are found by their names; what is no JSON is not kept."""
    content = b'{"access_token":"MARKER","id":7}'
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s"
    _, near = exchange(
        house,
        Near(b'{"password":"MAR', b'KER","a":1}'),
        answer % (len(content), content),
        method="POST",
        headers=authorized(bearer(house), (b"content-length", b"27")),
    )
    assert near.body == content
    assert house.last.response_body == '{"access_token":"***","id":7}'
    assert house.last.request_body == '{"password":"***","a":1}'
    assert "MARKER" not in repr(house.last)

    exchange(house, Near(), answer % (6, b"MARKER"))
    assert house.last.response_body == "<6 bytes>"
    exchange(house, Near(), answer % (0, b""))
    assert house.last.response_body == ""


def test_the_journal_keeps_little_of_much(house: House) -> None:
    """However much streams by, in either direction."""
    much = 1_000_000
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (much, b"x" * much)
    headers = authorized(bearer(house), (b"content-length", str(much).encode()))
    far, near = exchange(house, Near(*[b"y" * 10_000] * 100), answer, method="POST", headers=headers)
    assert len(near.body) == much
    assert far.requests[0].endswith(b"y" * much)
    assert len(house.last.response_body) < 100
    assert house.last.request_body == ""


def test_an_upstream_that_is_no_url_is_refused_at_once(house: House) -> None:
    """And not at the first call."""
    with pytest.raises(InvalidValueError, match="an upstream is"):
        build_app(house.registry, AuthorizationServer(Signer()), "localhost:9000")
