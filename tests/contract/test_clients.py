"""Clients that we did not write get a token, and their twins that must fail do not."""

from __future__ import annotations

import json
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

from mockwise import MockWise, Sandbox

with warnings.catch_warnings(record=True):  # Authlib has begun to ask for another HTTP library
    from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]  # it has no types
    from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]  # it has no types

SPECIAL_ID, SPECIAL_SECRET = "a+b %", "s&s=%+é/ :"


def curl(box: Sandbox, *arguments: str, certificate: bool = True) -> subprocess.CompletedProcess[str]:
    """curl, as somebody types it."""
    shown = ["--cert", str(box.cert_file), "--key", str(box.key_file)] if certificate else []
    command = ["curl", "--silent", "--show-error", "--cacert", str(box.ca_file), *shown, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def authlib(box: Sandbox, **changes: Any) -> OAuth2Client:
    """Authlib's client, as its documentation has it for Basic."""
    options = {
        "client_id": box.client_id,
        "client_secret": box.client_secret,
        "token_endpoint_auth_method": "client_secret_basic",
        "verify": box.ssl_context(),
        "base_url": box.mtls_url,
    }
    return OAuth2Client(**options | changes)


def asked(client: OAuth2Client, box: Sandbox) -> dict[str, Any]:
    """The token that it fetched."""
    token: dict[str, Any] = client.fetch_token(box.token_url, grant_type="client_credentials")
    return token


def test_curl_gets_a_token_and_uses_it(mockwise: Sandbox) -> None:
    """The line that Wise's guide prints, with `--cacert`, `--cert` and `--key` (docs/wise/mtls.md#certificates)."""
    user = f"{mockwise.client_id}:{mockwise.client_secret}"
    fetched = curl(mockwise, "--user", user, "--data", "grant_type=client_credentials", mockwise.token_url)
    token = json.loads(fetched.stdout)["access_token"]
    playground = f"{mockwise.mtls_url}/v1/authenticated/playground"
    used = curl(mockwise, "--fail", "--header", f"Authorization: Bearer {token}", playground)
    assert (used.returncode, used.stderr) == (0, "")
    assert (
        curl(mockwise, "--fail", "--header", f"Authorization: Bearer {token}x", playground).returncode == 22
    )


def test_curl_without_its_certificate_or_secret_gets_none(mockwise: Sandbox) -> None:
    """The twins: no certificate ends the handshake (exit status 56 or 35), a wrong secret is 401 (22)."""
    user, data = f"{mockwise.client_id}:{mockwise.client_secret}", ("--data", "grant_type=client_credentials")
    bare = curl(mockwise, "--user", user, *data, mockwise.token_url, certificate=False)
    assert bare.returncode in {35, 56}
    assert "certificate required" in bare.stderr
    wrong = curl(mockwise, "--fail", "--user", f"{user}x", *data, mockwise.token_url)
    assert (wrong.returncode, "401" in wrong.stderr) == (22, True)


def test_authlib_gets_a_token_and_uses_it(mockwise: Sandbox) -> None:
    """A stock OAuth client understands the answer, keeps the token and shows it by itself."""
    with authlib(mockwise) as client:
        token = asked(client, mockwise)
        assert client.get("/v1/authenticated/playground").status_code == 200
        assert not client.token.is_expired()
        client.token = {**token, "access_token": "of nobody", "expires_at": 2_000_000_000}
        assert client.get("/v1/authenticated/playground").status_code == 401


def test_authlib_understands_a_refusal(mockwise: Sandbox) -> None:
    """The twin: a wrong secret becomes the client's own error, with Wise's words."""
    with authlib(mockwise, client_secret="wrong") as client, pytest.raises(OAuthError) as refused:
        asked(client, mockwise)
    assert (refused.value.error, refused.value.description) == (
        "invalid_client",
        "Client authentication failed",
    )


def test_authlib_without_a_certificate_gets_none(mockwise: Sandbox) -> None:
    """The twin: no certificate, no handshake."""
    bare = ssl.create_default_context(cafile=mockwise.ca_file)
    with (
        authlib(mockwise, verify=bare) as client,
        pytest.raises(httpx.TransportError, match="CERTIFICATE_REQUIRED"),
    ):
        asked(client, mockwise)


@pytest.fixture(scope="module")
def special() -> Iterator[Sandbox]:
    """A mock whose client has special characters in id and secret."""
    with MockWise(client_id=SPECIAL_ID, client_secret=SPECIAL_SECRET) as mock:
        yield mock.default


def test_authlib_with_credentials_that_were_form_encoded_first(special: Sandbox) -> None:
    """RFC 6749 section 2.3.1 has id and secret form-encoded before Basic; Authlib leaves that to its caller."""
    encoded = {"client_id": quote_plus(SPECIAL_ID), "client_secret": quote_plus(SPECIAL_SECRET)}
    with authlib(special, **encoded) as client:
        assert asked(client, special)["token_type"] == "bearer"


def test_authlib_with_half_of_the_credentials_form_encoded(special: Sandbox) -> None:
    """The twin: encoded twice, or with a character missing, it is another secret."""
    for secret in (quote_plus(quote_plus(SPECIAL_SECRET)), quote_plus(SPECIAL_SECRET[:-1])):
        with (
            authlib(special, client_id=quote_plus(SPECIAL_ID), client_secret=secret) as client,
            pytest.raises(OAuthError, match="invalid_client"),
        ):
            asked(client, special)


def test_curl_sends_special_characters_as_they_are(special: Sandbox) -> None:
    """What curl sends is not encoded: the bytes are UTF-8 (RFC 7617 section 2.1)."""
    grant = ("--fail", "--data", "grant_type=client_credentials", special.token_url)
    assert curl(special, "--user", f"{SPECIAL_ID}:{SPECIAL_SECRET}", *grant).returncode == 0
    assert curl(special, "--user", f"{SPECIAL_ID}:{SPECIAL_SECRET}+", *grant).returncode == 22
