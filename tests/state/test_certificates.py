from __future__ import annotations

import sys
import warnings
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type  # for strings that only others write
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from mockwise.common.peer_certificate import PeerCertificate, read_certificate, read_serial, spell_serial
from mockwise.errors import AlreadyExistsError, ConflictError, InvalidValueError, MockwiseError
from mockwise.state.certificates import MOST_ACTIVE, IssuedCertificate
from mockwise.state.sandbox_state import SandboxState
from tests.state.helpers import NOON

HOUR = timedelta(hours=1)
YEAR = timedelta(days=365)


def issue(
    *names: tuple[x509.ObjectIdentifier, str], serial: int = 0xABC, subject: x509.Name | None = None
) -> x509.Certificate:
    """A self-signed certificate with the names as its subject."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = subject or x509.Name([x509.NameAttribute(oid, text) for oid, text in names])
    unsigned = x509.CertificateBuilder(
        issuer_name=subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=serial,
        not_valid_before=NOON,
        not_valid_after=NOON + YEAR,
    )
    return unsigned.sign(key, hashes.SHA256())


def pem_of(certificate: x509.Certificate) -> str:
    """The certificate as PEM text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def test_a_certificate_is_read() -> None:
    """Common name, serial, dates in UTC and SHA-256 fingerprint come out of the PEM (RFC 5280 section 4.1)."""
    certificate = issue((NameOID.ORGANIZATION_NAME, "Acme"), (NameOID.COMMON_NAME, "app"))
    assert read_certificate(pem_of(certificate)) == PeerCertificate(
        common_name="app",
        serial="0abc",
        not_before=NOON,
        not_after=NOON + YEAR,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def test_a_certificate_without_a_common_name_speaks_for_nobody() -> None:
    """A missing common name reads as empty, which is no client id (docs/wise/mtls.md#certificates)."""
    assert read_certificate(pem_of(issue((NameOID.ORGANIZATION_NAME, "Acme")))).common_name == ""


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (None, "x" * 5000),
        (None, "äpfel"),
        (_ASN1Type.BMPString, "app"),
        (_ASN1Type.UniversalString, "app"),
        (_ASN1Type.PrintableString, "app"),
    ],
)
def test_a_common_name_of_any_length_and_encoding_is_read_without_a_warning(
    kind: _ASN1Type | None, name: str
) -> None:
    """Warnings are errors here: a peer shows what it likes, and nobody's stderr or test suite hears of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        long = x509.NameAttribute(NameOID.COMMON_NAME, name, kind, _validate=False)
        certificate = issue((NameOID.COMMON_NAME, "app"), subject=x509.Name([long]))
    assert read_certificate(pem_of(certificate)).common_name == name


def test_what_was_read_is_not_kept() -> None:
    """A mock meets any number of certificates in its life: whoever wants one again keeps it."""
    text = pem_of(issue((NameOID.COMMON_NAME, "app")))
    before = sys.getrefcount(text)
    read_certificate(text)
    assert sys.getrefcount(text) == before


def test_the_first_certificate_of_a_chain_is_the_peers() -> None:
    """Of a chain the first is the peer's own (RFC 8446 section 4.4.2)."""
    leaf, parent = issue((NameOID.COMMON_NAME, "app")), issue((NameOID.COMMON_NAME, "authority"))
    assert read_certificate(pem_of(leaf) + pem_of(parent)).common_name == "app"


@pytest.mark.parametrize(
    "text", ["", "hello", "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----", "\u00fc"]
)
def test_what_is_no_certificate_is_refused(text: str) -> None:
    """A text without a certificate is a ValueError (read_certificate)."""
    with pytest.raises(ValueError, match=r"."):
        read_certificate(text)


@pytest.mark.parametrize(
    ("serial", "text"), [(0, "00"), (1, "01"), (0xAB, "ab"), (0xABC, "0abc"), (2**159, "80" + "00" * 19)]
)
def test_a_serial_is_lower_case_hex_of_whole_bytes(serial: int, text: str) -> None:
    """Serials are written one way everywhere: lower-case hex, an even number of digits (mock-only)."""
    assert spell_serial(serial) == text


def test_certificates_are_listed_oldest_first(box: SandboxState) -> None:
    """Every certificate of the sandbox is listed, in the order of issue (docs/wise/mtls.md#certificates: several may be active)."""
    box.certificates.record("app", "0b", NOON, NOON + YEAR)
    box.certificates.record("app", "0a", NOON, NOON + YEAR)
    assert [(c.client_id, c.serial, c.not_after) for c in box.certificates.all()] == [
        ("app", "0b", NOON + YEAR),
        ("app", "0a", NOON + YEAR),
    ]


