"""What ends a user's tokens before their time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import sources
from .grant_requests import exchange, refresh, show, tokens_of
from .local_mock import Staging
from .rulebook import rule
from .target_client import PLAYGROUND, members_of

if TYPE_CHECKING:
    from .local_mock import LocalSandbox

_BY_REASON = "RFC 6749 section 1.5: a refresh token stands for the grant that the access token came from"


@rule(
    "events.email",
    label="DOCUMENTED",
    source=f"{sources.PARTNER_KYC}; {sources.WISE_KYC}",
    known="token-endpoint.md#errors, lifetimes-and-formats.md#what-ends-a-token",
)
def test_email(stage: Staging) -> None:
    """The user changes their e-mail address: the next refresh is refused, with 400 (one guide) or 403 (another)."""
    with stage() as apart:
        given = apart.link()
        apart.change_email()
        assert refresh(apart.wise, given["refresh_token"]).status_code in {400, 403}


@rule(
    "events.email-access",
    label="DOCUMENTED",
    source=sources.PARTNER_KYC,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_email_access(stage: Staging) -> None:
    """All their tokens are revoked: the API answers 401."""
    with stage() as apart:
        given = apart.link()
        apart.change_email()
        assert show(apart.wise, given["access_token"]).status_code == 401


@rule(
    "events.deactivated",
    label="DOCUMENTED",
    source=sources.EVENT_TYPES,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_deactivated(stage: Staging) -> None:
    """Wise deactivates the user: their tokens are revoked, and the API answers 401."""
    with stage() as apart:
        given = apart.link()
        apart.deactivate()
        assert show(apart.wise, given["access_token"]).status_code == 401
        _refreshes_no_more(apart, given)


@rule(
    "events.disconnected",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#revocation",
)
def test_disconnected(stage: Staging) -> None:
    """The user revokes the application: a refresh is told `invalid_grant`."""
    with stage() as apart:
        given = apart.link()
        apart.disconnect()
        _refreshes_no_more(apart, given)


@rule(
    "events.disconnected-access",
    label="INFERRED",
    source=_BY_REASON,
    known="consent-and-revocation.md#revocation",
)
def test_disconnected_access(stage: Staging) -> None:
    """The access token made from it is dead as well."""
    with stage() as apart:
        given = apart.link()
        apart.disconnect()
        assert show(apart.wise, given["access_token"]).status_code == 401


@rule(
    "events.reconnected",
    label="DOCUMENTED",
    source=sources.SANDBOX_TESTING,
    known="consent-and-revocation.md#revocation",
)
def test_reconnected(stage: Staging) -> None:
    """A user who disconnected can connect again."""
    with stage() as apart:
        apart.link()
        apart.disconnect()
        again = apart.link()
        tokens_of(refresh(apart.wise, again["refresh_token"]))


@rule(
    "events.security",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_security(stage: Staging) -> None:
    """The user enables enhanced security: a refresh is told `invalid_grant`."""
    with stage() as apart:
        given = apart.link()
        apart.enhance_security()
        _refreshes_no_more(apart, given)


@rule(
    "events.security-access",
    label="INFERRED",
    source=_BY_REASON,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_security_access(stage: Staging) -> None:
    """The access token made from it is dead as well."""
    with stage() as apart:
        given = apart.link()
        apart.enhance_security()
        assert show(apart.wise, given["access_token"]).status_code == 401


@rule(
    "events.leak",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_leak(stage: Staging) -> None:
    """Wise suspects that a token or the client secret leaked: a refresh is told `invalid_grant`."""
    with stage() as apart:
        given = apart.link()
        apart.suspect_leak()
        _refreshes_no_more(apart, given)


@rule(
    "events.leak-access",
    label="INFERRED",
    source=_BY_REASON,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_leak_access(stage: Staging) -> None:
    """The access token made from it is dead as well."""
    with stage() as apart:
        given = apart.link()
        apart.suspect_leak()
        assert show(apart.wise, given["access_token"]).status_code == 401


@rule(
    "events.ownership",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_ownership(stage: Staging) -> None:
    """A business gets another owner: refresh token and access token for it are dead."""
    with stage() as apart:
        given = apart.link(apart.business)
        apart.transfer_ownership()
        assert show(apart.wise, given["access_token"]).status_code == 401
        _refreshes_no_more(apart, given)


@rule(
    "events.ownership-others",
    label="INFERRED",
    source=f"{sources.REFRESHING}: of that profile",
    known="lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#authorization-page",
)
def test_ownership_others(stage: Staging) -> None:
    """The user's link for another profile lives on."""
    with stage() as apart:
        given = apart.link(apart.personal)
        apart.transfer_ownership()
        tokens_of(refresh(apart.wise, given["refresh_token"]))


@rule(
    "events.application",
    label="INFERRED",
    source=f"{sources.REFRESHING}: user tokens",
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_application(stage: Staging) -> None:
    """The application's own token outlives all of this."""
    with stage() as apart:
        token = apart.wise.access_token
        for happen in (apart.change_email, apart.disconnect, apart.enhance_security, apart.deactivate):
            happen()
        assert show(apart.wise, token, PLAYGROUND).status_code == 200


@rule("events.deactivated-code", label="mock-only", source=sources.MOCKWISE, known="")
def test_deactivated_code(stage: Staging) -> None:
    """A code of a user who was deactivated meanwhile gives nothing."""
    with stage() as apart:
        code = apart.consent()
        apart.deactivate()
        assert exchange(apart.wise, code).status_code == 400


def _refreshes_no_more(apart: LocalSandbox, given: dict[str, Any]) -> None:
    answer = refresh(apart.wise, given["refresh_token"])
    assert (answer.status_code >= 400, members_of(answer).get("error")) == (True, "invalid_grant")
