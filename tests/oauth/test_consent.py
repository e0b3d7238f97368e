"""The consent without HTTP: who may consent to what, and where the user goes from there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from mockwise.common.digests import digest_of
from mockwise.errors import InvalidValueError, NotFoundError
from mockwise.oauth.consent import ConsentRefused, RedirectRefused, approve, decline, read_consent
from mockwise.oauth.errors import InvalidGrant, InvalidRequest
from mockwise.oauth.headless_consent import authorize
from mockwise.state.options import SandboxOptions
from tests.oauth.consents import CODE, OWNERS, URI, consent_of, endpoint_with_user, pairs, redeem, signed_up
from tests.oauth.token_endpoint import TokenEndpoint, refused


@pytest.fixture
def endpoint() -> TokenEndpoint:
    """Two users with profiles; one redirect URI."""
    return endpoint_with_user()


def test_each_profile_of_each_user_is_a_choice(endpoint: TokenEndpoint) -> None:
    """A consent is for one profile (docs/wise/consent-and-revocation.md#authorization-page); who has none yet consents without one."""
    endpoint.box.users.sign_up("carla@example.com", "app", digest_of(CODE))

    assert [
        (choice.user.email, choice.profile and choice.profile.type) for choice in consent_of(endpoint).choices
    ] == [
        ("ann@example.com", "PERSONAL"),
        ("ann@example.com", "BUSINESS"),
        ("bob@example.com", "PERSONAL"),
        ("carla@example.com", None),
    ]


def test_the_redirect_carries_code_state_and_profile_in_this_order(endpoint: TokenEndpoint) -> None:
    """Facts 7.1, documented sample; the URI's own query stays in front, and `state` comes back exactly."""
    consent = consent_of(endpoint)
    user_id, profile_id = consent.choices[1].key
    given = approve(endpoint.box, consent, user_id, profile_id)

    assert given.redirect_url == f"{URI}&code={given.code}&state=s%20t%26a%3Dte%2B&profileId={profile_id}"
    assert parse_qsl(urlsplit(given.redirect_url).query) == [
        ("tenant", "7"),
        ("code", given.code),
        ("state", "s t&a=te+"),
        ("profileId", str(profile_id)),
    ]
    assert (given.state, given.profile_id) == ("s t&a=te+", profile_id)
    assert given.code not in repr(given)
    subject = redeem(endpoint, given)
    assert (subject.client_id, subject.user_id, subject.profile_id) == ("app", user_id, profile_id)


@pytest.mark.parametrize(
    ("uri", "start"),
    [
        ("https://www.yourapp.com", "https://www.yourapp.com/?code="),
        ("https://www.yourapp.com/a/", "https://www.yourapp.com/a/?code="),
        ("http://localhost:3000/?", "http://localhost:3000/?code="),
        ("https://[::1]:8/x?y&z=%20", "https://[::1]:8/x?y&z=%20&code="),
    ],
)
def test_a_code_is_put_behind_any_redirect_uri(uri: str, start: str) -> None:
    """Facts 7.1: the sample of `https://www.yourapp.com` comes back with a slash. No `state` where none was sent."""
    endpoint = TokenEndpoint(SandboxOptions(token_format="uuid", redirect_uri=(uri,)))
    given = authorize(endpoint.box, "app", "ann@example.com")

    assert given.redirect_url == f"{start}{given.code}&profileId={given.profile_id}"
    assert redeem(endpoint, given, uri).profile_id == given.profile_id


def test_a_user_without_profile_consents_without_one(endpoint: TokenEndpoint) -> None:
    """Wise's profiles come with the sign-up's details, which a client's new user has not given."""
    user, _ = signed_up(endpoint)
    given = authorize(endpoint.box, "app", user.email)

    assert "profileId" not in given.redirect_url
    assert redeem(endpoint, given).profile_id is None


def test_a_code_is_good_for_one_exchange_within_30_minutes(endpoint: TokenEndpoint) -> None:
    """DOCUMENTED, docs/wise/lifetimes-and-formats.md#lifetimes; on the sandbox's clock."""
    given, late = (authorize(endpoint.box, "app", "bob@example.com") for _ in range(2))
    redeem(endpoint, given)

    assert "used already" in refused(lambda: redeem(endpoint, given), InvalidGrant)
    endpoint.box.clock.advance(timedelta(minutes=30))
    assert "expired" in refused(lambda: redeem(endpoint, late), InvalidGrant)


def test_declining_sends_an_error(endpoint: TokenEndpoint) -> None:
    """RFC 6749 section 4.1.2.1; the words are INFERRED (docs/wise/consent-and-revocation.md#authorization-page)."""
    assert decline(consent_of(endpoint)) == (
        f"{URI}&error=access_denied&error_description=User%20denied%20access&state=s%20t%26a%3Dte%2B"
    )
    assert decline(consent_of(endpoint, state=None)).endswith("error_description=User%20denied%20access")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": None}, "Send the parameter client_id"),
        ({"client_id": ""}, "Send the parameter client_id"),
        ({"client_id": "nobody"}, "No client has this client_id"),
    ],
)
def test_an_unknown_client_stays_on_the_page(
    endpoint: TokenEndpoint, changes: dict[str, Any], reason: str
) -> None:
    """RFC 6749 section 4.1.2.1: the user is told, and not redirected."""
    assert reason in refused(lambda: consent_of(endpoint, **changes), ConsentRefused)


