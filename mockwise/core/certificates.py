"""Certificates as data: what a peer presented, and which were issued to or taken from a client.

This is the one file of its floor that knows the `cryptography` library.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from mockwise.core.clock import Clock
from mockwise.core.errors import MockwiseError
from mockwise.core.store import Kind, Store, change


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """What matters of a certificate. The serial is lower-case hex; the fingerprint is SHA-256, hex."""

    common_name: str
    serial: str
    not_before: datetime
    not_after: datetime
    fingerprint: str


@lru_cache(maxsize=4096)
def read_certificate(pem: str) -> PeerCertificate:
    """Read the first certificate of a PEM text.

    Raises:
        ValueError: it holds none.
    """
    certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return PeerCertificate(
        common_name=str(names[0].value) if names else "",
        serial=spell_serial(certificate.serial_number),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def spell_serial(serial: int) -> str:
    """A serial number as everything here writes it: lower-case hex, an even number of digits."""
    text = f"{serial:x}"
    return text if len(text) % 2 == 0 else f"0{text}"


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate that the mock's authority gave to a client."""

    client_id: str
    serial: str
    not_after: datetime
    revoked_at: datetime | None = None


CERTIFICATES = Kind("certificate", IssuedCertificate)


class Certificates:
    """The certificates of one sandbox's clients."""

    def __init__(self, store: Store, sandbox: str, clock: Clock) -> None:
        self._store = store
        self._sandbox = sandbox
        self._clock = clock

    def record(self, client_id: str, serial: str, not_after: datetime) -> None:
        """Note that a certificate was issued."""
        issued = IssuedCertificate(client_id, serial, not_after)
        self._store.replace(CERTIFICATES, self._sandbox, serial, None, issued)

    def revoke(self, serial: str) -> IssuedCertificate:
        """Take a certificate back; doing it twice changes nothing.

        Raises:
            MockwiseError: no certificate of this sandbox has that serial.
        """
        now = self._clock.now()
        revoked = change(
            self._store,
            CERTIFICATES,
            self._sandbox,
            serial,
            lambda old: old if old.revoked_at else replace(old, revoked_at=now),
        )
        if revoked is None:
            known = ", ".join(c.serial for c in self.all()) or "none"
            raise MockwiseError(
                f"no certificate of sandbox {self._sandbox!r} has that serial; known: {known}"
            )
        return revoked

    def revoked(self, serial: str) -> bool:
        """Whether the certificate was taken back."""
        issued = self._store.get(CERTIFICATES, self._sandbox, serial)
        return issued is not None and issued.revoked_at is not None

    def all(self) -> list[IssuedCertificate]:
        """Every certificate issued here, oldest first."""
        return [issued for _, issued in self._store.scan(CERTIFICATES, self._sandbox)]
