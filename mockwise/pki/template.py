"""Builds and signs leaf certificates by RFC 5280 §4.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509.oid import AuthorityInformationAccessOID

if TYPE_CHECKING:
    from datetime import datetime

    from mockwise.pki.pem import SigningKey

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,  # every cipher suite here agrees on keys by ECDHE
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


_KEY_USAGE = _usage(signs_certificates=False)
_AUTHORITY_USAGE = _usage(signs_certificates=True)


@dataclass(frozen=True)
class CertificateTemplate:
    """The fields of a leaf certificate, before it has a key and an issuer."""

    owner: x509.Name
    names: list[x509.GeneralName]
    usage: x509.ObjectIdentifier
    not_before: datetime
    not_after: datetime
    serial: int
    issuer_url: str | None = None
    """Where the issuer's certificate can be fetched (RFC 5280 §4.2.2.1)."""


def sign_leaf(
    leaf: CertificateTemplate, public_key: PublicKey, issuer: x509.Certificate, issuer_key: SigningKey
) -> x509.Certificate:
    """The certificate for `leaf` and its key, signed by `issuer`.

    Raises:
        ValueError: it would end before it begins.
    """
    return _sign(leaf, public_key, issuer.subject, key_identifier(issuer), issuer_key)


def sign_intermediate(
    owner: x509.Name,
    public_key: PublicKey,
    issuer: x509.Certificate,
    issuer_key: SigningKey,
    validity: tuple[datetime, datetime],
) -> x509.Certificate:
    """The certificate of an authority below `issuer`, which may sign leaves only."""
    return (
        x509.CertificateBuilder()
        .subject_name(owner)
        .issuer_name(issuer.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_AUTHORITY_USAGE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(key_identifier(issuer), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def self_signed(leaf: CertificateTemplate, key: SigningKey) -> x509.Certificate:
    """The certificate for `leaf`, signed by nobody but its own key."""
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return _sign(leaf, key.public_key(), leaf.owner, own, key)


def _sign(
    leaf: CertificateTemplate,
    public_key: PublicKey,
    issuer: x509.Name,
    identifier: x509.AuthorityKeyIdentifier,
    issuer_key: SigningKey,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(leaf.owner)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(leaf.serial)
        .not_valid_before(leaf.not_before)
        .not_valid_after(leaf.not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(x509.ExtendedKeyUsage([leaf.usage]), critical=False)
        .add_extension(x509.SubjectAlternativeName(leaf.names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(identifier, critical=False)
    )
    if leaf.issuer_url is not None:
        issuers = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(leaf.issuer_url)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([issuers]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """The authority key identifier of certificates that the issuer signs (RFC 5280 §4.2.1.1)."""
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(_usable(issuer.public_key()))
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def load_public_key(pem: bytes) -> PublicKey:
    """Read an elliptic curve or RSA public key from PEM.

    Raises:
        ValueError: it cannot be read, or is neither an elliptic curve nor an RSA key.
    """
    return _usable(load_pem_public_key(pem))


def _usable(key: object) -> PublicKey:
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise ValueError("the public key is neither an elliptic curve nor an RSA key")  # noqa: TRY004  because a file's content is wrong, not a type
    return key
