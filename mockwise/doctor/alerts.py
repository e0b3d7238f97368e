"""What a TLS alert about a client certificate means, and what programs print when they receive it.

The words of curl, OpenSSL, Node and Java were seen with OpenSSL 3.0, curl 7.88, Node 20 and Java 17, but for the last two
alerts, which follow the same pattern; those of Go stand in its package crypto/tls. Other versions of OpenSSL say `ssl/tls alert` where this one says `sslv3 alert`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockwise.doctor.certificate import RENEW

_SHOW = "openssl x509 -noout -subject -issuer -dates -in FILE shows what the certificate is"


@dataclass(frozen=True)
class Alert:
    """An alert: its cause, what mends it, and its words in OpenSSL and Go."""

    cause: str
    remedy: str
    openssl: str
    go: str


ALERTS: dict[str, Alert] = {
    "certificate_required": Alert(
        "it wants a client certificate, and none was shown",
        "give certificate and key: --cert and --key, or MOCKWISE_CERT_FILE and MOCKWISE_KEY_FILE",
        "tlsv13 alert certificate required",
        "certificate required",
    ),
    "handshake_failure": Alert(
        "it wants a client certificate, and none was shown (or, more rarely, no cipher suits both sides)",
        "give certificate and key: --cert and --key, or MOCKWISE_CERT_FILE and MOCKWISE_KEY_FILE",
        "sslv3 alert handshake failure",
        "handshake failure",
    ),
    "unknown_ca": Alert(
        "it does not know who issued the client certificate",
        f"use the certificate that this very environment issued; {_SHOW}",
        "tlsv1 alert unknown ca",
        "unknown certificate authority",
    ),
    "certificate_expired": Alert(
        "it says that the client certificate has expired",
        RENEW,
        "sslv3 alert certificate expired",
        "expired certificate",
    ),
    "certificate_revoked": Alert(
        "it says that the client certificate was revoked",
        RENEW,
        "sslv3 alert certificate revoked",
        "revoked certificate",
    ),
    "bad_certificate": Alert(
        "it does not take the client certificate: that is not valid yet, or damaged",
        f"compare the dates of the certificate with the clock: {_SHOW}",
        "sslv3 alert bad certificate",
        "bad certificate",
    ),
    "unsupported_certificate": Alert(
        "it says that the client certificate is not one for clients",
        f"use a certificate whose extended key usage names client authentication; {_SHOW}",
        "sslv3 alert unsupported certificate",
        "unsupported certificate",
    ),
    "certificate_unknown": Alert(
        "it does not take the client certificate, for a reason that it does not say",
        f"compare everything about the certificate: {_SHOW}",
        "sslv3 alert certificate unknown",
        "unknown certificate",
    ),
    "access_denied": Alert(
        "it knows the client certificate, and does not let its owner in",
        "ask those who run the server whether this client is set up for mutual TLS",
        "tlsv1 alert access denied",
        "access denied",
    ),
}


def words_of_clients(alert: str) -> Mapping[str, str]:
    """What programs print when a server sends this alert."""
    known = ALERTS.get(alert)
    if known is None:
        return {}
    return {
        "curl": f"SSL routines::{known.openssl}",
        "OpenSSL": known.openssl,
        "Node": f"ERR_SSL_{known.openssl.upper().replace(' ', '_')}, or EPROTO under TLS 1.2",
        "Java": f"javax.net.ssl.SSLHandshakeException: Received fatal alert: {alert}",
        "Go": f"remote error: tls: {known.go}",
    }