def test_a_certificate_is_revoked_by_serial(box: SandboxState) -> None:
    """Only the certificate with that serial is taken back, at the sandbox's time (docs/wise/mtls.md#certificates)."""
    box.certificates.record("app", "0a", NOON, NOON + YEAR)
    box.certificates.record("app", "0b", NOON, NOON + YEAR)
    assert not box.certificates.revoked("0a")
    box.clock.freeze()
    box.clock.advance(HOUR)
    assert box.certificates.revoke("0a").revoked_at == NOON + HOUR
    assert box.certificates.revoked("0a")
    assert not box.certificates.revoked("0b")
    assert not box.certificates.revoked("0c")


def test_revoking_twice_changes_nothing(box: SandboxState) -> None:
    """The first revocation counts (Certificates.revoke)."""
    box.certificates.record("app", "0a", NOON, NOON + YEAR)
    first = box.certificates.revoke("0a")
    box.clock.advance(HOUR)
    assert box.certificates.revoke("0a") == first


def test_recording_again_does_not_bring_back_a_revoked_certificate(box: SandboxState) -> None:
    """A certificate that was taken back stays so, even if it is noted again (mock-only)."""
    box.certificates.record("app", "0a", NOON, NOON + YEAR)
    box.certificates.revoke("0a")
    box.certificates.record("app", "0a", NOON, NOON + YEAR)
    assert box.certificates.revoked("0a")


def test_an_unknown_serial_is_answered_with_the_known(box: SandboxState) -> None:
    """Revoking a certificate that is not there says which are (errors)."""
    with pytest.raises(MockwiseError, match="known: none"):
        box.certificates.revoke("0a")
    box.certificates.record("app", "0a", NOON, NOON + YEAR)
    box.certificates.record("app", "0b", NOON, NOON + YEAR)
    with pytest.raises(MockwiseError, match=r"sandbox 'default' has that serial; known: 0a, 0b"):
        box.certificates.revoke("0c")


def test_a_name_is_one_active_certificates_own(box: SandboxState) -> None:
    """Names are unique among a client's active certificates (docs/wise/mtls.md#certificates); without one it gets the first free."""
    record = box.certificates.record
    assert record("app", "01", NOON, NOON + YEAR, "certificate 2").name == "certificate 2"
    assert record("app", "02", NOON, NOON + YEAR).name == "certificate 1"
    assert record("app", "03", NOON, NOON + YEAR).name == "certificate 3"
    with pytest.raises(AlreadyExistsError, match="named 'certificate 2'"):
        record("app", "04", NOON, NOON + YEAR, "certificate 2")
    assert record("other", "04", NOON, NOON + YEAR, "certificate 2").client_id == "other"
    box.certificates.revoke("01")
    assert record("app", "05", NOON, NOON + YEAR, "certificate 2").serial == "05"
    assert not box.certificates.revoked("05")


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", "\ud800"])
def test_a_name_can_be_shown(box: SandboxState, name: str) -> None:
    """What cannot be printed is no name (mock-only)."""
    with pytest.raises(InvalidValueError, match="1 to 100 printable"):
        box.certificates.record("app", "01", NOON, NOON + YEAR, name)
    assert box.certificates.all() == []


def test_a_client_has_ten_active_certificates_at_most(box: SandboxState) -> None:
    """Revoked and expired ones do not count, nor those of other clients (docs/wise/mtls.md#certificates)."""
    for number in range(MOST_ACTIVE):
        box.certificates.record("app", f"{number:02x}", NOON, NOON + YEAR)
    box.certificates.record("other", "aa", NOON, NOON + YEAR)
    with pytest.raises(ConflictError, match="10 active certificates: revoke one first"):
        box.certificates.record("app", "ab", NOON, NOON + YEAR)
    box.certificates.revoke("00")
    box.certificates.record("app", "ac", NOON - YEAR, NOON - HOUR)
    box.certificates.record("app", "ad", NOON, NOON + YEAR)


def test_a_certificate_has_a_state() -> None:
    """Active up to its last moment (RFC 5280 section 4.1.2.5), then expired; revoked before all else."""
    issued = IssuedCertificate("app", "01", NOON, NOON + YEAR, "one")
    assert issued.state(NOON + YEAR) == "active"
    assert issued.state(NOON + YEAR + HOUR) == "expired"
    assert replace(issued, revoked_at=NOON).state(NOON + YEAR + HOUR) == "revoked"


@pytest.mark.parametrize(("text", "serial"), [("0A:BC", "0abc"), ("abc", "0abc"), ("0abc", "0abc")])
def test_a_serial_is_read_as_other_tools_write_it(text: str, serial: str) -> None:
    """Colons or capitals, as in what openssl prints (openssl-x509)."""
    assert read_serial(text) == serial


@pytest.mark.parametrize("text", ["", "xyz", ":"])
def test_what_is_no_serial_is_a_bad_value(text: str) -> None:
    """And the message says how one is written."""
    with pytest.raises(InvalidValueError, match="hexadecimal"):
        read_serial(text)
