"""What an armed fault does to a request, as far as HTTP shows it; `tests/faults/test_faults_on_the_wire.py` has the bytes."""

from __future__ import annotations

import logging
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from mockwise.common.rate_limit import parse_rate_limit
from mockwise.faults.kinds import (
    Delay,
    Drip,
    Fault,
    Garble,
    Request,
    Respond,
    RevokeToken,
    SpoilToken,
    TooManyRequests,
)
from mockwise.state.options import SandboxOptions
from tests.web.wise_app import AUTH, FORM, GRANT, ID, WiseApp, certificate_of

PLAYGROUND = "/v1/authenticated/playground"


def body_of(wise_app: WiseApp, fault: Fault, **options: Any) -> dict[str, Any]:
    """The members of a token answer that a fault was armed for."""
    wise_app.box.fault_queue.arm(fault)
    answer = wise_app.token(**options)
    assert answer.status_code == 200, answer.text
    members: dict[str, Any] = answer.json()
    return members


@pytest.mark.parametrize("value", [0, -1, 10**12, "43199", 1.5])
def test_the_lifetime_is_told_oddly(wise_app: WiseApp, value: object) -> None:
    """Zero, negative, huge, a string; the token lives as ever."""
    members = body_of(wise_app, SpoilToken(expires_in=value))
    assert members["expires_in"] == value
    assert type(members["expires_in"]) is type(value)
    assert wise_app.call("GET", PLAYGROUND, members["access_token"]).status_code == 200


def test_members_are_missing_or_surprising(wise_app: WiseApp) -> None:
    """The others stay as they are, and in their order (docs/wise/token-endpoint.md#response)."""
    fault = SpoilToken(
        without=("expires_in", "scope"), extra={"foo": [None], "expires_at": None}, token_type="Bearer"
    )
    members = body_of(wise_app, fault)
    assert list(members) == ["access_token", "token_type", "expires_at", "foo"]
    assert (members["token_type"], members["expires_at"], members["foo"]) == ("Bearer", None, [None])
    assert "token_type" not in body_of(wise_app, SpoilToken(without=("token_type",)))


def test_a_token_is_dead_on_arrival(wise_app: WiseApp) -> None:
    """The answer says that it lives for 12 hours."""
    members = body_of(wise_app, SpoilToken(expired=True))
    assert members["expires_in"] == 43199
    answer = wise_app.call("GET", PLAYGROUND, members["access_token"])
    assert answer.status_code == 401
    assert "expired" in answer.headers["x-mockwise-reason"]


def test_a_token_looks_odd_and_works(wise_app: WiseApp) -> None:
    """8 KiB of it, every sign of RFC 6750 section 2.1, a JWT among UUIDs."""
    long, odd, jwt = (
        body_of(wise_app, SpoilToken(text=text))["access_token"] for text in ("long", "odd", "jwt")
    )
    assert len(long) == 8192
    assert set("-._~+/=aZ09") < set(odd)
    assert jwt.count(".") == 2
    for text in (long, odd, jwt):
        assert wise_app.call("GET", PLAYGROUND, text).status_code == 200
        assert text not in wise_app.last.response_body


def test_a_token_is_revoked_after_some_uses(wise_app: WiseApp) -> None:
    """With the last of them, so that lists show it at once; none at all is possible."""
    text = body_of(wise_app, RevokeToken(uses=2))["access_token"]
    assert [wise_app.call("GET", PLAYGROUND, text).status_code for _ in range(3)] == [200, 200, 401]
    assert "was revoked" in wise_app.last.reason  # type: ignore[operator]  # because it was refused
    text = body_of(wise_app, RevokeToken(uses=0))["access_token"]
    assert wise_app.call("GET", PLAYGROUND, text).status_code == 401


def test_a_token_is_revoked_after_some_time(wise_app: WiseApp) -> None:
    """On the sandbox's clock, to the microsecond."""
    text = body_of(wise_app, RevokeToken(after=timedelta(minutes=5)))["access_token"]
    wise_app.box.clock.freeze()
    wise_app.box.clock.advance(timedelta(minutes=5, microseconds=-1))
    assert wise_app.call("GET", PLAYGROUND, text).status_code == 200
    wise_app.box.clock.advance(timedelta(microseconds=1))
    assert wise_app.call("GET", PLAYGROUND, text).status_code == 401


