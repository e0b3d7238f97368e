from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from mockwise.pki.authority import CLIENT_LIFETIME, Authority
from mockwise.pki.csr import LONGEST, sign_request
from tests.transport.support import now

AUTHORITY = Authority(now=now)
KEY = ec.generate_private_key(ec.SECP256R1())
ACME = ((NameOID.COUNTRY_NAME, "EU"), (NameOID.ORGANIZATION_NAME, "Acme"))

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | dsa.DSAPrivateKey | ed25519.Ed25519PrivateKey
Parts = tuple[tuple[x509.ObjectIdentifier, str], ...]


def request(key: Key = KEY, parts: Parts = ACME) -> str:
    """A signing request for that key and subject, in PEM."""
    name = x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    signed = x509.CertificateSigningRequestBuilder(name).sign(key, algorithm)
    return signed.public_bytes(Encoding.PEM).decode()


def leaf(pem: str, common_name: str = "app") -> x509.Certificate:
    """What is issued for a request."""
    return x509.load_pem_x509_certificate(sign_request(AUTHORITY, pem, common_name).certificate_pem)


def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """A new RSA key of so many bits."""
    return rsa.generate_private_key(65537, bits)


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa_key(2048),
        lambda: rsa_key(3072),
        lambda: rsa_key(4096),
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: ec.generate_private_key(ec.SECP384R1()),
    ],
    ids=["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384"],
)
def test_a_certificate_is_for_the_requests_key(make: Callable[[], Key]) -> None:
    """RSA of 2048, 3072 or 4096 bits, elliptic curves of 256 or 384 (docs/wise/mtls.md#certificates, DOCUMENTED)."""
    key = make()
    certificate = leaf(request(key))
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert certificate.public_key().public_bytes(*spki) == key.public_key().public_bytes(*spki)
    assert AUTHORITY.issued(certificate)
    assert sign_request(AUTHORITY, request(key), "app").key_pem == b""


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa_key(1024),
        lambda: rsa_key(2056),
        lambda: ec.generate_private_key(ec.SECP521R1()),
        lambda: ec.generate_private_key(ec.SECP256K1()),
        lambda: dsa.generate_private_key(2048),
        ed25519.Ed25519PrivateKey.generate,
    ],
    ids=["rsa-1024", "rsa-2056", "p-521", "secp256k1", "dsa", "ed25519"],
)
def test_another_key_is_refused(make: Callable[[], Key]) -> None:
    """Other kinds and sizes are not taken (docs/wise/mtls.md#certificates, DOCUMENTED)."""
    with pytest.raises(ValueError, match="another kind or size"):
        leaf(request(make()))


@pytest.mark.parametrize("parts", [(), ((NameOID.COMMON_NAME, "me"),), ((NameOID.ORGANIZATION_NAME, " "),)])
def test_an_organization_is_required(parts: Parts) -> None:
    """The subject names an organization (docs/wise/mtls.md#certificates, DOCUMENTED)."""
    with pytest.raises(ValueError, match="names no organization"):
        leaf(request(parts=parts))


@pytest.mark.parametrize("common_name", ["app", "\u00fc" * 32])
def test_the_common_name_is_overridden(common_name: str) -> None:
    """Whatever the request says, the common name is ours; the rest of the subject stays (docs/wise/mtls.md#certificates, DOCUMENTED)."""
    certificate = leaf(request(parts=(*ACME, (NameOID.COMMON_NAME, "someone-else"))), common_name)
    told = [(part.oid, part.value) for part in certificate.subject]
    assert told == [*ACME, (NameOID.COMMON_NAME, common_name)]


def test_a_certificate_lasts_a_year() -> None:
    """One year from issue (docs/wise/mtls.md#certificates, DOCUMENTED)."""
    left = leaf(request()).not_valid_after_utc - now()
    assert CLIENT_LIFETIME - timedelta(minutes=1) < left <= CLIENT_LIFETIME


@pytest.mark.parametrize("change", [lambda pem: pem, str.strip, lambda pem: "\n" + pem + "\n\n"])
def test_blank_lines_around_it_do_no_harm(change: Callable[[str], str]) -> None:
    """What an editor or a paste adds is no text (docs/wise/mtls.md#certificates)."""
    assert AUTHORITY.issued(leaf(change(request())))


def test_line_ends_and_the_older_name_are_taken() -> None:
    """Windows' line ends; keytool's NEW (RFC 7468 section 7)."""
    assert AUTHORITY.issued(leaf(request().replace("\n", "\r\n")))
    assert AUTHORITY.issued(leaf(request().replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda pem: "Certificate Request:\n" + pem, "text around it"),
        (lambda pem: pem + "my comment\n", "text around it"),
        (lambda pem: pem + pem, "text around it"),
        (lambda _: "", "not PEM"),
        (lambda pem: pem.replace("CERTIFICATE REQUEST", "CERTIFICATE"), "not PEM"),
        (lambda pem: pem.replace("M", "\u00e9", 1), "not PEM"),
        (lambda pem: pem[:40] + pem[60:], "cannot be read"),
        (lambda pem: pem.replace("BEGIN CERT", "BEGIN NEW CERT"), "cannot be read"),
        (lambda pem: pem + " " * LONGEST, "over"),
    ],
)
def test_what_is_not_one_bare_request_is_refused(change: Callable[[str], str], said: str) -> None:
    """PEM without comments or plain text around it (docs/wise/mtls.md#certificates, DOCUMENTED)."""
    with pytest.raises(ValueError, match=said):
        leaf(change(request()))


def test_a_request_proves_that_its_sender_has_the_key() -> None:
    """Its signature is its own key's (RFC 2986 section 3)."""
    der = bytearray(x509.load_pem_x509_csr(request().encode()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode()
    with pytest.raises(ValueError, match="not signed with its own key"):
        leaf(forged)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (NameOID.COMMON_NAME, "x" * 5000, "common name is empty or over 64"),
        (NameOID.COUNTRY_NAME, "GBR", "country is not a code of two letters"),
        (NameOID.JURISDICTION_COUNTRY_NAME, "GBR", "country is not a code of two letters"),
    ],
)
def test_a_subject_that_x_520_does_not_allow_is_refused_in_words_and_without_a_warning(
    kind: x509.ObjectIdentifier, value: str, said: str
) -> None:
    """Cryptography would warn of it on stderr, or raise where warnings are errors, as they are here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name = x509.Name([x509.NameAttribute(kind, value, _validate=False)])
        signed = x509.CertificateSigningRequestBuilder(name).sign(KEY, hashes.SHA256())
    with pytest.raises(ValueError, match=said):
        sign_request(AUTHORITY, signed.public_bytes(Encoding.PEM).decode(), "app")
