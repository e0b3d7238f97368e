"""Every documented operation is shut to all but the tokens that it is documented to take."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from mockwise.state.options import SandboxOptions
from mockwise.state.users import UserSpec
from mockwise.web.wise.catalogue import Operation, operations
from mockwise.web.wise.handlers import MODELLED
from tests.web.wise.bearers import BearerRequest, BearerResponse, ann, answers, bearer, issued, profiles
from tests.web.wise_app import GATEWAY_HEADERS, ID, NOW, WiseApp, certificate_of

INVALID_TOKEN = b'{"error":"invalid_token","error_description":"Invalid token"}'
MISSING_TOKEN = b'{"error":"missing_token","error_description":"Missing token"}'
ACCESS_DENIED = b'{"error":"access_denied","error_description":"Access is denied"}'
UNAUTHORIZED = (
    b'{"type":"/errors/types/access","status":403,"code":"unauthorized","detail":"Operation is unauthorized"}'
)
# Bodies that let the modelled operations succeed.
BODY = json.dumps(
    {
        "email": "new@example.com",
        "registrationCode": "r" * 32,
        "name": "#1",
        "trigger_on": "x",
        "delivery": {"version": "4.0.0", "url": "https://x.test"},
    }
).encode()


def path_of(operation: Operation, wise_app: WiseApp, **own: object) -> str:
    """A path of the operation, in which everything is the caller's own."""
    ids: Mapping[str, object] = {
        "clientKey": ID,
        "clientId": ID,
        "userId": ann(wise_app).user_id,
        "profileId": profiles(wise_app)[0].profile_id,
        "businessProfileId": profiles(wise_app)[1].profile_id,
        **own,
    }
    return "/".join(
        str(ids.get(it[1:-1], 7)) if it.startswith("{") else it for it in operation.path.split("/")
    )


def walk(
    wise_app: WiseApp, token: str | None, certificate: str | None = None
) -> list[tuple[Operation, BearerResponse]]:
    """Ask every operation with one token."""
    rows = list(operations())
    asks = [BearerRequest(row.method, path_of(row, wise_app), token, certificate, BODY) for row in rows]
    return list(zip(rows, asyncio.run(answers(wise_app, asks)), strict=True))


def dead_tokens(wise_app: WiseApp) -> dict[str, tuple[str | None, str | None]]:
    """What opens nothing: the texts, and the certificates beside them."""
    revoked, token = issued(wise_app, "client_credentials")
    wise_app.box.tokens.revoke(token.digest)
    expired = bearer(wise_app, lifetime=timedelta(seconds=-1))
    return {
        "missing": (None, None),
        "unknown": ("nobody-knows", None),
        "expired": (expired, None),
        "revoked": (revoked, None),
        "of another client than the certificate": (bearer(wise_app), certificate_of("other")),
    }


@pytest.mark.parametrize(
    "case", ["missing", "unknown", "expired", "revoked", "of another client than the certificate"]
)
def test_no_operation_opens_to_a_token_that_is_none(wise_app: WiseApp, case: str) -> None:
    """401 in shape 1 of docs/wise/errors.md#shapes everywhere; where none is asked for, a dead token is refused too (INFERRED).

    Without a token it says that one is missing; one-time tokens are not there at all then (docs/wise/errors.md#missing-token).
    """
    token, certificate = dead_tokens(wise_app)[case]
    for operation, answer in walk(wise_app, token, certificate):
        if case == "missing" and (operation.open or operation.path.split("/")[2] == "one-time-token"):
            assert answer.status == (501 if operation.open else 404), operation
            continue
        said = MISSING_TOKEN if case == "missing" else INVALID_TOKEN
        assert (answer.status, answer.body) == (401, said), operation
        assert answer.headers.items() >= GATEWAY_HEADERS.items()
        assert answer.headers["x-mockwise-reason"]


@pytest.mark.parametrize("kind", ["client_credentials", "user", "personal", "read-only"])
def test_an_operation_opens_to_the_kinds_of_its_row(wise_app: WiseApp, kind: str) -> None:
    """Facts 6.1: a token of another kind is 403 (INFERRED), as is a read-only one where something is changed."""
    token = bearer(wise_app, "personal", read_only=True) if kind == "read-only" else bearer(wise_app, kind)
    said = "personal" if kind == "read-only" else kind
    opened = 0
    for operation, answer in walk(wise_app, token):
        fits = said in operation.kinds or not operation.kinds
        if fits and not (kind == "read-only" and operation.method != "GET"):
            opened += 1
            assert answer.status not in {401, 403}, operation
            assert (answer.status == 501) is (operation.name not in MODELLED), operation
        else:
            assert (answer.status, answer.body) == (403, ACCESS_DENIED), operation
            assert answer.headers["x-mockwise-reason"]
    assert opened > 20