def test_a_token_that_is_handed_out_again_is_revoked_from_then_on() -> None:
    """With `token_repeat="reuse"` it may have been issued long before."""
    wise_app = WiseApp(SandboxOptions(token_format="uuid", mtls="optional", token_repeat="reuse"))
    text = wise_app.access_token()
    wise_app.box.clock.advance(timedelta(hours=1))
    assert body_of(wise_app, RevokeToken(after=timedelta(minutes=5)))["access_token"] == text
    assert wise_app.call("GET", PLAYGROUND, text).status_code == 200
    wise_app.box.clock.advance(timedelta(minutes=5))
    assert wise_app.call("GET", PLAYGROUND, text).status_code == 401


def test_a_refused_request_spends_no_fault_of_the_token(wise_app: WiseApp) -> None:
    """There was none to spoil (the journal names nothing either)."""
    wise_app.box.fault_queue.arm(SpoilToken(token_type="mac"))
    assert wise_app.token(auth=(ID, "wrong")).status_code == 401
    assert wise_app.last.fault is None
    assert wise_app.token(auth=(ID, "wrong"), data={}).status_code == 401
    assert wise_app.token().json()["token_type"] == "mac"
    assert wise_app.last.fault == "spoil-token"
    assert wise_app.token(auth=(ID, "wrong")).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere/at/all"),
        ("GET", "/oauth/token"),
        ("PUT", "/oauth/authorize/"),
        ("POST", "/oauth/authorize/"),
        ("HEAD", "/v2/profiles"),
        ("POST", "/v2/quotes"),
    ],
)
def test_a_fault_strikes_wherever_it_was_armed(wise_app: WiseApp, method: str, path: str) -> None:
    """As an outage of the gateway does: also where nothing is served, or not for that method."""
    wise_app.box.fault_queue.arm(Respond(503, path=path, method=method, when=lambda it: it.path == path))
    assert wise_app.request(method, path).status_code == 503
    assert wise_app.last.fault == "respond"
    assert wise_app.request(method, path).status_code != 503


def test_a_fault_is_chosen_by_what_the_request_is(wise_app: WiseApp) -> None:
    """Host, grant, client, kind of token, and a function that sees form and headers."""
    seen: list[Request] = []

    def look(it: Request) -> bool:
        seen.append(it)
        return it.form.get("scope") == "x"

    text = wise_app.access_token()
    for fault in (
        Respond(400, host="mtls"),
        Respond(401, grant="refresh_token"),
        Respond(402, client="another"),
        Respond(403, kind="client_credentials"),
        Respond(404, when=look),
    ):
        wise_app.box.fault_queue.arm(fault)
    assert wise_app.token().status_code == 200
    assert wise_app.call("GET", PLAYGROUND, text).status_code == 403
    assert wise_app.call("GET", PLAYGROUND, text).status_code == 200
    assert wise_app.token(data={**GRANT, "scope": "x"}).status_code == 404
    assert wise_app.token(data={"grant_type": "refresh_token"}).status_code == 401
    assert wise_app.token(listener="mtls", certificate=certificate_of(ID)).status_code == 400
    assert [(it.client, it.grant, it.kind) for it in seen[:2]] == [
        (ID, "client_credentials", None),
        (ID, None, "client_credentials"),
    ]
    assert seen[0].headers["content-type"] == FORM["content-type"]


def test_a_function_that_fails_is_told(wise_app: WiseApp, caplog: pytest.LogCaptureFixture) -> None:
    """Its user gets the traceback, the peer a 500 with the reason."""
    wise_app.box.fault_queue.arm(Respond(503, when=lambda it: bool(it.form["nothing"])))
    with caplog.at_level(logging.ERROR, "mockwise"):
        answer = wise_app.token()
    assert (answer.status_code, answer.json()["error"]) == (500, "server_error")
    assert "`when` raised" in answer.headers["x-mockwise-reason"]
    assert "KeyError: 'nothing'" in caplog.text
    wise_app.box.fault_queue.disarm()
    assert wise_app.token().status_code == 200


