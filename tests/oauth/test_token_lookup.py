from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise.oauth.credentials import BasicCredentials, BearerToken, Credentials
from mockwise.oauth.errors import InvalidClient, InvalidGrant, InvalidRequest, Unauthorized
from mockwise.oauth.grants import GRANTS
from mockwise.oauth.introspection import introspect
from mockwise.oauth.messages import TokenResponse
from mockwise.oauth.metadata import metadata
from mockwise.oauth.revocation import revoke
from mockwise.oauth.token_lookup import TokenQuery
from mockwise.state.options import SandboxOptions
from tests.oauth.token_endpoint import Form, TokenEndpoint, refused


def token_query(
    endpoint: TokenEndpoint, *form: tuple[str, str], credentials: Credentials = None
) -> TokenQuery:
    """A request about a token, by the right client unless another is named."""
    return TokenQuery(credentials or endpoint.right, form, endpoint.box.clock.now())


def test_a_token_is_revoked() -> None:
    """By its own client, whatever the hint says (RFC 7009 section 2.1); twice is no error (section 2.2)."""
    endpoint = TokenEndpoint()
    gone, lives = endpoint.ask(), endpoint.ask()
    for _ in range(2):
        revoke(
            endpoint.box, token_query(endpoint, ("token", gone.text), ("token_type_hint", "refresh_token"))
        )
    assert not endpoint.lives(gone)
    assert endpoint.lives(lives)


def test_an_unknown_token_is_no_error() -> None:
    """The purpose, that it opens nothing, is reached already (RFC 7009 section 2.2)."""
    endpoint = TokenEndpoint()
    revoke(endpoint.box, token_query(endpoint, ("token", "unknown")))


def test_a_live_token_is_described() -> None:
    """RFC 7662 section 2.2, in whole seconds of the sandbox's clock."""
    endpoint = TokenEndpoint()
    answer = endpoint.ask()
    told = introspect(endpoint.box, token_query(endpoint, ("token", answer.text)))
    assert told["active"] is True
    issued = int(answer.token.issued_at.timestamp())
    assert (told["iat"], told["exp"]) == (issued, issued + 12 * 3600)
    assert (told["client_id"], told["sub"], told["token_type"], told["scope"]) == (
        "app",
        "app",
        "bearer",
        "transfers",
    )


def test_of_a_dead_or_unknown_token_nothing_is_said() -> None:
    """Expired, revoked, unknown: not active, and no more (RFC 7662 section 2.2)."""
    endpoint = TokenEndpoint()
    expired, revoked = endpoint.ask(), endpoint.ask()
    endpoint.box.tokens.revoke(revoked.text)
    endpoint.box.clock.advance(timedelta(hours=12))
    for text in (expired.text, revoked.text, "unknown"):
        assert introspect(endpoint.box, token_query(endpoint, ("token", text))) == {"active": False}


def test_a_token_of_another_client_is_not_its_business() -> None:
    """Not active (RFC 7662 section 2.2); not revoked, with an error (RFC 7009 section 2.1)."""
    endpoint = TokenEndpoint()
    endpoint.registry.add_client(endpoint.box, client_id="other", client_secret="o")
    answer = endpoint.ask()
    asked = token_query(endpoint, ("token", answer.text), credentials=BasicCredentials("other", "o"))
    assert introspect(endpoint.box, asked) == {"active": False}
    assert "own tokens" in refused(lambda: revoke(endpoint.box, asked), InvalidGrant)
    assert endpoint.lives(answer)


@pytest.mark.parametrize(
    "credentials",
    [BasicCredentials("app", "wrong"), BasicCredentials("nobody", "s3cret"), BearerToken("s3cret")],
)
def test_the_client_is_authenticated_first(credentials: Credentials) -> None:
    """By its secret, before the parameters are looked at (RFC 7009 section 2.1, RFC 7662 section 2.1)."""
    endpoint = TokenEndpoint()
    for ask in (revoke, introspect):
        asked = token_query(endpoint, credentials=credentials)
        assert refused(lambda ask=ask, asked=asked: ask(endpoint.box, asked), InvalidClient)  # type: ignore[misc]


