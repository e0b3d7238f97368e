"""Reads and writes PEM, and makes the names in certificates."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_HOST_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"{_HOST_LABEL}(?:\.{_HOST_LABEL})*")


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """The PEM text of a certificate."""
    return certificate.public_bytes(Encoding.PEM)


def load_certificates(pem: bytes) -> list[x509.Certificate]:
    """Read the certificates of a PEM text, in its order.

    Raises:
        ValueError: there is none, or one cannot be read.
    """
    return x509.load_pem_x509_certificates(pem)


def fingerprint_of(pem: bytes) -> str:
    """The SHA-256 of the first certificate of a PEM text, hex.

    Raises:
        ValueError: there is none, or it cannot be read.
    """
    return load_certificates(pem)[0].fingerprint(hashes.SHA256()).hex()


def key_pem(key: SigningKey) -> bytes:
    """The unencrypted PEM text of a private key (PKCS #8)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_key(pem: bytes) -> SigningKey:
    """Read an unencrypted private key.

    Raises:
        ValueError: it cannot be read, or is neither an elliptic curve nor an RSA key.
    """
    try:
        key = load_pem_private_key(pem, None)
    except TypeError:  # cryptography raises it if a password is needed
        raise ValueError("the private key is encrypted: write it without a password") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError("the private key is neither an elliptic curve nor an RSA key")  # noqa: TRY004  because a file's content is wrong, not a type
    return key


def load_pair(certificates: bytes, key: bytes) -> tuple[list[x509.Certificate], SigningKey]:
    """Read a certificate, what follows it in its chain, and its key.

    Raises:
        ValueError: one cannot be read, or the key is another certificate's.
    """
    chain = x509.load_pem_x509_certificates(certificates)
    private = load_key(key)
    if chain[0].public_key() != private.public_key():
        raise ValueError("the private key does not belong to the certificate")
    return chain, private


def subject(common_name: str, organization: str) -> x509.Name:
    """A subject of an organization and a common name of 1 to 64 characters (X.520, ub-common-name)."""
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization), _CommonName(common_name)])


def with_common_name(owner: x509.Name, common_name: str) -> x509.Name:
    """The same subject, but for its common name."""
    kept = [part for part in owner if part.oid != NameOID.COMMON_NAME]
    return x509.Name([*kept, _CommonName(common_name)])


def server_names(names: Iterable[str]) -> list[x509.GeneralName]:
    """DNS names (also `*.` and international ones) and IP addresses, as a certificate writes them."""
    return [_server_name(name) for name in names]


def alternative_names(certificate: x509.Certificate) -> set[x509.GeneralName]:
    """The subject alternative names of a certificate."""
    try:
        return set(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return set()


def client_names(common_name: str, owner: x509.Name) -> list[x509.GeneralName]:
    """The alternative name of a client: its common name as a DNS name, or else its subject as a directory name.

    A certificate without alternative names is refused by Python 3.13's default context (RFC 5280 §4.2.1.6 does not
    allow an empty list either).
    """
    return [x509.DNSName(common_name) if _HOST_NAME.fullmatch(common_name) else x509.DirectoryName(owner)]


def _server_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name if name.isascii() else name.encode("idna").decode("ascii"))


class _CommonName(x509.NameAttribute[str]):
    """A common name whose limit is counted in characters, as X.520 does; cryptography counts bytes of UTF-8."""

    def __init__(self, value: str) -> None:
        if not 1 <= len(value) <= 64:  # noqa: PLR2004  X.520's ub-common-name
            raise ValueError("a common name has 1 to 64 characters")
        super().__init__(NameOID.COMMON_NAME, "-")
        self._value = value
