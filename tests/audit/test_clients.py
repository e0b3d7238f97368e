"""Clients over real mutual TLS: bad ones, each of which breaks exactly one rule, and good ones, which break none."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta

import httpx
import pytest

from mockwise import MockWise, Respond, Sandbox
from mockwise.client import (
    AsyncWiseTransport,
    RetryPolicy,
    UserAuth,
    WiseAuth,
    WiseError,
    WiseTransport,
    fetch_token,
)
from mockwise.client.grants import AuthorizationCode
from tests.api_calls import GRANT, PLAYGROUND, ask, token, use
from tests.audit.journal_builder import levels
from tests.cli.processes import MOCKWISE


@contextmanager
def calling(box: Sandbox) -> Iterator[httpx.Client]:
    """A client that knows nothing of tokens."""
    with httpx.Client(verify=box.ssl_context(), base_url=box.mtls_url) as client:
        yield client


def fetch(box: Sandbox, client: httpx.Client, **options: object) -> str:
    """A token, over that client."""
    sent = {"auth": (box.client_id, box.client_secret), "data": GRANT, **options}
    return str(client.post("/oauth/token", **sent).json().get("access_token"))  # type: ignore[arg-type]


def bearer(text: str) -> dict[str, str]:
    """An `Authorization` header with that token."""
    return {"Authorization": f"Bearer {text}"}


def fetches_for_each_call(box: Sandbox) -> None:
    """A client that keeps no token, and fetches one for each call."""
    with calling(box) as client:
        for _ in range(3):
            client.get(PLAYGROUND, headers=bearer(fetch(box, client)))


def connects_and_fetches_for_each_call(box: Sandbox) -> None:
    """It keeps not even a connection."""
    for _ in range(5):
        use(box, token(box))


def shares_a_token(box: Sandbox) -> None:
    """Two workers that use one token by turns."""
    with calling(box) as one, calling(box) as other:
        text = fetch(box, one)
        for client in (one, other, one, other):
            client.get(PLAYGROUND, headers=bearer(text))


def waits_for_the_401(box: Sandbox) -> None:
    """It does not count the hours."""
    with calling(box) as client:
        text = fetch(box, client)
        box.advance("13h")
        assert client.get(PLAYGROUND, headers=bearer(text)).status_code == 401
        fetch(box, client)


def never_learns(box: Sandbox) -> None:
    """It goes on with a revoked token."""
    with calling(box) as client:
        text = fetch(box, client)
        box.revoke_tokens()
        for _ in range(4):
            client.get(PLAYGROUND, headers=bearer(text))


def repeats_itself(box: Sandbox) -> None:
    """It hopes that a wrong secret becomes right."""
    with calling(box) as client:
        for _ in range(3):
            fetch(box, client, auth=(box.client_id, "wrong"))


def cannot_wait(box: Sandbox) -> None:
    """It does not read headers."""
    box.arm(Respond(503, retry_after=30, times=1))
    with calling(box) as client:
        fetch(box, client)
        fetch(box, client)


def hammers(box: Sandbox) -> None:
    """It tries again at once."""
    box.arm(Respond(503, times=5))
    with calling(box) as client:
        for _ in range(6):
            fetch(box, client)


def tells_the_url(box: Sandbox) -> None:
    """It writes its secret into logs."""
    with calling(box) as client:
        fetch(box, client, params={"client_secret": box.client_secret})


def tells_the_body(box: Sandbox) -> None:
    """It sends the secret twice."""
    with calling(box) as client:
        fetch(box, client, data={**GRANT, "client_id": box.client_id, "client_secret": box.client_secret})


def talks_too_much(box: Sandbox) -> None:
    """Its ids are no UUIDs."""
    with calling(box) as client:
        fetch(box, client, headers={"X-External-Correlation-Id": "payment-" * 5})


def takes_the_wrong_door(box: Sandbox) -> None:
    """It leaves its certificate at home."""
    with httpx.Client(verify=box.ssl_context(), base_url=box.tls_url) as client:
        fetch(box, client)


def lets_its_certificate_run_out(box: Sandbox) -> None:
    """A client whose certificate ends in ten days."""
    box.credentials.renew_certificate(valid_until="10d")
    token(box)


def is_told_of_its_certificates_end(box: Sandbox) -> None:
    """A year less 25 days passes on the sandbox's clock."""
    token(box)
    box.advance(timedelta(days=340))


