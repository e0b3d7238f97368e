"""What ends a user's tokens before their time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import sources
from .grant_requests import exchange, refresh, show, tokens_of
from .local_mock import SandboxFactory
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
def test_email(new_sandbox: SandboxFactory) -> None:
    """The user changes their e-mail address: the next refresh is refused, with 400 (one guide) or 403 (another)."""
    with new_sandbox() as sandbox:
        given = sandbox.link()
        sandbox.change_email()
        assert refresh(sandbox.wise, given["refresh_token"]).status_code in {400, 403}


@rule(
    "events.email-access",
    label="DOCUMENTED",
    source=sources.PARTNER_KYC,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_email_access(new_sandbox: SandboxFactory) -> None:
    """All their tokens are revoked: the API answers 401."""
    with new_sandbox() as sandbox:
        given = sandbox.link()
        sandbox.change_email()
        assert show(sandbox.wise, given["access_token"]).status_code == 401


@rule(
    "events.deactivated",
    label="DOCUMENTED",
    source=sources.EVENT_TYPES,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_deactivated(new_sandbox: SandboxFactory) -> None:
    """Wise deactivates the user: their tokens are revoked, and the API answers 401."""
    with new_sandbox() as sandbox:
        given = sandbox.link()
        sandbox.deactivate()
        assert show(sandbox.wise, given["access_token"]).status_code == 401
        _refreshes_no_more(sandbox, given)


@rule(
    "events.disconnected",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#revocation",
)
def test_disconnected(new_sandbox: SandboxFactory) -> None:
    """The user revokes the application: a refresh is told `invalid_grant`."""
    with new_sandbox() as sandbox:
        given = sandbox.link()
        sandbox.disconnect()
        _refreshes_no_more(sandbox, given)


@rule(
    "events.disconnected-access",
    label="INFERRED",
    source=_BY_REASON,
    known="consent-and-revocation.md#revocation",
)
def test_disconnected_access(new_sandbox: SandboxFactory) -> None:
    """The access token made from it is dead as well."""
    with new_sandbox() as sandbox:
        given = sandbox.link()
        sandbox.disconnect()
        assert show(sandbox.wise, given["access_token"]).status_code == 401


@rule(
    "events.reconnected",
    label="DOCUMENTED",
    source=sources.SANDBOX_TESTING,
    known="consent-and-revocation.md#revocation",
)
def test_reconnected(new_sandbox: SandboxFactory) -> None:
    """A user who disconnected can connect again."""
    with new_sandbox() as sandbox:
        sandbox.link()
        sandbox.disconnect()
        again = sandbox.link()
        tokens_of(refresh(sandbox.wise, again["refresh_token"]))


@rule(
    "events.security",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_security(new_sandbox: SandboxFactory) -> None:
    """The user enables enhanced security: a refresh is told `invalid_grant`."""
    with new_sandbox() as sandbox:
        given = sandbox.link()
        sandbox.enhance_security()
        _refreshes_no_more(sandbox, given)


@rule(
    "events.security-access",
    label="INFERRED",
    source=_BY_REASON,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_security_access(new_sandbox: SandboxFactory) -> None:
    """The access token made from it is dead as well."""
    with new_sandbox() as sandbox:
        given = sandbox.link()
        sandbox.enhance_security()
        assert show(sandbox.wise, given["access_token"]).status_code == 401


@rule(
    "events.leak",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_leak(new_sandbox: SandboxFactory) -> None:
    """Wise suspects that a token or the client secret leaked: a refresh is told `invalid_grant`."""
    with new_sandbox() as sandbox:
        given = sandbox.link()
        sandbox.suspect_leak()
        _refreshes_no_more(sandbox, given)


@rule(
    "events.leak-access",
    label="INFERRED",
    source=_BY_REASON,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_leak_access(new_sandbox: SandboxFactory) -> None:
    """The access token made from it is dead as well."""
    with new_sandbox() as sandbox:
        given = sandbox.link()
        sandbox.suspect_leak()
        assert show(sandbox.wise, given["access_token"]).status_code == 401


@rule(
    "events.ownership",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_ownership(new_sandbox: SandboxFactory) -> None:
    """A business gets another owner: refresh token and access token for it are dead."""
    with new_sandbox() as sandbox:
        given = sandbox.link(sandbox.business)
        sandbox.transfer_ownership()
        assert show(sandbox.wise, given["access_token"]).status_code == 401
        _refreshes_no_more(sandbox, given)


@rule(
    "events.ownership-others",
    label="INFERRED",
    source=f"{sources.REFRESHING}: of that profile",
    known="lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#authorization-page",
)
def test_ownership_others(new_sandbox: SandboxFactory) -> None:
    """The user's link for another profile lives on."""
    with new_sandbox() as sandbox:
        given = sandbox.link(sandbox.personal)
        sandbox.transfer_ownership()
        tokens_of(refresh(sandbox.wise, given["refresh_token"]))


@rule(
    "events.application",
    label="INFERRED",
    source=f"{sources.REFRESHING}: user tokens",
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_application(new_sandbox: SandboxFactory) -> None:
    """The application's own token outlives all of this."""
    with new_sandbox() as sandbox:
        token = sandbox.wise.access_token
        for happen in (
            sandbox.change_email,
            sandbox.disconnect,
            sandbox.enhance_security,
            sandbox.deactivate,
        ):
            happen()
        assert show(sandbox.wise, token, PLAYGROUND).status_code == 200


@rule("events.deactivated-code", label="mock-only", source=sources.MOCKWISE, known="")
def test_deactivated_code(new_sandbox: SandboxFactory) -> None:
    """A code of a user who was deactivated meanwhile gives nothing."""
    with new_sandbox() as sandbox:
        code = sandbox.consent()
        sandbox.deactivate()
        assert exchange(sandbox.wise, code).status_code == 400


def _refreshes_no_more(sandbox: LocalSandbox, given: dict[str, Any]) -> None:
    answer = refresh(sandbox.wise, given["refresh_token"])
    assert (answer.status_code >= 400, members_of(answer).get("error")) == (True, "invalid_grant")
