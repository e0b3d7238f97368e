"""The API's operations that are modelled, and how a bearer token opens them or does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise.state.options import SandboxOptions
from mockwise.state.users import UserSpec
from tests.web.wise.bearers import bearer
from tests.web.wise_app import AUTH, GATEWAY_HEADERS, ID, JSON, WiseApp, certificate_of

OPERATIONS = [
    ("GET", "/v1/authenticated/playground"),
    ("GET", "/2026Q3/authenticated/playground"),
    ("GET", f"/v3/applications/{ID}/subscriptions"),
    ("GET", f"/2026Q3/applications/{ID}/subscriptions"),
    ("POST", "/v1/users/exists"),
    ("POST", "/2026Q3/users/exists"),
]
PLAYGROUND = "/v1/authenticated/playground"
EMAIL = b'{"email":"test@wise.com"}'


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_opens_to_a_live_token(wise_app: WiseApp, method: str, path: str) -> None:
    """Each operation is served under its own number and under a quarter (docs/wise/errors.md#versions and docs/wise/operations.md#endpoints)."""
    answer = wise_app.call(method, path, content=EMAIL)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert "x-mockwise-reason" not in answer.headers


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize(
    "authorization",
    ["Bearer unknown", "Bearer", "Basic cGFydG5lcjp3aXNlLWd1eQ==", "Digest x", "Bearer a\u00e9"],
)
def test_every_operation_is_shut_to_anything_else(
    wise_app: WiseApp, method: str, path: str, authorization: str
) -> None:
    """To a token that was not issued the gateway answers 401 in exactly this way, without a challenge (docs/wise/errors.md#shapes shape 1)."""
    headers = {"authorization": authorization.encode("latin-1")}
    refused = wise_app.request(method, path, headers=headers, content=EMAIL)

    assert refused.status_code == 401
    assert refused.text == '{"error":"invalid_token","error_description":"Invalid token"}'
    assert len(refused.content) == 61
    answered = dict(refused.headers)
    assert len(answered.pop("x-trace-id")) == 32
    assert answered.pop("x-mockwise-reason")
    assert answered == {**GATEWAY_HEADERS, "content-length": "61"}


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("authorization", [None, "notreal", "0123abcd-0000-0000-0000-000000000000", "", "  "])
def test_every_operation_misses_a_token(
    wise_app: WiseApp, method: str, path: str, authorization: str | None
) -> None:
    """Without a header, or without a scheme in it, 401 says that the token is missing (OBSERVED, docs/wise/errors.md#missing-token)."""
    headers = {} if authorization is None else {"authorization": authorization}
    refused = wise_app.request(method, path, headers=headers, content=EMAIL)

    assert refused.status_code == 401
    assert refused.text == '{"error":"missing_token","error_description":"Missing token"}'
    answered = dict(refused.headers)
    assert len(answered.pop("x-trace-id")) == 32
    assert answered.pop("x-mockwise-reason").endswith("Send the access token as Authorization: Bearer.")
    assert answered == {**GATEWAY_HEADERS, "content-length": "61"}


UNKNOWN_PATHS = [
    "/",
    "/v1/nothing",
    "/v2/me",
    "/nowhere/at/all",
    "/oauth/nothing",
    "/v1/profiles/1/quotes/x/y",
]
NOT_FOUND = '{"status":"404","message":"Resource not found","error":"Not Found"}'


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", UNKNOWN_PATHS)
def test_a_bearer_token_is_judged_before_the_path(wise_app: WiseApp, method: str, path: str) -> None:
    """A bad one is 401 even on an unknown path; none and a live one are 404 there (OBSERVED, docs/wise/errors.md#order-of-checks; live INFERRED)."""
    for bad in ("Bearer unknown", "Bearer", "bearer \u00e9"):
        refused = wise_app.request(method, path, headers={"authorization": bad.encode("latin-1")})
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token"), bad
    live = f"Bearer {wise_app.access_token()}"
    for none in (None, "notreal", live, "Basic cGFydG5lcjp3aXNlLWd1eQ=="):
        missing = wise_app.request(method, path, headers={} if none is None else {"authorization": none})
        assert (missing.status_code, missing.text) == (404, NOT_FOUND), none
        assert missing.headers["content-type"] == "application/json"
        assert missing.headers["x-mockwise-reason"].startswith("Nothing is served at this path.")


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", PLAYGROUND), ("HEAD", "/v1/me"), ("OPTIONS", "/v1/me")]
)
def test_a_bearer_token_is_judged_before_the_method(wise_app: WiseApp, method: str, path: str) -> None:
    """A bad one is 401; without one, or with a live one, the path is there, but not for this method (INFERRED)."""
    assert wise_app.call(method, path, "unknown").status_code == 401
    assert wise_app.call(method, path).status_code == 405
    assert wise_app.request(method, path).status_code == 405