PERSONAL = [
    # DOCUMENTED by the guide Personal API token: quotes, recipients, transfers, batch groups, events of transfers.
    *("POST {profile}/quotes", "GET {profile}/quotes/q", "PATCH {profile}/quotes/q"),
    *("GET /v1/accounts", "POST /v1/accounts", "GET /v1/accounts/1"),
    *("GET /v2/accounts", "GET /v2/accounts/1", "DELETE /v2/accounts/1"),
    *("GET /2026Q3/accounts", "POST /2026Q3/accounts", "GET /2026Q3/accounts/1", "DELETE /2026Q3/accounts/1"),
    *("POST /v1/transfers", "GET /v1/transfers/1", "POST /2026Q3/transfers", "GET /2026Q3/transfers/1"),
    *("POST {profile}/batch-groups", "POST {profile}/batch-groups/b/transfers"),
    *("GET {profile}/subscriptions", "POST {profile}/subscriptions"),
    *("GET {profile}/subscriptions/s", "DELETE {profile}/subscriptions/s"),
    # OBSERVED in January 2025.
    *("GET /v1/quotes/q/account-requirements", "POST /v1/quotes/q/account-requirements"),
    *("GET /2026Q3/quotes/q/account-requirements", "POST /2026Q3/quotes/q/account-requirements"),
    "GET /v1/account-requirements",
    *("GET /v1/simulation/transfers/1/processing", "GET /2026Q3/simulation/transfers/1/processing"),
]
"""What a personal token opens though the OpenAPI description does not say so, and what is named beside it."""


@pytest.mark.parametrize("operation", PERSONAL)
def test_a_personal_token_opens_what_personal_tokens_are_for(wise_app: WiseApp, operation: str) -> None:
    """Under every path that the operation has; a client's token stays refused (docs/wise/conflicts.md#c14)."""
    method, template = operation.split(" ")
    own = profiles(wise_app)[0].profile_id
    for version in ("v3", "2026Q3"):
        path = template.format(profile=f"/{version}/profiles/{own}")
        assert wise_app.call(method, path, bearer(wise_app, "personal")).status_code == 501
        assert wise_app.call(method, path).status_code == 403


def test_the_wrong_kind_can_be_401() -> None:
    """Wise's answer is UNKNOWN (docs/wise/errors.md#shapes), so there is a switch."""
    wise_app = WiseApp(SandboxOptions(token_format="uuid", mtls="optional", wrong_kind="unauthorized"))
    refused = wise_app.call("GET", "/v1/me")
    assert (refused.status_code, refused.content) == (401, INVALID_TOKEN)


def test_a_token_is_wanted_before_anything_is_said_of_a_profile(wise_app: WiseApp) -> None:
    """401, then the kind, then whose it is, then the body."""
    path = "/v1/profiles/7/kyc-reviews"
    assert wise_app.call("POST", path, "unknown").status_code == 401
    assert wise_app.call("POST", path).content == ACCESS_DENIED
    assert wise_app.call("POST", path, bearer(wise_app)).content == UNAUTHORIZED


def test_an_open_operation_takes_what_it_names_or_anything_live(wise_app: WiseApp) -> None:
    """`POST /v3/quotes` names one kind; comparisons name none, so that any live token will do (INFERRED)."""
    assert wise_app.request("POST", "/v3/quotes").status_code == 501
    assert wise_app.call("POST", "/v3/quotes").status_code == 501
    assert wise_app.call("POST", "/v3/quotes", bearer(wise_app)).status_code == 403
    for kind in ("client_credentials", "user", "personal"):
        assert wise_app.call("GET", "/v4/comparisons", bearer(wise_app, kind)).status_code == 501
    assert wise_app.request("GET", "/v4/comparisons", auth=(ID, "wise-guy")).status_code == 401


OWN = [
    ("clientKey", "client_credentials", "client key"),
    ("clientId", "client_credentials", "client id"),
    ("userId", "user", "user id"),
    ("userId", "personal", "user id"),
    ("profileId", "user", "another user"),
    ("profileId", "personal", "another user"),
    ("businessProfileId", "user", "another user"),
]


