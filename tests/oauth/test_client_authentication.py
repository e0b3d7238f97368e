from __future__ import annotations

from functools import partial
from urllib.parse import quote_plus

import pytest

from mockwise.oauth.credentials import (
    BasicCredentials,
    BearerToken,
    Credentials,
    InvalidAuthorization,
    read_authorization,
)
from mockwise.oauth.errors import InvalidClient, Unauthorized
from mockwise.state.options import MissingAuthorization, SandboxOptions
from tests.oauth.token_endpoint import (
    GRANT,
    HOUR,
    TICK,
    TLS_HOST,
    TokenEndpoint,
    basic,
    certificate_of,
    presenting,
    refused,
)


def test_the_right_secret_opens(endpoint: TokenEndpoint) -> None:
    """Id and secret in Basic, and the client's certificate, authenticate it (docs/wise/token-endpoint.md#request and docs/wise/mtls.md#when-it-is-required)."""
    assert endpoint.ask(credentials=basic("app:s3cret")).token.client_id == "app"


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        (basic("app:wrong"), "The client secret is wrong"),
        (basic("app:"), "The client secret is wrong"),
        (basic("app:S3CRET"), "The client secret is wrong"),
        (basic("App:s3cret"), "No client has this id"),
        (basic(":s3cret"), "No client has this id"),
        (basic("app\x00:s3cret"), "No client has this id"),
        (BearerToken("s3cret"), "A bearer token does not open the token endpoint."),
        (InvalidAuthorization("Something was odd.", ""), "Something was odd. Send HTTP Basic"),
        (read_authorization(("Negotiate x",)), "neither Basic nor Bearer. Send HTTP Basic"),
    ],
)
def test_anything_else_is_refused(endpoint: TokenEndpoint, credentials: Credentials, reason: str) -> None:
    """Whatever is not the client's own id and secret is invalid_client, with the reason (RFC 6749 section 5.2)."""
    assert reason in refused(lambda: endpoint.ask(credentials=credentials))


def test_no_credentials_are_refused(endpoint: TokenEndpoint) -> None:
    """Without an Authorization header the client is not authenticated (RFC 6749 section 3.2.1)."""
    assert "no Authorization header" in refused(endpoint.ask_anonymously)


@pytest.mark.parametrize("word", ["missing_token", "invalid"])
def test_no_credentials_are_invalid_client(word: MissingAuthorization) -> None:
    """What the API says of a missing token is not said here (docs/wise/token-endpoint.md#errors; 12.1 speaks of resources alone)."""
    endpoint = TokenEndpoint(SandboxOptions(token_format="uuid", missing_authorization=word))
    assert "no Authorization header" in refused(endpoint.ask_anonymously, InvalidClient)


def test_no_credentials_may_get_the_older_wording() -> None:
    """A switch answers a missing header as Spring did; a wrong secret stays invalid_client (docs/wise/token-endpoint.md#errors, UNKNOWN)."""
    endpoint = TokenEndpoint(SandboxOptions(token_format="uuid", missing_authorization="unauthorized"))
    assert "no Authorization header" in refused(endpoint.ask_anonymously, Unauthorized)
    assert "secret is wrong" in refused(lambda: endpoint.ask(credentials=basic("app:wrong")))


def test_a_secret_in_the_body_does_not_authenticate(endpoint: TokenEndpoint) -> None:
    """Credentials in the body alone are refused (docs/wise/token-endpoint.md#request; RFC 6749 section 2.3.1 leaves them to the server)."""
    form = (*GRANT, ("client_id", "app"), ("client_secret", "s3cret"))
    assert "no Authorization header" in refused(lambda: endpoint.ask_anonymously(form))


@pytest.mark.parametrize("secret", ["s3cret", "wrong"])
def test_a_secret_beside_basic_is_ignored(endpoint: TokenEndpoint, secret: str) -> None:
    """A client_secret in the body neither helps nor hurts where Basic is there (mock-only)."""
    form = (*GRANT, ("client_secret", secret))
    endpoint.ask(form)
    refused(lambda: endpoint.ask(form, basic("app:wrong")))


@pytest.mark.parametrize(
    "secret", ["100%", "a+b", "%41", "a b", "a%2Bb", "p\u00e4ss:w\u00f6rd", "+", "%", "%zz"]
)
def test_a_secret_may_come_raw_or_form_encoded(secret: str) -> None:
    """Basic is compared as it came and, failing that, form-decoded: clients do either (RFC 6749 section 2.3.1)."""
    endpoint = TokenEndpoint(secret=secret)
    endpoint.ask(credentials=basic(f"app:{secret}"))
    endpoint.ask(credentials=basic(f"app:{quote_plus(secret)}"))
    for wrong in (f"{secret}x", quote_plus(f"{secret}x"), quote_plus(quote_plus(f"{secret}+"))):
        credentials = basic(f"app:{wrong}")
        assert "secret is wrong" in refused(partial(endpoint.ask, credentials=credentials))


