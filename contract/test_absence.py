"""What Wise does not have. mockwise has some of it, on its control host and nowhere else."""

from __future__ import annotations

from . import sources
from .rulebook import rule
from .target_client import UNKNOWN_TOKEN, TargetClient

_FORM = {"token": UNKNOWN_TOKEN}


@rule(
    "absence.revocation",
    label="DOCUMENTED",
    source=sources.ABSENCE,
    known="consent-and-revocation.md#revocation",
)
def test_revocation(wise: TargetClient) -> None:
    """There is no revocation endpoint (RFC 7009)."""
    assert wise.ask("POST", "/oauth/revoke", auth=wise.auth, data=_FORM).status_code >= 400


@rule(
    "absence.introspection",
    label="DOCUMENTED",
    source=sources.ABSENCE,
    known="consent-and-revocation.md#revocation",
)
def test_introspection(wise: TargetClient) -> None:
    """There is no introspection endpoint (RFC 7662)."""
    assert wise.ask("POST", "/oauth/introspect", auth=wise.auth, data=_FORM).status_code >= 400


@rule(
    "absence.discovery",
    label="DOCUMENTED",
    source=sources.ABSENCE,
    known="consent-and-revocation.md#revocation",
)
def test_discovery(wise: TargetClient) -> None:
    """There is no discovery: neither of authorization servers (RFC 8414) nor of OpenID Connect."""
    for name in ("oauth-authorization-server", "openid-configuration"):
        assert wise.ask("GET", f"/.well-known/{name}").status_code >= 400, name


@rule(
    "absence.keys", label="DOCUMENTED", source=sources.ABSENCE, known="consent-and-revocation.md#revocation"
)
def test_keys(wise: TargetClient) -> None:
    """There are no keys to check tokens with (RFC 7517)."""
    assert wise.ask("GET", "/.well-known/jwks.json").status_code >= 400


@rule(
    "absence.userinfo",
    label="DOCUMENTED",
    source=sources.ABSENCE,
    known="consent-and-revocation.md#revocation",
)
def test_userinfo(wise: TargetClient) -> None:
    """There is no userinfo endpoint."""
    assert wise.call("/oauth/userinfo").status_code >= 400
