"""What is said of a parameter that is not the one that was expected."""

from __future__ import annotations

import pytest

from mockwise.oauth.consent import ConsentRefused, read_consent
from mockwise.oauth.errors import InvalidClient, InvalidGrant, InvalidRequest, UnsupportedGrantType
from mockwise.oauth.reasons.parameters import other_redirect_uri
from mockwise.state.options import SandboxOptions
from tests.oauth.test_user_grants import CALLBACK, REGISTRATION_CODE, UserTokenEndpoint
from tests.oauth.token_endpoint import GRANT, TokenEndpoint, refused


@pytest.mark.parametrize(
    ("grant_type", "said"),
    [
        ("client_credentials\n", "it ends in a line break. Without that it is client_credentials. Strip it"),
        ("client_credentials ", "it ends in a blank."),
        ('"client_credentials"', "it stands in quotes."),
        ("CLIENT_CREDENTIALS", "it is in upper case."),
        ("client%5Fcredentials", "it is percent-encoded."),
        ("grant_type=client_credentials", "it has its name before it."),
        ("Client_Credentials", "it is in upper case"),
        ("client-credentials", "it is spelt otherwise than client_credentials"),
        ("clientCredentials", "it is spelt otherwise than client_credentials"),
        ("refresh token", "it is spelt otherwise than refresh_token"),
        ("password", "nor by Wise. These are: client_credentials, registration_code"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "nor by Wise. These are: "),
        ("client_credentials;scope=transfers", "it holds more than the name of a grant"),
        ("undefined", "it is the word undefined, which JavaScript writes"),
        ("${GRANT}", "it is a placeholder that nothing was put into. These are: "),
        ("something", "This grant_type is not served. These are: client_credentials, "),
    ],
)
def test_what_is_odd_about_a_grant_type_is_said(grant_type: str, said: str) -> None:
    """It is served but for that, or never was."""
    reason = refused(lambda: TokenEndpoint().ask((("grant_type", grant_type),)), UnsupportedGrantType)
    assert reason.startswith("This grant_type is not served")
    assert said in reason


@pytest.mark.parametrize(
    ("client_id", "said"),
    [
        ("app\n", ": it ends in a line break. Strip it"),
        ('"app"', ": it stands in quotes."),
        ("other", ". Send the same in both, or leave it out."),
    ],
)
def test_what_is_odd_about_the_client_id_in_the_body_is_said(client_id: str, said: str) -> None:
    """It has to be the user of HTTP Basic."""
    reason = refused(lambda: TokenEndpoint().ask((*GRANT, ("client_id", client_id))), InvalidClient)
    assert reason == f"The client_id in the body is not the user of HTTP Basic{said}" or said in reason


@pytest.mark.parametrize(
    ("sent", "right", "said"),
    [
        ("https://a.test/back/", "https://a.test/back", "a slash at the end"),
        ("https://a.test", "https://a.test/", "a slash at the end"),
        ("https://A.test/Back", "https://a.test/back", "upper and lower case"),
        ("https://a.test/back\n", "https://a.test/back", "that it ends in a line break"),
        ('"https://a.test/back"', "https://a.test/back", "that it stands in quotes"),
        ("https%3A%2F%2Fa.test%2Fback", "https://a.test/back", "that it is percent-encoded"),
        ("https%253A%252F%252Fa.test%252Fback", "https://a.test/back", "that it is percent-encoded twice"),
        ("https://a.test/%62ack?x=%2f", "https://a.test/back?x=%2F", "its percent-encoding"),
        ("http://a.test/back", "https://a.test/back", "its scheme"),
        ("https://b.test/back", "https://a.test/back", "its host"),
        (
            "http://localhost:1/back",
            "http://127.0.0.1:1/back",
            "the name of this machine: localhost is not 127.0.0.1",
        ),
        ("https://a.test:443/back", "https://a.test/back", "the port of its scheme, which is written out"),
        ("https://a.test:8443/back", "https://a.test/back", "its port"),
        ("https://a.test/to", "https://a.test/back", "its path"),
        (
            "https://a.test/back?b=2&a=1",
            "https://a.test/back?a=1&b=2",
            "its query, the order of which counts",
        ),
        ("https://a.test/back", "https://a.test/back?a=1", "its query, the order of which counts"),
        ("https://a.test/back#x", "https://a.test/back", "its fragment, which it must not have"),
        ("https://b.test/to", "https://a.test/back", None),
        ("https://a.test:port/back", "https://a.test/back", None),
        ("https://[a/back", "https://a.test/back", None),
    ],
)
def test_a_redirect_uri_is_told_in_what_alone_it_differs(sent: str, right: str, said: str | None) -> None:
    """It is matched exactly (DOCUMENTED, docs/wise/developer-hub.md#credentials), which is where it goes wrong."""
    found = other_redirect_uri(sent, ("https://other.test/elsewhere", right))
    assert (found or "").startswith(said or "")
    assert (found is None) == (said is None)