def test_the_journal_has_what_was_asked(wise_app: WiseApp) -> None:
    """A fault answers before the body is looked at; two that differ must not look the same to the audit."""
    text = wise_app.access_token()
    wise_app.box.fault_queue.arm(Respond(503, path="/v2/quotes", times=2))
    for number in (1, 2):
        wise_app.call("POST", "/v2/quotes", text, json={"number": number})
    first, second = wise_app.box.journal.exchanges()[-2:]
    assert (first.request_body, second.request_body) == ('{"number":1}', '{"number":2}')
    assert first.fingerprint != second.fingerprint


def test_a_peer_that_leaves_gets_nothing(wise_app: WiseApp) -> None:
    """A peer that leaves before its body has come gets no answer; the journal has its fault with status 0."""
    wise_app.box.fault_queue.arm(Respond(503))
    sent = wise_app.raw([], {"type": "http.request", "body": b"{", "more_body": True}, path="/v2/quotes")
    assert sent.messages == []
    assert (wise_app.last.status, wise_app.last.fault) == (0, "respond")


def test_a_delay_comes_on_top(wise_app: WiseApp) -> None:
    """Of another fault, and of a good answer."""
    for fault in (Delay(0.002, times=2), Respond(504)):
        wise_app.box.fault_queue.arm(fault)
    assert wise_app.token().status_code == 504
    assert wise_app.last.fault == "delay+respond"
    assert wise_app.last.duration >= timedelta(seconds=0.002)
    assert wise_app.token().status_code == 200
    assert wise_app.last.fault == "delay"


@pytest.mark.parametrize(
    "fault", [TooManyRequests(90, as_date=True), Respond(503, retry_after=90, as_date=True)]
)
def test_a_date_to_wait_for_is_on_the_sandboxs_clock(wise_app: WiseApp, fault: Fault) -> None:
    """RFC 9110 section 10.2.3; it counts whole seconds, and nobody is told to come early."""
    wise_app.box.clock.freeze()
    wise_app.box.clock.advance(timedelta(hours=12))
    for fraction in (timedelta(), timedelta(milliseconds=1)):
        wise_app.box.clock.advance(fraction)
        wise_app.box.fault_queue.arm(fault)
        date = wise_app.token().headers["retry-after"]
        due = wise_app.box.clock.now() + timedelta(seconds=90)
        assert date.endswith(" GMT")
        assert timedelta() <= parsedate_to_datetime(date) - due < timedelta(seconds=1)


def test_a_refusal_by_the_rate_limit_spends_no_fault() -> None:
    """The gateway stands before all else."""
    wise_app = WiseApp(
        SandboxOptions(token_format="uuid", mtls="optional", rate_limit=parse_rate_limit("1/s"))
    )
    wise_app.box.fault_queue.arm(Respond(503, times=2))
    wise_app.box.clock.freeze()
    assert [wise_app.token().status_code for _ in range(2)] == [503, 429]
    assert [it.happened for it in wise_app.box.fault_queue.all()] == [1]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "invalid_request"),
        (401, "invalid_token"),
        (403, "access_denied"),
        (418, "invalid_request"),
        (429, "rate_limited"),
        (500, "server_error"),
        (503, "temporarily_unavailable"),
    ],
)
def test_without_a_body_it_is_wises_shape(wise_app: WiseApp, status: int, error: str) -> None:
    """With the headers of the API's own refusals, which a 401 there has (docs/wise/errors.md#shapes)."""
    wise_app.box.fault_queue.arm(Respond(status, path="/v1/*"))
    answer = wise_app.call("GET", PLAYGROUND)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["expires"] == "0"
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("fault", [Garble(), Drip(0, pieces=10_000)])
def test_what_changes_the_answer_alone_lets_refusals_through(wise_app: WiseApp, fault: Fault) -> None:
    """A garbled 401 is a 401, with its reason."""
    wise_app.box.fault_queue.arm(fault)
    answer: httpx.Response = wise_app.token(auth=(ID, "wrong"))
    assert (answer.status_code, wise_app.last.fault) == (401, fault.name)
    assert "secret" in answer.headers["x-mockwise-reason"]
    assert wise_app.token(auth=AUTH).json()["expires_in"] == 43199