@pytest.mark.parametrize("client_id", ["my app", "a+b", "50%", "\u00fcber/app"])
def test_an_id_may_come_raw_or_form_encoded(endpoint: TokenEndpoint, client_id: str) -> None:
    """The same two readings hold for the client id (RFC 6749 section 2.3.1)."""
    endpoint.registry.add_client(endpoint.box, client_id=client_id, client_secret="s")
    peer = presenting(certificate_of(client_id))
    for user in (client_id, quote_plus(client_id)):
        answer = endpoint.ask(credentials=basic(f"{user}:s"), peer=peer)
        assert answer.token.client_id == client_id
    assert "No client" in refused(lambda: endpoint.ask(credentials=basic(f"{client_id}x:s"), peer=peer))


def test_a_rotated_secret_is_refused_as_such(endpoint: TokenEndpoint) -> None:
    """After rotation the old secret is told from a wrong one, and the new one works (docs/wise/developer-hub.md#credentials, UNKNOWN)."""
    endpoint.box.clients.rotate("app", "new")
    assert "rotated out. Use the new one" in refused(endpoint.ask)
    endpoint.ask(credentials=basic("app:new"))


def test_an_overlap_lets_both_secrets_in(endpoint: TokenEndpoint) -> None:
    """Until the overlap ends the old secret works as well, and not an instant longer (docs/wise/developer-hub.md#credentials, UNKNOWN)."""
    endpoint.box.clients.rotate("app", "new", HOUR)
    endpoint.box.clock.advance(HOUR - TICK)
    endpoint.ask()
    endpoint.ask(credentials=basic("app:new"))
    endpoint.box.clock.advance(TICK)
    assert "rotated out" in refused(endpoint.ask)


def test_a_revoked_client_is_refused(endpoint: TokenEndpoint) -> None:
    """A revoked client is told so if its secret is right, and nothing of it otherwise (docs/wise/developer-hub.md#credentials)."""
    endpoint.box.clients.revoke("app")
    assert "client was revoked" in refused(endpoint.ask)
    assert "secret is wrong" in refused(lambda: endpoint.ask(credentials=basic("app:wrong")))


def test_another_sandboxs_client_is_unknown(endpoint: TokenEndpoint) -> None:
    """A client authenticates in its own sandbox only (mock-only)."""
    other = endpoint.registry.add("other", SandboxOptions())
    endpoint.registry.add_client(other, client_id="guest", client_secret="s")
    peer = presenting(certificate_of("guest"))
    assert "No client" in refused(lambda: endpoint.ask(credentials=BasicCredentials("guest", "s"), peer=peer))


def test_both_checks_must_pass(endpoint: TokenEndpoint) -> None:
    """The secret does not make up for the certificate, nor the certificate for the secret (seed; docs/wise/mtls.md#when-it-is-required)."""
    assert "mTLS host" in refused(lambda: endpoint.ask(peer=TLS_HOST))
    assert "secret is wrong" in refused(lambda: endpoint.ask(credentials=basic("app:wrong")))


def test_a_client_id_that_agrees_is_welcome(endpoint: TokenEndpoint) -> None:
    """The body may repeat the client id on top of Basic (docs/wise/token-endpoint.md#request)."""
    endpoint.ask((*GRANT, ("client_id", "app")))


@pytest.mark.parametrize("client_id", ["other", "App", "app "])
def test_a_client_id_that_disagrees_is_refused(endpoint: TokenEndpoint, client_id: str) -> None:
    """A client_id other than Basic's user is 401 in Spring's words (docs/wise/token-endpoint.md#request, INFERRED)."""
    with pytest.raises(InvalidClient) as caught:
        endpoint.ask((*GRANT, ("client_id", client_id)))
    assert caught.value.description == "Given client ID does not match authenticated client"
    assert "client_id in the body is not the user of HTTP Basic" in caught.value.reason


def test_an_empty_client_id_counts_as_left_out(endpoint: TokenEndpoint) -> None:
    """A parameter without a value is treated as if it were left out (RFC 6749 section 3.2)."""
    endpoint.ask((*GRANT, ("client_id", "")))