def test_the_exchange_and_the_consent_page_both_tell_it() -> None:
    """They compare it with what was registered, and with what the page was called with."""
    endpoint = UserTokenEndpoint()
    code = endpoint.consent()
    assert "they differ in a slash at the end. It must match exactly." in refused(
        lambda: endpoint.exchange(code, f"{CALLBACK}/"), InvalidGrant
    )
    assert "consent page was called with. It must match exactly." in refused(
        lambda: endpoint.exchange(code, "https://elsewhere.test"), InvalidGrant
    )
    assert "it differs from one of them in upper and lower case. It must match one" in _page(
        endpoint, "app", CALLBACK.upper()
    )
    assert "registered for the client. It must match one exactly" in _page(
        endpoint, "app", "https://elsewhere.test"
    )


@pytest.mark.parametrize(
    ("client_id", "said"),
    [
        ("app ", "No client has this client_id: it ends in a blank."),
        ("undefined", "No client has this client_id: it is the word undefined"),
        ("nobody", "No client has this client_id. Check it."),
    ],
)
def test_the_consent_page_tells_what_is_odd_about_the_client_id(client_id: str, said: str) -> None:
    """As the token endpoint does."""
    assert said in _page(UserTokenEndpoint(), client_id, CALLBACK)


def test_the_consent_page_tells_what_is_odd_about_a_claim_account_code() -> None:
    """As the token endpoint does of the other codes."""
    endpoint = UserTokenEndpoint()
    claim = endpoint.box.codes.issue("claim", "app", endpoint.new.user_id)
    assert "No such claim-account code was given out: it ends in a blank." in _page(
        endpoint, "app", CALLBACK, claim_account_code=f"{claim} "
    )


def _page(endpoint: UserTokenEndpoint, client_id: str, redirect_uri: str, **more: str) -> str:
    """Why the page refuses that."""
    asked = {"client_id": client_id, "redirect_uri": redirect_uri, **more}
    with pytest.raises(ConsentRefused) as caught:
        read_consent(endpoint.box, tuple(asked.items()))
    return caught.value.reason


@pytest.mark.parametrize(
    ("email", "code", "said"),
    [
        ("new@example.com ", REGISTRATION_CODE, "No user has this e-mail address: it ends in a blank."),
        ("new%40example.com", REGISTRATION_CODE, "No user has this e-mail address: it is percent-encoded."),
        ("undefined", REGISTRATION_CODE, "No user has this e-mail address: it is the word undefined"),
        ("nobody@example.com", REGISTRATION_CODE, "No user has this e-mail address. Sign the user up first."),
        ("new@example.com", f"{REGISTRATION_CODE}\n", "this client: it ends in a line break."),
        ("new@example.com", f'"{REGISTRATION_CODE}"', "this client: it stands in quotes."),
        ("new@example.com", "null", "this client: it is the word null"),
        ("new@example.com", "another", "this user's signup by this client."),
    ],
)
def test_what_is_odd_about_a_registration_is_said(email: str, code: str, said: str) -> None:
    """Address and code are the partner's own words, and get lost the same ways."""
    endpoint = UserTokenEndpoint()
    assert said in refused(lambda: endpoint.register(email, code), InvalidGrant)


# client_id_parameter


def test_the_grants_of_codes_need_client_id_as_wise_documents() -> None:
    """The reason names the switch (docs/wise/token-endpoint.md#parameters)."""
    endpoint = UserTokenEndpoint()
    for grant, form in _without_client_id(endpoint).items():
        reason = refused(lambda it=grant, form=form: endpoint.post(it, **form), InvalidRequest)  # type: ignore[misc]
        assert "There is no client_id in the body, which Wise documents for this grant" in reason
        assert "set client_id_parameter to optional" in reason


def test_a_switch_lets_them_through_without() -> None:
    """Nothing shows that Wise enforces it; a wrong one stays refused."""
    endpoint = UserTokenEndpoint(client_id_parameter="optional")
    for grant, form in _without_client_id(endpoint).items():
        assert endpoint.post(grant, **form).refresh_token
    for grant, form in _without_client_id(endpoint).items():
        assert endpoint.post(grant, **form, client_id="app").refresh_token
        refused(lambda it=grant, form=form: endpoint.post(it, **form, client_id="other"), InvalidClient)  # type: ignore[misc]


def test_the_other_grants_never_need_it() -> None:
    """It is documented for two grants alone."""
    assert TokenEndpoint(SandboxOptions(token_format="uuid")).ask().text


def _without_client_id(endpoint: UserTokenEndpoint) -> dict[str, dict[str, str]]:
    """The two grants, with all but client_id."""
    return {
        "authorization_code": {"code": endpoint.consent(), "redirect_uri": CALLBACK},
        "registration_code": {"email": "new@example.com", "registration_code": REGISTRATION_CODE},
    }