@pytest.mark.parametrize(("name", "kind", "words"), OWN)
def test_what_is_in_the_path_is_the_callers_own(wise_app: WiseApp, name: str, kind: str, words: str) -> None:
    """Another's profile is 403 in shape 8 (DOCUMENTED, docs/wise/errors.md#shapes); the same for keys, ids and users (INFERRED)."""
    other = wise_app.box.users.add(UserSpec(email="bob@example.com"))
    theirs = wise_app.box.users.profiles_of(other.user_id)[0].profile_id
    value = {"clientKey": "key", "clientId": "other", "userId": other.user_id}.get(name, theirs)
    rows = [it for it in operations() if f"{{{name}}}" in it.path and kind in it.kinds]
    token = bearer(wise_app, kind)

    asks = [BearerRequest(row.method, path_of(row, wise_app, **{name: value}), token) for row in rows]
    assert asks
    for answer in asyncio.run(answers(wise_app, asks)):
        assert (answer.status, answer.body) == (403, UNAUTHORIZED)
        assert words in answer.headers["x-mockwise-reason"]


@pytest.mark.parametrize(
    "profile_id", ["7", "0", "x", "-1", "9" * 5000, "\u0663\u0660", "30000001 ", "030000001"]
)
def test_a_profile_that_nobody_has_is_forbidden_too(wise_app: WiseApp, profile_id: str) -> None:
    """Whether there is such a profile is nobody's business (INFERRED)."""
    for path in (f"/v2/profiles/{profile_id}", f"/v4/profiles/{profile_id}/balances"):
        refused = wise_app.call("GET", path, bearer(wise_app))
        assert (refused.status_code, refused.content) == (403, UNAUTHORIZED)


def test_a_consent_is_for_one_profile(wise_app: WiseApp) -> None:
    """Other profiles of the same user need their own (DOCUMENTED, docs/wise/consent-and-revocation.md#authorization-page; how they are refused is INFERRED)."""
    personal, business = (it.profile_id for it in profiles(wise_app))
    token = bearer(wise_app, profile_id=business)
    assert wise_app.call("GET", f"/v2/profiles/{business}", token).status_code == 200
    assert wise_app.call("GET", f"/v4/profiles/{business}/balances", token).status_code == 501
    for path in (f"/v2/profiles/{personal}", f"/v4/profiles/{personal}/balances", "/v2/profiles/7"):
        refused = wise_app.call("GET", path, token)
        assert refused.content == UNAUTHORIZED
        assert "own consent" in refused.headers["x-mockwise-reason"]


def test_an_application_names_any_user_and_profile(wise_app: WiseApp) -> None:
    """Which of them it may is UNKNOWN, so nothing is refused."""
    for method, path in (("POST", "/v2/profiles/7/contacts"), ("DELETE", "/v1/users/7/pin")):
        assert wise_app.call(method, path).status_code == 501


def test_what_is_not_modelled_says_what_it_was_and_how_to_go_on(wise_app: WiseApp) -> None:
    """501 names the operation and three ways on, and is in the journal with its body (mock-only)."""
    token = bearer(wise_app, "personal")
    answer = wise_app.call("POST", "/2026Q4/transfers", token, json={"quoteUuid": "x"})
    assert answer.status_code == 501
    body = answer.json()
    assert [body[name] for name in ("operation_id", "method", "path")] == [
        "transferCreate",
        "POST",
        "/2026Q3/transfers",
    ]
    assert [way.partition(":")[0] for way in body["ways_on"]] == ["Stub it", "Send it on", "Ask for it"]
    assert "--upstream" in answer.headers["x-mockwise-reason"]
    assert (wise_app.last.status, wise_app.last.request_body) == (501, '{"quoteUuid":"x"}')


def test_a_long_body_of_what_is_not_modelled_is_not_kept(wise_app: WiseApp) -> None:
    """It is read to its end, because it was let in."""
    answer = wise_app.call("POST", "/v1/transfers", bearer(wise_app), content=b"x" * 70_000)
    assert (answer.status_code, wise_app.last.request_body) == (501, "")


def test_the_clock_is_the_sandboxes(wise_app: WiseApp) -> None:
    """A token of an hour is dead after one."""
    token = bearer(wise_app)
    assert wise_app.call("GET", "/v1/me", token).status_code == 200
    wise_app.box.clock.advance(timedelta(hours=1))
    assert wise_app.call("GET", "/v1/me", token).status_code == 401
    assert wise_app.box.clock.now() > NOW
