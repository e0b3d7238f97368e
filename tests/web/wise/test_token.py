"""What the token endpoint answers when all is well, and the twin of each success that must fail."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from mockwise.state.options import SandboxOptions
from tests.web.wise_app import AUTH, GRANT, ID, SECRET, TOKEN_HEADERS, WiseApp, certificate_of

FAILED = {"error": "invalid_client", "error_description": "Client authentication failed"}


def test_the_body_is_compact_json_with_the_keys_in_wises_order(wise_app: WiseApp) -> None:
    """A client-credentials token has these five members in this order (docs/wise/token-endpoint.md#response, documented body)."""
    answer = wise_app.token()
    text = answer.json()["access_token"]

    assert answer.status_code == 200
    assert answer.text == (
        f'{{"access_token":"{text}","token_type":"bearer","expires_in":43199,"scope":"transfers",'
        '"expires_at":"2026-07-02T00:00:00.000Z"}'
    )


def test_the_headers_are_these_and_no_others(wise_app: WiseApp) -> None:
    """A token is not to be stored by caches (RFC 6749 section 5.1), and its headers are those of docs/wise/token-endpoint.md#response."""
    answer = wise_app.token()

    headers = dict(answer.headers)
    assert re.fullmatch("[0-9a-f]{32}", headers.pop("x-trace-id"))
    assert headers == {**TOKEN_HEADERS, "content-length": str(len(answer.content))}


def test_a_token_is_a_jwt_unless_told_otherwise() -> None:
    """Wise's sandbox gives JWTs of three parts for client credentials since June 2026 (docs/wise/lifetimes-and-formats.md#formats)."""
    text = WiseApp(SandboxOptions(mtls="optional")).access_token()

    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", text)


def test_a_token_handed_out_again_has_less_time_left() -> None:
    """`expires_in` is the whole seconds left, never the full lifetime (docs/wise/token-endpoint.md#response; RFC 6749 section 5.1)."""
    wise_app = WiseApp(SandboxOptions(token_format="uuid", mtls="optional", token_repeat="reuse"))
    first = wise_app.token().json()
    wise_app.box.clock.advance(timedelta(hours=1))
    second = wise_app.token().json()

    assert second == {**first, "expires_in": 43199 - 3600}


@pytest.mark.parametrize(
    "auth",
    [
        pytest.param((ID, "wrong"), id="wrong secret"),
        pytest.param((ID, ""), id="no secret"),
        pytest.param((ID, SECRET.upper()), id="other case"),
        pytest.param(("nobody", SECRET), id="unknown client"),
        pytest.param(("", SECRET), id="no client"),
    ],
)
def test_the_secret_must_be_the_clients(wise_app: WiseApp, auth: tuple[str, str]) -> None:
    """The client id and its secret open the token endpoint (RFC 6749 section 2.3.1); nothing near them does."""
    assert wise_app.token(auth=AUTH).status_code == 200
    refused = wise_app.token(auth=auth)
    assert (refused.status_code, refused.json()) == (401, FAILED)


def test_credentials_may_be_form_encoded_first() -> None:
    """A client may form-encode id and secret before Basic (RFC 6749 section 2.3.1); a wrong one stays wrong."""
    wise_app = WiseApp()
    wise_app.registry.add_client(wise_app.box, client_id="a+b %", client_secret="s&s=%é")

    assert wise_app.token(auth=("a+b %", "s&s=%é")).status_code == 200
    assert wise_app.token(auth=("a%2Bb+%25", "s%26s%3D%25%C3%A9")).status_code == 200
    assert wise_app.token(auth=("a%2Bb+%25", "s%26s%3D%25")).status_code == 401


def test_a_rotated_or_revoked_client_no_longer_opens_it(wise_app: WiseApp) -> None:
    """A secret that was rotated out and a client that was revoked are refused (docs/wise/developer-hub.md#credentials)."""
    new = wise_app.box.clients.rotate(ID)
    assert wise_app.token().status_code == 401
    assert wise_app.token(auth=(ID, new)).status_code == 200
    wise_app.box.clients.revoke(ID)
    assert wise_app.token(auth=(ID, new)).status_code == 401


def test_mtls_is_a_second_check_beside_basic() -> None:
    """A client that must use mTLS gets a token with its own certificate only (docs/wise/mtls.md#when-it-is-required and docs/wise/mtls.md#certificates)."""
    wise_app = WiseApp(SandboxOptions(token_format="uuid"))
    own, other = certificate_of(ID), certificate_of("other")

    assert wise_app.token(listener="mtls", certificate=own).status_code == 200
    for refused in (
        wise_app.token(listener="mtls", certificate=own, auth=(ID, "wrong")),
        wise_app.token(listener="mtls", certificate=other),
        wise_app.token(listener="mtls", certificate=certificate_of("")),
        wise_app.token(listener="mtls"),
        wise_app.token(listener="tls"),
    ):
        assert (refused.status_code, refused.json()) == (401, FAILED)


def test_the_client_id_of_the_body_must_agree_with_basic(wise_app: WiseApp) -> None:
    """A `client_id` beside Basic must name the same client (docs/wise/token-endpoint.md#request, INFERRED)."""
    assert wise_app.token(data={**GRANT, "client_id": ID}).status_code == 200
    refused = wise_app.token(data={**GRANT, "client_id": "other"})
    assert refused.status_code == 401
    assert refused.json() == {
        "error": "invalid_client",
        "error_description": "Given client ID does not match authenticated client",
    }


def test_a_secret_in_the_body_is_no_credential(wise_app: WiseApp) -> None:
    """A `client_secret` in the body is ignored beside Basic, and without Basic authenticates nobody (docs/wise/token-endpoint.md#request)."""
    assert wise_app.token(data={**GRANT, "client_secret": "anything"}).status_code == 200
    in_body = {**GRANT, "client_id": ID, "client_secret": SECRET}
    assert wise_app.token(data=in_body, auth=None).status_code == 401


def test_query_parameters_are_no_parameters(wise_app: WiseApp) -> None:
    """Parameters are read from the body alone (RFC 6749 section 3.2)."""
    assert wise_app.token(params={"grant_type": "password"}).status_code == 200
    refused = wise_app.token(params=GRANT, data={})
    assert (refused.status_code, refused.json()["error_description"]) == (400, "Missing grant type")