@pytest.mark.parametrize(
    ("client", "broken"),
    [
        (is_told_of_its_certificates_end, {"certificate-end-announced": "note"}),
        (fetches_for_each_call, {"tokens-not-held": "error"}),
        (connects_and_fetches_for_each_call, {"tokens-not-held": "error"}),
        (shares_a_token, {"token-shared": "note"}),
        (waits_for_the_401, {"renewed-after-401": "note"}),
        (never_learns, {"dead-token-used-again": "error"}),
        (repeats_itself, {"refused-request-repeated": "warning"}),
        (cannot_wait, {"retry-after-ignored": "warning"}),
        (hammers, {"retry-without-backoff": "warning"}),
        (tells_the_url, {"secret-in-query": "error"}),
        (tells_the_body, {"secret-in-body": "warning"}),
        (talks_too_much, {"correlation-id-too-long": "warning"}),
        (takes_the_wrong_door, {"tls-host-used": "warning"}),
        (
            lets_its_certificate_run_out,
            {"certificate-near-end": "warning", "certificate-end-announced": "note"},
        ),
    ],
)
def test_a_bad_client_breaks_its_rule(
    client: Callable[[Sandbox], None], broken: dict[str, str], mockwise: Sandbox
) -> None:
    """Each bad client breaks the rule that is meant for it, and no other one."""
    client(mockwise)
    findings = mockwise.audit()
    assert levels(findings) == broken
    assert findings[0].client_id == mockwise.client_id
    assert mockwise.client_secret not in repr(findings)


@pytest.mark.mockwise(token_lifetime="12h")
def test_a_user_client_that_races_and_one_that_is_late(mockwise: Sandbox) -> None:
    """Two refreshes at once over two connections; a token of seven hours; a refresh token that was replaced."""
    auth = (mockwise.client_id, mockwise.client_secret)
    with calling(mockwise) as one, calling(mockwise) as other:
        old, new = _link(mockwise, one), _link(mockwise, one)
        one.post("/oauth/token", auth=auth, data={"grant_type": "refresh_token", "refresh_token": old})
        assert levels(mockwise.audit()) == {"old-refresh-token-used": "warning"}
        for client in (one, other, one, other):
            client.get("/v1/me", headers=bearer("warm"))
        data = {"grant_type": "refresh_token", "refresh_token": new}
        one.post("/oauth/token", auth=auth, data=data)
        answer = other.post("/oauth/token", auth=auth, data=data).json()
        mockwise.advance("7h")
        other.get("/v1/me", headers=bearer(answer["access_token"]))
    found = levels(mockwise.audit())
    assert found.items() >= {"racing-refreshes": "warning", "refresh-late": "note"}.items()


def _link(box: Sandbox, client: httpx.Client) -> str:
    """A refresh token of a user."""
    return str(fetch_token(client, box.client_id, box.client_secret, grant=_grant(box)).refresh_token)


def _grant(box: Sandbox) -> AuthorizationCode:
    consent = box.authorize("ann@example.com")
    return AuthorizationCode(consent.code, consent.redirect_uri)


def test_a_client_that_trusts_anybody_is_an_error(mockwise_own: MockWise) -> None:
    """It was given a server that it had to refuse."""
    bad, box = mockwise_own.bad_server("expired"), mockwise_own.default
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(box.cert_file, box.key_file)
    with httpx.Client(verify=context, base_url=bad.url) as client:
        fetch(box, client)
    assert levels(box.audit()) == {"server-not-verified": "error"}


# The reference client.


@contextmanager
def reference(box: Sandbox, *, attempts: int = 4) -> Iterator[httpx.Client]:
    """It lives by the sandbox's clock, and its sleep moves it."""
    pace = RetryPolicy(attempts=attempts, sleep=lambda seconds: box.advance(seconds=seconds))
    auth = WiseAuth(box.client_id, box.client_secret, clock=lambda: box.now.timestamp(), pace=pace)  # noqa: PLW0108  `now` is a property
    transport = WiseTransport(httpx.HTTPTransport(verify=box.ssl_context()))
    with httpx.Client(base_url=box.mtls_url, transport=transport, auth=auth) as client:
        yield client


def days_pass(box: Sandbox) -> None:
    """A token each twelve hours."""
    with reference(box) as client:
        for _ in range(10):
            assert client.get(PLAYGROUND).status_code == 200
            box.advance("5h")


def tokens_die(box: Sandbox) -> None:
    """Revoked, expired, again and again."""
    with reference(box) as client:
        for deed in (box.revoke_tokens, box.expire_tokens) * 3:
            assert client.get(PLAYGROUND).status_code == 200
            deed()


def the_server_is_down(box: Sandbox) -> None:
    """It says for how long, or does not."""
    for fault in (
        Respond(503, retry_after=5, times=2),
        Respond(500, times=3),
        Respond(429, retry_after=9, times=1),
    ):
        box.arm(fault)
        box.revoke_tokens()
        with reference(box) as client:
            assert client.get(PLAYGROUND).status_code in {200, 429, 500, 503}


def the_secret_is_rotated(box: Sandbox) -> None:
    """A client whose secret is rotated: it is refused once, and stops."""
    with reference(box) as client:
        client.get(PLAYGROUND)
        box.rotate_secret()
        box.revoke_tokens()
        with suppress(WiseError):
            client.get(PLAYGROUND)


