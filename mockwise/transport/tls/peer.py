"""The peer's certificate and the TLS parameters, in the form of ASGI's TLS extension.

https://asgi.readthedocs.io/en/latest/specs/tls.html
"""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING, Any

from cryptography import x509

from mockwise.transport.tls.suites import SUITES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from mockwise.transport.tls.trust import Trust

_SHORT = {  # RFC 4514 §3
    "commonName": "CN",
    "countryName": "C",
    "domainComponent": "DC",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "stateOrProvinceName": "ST",
    "streetAddress": "STREET",
    "userId": "UID",
}
_VERSIONS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}


def tls_extension(secured: ssl.SSLObject, certificate_error: Callable[[bytes], str | None]) -> dict[str, Any]:
    """The extension's dictionary for a connection whose handshake is over.

    The chain holds the client's own certificate only: Python below 3.13 shows no more. `client_cert_error` is what
    `certificate_error` says of the certificate's DER.
    """
    der = secured.getpeercert(binary_form=True)
    cipher = secured.cipher()
    return {
        "server_cert": None,
        "client_cert_chain": [ssl.DER_cert_to_PEM_cert(der)] if der else [],
        "client_cert_name": _distinguished_name(_certificate(secured)["subject"]) if der else None,
        "client_cert_error": certificate_error(der) if der else None,
        "tls_version": _VERSIONS[str(secured.version())],
        "cipher_suite": SUITES[cipher[0]] if cipher else None,
    }


def certificate_serial(secured: ssl.SSLObject) -> int | None:
    """The serial of the client's certificate, or None without one."""
    serial = _certificate(secured).get("serialNumber")
    return int(serial, 16) if serial else None


def certificate_error(der: bytes, trust: Trust, now: datetime) -> str | None:
    """The alert that a listener requiring certificates would send now, for what `optional` lets through.

    None, `bad_certificate` (not valid yet), `certificate_expired` or `certificate_revoked`.
    """
    certificate = x509.load_der_x509_certificate(der)
    if now < certificate.not_valid_before_utc:
        return "bad_certificate"
    if now > certificate.not_valid_after_utc:
        return "certificate_expired"
    if trust.is_revoked(certificate):
        return "certificate_revoked"
    return None


def _certificate(secured: ssl.SSLObject) -> dict[str, Any]:
    return secured.getpeercert() or {}


def _distinguished_name(subject: Iterable[Iterable[tuple[str, str]]]) -> str:
    """RFC 4514's string: the last part first; built by hand because cryptography warns about long common names."""
    parts = ["+".join(f"{_SHORT.get(key, key)}={_escaped(value)}" for key, value in rdn) for rdn in subject]
    return ",".join(reversed(parts))


def _escaped(value: str) -> str:
    value = re.sub(r'[",+;<>\\]|^[# ]| $', r"\\\g<0>", value)
    return value.replace("\0", r"\00")
