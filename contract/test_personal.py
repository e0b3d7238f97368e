"""Personal tokens, and user tokens on the host without mutual TLS."""

from __future__ import annotations

from . import sources
from .grant_requests import ME, refresh, show
from .local_mock import SandboxFactory
from .rulebook import rule
from .target_client import bearer


@rule(
    "personal.no-mtls",
    label="DOCUMENTED",
    source=sources.PERSONAL_MIGRATION,
    known="mtls.md#when-it-is-required, operations.md#token-kinds",
)
def test_no_mtls(new_sandbox: SandboxFactory) -> None:
    """A personal token needs no mutual TLS: it opens the TLS host."""
    with new_sandbox() as sandbox:
        token = sandbox.personal_token()
        assert sandbox.wise.ask_tls_host("GET", ME, headers=bearer(token)).status_code == 200


@rule(
    "personal.user",
    label="DOCUMENTED",
    source=sources.PERSONAL_TOKEN,
    known="developer-hub.md#personal-tokens, operations.md#token-kinds",
)
def test_user(new_sandbox: SandboxFactory) -> None:
    """It is its owner's, and reads all their profiles."""
    with new_sandbox() as sandbox:
        token = sandbox.personal_token()
        assert show(sandbox.wise, token).json()["id"] == sandbox.user_id
        listed = show(sandbox.wise, token, "/v2/profiles").json()
        assert [profile["id"] for profile in listed] == [sandbox.personal, sandbox.business]


@rule(
    "personal.lives",
    label="DOCUMENTED",
    source=sources.PERSONAL_TOKEN,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_lives(new_sandbox: SandboxFactory) -> None:
    """It lives until its owner revokes it: ten years later it still opens the API."""
    with new_sandbox() as sandbox:
        token = sandbox.personal_token()
        sandbox.advance(days=3650)
        assert show(sandbox.wise, token).status_code == 200


@rule(
    "personal.read-only",
    label="DOCUMENTED",
    source=sources.PERSONAL_TOKEN,
    known="developer-hub.md#personal-tokens",
)
def test_read_only(new_sandbox: SandboxFactory) -> None:
    """It is full or read-only: a read-only one reads, and does nothing else."""
    with new_sandbox() as sandbox:
        token, operation = sandbox.personal_token(read_only=True), f"/v2/profiles/{sandbox.personal}"
        assert show(sandbox.wise, token, operation).status_code == 200
        made = sandbox.wise.ask("POST", "/v1/transfers", headers=bearer(token), json={})
        assert made.status_code in {401, 403}
        full = sandbox.wise.ask("POST", "/v1/transfers", headers=bearer(sandbox.personal_token()), json={})
        assert full.status_code not in {401, 403}


@rule(
    "personal.no-webhooks",
    label="DOCUMENTED",
    source=sources.PERSONAL_TOKEN,
    known="developer-hub.md#personal-tokens",
)
def test_no_webhooks(new_sandbox: SandboxFactory) -> None:
    """It has no application webhooks."""
    with new_sandbox() as sandbox:
        path = f"/v3/applications/{sandbox.wise.target.client_id}/subscriptions"
        assert show(sandbox.wise, sandbox.personal_token(), path).status_code in {401, 403}


@rule(
    "personal.email",
    label="INFERRED",
    source=f"{sources.PARTNER_KYC}: all tokens are revoked",
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_email(new_sandbox: SandboxFactory) -> None:
    """It dies when its owner changes their e-mail address."""
    with new_sandbox() as sandbox:
        token = sandbox.personal_token()
        sandbox.change_email()
        assert show(sandbox.wise, token).status_code == 401


@rule("tls-host.user", label="DOCUMENTED", source=sources.MTLS, known="mtls.md#when-it-is-required")
def test_tls_host_user(new_sandbox: SandboxFactory) -> None:
    """A user token of a client that must use mutual TLS does not open the TLS host."""
    with new_sandbox() as sandbox:
        token = sandbox.link()["access_token"]
        assert sandbox.wise.ask_tls_host("GET", ME, headers=bearer(token)).status_code == 401
        assert show(sandbox.wise, token).status_code == 200


@rule("tls-host.refresh", label="DOCUMENTED", source=sources.MTLS, known="mtls.md#when-it-is-required")
def test_tls_host_refresh(new_sandbox: SandboxFactory) -> None:
    """Nor is a token refreshed there."""
    with new_sandbox() as sandbox:
        token = sandbox.link()["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token}
        answer = sandbox.wise.ask_tls_host("POST", "/oauth/token", auth=sandbox.wise.auth, data=form)
        assert answer.status_code == 401
        assert refresh(sandbox.wise, token).status_code == 200