@pytest.mark.parametrize("version", ["v1", "2026Q3"])
def test_one_time_tokens_are_hidden_from_calls_without_a_token(wise_app: WiseApp, version: str) -> None:
    """404 as of a path that is not there, under every version (OBSERVED, docs/wise/errors.md#missing-token), also behind a stub."""
    path = f"/{version}/one-time-token/status"
    wise_app.box.stubs.add("GET", "/v1/one-time-token/sms/verify", json={})
    for method, hidden in (
        *(("GET", path), ("DELETE", path), ("POST", f"/{version}/one-time-token/sms/trigger")),
        ("GET", f"/{version}/one-time-token/sms/verify"),
    ):
        for headers in ({}, {"authorization": "notreal"}):
            missing = wise_app.request(method, hidden, headers=headers)
            assert (missing.status_code, missing.text) == (404, NOT_FOUND), hidden
            assert "Without a token" in missing.headers["x-mockwise-reason"]
    assert wise_app.call("GET", path, "unknown").status_code == 401
    assert wise_app.call("GET", path).status_code == 403
    assert wise_app.call("GET", path, bearer(wise_app)).status_code == 501


@pytest.mark.parametrize("path", ["/v2/authenticated/playground", "/authenticated/playground", "/v1/nothing"])
def test_a_wrong_version_is_not_found(wise_app: WiseApp, path: str) -> None:
    """A resource lives under its own number (docs/wise/errors.md#versions), whatever the token."""
    assert wise_app.call("GET", path).status_code == 404


def test_the_playground_shows_whom_the_mock_sees(wise_app: WiseApp) -> None:
    """The mTLS test endpoint tells the client, the token's kind and whether a certificate came (docs/wise/mtls.md#certificates)."""
    token = wise_app.access_token()
    assert wise_app.call("GET", PLAYGROUND, token).text == (
        '{"clientId":"partner","tokenType":"client_credentials","mtls":false}'
    )
    with_certificate = wise_app.call(
        "GET", PLAYGROUND, token, listener="mtls", certificate=certificate_of(ID)
    )
    assert with_certificate.json()["mtls"] is True
    refused = wise_app.call("GET", PLAYGROUND, token, listener="mtls", certificate=certificate_of("other"))
    assert refused.status_code == 401


def test_a_client_that_must_use_mtls_must_use_it_for_every_call() -> None:
    """Enforcement holds for all endpoints, not for the token alone (docs/wise/mtls.md#when-it-is-required)."""
    wise_app, own = WiseApp(SandboxOptions(token_format="uuid")), certificate_of(ID)
    token = wise_app.access_token(listener="mtls", certificate=own)

    assert wise_app.call("GET", PLAYGROUND, token, listener="mtls", certificate=own).status_code == 200
    assert wise_app.call("GET", PLAYGROUND, token, listener="mtls").status_code == 401
    assert wise_app.call("GET", PLAYGROUND, token, listener="tls").status_code == 401


def test_a_token_dies_at_its_time_and_not_before(wise_app: WiseApp) -> None:
    """A token lives 12 hours (docs/wise/lifetimes-and-formats.md#lifetimes): it opens the API in the last moment, and is expired in the next."""
    token = wise_app.access_token()
    wise_app.box.clock.advance(timedelta(hours=12) - timedelta(microseconds=1))
    assert wise_app.call("GET", PLAYGROUND, token).status_code == 200

    wise_app.box.clock.advance(timedelta(microseconds=1))
    refused = wise_app.call("GET", PLAYGROUND, token)
    assert refused.status_code == 401
    assert "expired" in refused.headers["x-mockwise-reason"]


def test_a_revoked_token_is_dead_at_once_and_the_next_one_lives(wise_app: WiseApp) -> None:
    """Revocation shows as 401 at the API (docs/wise/consent-and-revocation.md#revocation), and touches only what was issued before it."""
    old = wise_app.access_token()
    wise_app.box.tokens.revoke_all(ID)
    refused = wise_app.call("GET", PLAYGROUND, old)

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    assert "revoked" in refused.headers["x-mockwise-reason"]
    assert wise_app.call("GET", PLAYGROUND, wise_app.access_token()).status_code == 200


def test_a_client_sees_the_subscriptions_of_its_own_key_alone(wise_app: WiseApp) -> None:
    """Another application's key is 403 in shape 8 of docs/wise/errors.md#shapes; an own one has an empty list (docs/wise/operations.md#endpoints)."""
    wise_app.registry.add_client(wise_app.box, client_id="second", client_secret="s", client_key="key-2")
    token = wise_app.access_token(auth=("second", "s"))

    assert wise_app.call("GET", "/v3/applications/key-2/subscriptions", token).text == "[]"
    for key in ("second", ID, "KEY-2", "key-2%20"):
        refused = wise_app.call("GET", f"/v3/applications/{key}/subscriptions", token)
        assert refused.status_code == 403
        assert refused.text == (
            '{"type":"/errors/types/access","status":403,"code":"unauthorized","detail":"Operation is unauthorized"}'
        )
        assert "client key" in refused.headers["x-mockwise-reason"]


