"""Personal tokens, and user tokens on the host without mutual TLS."""

from __future__ import annotations

from . import sources
from .grant_requests import ME, refresh, show
from .local_mock import Staging
from .rulebook import rule
from .target_client import bearer


@rule(
    "personal.no-mtls",
    label="DOCUMENTED",
    source=sources.PERSONAL_MIGRATION,
    known="mtls.md#when-it-is-required, operations.md#token-kinds",
)
def test_no_mtls(stage: Staging) -> None:
    """A personal token needs no mutual TLS: it opens the TLS host."""
    with stage() as apart:
        token = apart.personal_token()
        assert apart.wise.ask_tls_host("GET", ME, headers=bearer(token)).status_code == 200


@rule(
    "personal.user",
    label="DOCUMENTED",
    source=sources.PERSONAL_TOKEN,
    known="developer-hub.md#personal-tokens, operations.md#token-kinds",
)
def test_user(stage: Staging) -> None:
    """It is its owner's, and reads all their profiles."""
    with stage() as apart:
        token = apart.personal_token()
        assert show(apart.wise, token).json()["id"] == apart.user_id
        listed = show(apart.wise, token, "/v2/profiles").json()
        assert [profile["id"] for profile in listed] == [apart.personal, apart.business]


@rule(
    "personal.lives",
    label="DOCUMENTED",
    source=sources.PERSONAL_TOKEN,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_lives(stage: Staging) -> None:
    """It lives until its owner revokes it: ten years later it still opens the API."""
    with stage() as apart:
        token = apart.personal_token()
        apart.advance(days=3650)
        assert show(apart.wise, token).status_code == 200


@rule(
    "personal.read-only",
    label="DOCUMENTED",
    source=sources.PERSONAL_TOKEN,
    known="developer-hub.md#personal-tokens",
)
def test_read_only(stage: Staging) -> None:
    """It is full or read-only: a read-only one reads, and does nothing else."""
    with stage() as apart:
        token, operation = apart.personal_token(read_only=True), f"/v2/profiles/{apart.personal}"
        assert show(apart.wise, token, operation).status_code == 200
        made = apart.wise.ask("POST", "/v1/transfers", headers=bearer(token), json={})
        assert made.status_code in {401, 403}
        full = apart.wise.ask("POST", "/v1/transfers", headers=bearer(apart.personal_token()), json={})
        assert full.status_code not in {401, 403}


@rule(
    "personal.no-webhooks",
    label="DOCUMENTED",
    source=sources.PERSONAL_TOKEN,
    known="developer-hub.md#personal-tokens",
)
def test_no_webhooks(stage: Staging) -> None:
    """It has no application webhooks."""
    with stage() as apart:
        path = f"/v3/applications/{apart.wise.target.client_id}/subscriptions"
        assert show(apart.wise, apart.personal_token(), path).status_code in {401, 403}


@rule(
    "personal.email",
    label="INFERRED",
    source=f"{sources.PARTNER_KYC}: all tokens are revoked",
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_email(stage: Staging) -> None:
    """It dies when its owner changes their e-mail address."""
    with stage() as apart:
        token = apart.personal_token()
        apart.change_email()
        assert show(apart.wise, token).status_code == 401


@rule("tls-host.user", label="DOCUMENTED", source=sources.MTLS, known="mtls.md#when-it-is-required")
def test_tls_host_user(stage: Staging) -> None:
    """A user token of a client that must use mutual TLS does not open the TLS host."""
    with stage() as apart:
        token = apart.link()["access_token"]
        assert apart.wise.ask_tls_host("GET", ME, headers=bearer(token)).status_code == 401
        assert show(apart.wise, token).status_code == 200


@rule("tls-host.refresh", label="DOCUMENTED", source=sources.MTLS, known="mtls.md#when-it-is-required")
def test_tls_host_refresh(stage: Staging) -> None:
    """Nor is a token refreshed there."""
    with stage() as apart:
        token = apart.link()["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token}
        answer = apart.wise.ask_tls_host("POST", "/oauth/token", auth=apart.wise.auth, data=form)
        assert answer.status_code == 401
        assert refresh(apart.wise, token).status_code == 200
