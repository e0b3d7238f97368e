"""Calls that are sent on to a server of the user's (mock-only): what goes out, and what comes back."""

from __future__ import annotations

import pytest

from mockwise.state.users import UserSpec
from tests.web.wise.asgi import PATH, authorized, exchange, run, send_on
from tests.web.wise.bearers import ann, bearer, profiles
from tests.web.wise.upstream_server import FakePeer, UpstreamServer
from tests.web.wise_app import ID, WiseApp


def test_a_call_goes_on_as_it_came(wise_app: WiseApp) -> None:
    """Method, path and query byte by byte; the upstream's host; no header of one connection (RFC 9110 section 7.6.1)."""
    token = bearer(wise_app)
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
    upstream, peer = exchange(
        wise_app, FakePeer(), path="/v1/transfers/..%20x/%C3%A9", query=b"a=%41&b=/../", headers=headers
    )

    assert (peer.status, peer.body, peer.whole) == (200, b"ok", True)
    (head,) = upstream.heads()
    assert head[0] == b"GET /v1/transfers/..%20x/%C3%A9?a=%41&b=/../ HTTP/1.1"
    assert sorted(line.lower() for line in head[1:]) == sorted(
        [
            f"authorization: Bearer {token}".lower().encode(),
            f"host: localhost:{upstream.port}".encode(),
            b"x-own: 1",
            b"x-own: 2",
            b"x-mockwise-sandbox: default",
            b"x-mockwise-client-id: partner",
            b"x-mockwise-token-kind: user",
            f"x-mockwise-user-id: {ann(wise_app).user_id}".encode(),
        ]
    )


def test_an_upstream_may_have_a_path(wise_app: WiseApp) -> None:
    """It goes in front of all others."""

    async def work() -> bytes:
        async with UpstreamServer() as upstream:
            peer = FakePeer()
            await peer.ask(
                send_on(wise_app, f"{upstream.url}/base/"),
                "GET",
                "/v1/transfers",
                authorized(bearer(wise_app)),
            )
            return upstream.heads()[0][0]

    assert run(work) == b"GET /base/v1/transfers HTTP/1.1"


def test_the_upstream_is_told_who_called_and_by_nobody_else(wise_app: WiseApp) -> None:
    """What a peer says under these names is dropped; what no header can carry is percent-encoded."""
    forged = [
        (b"x-mockwise-client-id", b"admin"),
        (b"x-mockwise-user-id", b"1"),
        (b"x-mockwise-other", b"1"),
        (b"x_mockwise_user_id", b"666"),
        (b"X-Mockwise_User-Id", b"666"),
        (b"x.mockwise!user~id", b"666"),
    ]
    wise_app.registry.add_client(wise_app.box, client_id="é 1%", client_secret="s")
    business = profiles(wise_app)[1].profile_id
    cases = {
        bearer(wise_app, "client_credentials", client_id="é 1%"): {
            "sandbox": "default",
            "client-id": "%C3%A9%201%25",
            "token-kind": "client_credentials",
        },
        bearer(wise_app, "personal"): {
            "sandbox": "default",
            "token-kind": "personal",
            "user-id": str(ann(wise_app).user_id),
        },
        bearer(wise_app, profile_id=business): {
            "sandbox": "default",
            "client-id": ID,
            "token-kind": "user",
            "user-id": str(ann(wise_app).user_id),
            "profile-id": str(business),
        },
    }
    for token, told in cases.items():
        upstream, _ = exchange(wise_app, FakePeer(), path="/v9/new", headers=authorized(token, *forged))
        lines = [line.decode() for line in upstream.heads()[0] if b"mockwise" in line.lower()]
        assert lines == [f"x-mockwise-{name}: {value}" for name, value in told.items()]


