"""The server's own certificate authority.

trustme makes the authority's key and certificate; what it signs is built here, because trustme marks the subject
alternative name critical and lets certificates run to the year 3000, which strict validators and macOS refuse.
Every leaf follows RFC 5280 §4.2: key identifiers, critical basic constraints and key usage, a subject alternative
name that is not critical, one extended key usage.

One serial is revoked from the beginning: `Authority.revoked_serial` follows from the authority's certificate, so every revocation
list that it ever signs, in any process, names it, and a certificate that must be refused can be issued at any time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Self

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mockwise.pki.pem import (
    certificate_pem,
    client_names,
    key_pem,
    load_pair,
    server_names,
    subject,
    with_common_name,
)
from mockwise.pki.template import (
    CertificateTemplate,
    PublicKey,
    key_identifier,
    load_public_key,
    sign_intermediate,
    sign_leaf,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

ORGANIZATION = "mockwise, for testing only"
INTERMEDIATE = "intermediate testing authority"
BACKDATED = timedelta(days=1)  # clocks of containers and virtual machines differ
SERVER_LIFETIME = timedelta(days=820)  # macOS refuses server certificates of more than 825 days
CLIENT_LIFETIME = timedelta(days=365)  # as Wise's own: one year from issue
LIST_LIFETIME = timedelta(days=3650)


@dataclass(frozen=True)
class Identity:
    """A certificate, its chain below the root, and its key; `key_pem` is empty if the key is somebody else's."""

    certificate_pem: bytes
    key_pem: bytes = field(repr=False)
    serial: int
    not_before: datetime
    not_after: datetime
    common_name: str

    @classmethod
    def load(cls, certificate: bytes, key: bytes) -> Self:
        """Read an identity that was written earlier.

        Raises:
            ValueError: a PEM cannot be read, or the key is another certificate's.
        """
        chain, private = load_pair(certificate, key)
        leaf = chain[0]
        names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return cls(
            certificate_pem=b"".join(map(certificate_pem, chain)),
            key_pem=key_pem(private),
            serial=leaf.serial_number,
            not_before=leaf.not_valid_before_utc,
            not_after=leaf.not_valid_after_utc,
            common_name=str(names[0].value) if names else "",
        )