def test_users_exists_tells_who_has_an_account(wise_app: WiseApp) -> None:
    """`POST /v1/users/exists` answers for the address in the body, whatever its case (docs/wise/operations.md#endpoints)."""
    wise_app.box.users.add(UserSpec(email="test@wise.com"))
    for email, exists in (("test@wise.com", "true"), ("Test@Wise.com", "true"), ("other@wise.com", "false")):
        answer = wise_app.call("POST", "/v1/users/exists", json={"email": email})
        assert (answer.status_code, answer.text) == (200, f'{{"exists":{exists}}}')


@pytest.mark.parametrize(
    "body", ["", "{}", "[]", "null", "7", '"email"', '{"email":null}', '{"email":["a@b"]}', "{", "\udc80"]
)
def test_users_exists_without_an_email_is_400(wise_app: WiseApp, body: str) -> None:
    """A missing field is 400 `NotNull` in shape 4 of docs/wise/errors.md#shapes (docs/wise/operations.md#endpoints)."""
    content = body.encode("utf-8", "surrogateescape")
    refused = wise_app.call("POST", "/v1/users/exists", content=content, headers=JSON)
    assert refused.status_code == 400
    assert refused.text == (
        '{"errors":[{"code":"NotNull","message":"must not be null","path":"email","arguments":[]}]}'
    )
    assert "email" in refused.headers["x-mockwise-reason"]


@pytest.mark.parametrize("email", ["", "nobody", "wise.com"])
def test_users_exists_with_what_is_no_address_is_422(wise_app: WiseApp, email: str) -> None:
    """A bad address is 422 in shape 4 of docs/wise/errors.md#shapes, in Wise's words (docs/wise/operations.md#endpoints)."""
    refused = wise_app.call("POST", "/v1/users/exists", json={"email": email})
    assert refused.status_code == 422
    assert refused.text == (
        '{"errors":[{"code":"ERROR","message":"Please provide a valid email","path":"email",'
        f'"arguments":["email","{email[:2]}..."]}}]}}'
    )
    assert refused.headers["x-mockwise-reason"] == "The email is not an address."


def test_the_token_is_judged_before_the_body(wise_app: WiseApp) -> None:
    """A bearer token is checked before anything else is looked at: 401 comes before 413, 403 and 400."""
    too_much = b"x" * (64 * 1024 + 1)
    assert wise_app.call("POST", "/v1/users/exists", "unknown", content=too_much).status_code == 401
    assert wise_app.call("POST", "/v1/users/exists", content=too_much).status_code == 413
    assert wise_app.call("GET", "/v3/applications/x/subscriptions", "unknown").status_code == 401


def test_a_body_too_large_for_the_api_is_not_called_a_token_request(wise_app: WiseApp) -> None:
    """A reason speaks of the request that was made."""
    refused = wise_app.call("POST", "/v1/users/exists", content=b"x" * (64 * 1024 + 1))
    assert "token request" not in refused.headers["x-mockwise-reason"]


def test_basic_opens_the_token_endpoint_only(wise_app: WiseApp) -> None:
    """Right client credentials open no operation of the API (docs/wise/operations.md#token-kinds)."""
    refused = wise_app.request("GET", PLAYGROUND, auth=AUTH)
    assert refused.status_code == 401
    assert "token endpoint only" in refused.headers["x-mockwise-reason"]


def test_a_call_without_a_token_can_get_the_wording_of_a_bad_one() -> None:
    """As mockwise answered before it was known (docs/wise/conflicts.md#c13)."""
    wise_app = WiseApp(SandboxOptions(token_format="uuid", mtls="optional", missing_authorization="invalid"))
    assert wise_app.request("GET", PLAYGROUND).json()["error"] == "invalid_token"
    assert wise_app.request("POST", "/oauth/token").json()["error"] == "invalid_client"


def test_a_call_without_credentials_can_get_the_older_wording() -> None:
    """Without `Authorization` the older body of docs/wise/errors.md#shapes shape 3 can be asked for; it has no challenge either."""
    wise_app = WiseApp(
        SandboxOptions(token_format="uuid", mtls="optional", missing_authorization="unauthorized")
    )
    refused = wise_app.request("GET", PLAYGROUND)
    assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
    assert "www-authenticate" not in refused.headers
    assert (
        wise_app.request("GET", PLAYGROUND, headers={"authorization": "Bearer x"}).json()["error"]
        == "invalid_token"
    )


def test_the_journal_names_the_caller_and_its_token(wise_app: WiseApp) -> None:
    """An exchange with the API names the client that was let in and the digest of its token."""
    token = wise_app.access_token()
    issued = wise_app.last
    wise_app.call("GET", PLAYGROUND, token)
    assert (wise_app.last.client_id, wise_app.last.token, wise_app.last.grant_type) == (
        ID,
        issued.token,
        None,
    )

    wise_app.call("GET", PLAYGROUND, "unknown")
    assert wise_app.last.client_id is None
    assert wise_app.last.token not in {None, issued.token}
