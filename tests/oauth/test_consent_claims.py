"""A user takes over, on the consent page, the account that a client made (docs/wise/lifetimes-and-formats.md#lifetimes and docs/wise/consent-and-revocation.md)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise.oauth.consent import (
    ClaimRefused,
    approve,
    decline,
)
from mockwise.oauth.errors import InvalidGrant
from tests.oauth.consents import URI, consent_of, endpoint_with_user, redeem, register, signed_up
from tests.oauth.token_endpoint import TokenEndpoint, refused
from tests.state.helpers import together


@pytest.fixture
def endpoint() -> TokenEndpoint:
    """Two users with profiles; one redirect URI."""
    return endpoint_with_user()


def test_a_claim_takes_the_account_over(endpoint: TokenEndpoint) -> None:
    """Facts 2 and 7.2: the registration code is dead, and so is what came from it; a code comes in their place."""
    user, text = signed_up(endpoint)
    refresh_token = register(endpoint)
    consent = consent_of(endpoint, claim_account_code=text)
    assert [choice.key for choice in consent.choices] == [(user.user_id, None)]
    given = approve(endpoint.box, consent, user.user_id, None)

    assert redeem(endpoint, given).user_id == user.user_id
    assert "claimed" in refused(lambda: register(endpoint), InvalidGrant)
    form = (("grant_type", "refresh_token"), ("refresh_token", str(refresh_token)))
    assert "claimed" in refused(lambda: endpoint.ask(form), InvalidGrant)
    assert "used already" in refused(lambda: consent_of(endpoint, claim_account_code=text), ClaimRefused)


def test_a_claim_that_is_declined_stays_open(endpoint: TokenEndpoint) -> None:
    """Only a consent uses the code up."""
    _, text = signed_up(endpoint)
    decline(consent_of(endpoint, claim_account_code=text))
    register(endpoint)

    assert consent_of(endpoint, claim_account_code=text).claim is not None


def test_a_bad_claim_has_a_way_back(endpoint: TokenEndpoint) -> None:
    """Facts 7.1, other errors: a link with `error` and `error_description` in place of the code."""
    with pytest.raises(ClaimRefused) as caught:
        consent_of(endpoint, claim_account_code="no-such")
    assert "No such" in caught.value.reason
    assert caught.value.back == (
        f"{URI}&error=invalid_request&error_description=Invalid%20claim%20account%20code&state=s%20t%26a%3Dte%2B"
    )


def test_a_claim_code_is_the_clients_own_and_good_for_5_minutes(endpoint: TokenEndpoint) -> None:
    """DOCUMENTED (docs/wise/lifetimes-and-formats.md#lifetimes): a claim code is good for 5 minutes."""
    user, text = signed_up(endpoint)
    other = endpoint.box.codes.issue("claim", "other", user.user_id)
    authorization = endpoint.box.codes.issue("authorization", "app", user.user_id)

    assert "another client" in refused(lambda: consent_of(endpoint, claim_account_code=other), ClaimRefused)
    assert "No such" in refused(lambda: consent_of(endpoint, claim_account_code=authorization), ClaimRefused)
    endpoint.box.clock.advance(timedelta(minutes=5) - timedelta(microseconds=1))
    assert consent_of(endpoint, claim_account_code=text).claim is not None
    endpoint.box.clock.advance(timedelta(microseconds=1))
    assert "5 minutes" in refused(lambda: consent_of(endpoint, claim_account_code=text), ClaimRefused)


def test_a_claim_code_of_a_deactivated_user_is_withdrawn(endpoint: TokenEndpoint) -> None:
    """No new tokens are given, so nothing is claimed (docs/wise/lifetimes-and-formats.md#lifetimes), also if the clock is set back."""
    user, text = signed_up(endpoint)
    endpoint.box.user_events.deactivate(user.user_id)
    assert "withdrawn" in refused(lambda: consent_of(endpoint, claim_account_code=text), ClaimRefused)


def test_an_account_is_claimed_once(endpoint: TokenEndpoint) -> None:
    """Whichever of two codes or two windows comes second is told so."""
    user, text = signed_up(endpoint)
    again = endpoint.box.codes.issue("claim", "app", user.user_id)
    first, same, second = (consent_of(endpoint, claim_account_code=it) for it in (text, text, again))
    approve(endpoint.box, first, user.user_id, None)

    for late in (same, second):
        reason = refused(lambda late=late: approve(endpoint.box, late, user.user_id, None), ClaimRefused)  # type: ignore[misc]  # a lambda's default
        assert "claimed the account already" in reason
    third = endpoint.box.codes.issue("claim", "app", user.user_id)
    assert "already" in refused(lambda: consent_of(endpoint, claim_account_code=third), ClaimRefused)


def test_one_of_many_at_once_claims(endpoint: TokenEndpoint) -> None:
    """A code is used once, however many ask at the same time (storage.store)."""
    user, text = signed_up(endpoint)
    consent = consent_of(endpoint, claim_account_code=text)

    def claim(_: int) -> bool:
        try:
            return bool(approve(endpoint.box, consent, user.user_id, None))
        except ClaimRefused:
            return False

    assert sum(together(8, claim)) == 1
