"""What an exchange weighs in the journal."""

from __future__ import annotations

import base64
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from starlette.types import Message

from mockwise.journal.journal import Exchange
from mockwise.oauth.credentials import read_authorization
from mockwise.state.options import SandboxOptions
from mockwise.web.wise.body import read_form
from mockwise.web.wise.request_context import RequestContext, build_exchange
from tests.web.wise_app import FORM, WiseApp

_OPTIONS = SandboxOptions(token_format="uuid", mtls="optional")
_BYTES = 1_000_000
_URLENCODED = (b"content-type", b"application/x-www-form-urlencoded")

Asked = tuple[list[tuple[bytes, bytes]], bytes, bytes, str]
"""Headers, query, body and path of a request."""


def _numbers() -> Iterator[bytes]:
    """Texts of which no two are the same object."""
    return (b"%d" % number for number in count(10_000))


def _tiny_headers() -> Asked:
    names = _numbers()
    return [(b"x%b" % next(names), b"") for _ in range(3000)], b"", b"", "/oauth/token"


def _parameters() -> Asked:
    return (
        [],
        b"&".join(b"%b=" % it for it, _ in zip(_numbers(), range(9000), strict=False)),
        b"",
        "/oauth/token",
    )


def _fields() -> Asked:
    body = b"&".join(b"%b=1" % it for it, _ in zip(_numbers(), range(6000), strict=False))
    return [_URLENCODED], b"", body, "/oauth/token"


def _odd_fields() -> Asked:
    return [_URLENCODED], b"", b"grant_type=x&scope=" + b"\xff" * 60_000 + b"%F0%9F%98%80", "/oauth/token"


def _user() -> Asked:
    user = base64.b64encode(b"u" * 40_000 + b":p")
    return [(b"authorization", b"Basic " + user)], b"", b"", "/oauth/token"


def _named_client() -> Asked:
    return [_URLENCODED], b"", b"client_id=" + b"c" * 60_000, "/oauth/token"


def _path() -> Asked:
    return [], b"", b"", "/" + "\U0001f600" * 15_000


def _body() -> Asked:
    return [], b"", b"x" * 60_000, "/oauth/token"


def test_long_requests_leave_less_room() -> None:
    """Bodies, headers and paths count: the journal stays within its bytes, whoever fills it (SandboxOptions.journal_bytes)."""
    wise_app = WiseApp(_OPTIONS.model_copy(update={"journal_bytes": 220_000}))
    for _ in range(40):
        wise_app.token()
    assert wise_app.box.journal.count() == 40
    long = "x" * 30_000
    for _ in range(10):
        wise_app.token(content=f"grant_type=client_credentials&x={long}", headers=FORM)
    assert wise_app.box.journal.count() == 6
    for _ in range(10):
        wise_app.call("GET", "/v1/authenticated/playground", "wrong", headers={"x-long": long})
    assert wise_app.box.journal.count() == 6
    for _ in range(10):
        wise_app.call("GET", f"/v1/{long}", "wrong")
    assert wise_app.box.journal.count() == 6


def test_an_exchange_that_is_too_long_is_not_kept() -> None:
    """A journal may be of no size at all."""
    wise_app = WiseApp(_OPTIONS.model_copy(update={"journal_bytes": 0}))
    assert wise_app.token().status_code == 200
    assert wise_app.box.journal.exchanges() == []


@pytest.mark.parametrize("told", [False, True], ids=["kept", "looked at"])
@pytest.mark.parametrize(
    "ask", [_tiny_headers, _parameters, _fields, _odd_fields, _user, _named_client, _path, _body]
)
def test_the_journal_takes_no_more_memory_than_it_may(ask: Callable[[], Asked], told: bool) -> None:
    """What is kept counts, not what came: objects take more than their bytes (SandboxOptions.journal_bytes)."""
    wise_app = WiseApp(_OPTIONS.model_copy(update={"journal_bytes": _BYTES}))
    journal = wise_app.box.journal
    tracemalloc.start()
    try:
        for _ in range(24):
            headers, query, body, path = ask()
            wise_app.raw(headers, _whole(body), path=path, query=query)
            del headers, query, body, path
        if told:
            journal.exchanges()
        assert journal.count() < 24
        full = tracemalloc.get_traced_memory()[0]
        journal.clear()
        assert full - tracemalloc.get_traced_memory()[0] < 1.1 * _BYTES
    finally:
        tracemalloc.stop()


def _whole(body: bytes) -> Message:
    return {"type": "http.request", "body": body}


def test_an_exchange_is_told_the_same_at_each_look() -> None:
    """What it was told from is let go of then."""
    wise_app = WiseApp(_OPTIONS)
    wise_app.token(params={"a": "b"})
    wise_app.call("POST", "/v2/profiles", "wrong", content=b'{"a": 1}')
    first = wise_app.box.journal.exchanges()
    assert wise_app.box.journal.exchanges() == first
    assert [it.query for it in first] == ["a=b", ""]


def test_an_exchange_that_two_threads_look_at_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes second may find nothing to tell it from any more."""
    wise_app = WiseApp(_OPTIONS)
    wise_app.token()
    [entry] = wise_app.box.journal._kept()
    quicker: list[Exchange] = []

    def told(context: RequestContext) -> Exchange:
        monkeypatch.undo()
        quicker.append(context.exchange())
        return build_exchange(context)

    monkeypatch.setattr("mockwise.web.wise.request_context.build_exchange", told)
    assert entry.exchange() is quicker[0]


@pytest.mark.parametrize(
    "remember",
    [
        lambda number: read_authorization((f"Bearer {number}{'t' * 60_000}",)),
        lambda number: read_authorization((f"Basic {number}", "x" * 60_000)),
        lambda number: read_form(_URLENCODED[1], b"%d" % number + b"&a" * 30_000),
    ],
    ids=["a header", "two headers", "a form"],
)
def test_what_is_long_is_not_remembered(remember: Callable[[int], object]) -> None:
    """A cache of some hundred things is small only if they are."""
    tracemalloc.start()
    try:
        for number in range(100):
            remember(number)
        assert tracemalloc.get_traced_memory()[0] < 2_000_000
    finally:
        tracemalloc.stop()
