"""How a handshake is refused. Wise documents nothing here; these are the alerts that TLS has for it."""

from __future__ import annotations

import httpx

from .rulebook import rule
from .sources import MOCKWISE
from .target_client import Outcome, TargetClient

_SOURCE = f"RFC 8446 section 6.2; {MOCKWISE}"


@rule("alerts.none", label="mock-only", source=_SOURCE, known="mtls.md#refusals")
def test_none(wise: TargetClient) -> None:
    """A handshake without a certificate ends with the alert `certificate_required`."""
    assert _is_alert(wise.without_certificate, "certificate_required")


@rule("alerts.foreign", label="mock-only", source=_SOURCE, known="mtls.md#refusals")
def test_foreign(wise: TargetClient) -> None:
    """A certificate of an unknown authority: `unknown_ca`."""
    assert _is_alert(wise.with_rejected_certificate("foreign"), "unknown_ca")


@rule("alerts.expired", label="mock-only", source=_SOURCE, known="mtls.md#refusals")
def test_expired(wise: TargetClient) -> None:
    """A handshake with an expired certificate ends with the alert `certificate_expired`."""
    assert _is_alert(wise.with_rejected_certificate("expired"), "certificate_expired")


@rule("alerts.not-yet-valid", label="mock-only", source=_SOURCE, known="mtls.md#refusals")
def test_not_yet_valid(wise: TargetClient) -> None:
    """A certificate that is not valid yet: `bad_certificate`."""
    assert _is_alert(wise.with_rejected_certificate("not-yet-valid"), "bad_certificate")


@rule("alerts.revoked", label="mock-only", source=_SOURCE, known="mtls.md#refusals")
def test_revoked(wise: TargetClient) -> None:
    """A handshake with a revoked certificate ends with the alert `certificate_revoked`."""
    assert _is_alert(wise.with_rejected_certificate("revoked"), "certificate_revoked")


@rule("alerts.no-client-auth", label="mock-only", source=_SOURCE, known="mtls.md#refusals")
def test_no_client_auth(wise: TargetClient) -> None:
    """A certificate that is not for clients: `unsupported_certificate`."""
    assert _is_alert(wise.with_rejected_certificate("no-client-auth"), "unsupported_certificate")


def _is_alert(outcome: Outcome, alert: str) -> bool:
    """Whether the handshake was refused so. OpenSSL writes some with blanks and some with underscores."""
    assert isinstance(outcome, httpx.TransportError), "it was answered in HTTP"
    said = str(outcome).lower().replace(" ", "_")
    assert alert in said, said
    return True
