"""Faults byte for byte: raw sockets over real mutual TLS, with good requests before, behind and around them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from mockwise import (
    Delay,
    Drip,
    Drop,
    Garble,
    MockWise,
    Pass,
    Respond,
    RevokeToken,
    Sandbox,
    SpoilToken,
    TooManyRequests,
)
from mockwise.faults.kinds import Fault
from mockwise.faults.schema import write_fault
from tests.api_calls import ask, token
from tests.cli.processes import wait_until
from tests.raw_http import Answer, call, opened, request


def spelled(it: object) -> str:
    """A fault, as the name of a test."""
    return ",".join(map(str, write_fault(it).values())) if isinstance(it, Fault) else ""


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def mock(request: pytest.FixtureRequest) -> Iterator[MockWise]:
    """A mock on one of the loops."""
    with MockWise(token_format="uuid", loop=request.param) as running:
        yield running


@pytest.fixture
def box(mock: MockWise) -> Iterator[Sandbox]:
    """A fresh sandbox of the shared mock."""
    with mock.sandbox() as fresh:
        yield fresh


def is_token(answer: Answer) -> bool:
    """Whether it is a good one, whole."""
    content = json.loads(answer.body)
    assert list(content) == ["access_token", "token_type", "expires_in", "scope", "expires_at"]
    return answer.line == b"HTTP/1.1 200 OK" and content["expires_in"] == 43199


HARMLESS: list[Fault] = [
    Respond(503),
    Respond(502, body="<html>", content_type="text/html"),
    Respond(500, body=""),
    TooManyRequests(),
    Delay(0.003),
    Drip(0.001, pieces=3),
    Garble("truncated"),
    Garble("malformed"),
    Garble("empty"),
    Garble("html"),
    Garble("wrong-type"),
    SpoilToken(without=("expires_in",)),
    SpoilToken(text="long"),
    RevokeToken(uses=1),
]


@pytest.mark.parametrize("fault", HARMLESS, ids=spelled)
def test_requests_around_a_fault_are_undisturbed(box: Sandbox, fault: Fault) -> None:
    """Kept alive before and behind it; pipelined around it, three in one write (RFC 9112 section 9.3)."""
    with opened(box) as connection:
        connection.send(request(box))
        assert is_token(connection.answer())
        box.arm(Pass(), fault)
        connection.send(*[request(box)] * 3)
        assert is_token(connection.answer())
        odd = connection.answer()
        assert is_token(connection.answer())
        connection.send(request(box))
        assert is_token(connection.answer())
        assert odd.headers[0][0] == b"date"
    assert [it.spent for it in box.faults] == [True, True]
    assert [it.fault for it in box.exchanges] == [None, None, fault.name, None, None]
    assert len({it.connection for it in box.exchanges}) == 1


@pytest.mark.parametrize(
    ("fault", "line", "headers", "body"),
    [
        (
            Respond(503, retry_after=5),
            b"HTTP/1.1 503 Service Unavailable",
            {
                b"cache-control": b"no-store",
                b"pragma": b"no-cache",
                b"content-type": b"application/json",
                b"content-length": b"87",
                b"retry-after": b"5",
            },
            b'{"error":"temporarily_unavailable","error_description":"A fault was armed for this"}',
        ),
        (Respond(500, body=""), b"HTTP/1.1 500 Internal Server Error", {b"content-length": b"0"}, b""),
        (
            Respond(502, body="<p>\u00fc", content_type="text/html", headers={"Server": "lb"}),
            b"HTTP/1.1 502 Bad Gateway",
            {b"content-type": b"text/html", b"server": b"lb", b"content-length": b"5"},
            b"<p>\xc3\xbc",
        ),
        (
            Respond(400, json={"error": "x"}, content_type="text/plain"),
            b"HTTP/1.1 400 Bad Request",
            {
                b"cache-control": b"no-store",
                b"pragma": b"no-cache",
                b"content-type": b"text/plain",
                b"content-length": b"13",
            },
            b'{"error":"x"}',
        ),
        (
            Respond(599, body="?", content_type=""),
            b"HTTP/1.1 599 ",
            {b"content-length": b"1"},
            b"?",
        ),
        (
            Respond(401),
            b"HTTP/1.1 401 Unauthorized",
            {
                b"cache-control": b"no-store",
                b"pragma": b"no-cache",
                b"content-type": b"application/json",
                b"www-authenticate": b'Basic realm="oauth", charset="UTF-8"',
                b"content-length": b"77",
            },
            b'{"error":"invalid_client","error_description":"A fault was armed for this"}',
        ),
        (
            TooManyRequests(7),
            b"HTTP/1.1 429 Too Many Requests",
            {
                b"cache-control": b"private, no-cache, no-store, max-age=0",
                b"pragma": b"no-cache",
                b"expires": b"0",
                b"content-type": b"application/json; charset=utf-8",
                b"retry-after": b"7",
                b"x-rate-limited-by": b"wise-public-api",
                b"content-length": b"68",
            },
            b'{"error":"rate_limited","error_description":"Too many requests"}',
        ),
    ],
    ids=spelled,
)
def test_another_answer_is_what_was_said(
    box: Sandbox, fault: Fault, line: bytes, headers: dict[bytes, bytes], body: bytes
) -> None:
    """Status, headers and body; the reason says that a fault did it, and which."""
    box.arm(fault)
    with opened(box) as connection:
        connection.send(request(box))
        answer = connection.answer()
    assert (answer.line, answer.body) == (line, body)
    assert answer.own == headers | {b"content-length": b"%d" % len(body)}
    assert dict(answer.headers)[b"x-mockwise-reason"] == (
        b"A fault was armed for this: number 1, %s." % fault.name.encode()
    )
    [exchange] = box.exchanges
    assert (exchange.fault, exchange.status, exchange.token) == (fault.name, int(line.split()[1]), None)


@pytest.mark.parametrize(
    ("fault", "whole"),
    [
        (Drop(), (0, 0)),
        (Drop("headers"), (1, 0)),
        (Drop("body"), (1, 0.5)),
    ],
    ids=spelled,
)
@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_ends_where_it_was_said(
    box: Sandbox, fault: Drop, whole: tuple[int, float], reset: bool
) -> None:
    """The answer before is whole, behind it comes what the fault lets through, and then the end: FIN or RST.

    What was asked for is done: the token was granted.
    """
    box.arm(Pass(), Drop(fault.at, reset=reset))
    with opened(box) as connection:
        connection.send(*[request(box)] * 3)
        first = connection.answer()
        assert is_token(first)
        head, end_of_headers, body = connection.rest().partition(b"\r\n\r\n")
        assert connection.was_reset is reset
    headers, share = whole
    assert bool(head) is bool(end_of_headers) is bool(headers)
    if headers:
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\ncontent-length: %d\r\n" % len(first.body) in head
    assert len(body) == len(first.body) * share // 1
    assert first.body.startswith(body[:10])
    exchange = box.exchanges[1]
    assert (len(box.exchanges), exchange.fault, exchange.status) == (2, "drop", 200 * headers)
    assert exchange.token is not None
    assert ask(box).status_code == 200


def test_an_answer_without_a_body_is_lost_as_a_whole(box: Sandbox) -> None:
    """Or its headers alone would be all of it."""
    text = token(box)
    box.stub("DELETE", "/v1/things", status=204)
    box.arm(Drop("body"), Drop("headers"))
    for _ in box.faults:
        with opened(box) as connection:
            connection.send(call("DELETE", "/v1/things", text))
            assert connection.rest() == b""


def test_drops_leave_no_trace_in_the_log(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """They are no bug of the app, also while other requests wait behind them."""
    for fault in (Drop(), Drop("headers"), Drop("body")):
        box.arm(fault)
        with opened(box) as connection:
            connection.send(*[request(box)] * 3)
            connection.rest()
    assert not caplog.records


def test_a_body_drips(box: Sandbox) -> None:
    """In as many pieces as were said, each in a TLS record of its own."""
    box.arm(Drip(0.002, pieces=7))
    with opened(box) as connection:
        connection.send(request(box))
        answer = connection.answer()
        assert is_token(answer)
        _, *pieces = connection.records
    assert len(pieces) == 7
    assert b"".join(pieces) == answer.body
    assert max(map(len, pieces)) - min(map(len, pieces)) <= 1


def test_a_drip_ends_with_its_reader(box: Sandbox) -> None:
    """It is no use to drip on, here for half a minute; others are served meanwhile."""
    box.arm(Drip(0.2, pieces=10_000))
    with opened(box) as connection:
        connection.send(request(box))
        assert connection.more()
        assert ask(box).status_code == 200
    began = time.monotonic()
    wait_until(lambda: len(box.exchanges) == 2)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("fault", [Delay(300), Drip(300)], ids=spelled)
def test_a_mock_stops_while_somebody_waits(fault: Fault) -> None:
    """A mock stops at once while a client waits for a delayed answer."""
    began = time.monotonic()
    with MockWise(token_format="uuid") as mock, opened(mock.default) as connection:
        mock.default.arm(fault)
        connection.send(request(mock.default))
        wait_until(lambda: mock.default.faults[0].spent)
    assert time.monotonic() - began < 100


@pytest.mark.parametrize(
    ("how", "type_", "expected"),
    [
        ("truncated", b"application/json", lambda body: body[: len(body) // 2]),
        ("malformed", b"application/json", lambda body: body[:-1] + b",}"),
        ("empty", b"application/json", lambda _: b""),
        ("html", b"text/html; charset=utf-8", lambda _: b"<!doctype html>"),
        ("wrong-type", b"text/html; charset=utf-8", lambda body: body),
    ],
)
def test_a_body_is_garbled(box: Sandbox, how: str, type_: bytes, expected: object) -> None:
    """Its length agrees with what is sent, so that the connection goes on."""
    assert callable(expected)
    box.stub("GET", "/v1/things", json={"a": [1, 2]})
    text = token(box)
    box.arm(Garble(how))  # type: ignore[arg-type]  # because the parameter's values are those
    with opened(box) as connection:
        connection.send(call("GET", "/v1/things", text), call("GET", "/v1/things", text))
        odd, good = connection.answer(), connection.answer()
    assert good.body == b'{"a":[1,2]}'
    assert odd.body.startswith(expected(good.body))
    if how != "html":
        assert odd.body == expected(good.body)
    assert (odd.line, odd.own[b"content-type"]) == (good.line, type_)


@pytest.mark.parametrize("fault", [Garble(), Drip(3600)])
def test_a_fault_that_finds_nothing_to_do_waits(box: Sandbox, fault: Fault) -> None:
    """There is no body to garble in a 204, nor in the answer to HEAD."""
    text = token(box)
    box.stub("DELETE", "/v1/things", status=204)
    box.stub("HEAD", "/v1/things", json={})
    box.arm(fault)
    with opened(box) as connection:
        for method in ("DELETE", "HEAD"):
            connection.send(call(method, "/v1/things", text))
            connection.more()
        assert b"204 No Content" in connection.records[0]
        assert b"\r\ncontent-length: 2\r\n" in connection.records[1]
        assert connection.records[1].endswith(b"\r\n\r\n")
    assert [(it.happened, it.spent) for it in box.faults] == [(0, False)]
    assert {it.fault for it in box.exchanges} == {None}
