"""Calls that are sent on to a server of the user's (mock-only): what goes out, what comes back, and who leaves when."""

from __future__ import annotations

import asyncio
import gc
import json
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import trustme

from mockwise.core.errors import BadValue
from mockwise.core.users import Seed
from mockwise.oauth.jose import Signer
from mockwise.oauth.server import AuthorizationServer
from mockwise.web.api.app import build_app
from mockwise.web.api.edge import Edge
from mockwise.web.api.operations import Operations
from mockwise.web.api.upstream import Upstream
from tests.web.api.bearers import ann, bearer, profiles
from tests.web.api.far import OK, Far, Near
from tests.web.house import ID, House

T = TypeVar("T")
PATH = "/v1/transfers"


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Work in a loop of its own, which leaves nothing behind: what nobody closed warns, and a warning is an error."""

    async def bounded() -> T:
        async with asyncio.timeout(30):
            return await work()

    result = asyncio.run(bounded())
    gc.collect()
    return result


def send_on(house: House, url: str) -> House:
    """Give the house an upstream."""
    house.app = build_app(house.registry, AuthorizationServer(Signer()), url)
    return house


def authorized(token: str, *more: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """Headers with a token."""
    return [(b"authorization", f"Bearer {token}".encode()), *more]


def exchange(house: House, near: Near, answer: bytes = OK, **request: object) -> tuple[Far, Near]:
    """Send one request on, with a fresh user token unless it has headers."""

    async def work() -> tuple[Far, Near]:
        async with Far(answer) as far:
            asked = {"method": "GET", "path": PATH, "headers": authorized(bearer(house)), **request}
            await near.ask(send_on(house, far.url), **asked)  # type: ignore[arg-type]  # because of `object`
        return far, near

    return run(work)


def test_a_call_goes_on_as_it_came(house: House) -> None:
    """Method, path and query byte by byte; the upstream's host; no header of one connection (RFC 9110 section 7.6.1)."""
    token = bearer(house)
    headers = authorized(
        token,
        (b"host", b"api.wise-sandbox.com"),
        (b"x-own", b"1"),
        (b"x-own", b"2"),
        (b"connection", b"keep-alive, X-Hop"),
        (b"x-hop", b"1"),
        (b"keep-alive", b"timeout=5"),
        (b"te", b"trailers"),
        (b"upgrade", b"h2c"),
        (b"proxy-authorization", b"Basic x"),
        (b"accept-encoding", b"gzip"),
        (b"expect", b"100-continue"),
    )
    far, near = exchange(
        house, Near(), path="/v1/transfers/%2F..%20/x", query=b"a=%41&b=/../", headers=headers
    )

    assert (near.status, near.body, near.whole) == (200, b"ok", True)
    (head,) = far.heads()
    assert head[0] == b"GET /v1/transfers/%2F..%20/x?a=%41&b=/../ HTTP/1.1"
    assert sorted(line.lower() for line in head[1:]) == sorted(
        [
            f"authorization: Bearer {token}".lower().encode(),
            f"host: localhost:{far.port}".encode(),
            b"x-own: 1",
            b"x-own: 2",
            b"x-mockwise-sandbox: default",
            b"x-mockwise-client-id: partner",
            b"x-mockwise-token-kind: user",
            f"x-mockwise-user-id: {ann(house).user_id}".encode(),
        ]
    )


def test_an_upstream_may_have_a_path(house: House) -> None:
    """It goes in front of all others; dots do not leave it."""

    async def work() -> bytes:
        async with Far() as far:
            near = Near()
            await near.ask(
                send_on(house, f"{far.url}/base/"), "GET", "/../v1/transfers", authorized(bearer(house))
            )
            return far.heads()[0][0]

    assert run(work) == b"GET /base/../v1/transfers HTTP/1.1"


def test_the_upstream_is_told_who_called_and_by_nobody_else(house: House) -> None:
    """What a peer says under these names is dropped; what no header can carry is percent-encoded."""
    forged = [(b"x-mockwise-client-id", b"admin"), (b"x-mockwise-user-id", b"1"), (b"x-mockwise-other", b"1")]
    house.registry.add_client(house.box, client_id="é 1%", client_secret="s")
    business = profiles(house)[1].profile_id
    cases = {
        bearer(house, "client_credentials", client_id="é 1%"): {
            "sandbox": "default",
            "client-id": "%C3%A9%201%25",
            "token-kind": "client_credentials",
        },
        bearer(house, "personal"): {
            "sandbox": "default",
            "token-kind": "personal",
            "user-id": str(ann(house).user_id),
        },
        bearer(house, profile_id=business): {
            "sandbox": "default",
            "client-id": ID,
            "token-kind": "user",
            "user-id": str(ann(house).user_id),
            "profile-id": str(business),
        },
    }
    for token, told in cases.items():
        far, _ = exchange(house, Near(), path="/v9/new", headers=authorized(token, *forged))
        lines = [line.decode() for line in far.heads()[0] if line.startswith(b"x-mockwise-")]
        assert lines == [f"x-mockwise-{name}: {value}" for name, value in told.items()]