def test_without_credentials_the_options_choose_the_words() -> None:
    """As at the token endpoint (docs/wise/token-endpoint.md#errors)."""
    for options, error in (
        (SandboxOptions(), InvalidClient),
        (SandboxOptions(missing_authorization="unauthorized"), Unauthorized),
    ):
        endpoint = TokenEndpoint(options)
        asked = TokenQuery(None, (("token", "x"),), endpoint.box.clock.now())
        assert refused(lambda asked=asked, endpoint=endpoint: revoke(endpoint.box, asked), error)  # type: ignore[misc]


@pytest.mark.parametrize("form", [(), (("token", ""),), (("token", "a"), ("token", "a")), None])
def test_the_token_is_said_once(form: Form | None) -> None:
    """Missing, empty, repeated or broken: invalid_request (RFC 7009 section 2.2.1, RFC 6749 section 3.2)."""
    endpoint = TokenEndpoint()
    asked = TokenQuery(endpoint.right, form, endpoint.box.clock.now())
    refused(lambda: introspect(endpoint.box, asked), InvalidRequest)


def test_a_client_id_in_the_body_agrees_with_basic() -> None:
    """As at the token endpoint (docs/wise/token-endpoint.md#request)."""
    endpoint = TokenEndpoint()
    asked = token_query(endpoint, ("token", "x"), ("client_id", "other"))
    assert "Basic" in refused(lambda: revoke(endpoint.box, asked))
    revoke(endpoint.box, token_query(endpoint, ("token", "x"), ("client_id", "app")))


def test_the_metadata_name_every_endpoint() -> None:
    """RFC 8414 section 2 and RFC 8705 section 5."""
    document = metadata("http://c", "https://t", "https://m")
    assert document["issuer"] == "http://c"
    assert document["token_endpoint"] == "https://t/oauth/token"
    assert document["mtls_endpoint_aliases"] == {"token_endpoint": "https://m/oauth/token"}
    assert document["revocation_endpoint"] == "http://c/oauth/revoke"
    assert document["introspection_endpoint"] == "http://c/oauth/introspect"
    assert document["authorization_endpoint"] == "https://t/oauth/authorize/"
    assert document["grant_types_supported"] == tuple(GRANTS)


def linked(endpoint: TokenEndpoint) -> TokenResponse:
    """The tokens that a user's code was exchanged for."""
    ann = endpoint.box.users.require("ann@example.com")
    code = endpoint.box.codes.issue("authorization", "app", ann.user_id, 1, "https://a.example/")
    form = {
        "grant_type": "authorization_code",
        "client_id": "app",
        "code": code,
        "redirect_uri": "https://a.example/",
    }
    return endpoint.ask(tuple(form.items()))


def test_a_refresh_token_is_revoked_with_its_access_tokens() -> None:
    """A revoked refresh token takes its access tokens with it (RFC 7009 section 2.1)."""
    endpoint = TokenEndpoint()
    answer = linked(endpoint)
    for _ in range(2):
        revoke(endpoint.box, token_query(endpoint, ("token", str(answer.refresh_token))))
    assert not endpoint.lives(answer)
    told = introspect(endpoint.box, token_query(endpoint, ("token", str(answer.refresh_token))))
    assert told == {"active": False}


def test_user_and_refresh_tokens_are_described() -> None:
    """RFC 7662 section 2.2: the subject is the user."""
    endpoint = TokenEndpoint()
    answer = linked(endpoint)
    ann = endpoint.box.users.require("ann@example.com")
    access = introspect(endpoint.box, token_query(endpoint, ("token", answer.text)))
    refresh = introspect(endpoint.box, token_query(endpoint, ("token", str(answer.refresh_token))))
    assert (access["sub"], refresh["sub"]) == (str(ann.user_id), str(ann.user_id))
    assert (access["token_type"], refresh["token_type"]) == ("bearer", "refresh_token")
    issued = int(answer.token.issued_at.timestamp())
    assert (refresh["iat"], refresh["exp"]) == (issued, issued + 630_720_000)
