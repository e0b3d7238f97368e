"""Turns failures of httpx and ssl into named errors that explain a failed TLS handshake.

OpenSSL names the alert inside a message, `[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] ...`, and the same refusal comes
as httpx.ConnectError (TLS 1.2: the alert is part of the handshake), as httpx.ReadError (TLS 1.3: our side is done
before the server has judged our certificate, so the alert arrives at the first read, after the request was written),
or, from httpx.AsyncClient under TLS 1.3, as an ssl.SSLError that is no httpx error at all.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator

import httpx

from mockwise.client import errors

FAILURES = (
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.DecodingError,
    ssl.SSLError,
)
"""The exceptions of a lost connection. Other transport errors are mistakes of the caller: a bad URL, a bad proxy."""

_ALERT = re.compile(r"\[SSL: [^\]]*ALERT_([A-Z_]+)\]")
_NOT_TRUSTED = re.compile(
    r"CERTIFICATE_VERIFY_FAILED\] (?:certificate verify failed: )?(.*?)(?: \(_ssl\.c:\d+\))?$"
)

_SHOWN = "the certificate and key that the SSL context loads with load_cert_chain()"
_MISSING = (
    errors.CertificateMissing,
    "no client certificate was shown: give the SSL context one with load_cert_chain(certificate, key)",
)
_MEANINGS: dict[str, tuple[type[errors.HandshakeRefused], str]] = {
    "certificate_required": _MISSING,
    "handshake_failure": (
        errors.CertificateMissing,
        f"{_MISSING[1]} (or, more rarely, no cipher or TLS version suits both sides)",
    ),
    "unknown_ca": (
        errors.UnknownAuthority,
        f"it does not know who signed the client certificate: use one of this very environment, and check {_SHOWN}",
    ),
    "certificate_expired": (
        errors.CertificateExpired,
        "the client certificate has expired: get a new one (Wise's last a year) and load it",
    ),
    "bad_certificate": (
        errors.CertificateNotAccepted,
        f"the client certificate is not good, or not valid yet: check its dates, the clock here, and {_SHOWN}",
    ),
    "certificate_revoked": (
        errors.CertificateRevoked,
        "the client certificate was revoked: get a new one and load it",
    ),
    "unsupported_certificate": (
        errors.CertificateUnsuitable,
        "the client certificate is not one for clients: its extended key usage must name client authentication",
    ),
}


def explain(failure: Exception) -> errors.ConnectionLost | None:
    """The named error behind a failure of httpx or of ssl, or None if no handshake was refused.

    For those who do not use `WiseTransport`:

        except (httpx.TransportError, ssl.SSLError) as failure:
            raise explain(failure) or failure from failure
    """
    for text in map(str, _causes(failure)):
        if alert := _ALERT.search(text):
            return _refused(alert[1].lower())
        if distrust := _NOT_TRUSTED.search(text):
            return errors.ServerNotTrusted(
                f"the server's certificate is not trusted ({distrust[1]}), so nothing was sent to it: "
                "load the right authority with ssl.create_default_context(cafile=...), "
                "and call the server by a name that its certificate carries"
            )
    return None


def connection_error(failure: Exception) -> errors.ConnectionLost:
    """The named error behind a failure; `ConnectionLost` itself if no handshake was refused."""
    text = str(failure) or "no more is known"
    return explain(failure) or errors.ConnectionLost(
        f"no answer from the server: {type(failure).__name__}: {text}"
    )


def _refused(alert: str) -> errors.HandshakeRefused:
    kind, meaning = _MEANINGS.get(
        alert, (errors.HandshakeRefused, f"look the alert up in RFC 8446 §6.2, and check {_SHOWN}")
    )
    return kind(f"the server refused the TLS handshake ({alert}): {meaning}", alert=alert)


def _causes(failure: BaseException | None) -> Iterator[BaseException]:
    """The failure and what it was raised from; not what merely happened to be handled meanwhile."""
    while failure is not None:
        yield failure
        failure = failure.__cause__
