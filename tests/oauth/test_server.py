from __future__ import annotations

import pytest

from mockwise.oauth.credentials import InvalidAuthorization
from mockwise.oauth.errors import InvalidClient, InvalidRequest, UnsupportedGrantType
from tests.oauth.token_endpoint import GRANT, TLS_HOST, Form, TokenEndpoint, basic, refused


def test_one_parameter_is_enough(endpoint: TokenEndpoint) -> None:
    """A client-credentials request needs grant_type and nothing else (docs/wise/token-endpoint.md#parameters)."""
    assert endpoint.ask((("grant_type", "client_credentials"),)).text


def test_unknown_parameters_are_ignored(endpoint: TokenEndpoint) -> None:
    """Parameters that the server does not know are ignored (RFC 6749 section 3.2); so is scope (docs/wise/token-endpoint.md#request)."""
    fields = endpoint.ask((*GRANT, ("scope", "balances"), ("foo", "bar"), ("", ""))).fields
    assert fields["scope"] == "transfers"


@pytest.mark.parametrize(
    "form", [(), (("grant_type", ""),), (("Grant_Type", "client_credentials"),), (("a", "b"),)]
)
def test_a_missing_grant_type_is_400(endpoint: TokenEndpoint, form: Form) -> None:
    """Without a grant_type, or with an empty one, the answer is Wise's own (docs/wise/token-endpoint.md#errors; RFC 6749 section 3.2)."""
    with pytest.raises(InvalidRequest) as caught:
        endpoint.ask(form)
    assert (caught.value.status, caught.value.description) == (400, "Missing grant type")
    assert "Send it as application/x-www-form-urlencoded" in caught.value.reason


@pytest.mark.parametrize(
    "grant_type",
    ["password", "CLIENT_CREDENTIALS", "client_credentials ", "client-credentials", "\u00fc", "__class__"],
)
def test_an_unknown_grant_type_is_400(endpoint: TokenEndpoint, grant_type: str) -> None:
    """A grant that is not served is unsupported, and the reason says which would be (docs/wise/token-endpoint.md#errors, INFERRED)."""
    with pytest.raises(UnsupportedGrantType) as caught:
        endpoint.ask((("grant_type", grant_type),))
    assert (caught.value.status, caught.value.description) == (400, "Unsupported grant type")
    assert "This grant_type is not served" in caught.value.reason
    assert "client_credentials" in caught.value.reason


@pytest.mark.parametrize(
    "form",
    [
        (*GRANT, *GRANT),
        (*GRANT, ("grant_type", "")),
        (*GRANT, ("foo", "1"), ("bar", "2"), ("foo", "3")),
        (*GRANT, ("", ""), ("", "")),
        (*GRANT, ("client_id", "app"), ("client_id", "app")),
    ],
)
def test_a_repeated_parameter_is_400(endpoint: TokenEndpoint, form: Form) -> None:
    """A parameter that is there twice is refused, known or not, equal or not (RFC 6749 section 3.2)."""
    assert "more than once" in refused(lambda: endpoint.ask(form), InvalidRequest)


def test_a_broken_body_is_400(endpoint: TokenEndpoint) -> None:
    """A body that is not what it says it is, is malformed, once the client is known (RFC 6749 section 5.2)."""
    assert "not the multipart/form-data" in refused(lambda: endpoint.ask(None), InvalidRequest)
    refused(lambda: endpoint.ask(None, basic("app:wrong")), InvalidClient)


def test_the_client_comes_before_the_parameters(endpoint: TokenEndpoint) -> None:
    """Who is asking is checked before what is asked (oauth.server, Spring's order)."""
    refused(lambda: endpoint.ask((), InvalidAuthorization("Odd.", "basic")), InvalidClient)
    refused(lambda: endpoint.ask((), basic("app:wrong")), InvalidClient)
    refused(lambda: endpoint.ask((), peer=TLS_HOST), InvalidClient)
    refused(lambda: endpoint.ask((*GRANT, *GRANT, ("client_id", "other"))), InvalidClient)
    refused(lambda: endpoint.ask(()), InvalidRequest)


def test_the_parameters_come_before_the_grant(endpoint: TokenEndpoint) -> None:
    """A repeated parameter is refused before anybody asks which grant it is (oauth.server)."""
    refused(lambda: endpoint.ask((("grant_type", "password"), ("a", "1"), ("a", "2"))), InvalidRequest)
    refused(lambda: endpoint.ask((("grant_type", "password"), ("a", "1"))), UnsupportedGrantType)


def test_the_secret_comes_before_the_certificate(endpoint: TokenEndpoint) -> None:
    """Of two checks that fail the first to be told is the secret (docs/wise/mtls.md#refusals, UNKNOWN)."""
    assert "secret is wrong" in refused(lambda: endpoint.ask(credentials=basic("app:wrong"), peer=TLS_HOST))
    assert "mTLS host" in refused(lambda: endpoint.ask((*GRANT, ("client_id", "other")), peer=TLS_HOST))


def test_a_refusal_issues_nothing(endpoint: TokenEndpoint) -> None:
    """Whatever is refused leaves no token behind (mock-only)."""
    refused(lambda: endpoint.ask(credentials=basic("app:wrong")))
    refused(lambda: endpoint.ask(()), InvalidRequest)
    refused(lambda: endpoint.ask((("grant_type", "password"),)), UnsupportedGrantType)
    assert endpoint.box.tokens.all() == []
