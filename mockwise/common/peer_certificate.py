"""What a peer's certificate says, and how serial numbers are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from mockwise.errors import InvalidValueError
from mockwise.pki.der import COMMON_NAME, subject_of_certificate


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """What matters of a certificate. The serial is lower-case hex; the fingerprint is SHA-256, hex."""

    common_name: str
    serial: str
    not_before: datetime
    not_after: datetime
    fingerprint: str


def read_certificate(pem: str) -> PeerCertificate:
    """Read the first certificate of a PEM text.

    Raises:
        ValueError: it holds none.
    """
    certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
    subject = subject_of_certificate(certificate.tbs_certificate_bytes)
    return PeerCertificate(
        common_name=next((value for identifier, value in subject if identifier == COMMON_NAME), ""),
        serial=spell_serial(certificate.serial_number),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def spell_serial(serial: int) -> str:
    """A serial number as everything here writes it: lower-case hex, an even number of digits."""
    text = f"{serial:x}"
    return text if len(text) % 2 == 0 else f"0{text}"


def read_serial(text: str) -> str:
    """A serial as people copy it out of other tools (`0A:BC`, `ABC`), written as it is here.

    Raises:
        InvalidValueError: it is no hexadecimal number.
    """
    try:
        return spell_serial(int(text.replace(":", ""), 16))
    except ValueError:
        raise InvalidValueError(
            "a serial number is written in hexadecimal digits, as lists show it"
        ) from None