def test_a_revoked_client_stays_on_the_page(endpoint: TokenEndpoint) -> None:
    """It is no client any more."""
    endpoint.box.clients.revoke("app")
    assert "revoked" in refused(lambda: consent_of(endpoint), ConsentRefused)


@pytest.mark.parametrize(
    "uri", [None, "", URI + "&", URI.partition("?")[0], URI.upper(), "https://evil.test/", URI + "#"]
)
def test_a_redirect_uri_matches_exactly(endpoint: TokenEndpoint, uri: str | None) -> None:
    """DOCUMENTED, docs/wise/developer-hub.md#credentials: the query included; what does not match is not redirected to."""
    with pytest.raises(RedirectRefused) as caught:
        consent_of(endpoint, redirect_uri=uri)
    assert (caught.value.sent, caught.value.registered) == (uri or None, (URI,))


def test_a_repeated_parameter_is_refused(endpoint: TokenEndpoint) -> None:
    """A parameter of the consent page may not be repeated (RFC 6749 section 3.1)."""
    twice = (*pairs(), ("state", "other"))
    assert "more than once" in refused(lambda: read_consent(endpoint.box, twice), InvalidRequest)


def test_what_wise_never_showed_is_not_looked_at(endpoint: TokenEndpoint) -> None:
    """`response_type`, `scope` and PKCE (docs/wise/consent-and-revocation.md#authorization-page)."""
    extra = {"response_type": "token", "scope": "x", "code_challenge": "y", "code_challenge_method": "z"}
    assert consent_of(endpoint, **extra) == consent_of(endpoint)


def test_a_deactivated_user_cannot_be_chosen(endpoint: TokenEndpoint) -> None:
    """No new tokens are given for one (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    endpoint.box.user_events.deactivate(endpoint.box.users.require("ann@example.com").user_id)

    assert {choice.user.email for choice in consent_of(endpoint).choices} == {"bob@example.com"}
    with pytest.raises(InvalidValueError, match=r"who can: bob@example\.com \(3\d+\)"):
        authorize(endpoint.box, "app", "ann@example.com")


def test_a_profile_of_somebody_else_cannot_be_chosen(endpoint: TokenEndpoint) -> None:
    """User and profile belong together."""
    consent = consent_of(endpoint)
    ann, bob = consent.choices[0].key, consent.choices[2].key

    for user_id, profile_id in ((ann[0], bob[1]), (ann[0], None), (99, None)):
        with pytest.raises(InvalidValueError, match="this user cannot consent for this profile"):
            approve(endpoint.box, consent, user_id, profile_id)


def test_without_a_browser_the_first_of_everything_is_taken(endpoint: TokenEndpoint) -> None:
    """`authorize` approves as the page would: first redirect URI, first profile; or what is named."""
    users = endpoint.box.users
    ann = users.require("ann@example.com")
    personal, business = (it.profile_id for it in users.profiles_of(ann.user_id))

    assert authorize(endpoint.box, "app", ann.email).profile_id == personal
    assert authorize(endpoint.box, "app", ann.user_id, business).profile_id == business
    assert authorize(endpoint.box, "app", ann.email, state="x", redirect_uri=URI).state == "x"
    _, text = signed_up(endpoint)
    redeem(endpoint, authorize(endpoint.box, "app", "carla@example.com", claim_account_code=text))


def test_without_a_browser_mistakes_are_the_callers() -> None:
    """They are raised at the call, with what there is."""
    endpoint = TokenEndpoint(SandboxOptions(token_format="uuid", users=(), redirect_uri=()))
    with pytest.raises(NotFoundError, match=r"no client 'nobody'; its clients: app"):
        authorize(endpoint.box, "nobody", "ann@example.com")
    with pytest.raises(NotFoundError, match=r"no user 'ann@example\.com'; its users: none"):
        authorize(endpoint.box, "app", "ann@example.com")
    endpoint.box.users.add(OWNERS[0])
    with pytest.raises(InvalidValueError, match=r"redirect_uri: None is none of the client's, .*: none"):
        authorize(endpoint.box, "app", "ann@example.com")
    endpoint.registry.add_client(endpoint.box, client_id="two", redirect_uris=(URI,))
    with pytest.raises(
        InvalidValueError, match=r"'https://x\.test/' is none of the client's, .*: https://app\.test/"
    ):
        authorize(endpoint.box, "two", "ann@example.com", redirect_uri="https://x.test/")
    with pytest.raises(InvalidValueError, match="No such claim-account code"):
        authorize(endpoint.box, "two", "ann@example.com", claim_account_code="no-such")
    endpoint.box.user_events.deactivate(endpoint.box.users.require("ann@example.com").user_id)
    with pytest.raises(InvalidValueError, match="who can: nobody"):
        authorize(endpoint.box, "two", "ann@example.com")


def test_a_user_without_profile_is_named_as_such(endpoint: TokenEndpoint) -> None:
    """In the sentence on who can be chosen."""
    consent = consent_of(endpoint)
    bare = replace(consent.choices[0], profile=None)
    with pytest.raises(InvalidValueError, match=r"who can: ann@example\.com \(no profile\)"):
        approve(endpoint.box, replace(consent, choices=(bare,)), 1, 1)