def test_a_call_without_a_token_has_no_name(house: House) -> None:
    """An open operation goes on too."""
    far, near = exchange(house, Near(), path="/v4/comparisons", headers=[])
    assert near.status == 200
    assert [it for it in far.heads()[0] if it.startswith(b"x-mockwise-")] == [b"x-mockwise-sandbox: default"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([(b"content-length", b"5")], b"\r\n\r\nab\0cd"),
        ([(b"transfer-encoding", b"chunked")], b"\r\n\r\n2\r\nab\r\n3\r\n\0cd\r\n0\r\n\r\n"),
    ],
)
def test_a_body_streams_out(house: House, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """With its length if the peer said it, else in chunks (RFC 9112 section 6.3)."""
    far, near = exchange(
        house, Near(b"ab", b"\0cd"), method="POST", headers=authorized(bearer(house), *headers)
    )
    assert near.status == 200
    assert far.requests[0].endswith(body)


def test_an_answer_comes_back_as_it_went(house: House) -> None:
    """Status and headers, repeated ones too; but none of one connection, and none that the mock writes itself."""
    answer = (
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
        b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: far\r\nX-Trace-Id: far\r\nConnection: close, x-hop\r\n"
        b"X-Hop: 1\r\nKeep-Alive: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\x1f\x8b\r\n1\r\n!\r\n0\r\n\r\n"
    )
    far, near = exchange(house, Near(), answer)
    assert (near.status, near.body, near.whole) == (302, b"\x1f\x8b!", True)
    assert near.headers[:-1] == [
        (b"location", b"/elsewhere"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
    ]
    assert near.headers[-1][0] == b"x-trace-id"
    assert len(near.headers[-1][1]) == 32
    assert len(far.requests) == 1


def test_the_guard_is_before_the_upstream(house: House) -> None:
    """Nothing goes on that the mock refuses."""
    bob = house.box.users.add(Seed(email="bob@example.com"))
    theirs = house.box.users.profiles_of(bob.user_id)[0].profile_id
    personal, business = (it.profile_id for it in profiles(house))
    token, consented = bearer(house), bearer(house, profile_id=business)

    async def work() -> tuple[Far, list[int]]:
        async with Far() as far:
            send_on(house, far.url)
            statuses = []
            for asked, path in (
                (None, PATH),
                ("dead", PATH),
                (bearer(house, "client_credentials"), PATH),
                (None, "/v9/new"),
                (token, f"/v4/profiles/{theirs}/balances"),
                (consented, f"/v4/profiles/{personal}/balances"),
            ):
                near = await Near().ask(house, "GET", path, authorized(asked) if asked else [])
                statuses.append(near.status)
            return far, statuses

    far, statuses = run(work)
    assert statuses == [401, 401, 403, 401, 403, 403]
    assert far.requests == []


def test_what_the_mock_answers_itself_does_not_go_on(house: House) -> None:
    """Stubs, what is modelled, and the token endpoint with all its methods."""
    house.box.stubs.add("GET", PATH, json="stub")
    token = bearer(house)

    async def work() -> tuple[Far, list[int]]:
        async with Far() as far:
            send_on(house, far.url)
            statuses = [
                (await Near().ask(house, method, path, authorized(token))).status
                for method, path in (
                    ("GET", PATH),
                    ("GET", "/v1/me"),
                    ("GET", "/oauth/token"),
                    ("GET", "/v2/profiles/7"),
                )
            ]
            return far, statuses

    far, statuses = run(work)
    assert statuses == [200, 200, 405, 403]
    assert far.requests == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/v9/new"), ("PATCH", "/v1/me"), ("HEAD", PATH), ("OPTIONS", "/"), ("POST", PATH)),
        ("GET", "/v4/profiles/7/balances"),
    ],
)
def test_everything_else_goes_on(house: House, method: str, path: str) -> None:
    """Paths and methods that are not documented, with any live token; profiles that only the upstream knows."""
    far, near = exchange(house, Near(), b"HTTP/1.1 204 No Content\r\n\r\n", method=method, path=path)
    assert near.status == 204
    assert far.heads()[0][0] == f"{method} {path} HTTP/1.1".encode()


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"]
)
def test_an_upstream_that_does_not_speak_http_is_502(house: House, answer: bytes) -> None:
    """In shape 5 of facts 5.1, with a reason that says where to look."""

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
            house.app = Edge(Operations(upstream), house.registry, {})
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
    with pytest.raises(BadValue, match="an upstream is"):
        build_app(house.registry, AuthorizationServer(Signer()), "localhost:9000")