def eight_threads(box: Sandbox) -> None:
    """A token each, one pool."""
    together = threading.Barrier(8)
    with reference(box) as client, ThreadPoolExecutor(8) as pool:

        def work(_: int) -> None:
            for _ in range(3):
                assert client.get(PLAYGROUND).status_code == 200
                together.wait()

        list(pool.map(work, range(8)))
    assert len(box.token_requests) == 8


def eight_clients(box: Sandbox) -> None:
    """A token and a connection each, and they stay."""
    together = threading.Barrier(8)
    with ThreadPoolExecutor(8) as pool:

        def work(_: int) -> None:
            with reference(box) as client:
                assert client.get(PLAYGROUND).status_code == 200
                together.wait()

        list(pool.map(work, range(8)))


def one_process(box: Sandbox) -> None:
    """It fetches a token and ends."""
    subprocess.run([*MOCKWISE, "token"], env=box.environ(), check=True, capture_output=True)


def a_wrong_secret(box: Sandbox) -> None:
    """A test tries what is refused, once each."""
    with calling(box) as client:
        for secret in ("wrong", "wronger", "wrongest", "w"):
            fetch(box, client, auth=(box.client_id, secret))
        fetch(box, client, data={"grant_type": "password"})
        client.get(PLAYGROUND)
        client.get("/v1/no/such/path", headers=bearer("x"))


def a_user(box: Sandbox) -> None:
    """Linked, refreshed every six hours, linked again."""
    transport = WiseTransport(httpx.HTTPTransport(verify=box.ssl_context()))
    with httpx.Client(base_url=box.mtls_url, transport=transport) as client:
        given = fetch_token(client, box.client_id, box.client_secret, grant=_grant(box))
        auth = UserAuth(box.client_id, box.client_secret, given, clock=lambda: box.now.timestamp())  # noqa: PLW0108  `now` is a property
        for _ in range(8):
            assert client.get("/v1/me", auth=auth).status_code == 200
            box.advance("3h1m")
        auth.relink(fetch_token(client, box.client_id, box.client_secret, grant=_grant(box)))
        assert client.get("/v1/me", auth=auth).status_code == 200


def nobody(box: Sandbox) -> None:
    """A client that asks for nothing at all."""
    assert box.exchanges == []


@pytest.mark.parametrize(
    "client",
    [
        days_pass,
        tokens_die,
        the_server_is_down,
        the_secret_is_rotated,
        eight_threads,
        eight_clients,
        one_process,
        a_wrong_secret,
        a_user,
        nobody,
    ],
)
def test_a_good_client_breaks_none(client: Callable[[Sandbox], None], mockwise: Sandbox) -> None:
    """A good client breaks no rule, whatever happens to it."""
    client(mockwise)
    assert mockwise.audit() == []


@pytest.mark.mockwise(token_repeat="reuse", token_lifetime="60s")
def test_a_token_that_is_handed_out_again_is_no_second_one(mockwise: Sandbox) -> None:
    """The reference client asks more often near its end (docs/wise/lifetimes-and-formats.md#what-ends-a-token, UNKNOWN)."""
    mockwise.freeze()
    with reference(mockwise) as client:
        for _ in range(60):
            client.get(PLAYGROUND)
            mockwise.advance("1s")
    assert mockwise.audit() == []


def test_a_pool_with_one_token_is_at_most_a_note(mockwise: Sandbox) -> None:
    """It does that on purpose."""
    asyncio.run(pool(mockwise))
    assert {it.level for it in mockwise.audit()} <= {"note"}


async def pool(mockwise: Sandbox) -> None:
    """Twenty calls at a time, whose one token dies in every way."""
    auth = WiseAuth(mockwise.client_id, mockwise.client_secret, clock=lambda: mockwise.now.timestamp())  # noqa: PLW0108  `now` is a property
    transport = AsyncWiseTransport(httpx.AsyncHTTPTransport(verify=mockwise.ssl_context()))
    async with httpx.AsyncClient(base_url=mockwise.mtls_url, transport=transport, auth=auth) as client:
        for deed in (mockwise.revoke_tokens, mockwise.expire_tokens, lambda: mockwise.advance("12h")):
            answers = await asyncio.gather(*(client.get(PLAYGROUND) for _ in range(20)))
            assert {it.status_code for it in answers} == {200}
            deed()


def test_what_was_asked_without_a_name_is_judged_too(mockwise_own: MockWise) -> None:
    """A request that names no client is in the default sandbox."""
    box = mockwise_own.default
    context = ssl.create_default_context(cafile=box.ca_file)
    with httpx.Client(verify=context, base_url=box.tls_url) as client:
        client.get(PLAYGROUND, params={"access_token": "x"})
    assert [(it.rule, it.client_id) for it in box.audit()] == [("secret-in-query", None)]
    assert ask(box).status_code == 200