class Authority:
    """A certificate authority: who trusts it, trusts the certificates that it signs.

    Args:
        name: its name in its certificate.
        now: the real time, with a zone. Certificates carry real time, because OpenSSL goes by its own clock.
    """

    def __init__(self, name: str = "testing authority", *, now: Callable[[], datetime]) -> None:
        made = trustme.CA(organization_name=ORGANIZATION, organization_unit_name=name)
        self._adopt(made.cert_pem.bytes(), made.private_key_pem.bytes(), now)

    @classmethod
    def load(cls, certificate: bytes, key: bytes, *, now: Callable[[], datetime]) -> Self:
        """Read an authority from PEM; the certificate may be followed by its chain.

        Raises:
            ValueError: a PEM cannot be read, the key is another certificate's, or it may not sign certificates.
        """
        authority = cls.__new__(cls)
        authority._adopt(certificate, key, now)  # noqa: SLF001  it is a method of this class
        return authority

    def _adopt(self, certificate: bytes, key: bytes, now: Callable[[], datetime]) -> None:
        chain, self._key = load_pair(certificate, key)
        self._certificate = chain[0]
        try:
            signs = self._certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except x509.ExtensionNotFound:
            signs = False
        if not signs:
            raise ValueError("the certificate is not an authority's: its basic constraints do not say CA")
        self.now = now
        self._chain = [it for it in chain if it.subject != it.issuer]
        self.certificate_pem = certificate_pem(self._certificate)
        self.key_pem = key_pem(self._key)
        der = self._certificate.public_bytes(Encoding.DER)
        self.fingerprint = hashlib.sha256(der).hexdigest()
        self.revoked_serial = int.from_bytes(hashlib.sha256(b"revoked at birth" + der).digest()[:16])

    def issue_server(
        self,
        names: Sequence[str],
        *,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        public_key_pem: bytes | None = None,
        issuer_url: str | None = None,
    ) -> Identity:
        """Issue a server's certificate for DNS names and IP addresses, valid from a day ago for 820 days.

        With `public_key_pem` the key is somebody else's, and the identity has none. `issuer_url` is where the
        certificate says that its issuer's can be fetched.

        Raises:
            ValueError: no name, or one that a certificate cannot carry, or the public key cannot be read.
        """
        leaf = server_leaf(names, self.now(), not_before, not_after)
        return self._issue(replace(leaf, issuer_url=issuer_url), public_key_pem)

    def issue_client(
        self,
        common_name: str,
        *,
        organization: str = ORGANIZATION,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        client_auth: bool = True,
        serial: int | None = None,
        subject_of_request: x509.Name | None = None,
        public_key_pem: bytes | None = None,
    ) -> Identity:
        """Issue a client's certificate, valid from a day ago until a year from now.

        `client_auth=False` makes it a server's by its extended key usage. With `public_key_pem` the key is somebody
        else's (a signing request's), and the identity has none; `subject_of_request` then stands in the certificate,
        but for the common name.

        Raises:
            ValueError: the common name is not 1 to 64 characters long, or the public key cannot be read.
        """
        now = self.now()
        owner = (
            subject(common_name, organization)
            if subject_of_request is None
            else with_common_name(subject_of_request, common_name)
        )
        leaf = CertificateTemplate(
            owner=owner,
            names=client_names(common_name, owner),
            usage=ExtendedKeyUsageOID.CLIENT_AUTH if client_auth else ExtendedKeyUsageOID.SERVER_AUTH,
            not_before=not_before or now - BACKDATED,
            not_after=not_after or now + CLIENT_LIFETIME,
            serial=x509.random_serial_number() if serial is None else serial,
        )
        return self._issue(leaf, public_key_pem)

    def intermediate(self) -> Authority:
        """Make an authority below this one; what it signs carries its certificate along."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = self.now()
        certificate = sign_intermediate(
            subject(INTERMEDIATE, ORGANIZATION),
            key.public_key(),
            self._certificate,
            self._key,
            (now - BACKDATED, now + SERVER_LIFETIME),
        )
        return Authority.load(certificate_pem(certificate), key_pem(key), now=self.now)

    def revocation_list(self, serials: Collection[int] = ()) -> bytes:
        """A PEM revocation list of `serials` and of `revoked_serial`, valid from a day ago for ten years.

        It is dated back because OpenSSL refuses everybody while `last_update` lies ahead, even by a second.
        """
        since = self.now() - BACKDATED
        entry = x509.RevokedCertificateBuilder().revocation_date(since)
        revoked = [entry.serial_number(serial).build() for serial in sorted({*serials, self.revoked_serial})]
        builder = (
            # All are given at once, because the builder copies its list with each that is added.
            x509.CertificateRevocationListBuilder(revoked_certificates=revoked)
            .issuer_name(self._certificate.subject)
            .last_update(since)
            .next_update(since + LIST_LIFETIME)
            .add_extension(key_identifier(self._certificate), critical=False)
            .add_extension(x509.CRLNumber(int(self.now().timestamp())), critical=False)
        )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def listed(self, revocation_list: bytes) -> frozenset[int] | None:
        """The serials of a PEM revocation list, or None if it is not one of this authority's.

        Raises:
            ValueError: it cannot be read.
        """
        crl = x509.load_pem_x509_crl(revocation_list)
        if not crl.is_signature_valid(self._key.public_key()):
            return None
        return frozenset(entry.serial_number for entry in crl)

    def signed(self, identity: Identity) -> bool:
        """Whether this authority signed the identity's certificate."""
        return self.issued(x509.load_pem_x509_certificate(identity.certificate_pem))

    def issued(self, certificate: x509.Certificate) -> bool:
        """Whether this authority signed the certificate."""
        try:
            certificate.verify_directly_issued_by(self._certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def _issue(self, leaf: CertificateTemplate, public_key_pem: bytes | None = None) -> Identity:
        public: PublicKey
        if public_key_pem is None:
            own = ec.generate_private_key(ec.SECP256R1())
            public, private = own.public_key(), key_pem(own)
        else:
            public, private = load_public_key(public_key_pem), b""
        certificate = sign_leaf(leaf, public, self._certificate, self._key)
        return Identity(
            certificate_pem=b"".join(map(certificate_pem, [certificate, *self._chain])),
            key_pem=private,
            serial=leaf.serial,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            common_name=str(leaf.owner.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value),
        )


def server_leaf(
    names: Sequence[str], now: datetime, not_before: datetime | None = None, not_after: datetime | None = None
) -> CertificateTemplate:
    """The template of a server's certificate.

    Raises:
        ValueError: no name, or one that a certificate cannot carry.
    """
    if not names:
        raise ValueError("a server certificate needs at least one name")
    return CertificateTemplate(
        owner=subject(names[0][:64], ORGANIZATION),
        names=server_names(names),
        usage=ExtendedKeyUsageOID.SERVER_AUTH,
        not_before=not_before or now - BACKDATED,
        not_after=not_after or now + SERVER_LIFETIME,
        serial=x509.random_serial_number(),
    )