def test_a_call_without_a_token_has_no_name(wise_app: WiseApp) -> None:
    """An open operation goes on too."""
    upstream, peer = exchange(wise_app, FakePeer(), path="/v4/comparisons", headers=[])
    assert peer.status == 200
    assert [it for it in upstream.heads()[0] if it.startswith(b"x-mockwise-")] == [
        b"x-mockwise-sandbox: default"
    ]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([(b"content-length", b"5")], b"\r\n\r\nab\0cd"),
        ([(b"transfer-encoding", b"chunked")], b"\r\n\r\n2\r\nab\r\n3\r\n\0cd\r\n0\r\n\r\n"),
    ],
)
def test_a_body_streams_out(wise_app: WiseApp, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """With its length if the peer said it, else in chunks (RFC 9112 section 6.3)."""
    upstream, peer = exchange(
        wise_app, FakePeer(b"ab", b"\0cd"), method="POST", headers=authorized(bearer(wise_app), *headers)
    )
    assert peer.status == 200
    assert upstream.requests[0].endswith(body)


def test_an_answer_comes_back_as_it_went(wise_app: WiseApp) -> None:
    """Status and headers, repeated ones too; but none of one connection, and none that the mock writes itself."""
    answer = (
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
        b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: far\r\nX-Trace-Id: far\r\nConnection: close, x-hop\r\n"
        b"X-Hop: 1\r\nKeep-Alive: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\x1f\x8b\r\n1\r\n!\r\n0\r\n\r\n"
    )
    upstream, peer = exchange(wise_app, FakePeer(), answer)
    assert (peer.status, peer.body, peer.whole) == (302, b"\x1f\x8b!", True)
    assert peer.headers[:-1] == [
        (b"location", b"/elsewhere"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
    ]
    assert peer.headers[-1][0] == b"x-trace-id"
    assert len(peer.headers[-1][1]) == 32
    assert len(upstream.requests) == 1


def test_the_guard_is_before_the_upstream(wise_app: WiseApp) -> None:
    """Nothing goes on that the mock refuses."""
    bob = wise_app.box.users.add(UserSpec(email="bob@example.com"))
    theirs = wise_app.box.users.profiles_of(bob.user_id)[0].profile_id
    personal, business = (it.profile_id for it in profiles(wise_app))
    token, consented = bearer(wise_app), bearer(wise_app, profile_id=business)

    async def work() -> tuple[UpstreamServer, list[int]]:
        async with UpstreamServer() as upstream:
            send_on(wise_app, upstream.url)
            statuses = []
            for asked, path in (
                (None, PATH),
                ("dead", PATH),
                (bearer(wise_app, "client_credentials"), PATH),
                (None, "/v9/new"),
                (token, f"/v4/profiles/{theirs}/balances"),
                (consented, f"/v4/profiles/{personal}/balances"),
            ):
                peer = await FakePeer().ask(wise_app, "GET", path, authorized(asked) if asked else [])
                statuses.append(peer.status)
            return upstream, statuses

    upstream, statuses = run(work)
    assert statuses == [401, 401, 403, 401, 403, 403]
    assert upstream.requests == []


def test_what_the_mock_answers_itself_does_not_go_on(wise_app: WiseApp) -> None:
    """Stubs, what is modelled, and the token endpoint with all its methods."""
    wise_app.box.stubs.add("GET", PATH, json="stub")
    token = bearer(wise_app)

    async def work() -> tuple[UpstreamServer, list[int]]:
        async with UpstreamServer() as upstream:
            send_on(wise_app, upstream.url)
            statuses = [
                (await FakePeer().ask(wise_app, method, path, authorized(token))).status
                for method, path in (
                    ("GET", PATH),
                    ("GET", "/v1/me"),
                    ("GET", "/oauth/token"),
                    ("GET", "/v2/profiles/7"),
                )
            ]
            return upstream, statuses

    upstream, statuses = run(work)
    assert statuses == [200, 200, 405, 403]
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/v9/new"), ("PATCH", "/v1/me"), ("HEAD", PATH), ("OPTIONS", "/"), ("POST", PATH)),
        ("GET", "/v4/profiles/7/balances"),
    ],
)
def test_everything_else_goes_on(wise_app: WiseApp, method: str, path: str) -> None:
    """Paths and methods that are not documented, with any live token; profiles that only the upstream knows."""
    upstream, peer = exchange(
        wise_app, FakePeer(), b"HTTP/1.1 204 No Content\r\n\r\n", method=method, path=path
    )
    assert peer.status == 204
    assert upstream.heads()[0][0] == f"{method} {path} HTTP/1.1".encode()


def test_names_that_a_server_takes_for_one_of_a_connection_do_not_go_on(wise_app: WiseApp) -> None:
    """CGI and its heirs make one name of `-` and `_` (RFC 3875 section 4.1.18)."""
    headers = authorized(
        bearer(wise_app),
        (b"transfer_encoding", b"chunked"),
        (b"content_length", b"7"),
        (b"proxy_authorization", b"Basic x"),
        (b"connection", b"X_Hop"),
        (b"x-hop", b"1"),
        (b"x_own", b"1"),
    )
    upstream, _ = exchange(wise_app, FakePeer(), headers=headers)
    names = {line.partition(b":")[0].lower() for line in upstream.heads()[0][1:] if line}
    assert {name for name in names if not name.startswith(b"x-mockwise-")} == {
        b"authorization",
        b"host",
        b"x_own",
    }


@pytest.mark.parametrize(
    "path",
    [
        *("/v9/../v4/profiles/7/balances", "/v9/%2e%2E/v4/profiles/7/balances", "/v9/.%2e/x", "/v9/."),
        *("/..", "/v9/./x", "/v9/x/", "//evil.test/x", "/v9//x", "/v9/a%2fb", "/v9/a%2Fb", "/v9/a%252fb"),
        *("/v9/%25%32%65", "/v9/a\\b", "/v9/a%5cb", "/v9/x;a=1", "/v9/x%3Ba", "/v9/x%00", "/v9/x%0d%0ay"),
        *("/v9/x%3fa=1", "/v9/%c0%ae%c0%ae/x", "*"),
    ],
)
def test_a_path_that_can_be_read_in_two_ways_does_not_go_on(wise_app: WiseApp, path: str) -> None:
    """Whose it is was judged by one of them."""
    upstream, peer = exchange(wise_app, FakePeer(), path=path)
    assert (peer.status, upstream.requests) == (400, [])
    assert b"upstream" in dict(peer.headers)[b"x-mockwise-reason"]


@pytest.mark.parametrize("method", ["HEAD", "PUT", "OPTIONS"])
def test_a_profile_is_its_owners_with_each_method(wise_app: WiseApp, method: str) -> None:
    """Also with one that is not documented, which only the upstream may know."""
    bob = wise_app.box.users.add(UserSpec(email="bob@example.com"))
    theirs = wise_app.box.users.profiles_of(bob.user_id)[0].profile_id
    token = bearer(wise_app)
    upstream, peer = exchange(
        wise_app, FakePeer(), method=method, path=f"/v4/profiles/{theirs}/balances", headers=authorized(token)
    )
    assert (peer.status, upstream.requests) == (403, [])
