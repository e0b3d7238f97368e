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
from tests.oauth.consents import URI, consent_desk, consent_of, redeem, register, signed_up
from tests.oauth.token_endpoint import Desk, refused
from tests.state.helpers import together


@pytest.fixture
def desk() -> Desk:
    """Two users with profiles; one redirect URI."""
    return consent_desk()


def test_a_claim_takes_the_account_over(desk: Desk) -> None:
    """Facts 2 and 7.2: the registration code is dead, and so is what came from it; a code comes in their place."""
    user, text = signed_up(desk)
    refresh_token = register(desk)
    consent = consent_of(desk, claim_account_code=text)
    assert [choice.key for choice in consent.choices] == [(user.user_id, None)]
    given = approve(desk.box, consent, user.user_id, None)

    assert redeem(desk, given).user_id == user.user_id
    assert "claimed" in refused(lambda: register(desk), InvalidGrant)
    form = (("grant_type", "refresh_token"), ("refresh_token", str(refresh_token)))
    assert "claimed" in refused(lambda: desk.ask(form), InvalidGrant)
    assert "used already" in refused(lambda: consent_of(desk, claim_account_code=text), ClaimRefused)


def test_a_claim_that_is_declined_stays_open(desk: Desk) -> None:
    """Only a consent uses the code up."""
    _, text = signed_up(desk)
    decline(consent_of(desk, claim_account_code=text))
    register(desk)

    assert consent_of(desk, claim_account_code=text).claim is not None


def test_a_bad_claim_has_a_way_back(desk: Desk) -> None:
    """Facts 7.1, other errors: a link with `error` and `error_description` in place of the code."""
    with pytest.raises(ClaimRefused) as caught:
        consent_of(desk, claim_account_code="no-such")
    assert "No such" in caught.value.reason
    assert caught.value.back == (
        f"{URI}&error=invalid_request&error_description=Invalid%20claim%20account%20code&state=s%20t%26a%3Dte%2B"
    )


def test_a_claim_code_is_the_clients_own_and_good_for_5_minutes(desk: Desk) -> None:
    """DOCUMENTED, docs/wise/lifetimes-and-formats.md#lifetimes."""
    user, text = signed_up(desk)
    other = desk.box.codes.issue("claim", "other", user.user_id)
    authorization = desk.box.codes.issue("authorization", "app", user.user_id)

    assert "another client" in refused(lambda: consent_of(desk, claim_account_code=other), ClaimRefused)
    assert "No such" in refused(lambda: consent_of(desk, claim_account_code=authorization), ClaimRefused)
    desk.box.clock.advance(timedelta(minutes=5) - timedelta(microseconds=1))
    assert consent_of(desk, claim_account_code=text).claim is not None
    desk.box.clock.advance(timedelta(microseconds=1))
    assert "5 minutes" in refused(lambda: consent_of(desk, claim_account_code=text), ClaimRefused)


def test_a_claim_code_of_a_deactivated_user_is_withdrawn(desk: Desk) -> None:
    """No new tokens are given, so nothing is claimed (docs/wise/lifetimes-and-formats.md#lifetimes), also if the clock is set back."""
    user, text = signed_up(desk)
    desk.box.user_events.deactivate(user.user_id)
    assert "withdrawn" in refused(lambda: consent_of(desk, claim_account_code=text), ClaimRefused)


def test_an_account_is_claimed_once(desk: Desk) -> None:
    """Whichever of two codes or two windows comes second is told so."""
    user, text = signed_up(desk)
    again = desk.box.codes.issue("claim", "app", user.user_id)
    first, same, second = (consent_of(desk, claim_account_code=it) for it in (text, text, again))
    approve(desk.box, first, user.user_id, None)

    for late in (same, second):
        reason = refused(lambda late=late: approve(desk.box, late, user.user_id, None), ClaimRefused)  # type: ignore[misc]  # a lambda's default
        assert "claimed the account already" in reason
    third = desk.box.codes.issue("claim", "app", user.user_id)
    assert "already" in refused(lambda: consent_of(desk, claim_account_code=third), ClaimRefused)


def test_one_of_many_at_once_claims(desk: Desk) -> None:
    """A code is used once, however many ask at the same time (core.store)."""
    user, text = signed_up(desk)
    consent = consent_of(desk, claim_account_code=text)

    def claim(_: int) -> bool:
        try:
            return bool(approve(desk.box, consent, user.user_id, None))
        except ClaimRefused:
            return False

    assert sum(together(8, claim)) == 1
