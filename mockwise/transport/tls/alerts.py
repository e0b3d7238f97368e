"""TLS alerts: how the right one reaches the peer, and why it was sent.

asyncio and uvloop drop a connection whose handshake fails before OpenSSL's alert has left (python/cpython#98078): the
peer sees an empty reply. Both write what OpenSSL wants to send when it says that it wants to read, and
`ssl.SSLContext.sslobject_class` is public: so `AlertSSLObject` does not raise a fatal error, but calls `on_failure`
and says that it wants to read. The loop sends the alert and waits; then `handshake.py` ends the connection.

The reason is known here, too. OpenSSL answers a verification error with a fixed alert (ssl_x509err2alert in
ssl/statem/statem_lib.c); the table below is the part of it that a client certificate can meet, with what to do.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True)
class FailedHandshake:
    """A TLS handshake that failed, with the alert and the reason.

    `alert` is the TLS alert's name (RFC 8446 §6), sent by the server or, where the reason says so, by the client; None
    if none was. `reason` is one ASCII sentence on what was wrong and what to do. `tls_version` is None if the
    handshake ended before it was agreed, `peer` if the connection was gone before it could be asked.
    """

    time: datetime
    listener: str
    connection: str
    peer: tuple[str, int] | None
    tls_version: str | None
    alert: str | None
    reason: str

    @property
    def summary(self) -> str:
        """The listener, the alert if there was one, and the reason, in one line."""
        return f"{self.listener}{'' if self.alert is None else f' {self.alert}'}  {self.reason}"


class AlertSSLObject(ssl.SSLObject):
    """A TLS object whose fatal handshake error goes to `on_failure` while the alert goes to the peer."""

    on_failure: Callable[[ssl.SSLError], None]
    _refused = False

    def do_handshake(self) -> None:
        """Go on with the handshake; after a fatal error always say that it wants to read."""
        if self._refused:
            raise ssl.SSLWantReadError
        try:
            super().do_handshake()
        except ssl.SSLWantReadError:
            raise
        except ssl.SSLError as error:
            self._refused = True
            self.on_failure(error)
            raise ssl.SSLWantReadError from None

    @property
    def agreed_version(self) -> str | None:
        """The TLS version, also before the handshake is over, when `version()` is None.

        By then OpenSSL has set the suite under TLS 1.3, and under TLS 1.2 only knows which ones both sides have.
        """
        if suite := self.cipher():
            return "TLSv1.3" if suite[0].startswith("TLS_") else "TLSv1.2"
        return "TLSv1.2" if self.shared_ciphers() else None


_FOREIGN = (
    "unknown_ca",
    "the client certificate's authority is not trusted here: use one that is, or add it to the trusted ones",
)
_VERIFICATION = {
    2: _FOREIGN,  # X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
    18: _FOREIGN,  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
    19: _FOREIGN,  # X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
    20: _FOREIGN,  # X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    21: _FOREIGN,  # X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
    9: (  # X509_V_ERR_CERT_NOT_YET_VALID
        "bad_certificate",
        "the client certificate is not valid yet: wait for its first day, or issue another one",
    ),
    10: (  # X509_V_ERR_CERT_HAS_EXPIRED
        "certificate_expired",
        "the client certificate has expired: issue a new one",
    ),
    23: (  # X509_V_ERR_CERT_REVOKED
        "certificate_revoked",
        "the client certificate has been revoked: issue a new one",
    ),
    26: (  # X509_V_ERR_INVALID_PURPOSE
        "unsupported_certificate",
        "the certificate is not a client's: issue one whose extended key usage has clientAuth",
    ),
}
_NO_CERTIFICATE = "the client showed no certificate: configure a client certificate and its private key"
_NO_SUITE = (
    "the client offers no cipher suite of this server's: allow ECDHE with AES-GCM or ChaCha20-Poly1305"
)
_TOO_OLD = "the client speaks a TLS version that is too old: allow TLS 1.2 or newer"
_NOT_TLS = "the client did not speak TLS: check that its URL begins with https and names the right port"
_FAILURES: dict[str, tuple[str | None, str]] = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": ("handshake_failure", _NO_CERTIFICATE),
    "NO_SHARED_CIPHER": ("handshake_failure", _NO_SUITE),
    "UNSUPPORTED_PROTOCOL": ("protocol_version", _TOO_OLD),
    "HTTP_REQUEST": (None, "the client spoke plain HTTP to a TLS port: begin the URL with https"),
    "WRONG_VERSION_NUMBER": (None, _NOT_TLS),
}


def explain(error: ssl.SSLError, tls_version: str | None) -> tuple[str | None, str]:
    """The alert of a failed handshake (None if OpenSSL sends none) and the reason for it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFICATION.get(
            error.verify_code,
            ("certificate_unknown", f"the client certificate was refused: {_plain(error.verify_message)}"),
        )
    reason = error.reason or ""
    if reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE" and tls_version == "TLSv1.3":
        return "certificate_required", _NO_CERTIFICATE
    if reason in _FAILURES:
        return _FAILURES[reason]
    if alert := received_alert(error):
        return alert, (
            f"the client ended the handshake with the alert {alert}: "
            "if it names the certificate or the authority, give the client this server's authority to trust"
        )
    return None, f"the TLS handshake failed: {_plain(reason) or 'OpenSSL gives no reason'}"


def received_alert(error: ssl.SSLError) -> str | None:
    """The alert with which the client ended the handshake, if it did."""
    received = re.search(r"ALERT_(\w+)", error.reason or "")
    return received[1].lower() if received else None


def _plain(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii").replace("_", " ").lower()
