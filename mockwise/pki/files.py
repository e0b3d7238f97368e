"""The certificates of a folder: an authority, a server's and a client's identity, and certificates that must be refused.

What is there and still valid is kept, so that nobody's settings break; what is missing, close to its end or
another authority's is issued again. The authority itself is never replaced: if its files do not fit together, the
user has to decide. The revoked certificate has the serial that the authority revokes from its beginning, so a running
server refuses it even if it was issued later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509

from mockwise.pki.authority import Authority, Identity
from mockwise.pki.folder import FolderError
from mockwise.pki.pem import alternative_names, server_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mockwise.pki.folder import CertificateFolder

AUTHORITY, SERVER, LIST = "ca", "server", "crl.pem"
_MARGIN = timedelta(days=30)  # a certificate this close to its end is issued again
_DAY = timedelta(days=1)
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class CertificateSet:
    """The certificates of a folder; `revoked` are the serials on its revocation list."""

    authority: Authority
    server: Identity
    client: Identity
    revoked: frozenset[int]


@dataclass(frozen=True)
class CertificateSpec:
    """A certificate that a folder must hold: whether the present one fits, and how to issue another."""

    file: str
    fits: Callable[[Identity], bool]
    issue: Callable[[], Identity]


def prepare_certificates(
    folder: CertificateFolder, *, names: Sequence[str], common_name: str, now: Callable[[], datetime]
) -> CertificateSet:
    """Issue what is missing in the folder, for a server of these names and a client of this common name.

    Raises:
        FolderError: the folder cannot be used, or its authority is damaged.
        ValueError: a name that no certificate can carry.
    """
    with folder.locked():
        authority = _authority(folder, now)
        revoked = _revocations(folder, authority)
        server, client, *_ = [
            _kept(folder, wanted) or _issued(folder, wanted)
            for wanted in [_server(authority, names, now()), *_clients(authority, common_name, now())]
        ]
    return CertificateSet(authority, server, client, revoked)


def _authority(folder: CertificateFolder, now: Callable[[], datetime]) -> Authority:
    certificate, key = folder.read(f"{AUTHORITY}.pem"), folder.read(f"{AUTHORITY}.key")
    if certificate is None and key is None:
        authority = Authority(now=now)
        folder.write_private(f"{AUTHORITY}.key", authority.key_pem)
        folder.write(f"{AUTHORITY}.pem", authority.certificate_pem)
        return authority
    remedy = f"put it back, or delete {AUTHORITY}.pem and {AUTHORITY}.key to begin with a new authority"
    if certificate is None or key is None:
        missing = f"{AUTHORITY}.pem" if certificate is None else f"{AUTHORITY}.key"
        raise FolderError(f"{folder.path / missing} is missing: {remedy}")
    try:
        return Authority.load(certificate, key, now=now)
    except ValueError as error:
        raise FolderError(
            f"{folder.path / AUTHORITY}.pem and its key cannot be used ({str(error).splitlines()[0]}): {remedy}"
        ) from error


def _revocations(folder: CertificateFolder, authority: Authority) -> frozenset[int]:
    text = folder.read(LIST)
    try:
        listed = authority.listed(text) if text is not None else None
    except ValueError as error:
        raise FolderError(
            f"{folder.path / LIST} cannot be read: put it back, or delete it to forget what was revoked"
        ) from error
    if listed is None or authority.revoked_serial not in listed:
        listed = frozenset({authority.revoked_serial, *(listed or ())})
        folder.write(LIST, authority.revocation_list(listed))
    return listed


def _server(authority: Authority, names: Sequence[str], now: datetime) -> CertificateSpec:
    def fits(it: Identity) -> bool:
        leaf = _leaf(it)
        return (
            _lasts(it, now) and authority.issued(leaf) and set(server_names(names)) <= alternative_names(leaf)
        )

    return CertificateSpec(SERVER, fits, lambda: authority.issue_server(names))


def _clients(authority: Authority, common_name: str, now: datetime) -> list[CertificateSpec]:
    """The client's certificate, then those that must be refused, each by one check."""
    other = "somebody-else" if common_name != "somebody-else" else "somebody-quite-else"
    stranger = Authority("an authority that nobody trusts", now=lambda: now)

    def ours(it: Identity, name: str = common_name) -> bool:
        return it.common_name == name and authority.signed(it)

    return [
        CertificateSpec(
            "client",
            lambda it: ours(it) and _lasts(it, now),
            lambda: authority.issue_client(common_name),
        ),
        CertificateSpec(
            "bad/expired",
            lambda it: ours(it) and it.not_after < now,
            lambda: authority.issue_client(common_name, not_before=now - 2 * _DAY, not_after=now - _DAY),
        ),
        CertificateSpec(
            "bad/not-yet-valid",
            lambda it: ours(it) and it.not_before > now + _MARGIN,
            lambda: authority.issue_client(common_name, not_before=now + _YEAR, not_after=now + 2 * _YEAR),
        ),
        CertificateSpec(
            "bad/foreign",
            lambda it: it.common_name == common_name and not ours(it) and _lasts(it, now),
            lambda: stranger.issue_client(common_name),
        ),
        CertificateSpec(
            "bad/wrong-client",
            lambda it: ours(it, other) and _lasts(it, now),
            lambda: authority.issue_client(other),
        ),
        CertificateSpec(
            "bad/revoked",
            lambda it: ours(it) and _lasts(it, now) and it.serial == authority.revoked_serial,
            lambda: authority.issue_client(common_name, serial=authority.revoked_serial),
        ),
        CertificateSpec(
            "bad/no-client-auth",
            lambda it: ours(it) and _lasts(it, now),
            lambda: authority.issue_client(common_name, client_auth=False),
        ),
    ]


def _kept(folder: CertificateFolder, wanted: CertificateSpec) -> Identity | None:
    certificate, key = folder.read(f"{wanted.file}.pem"), folder.read(f"{wanted.file}.key")
    if certificate is None or key is None:
        return None
    try:
        identity = Identity.load(certificate, key)
    except ValueError:
        return None
    return identity if wanted.fits(identity) else None


def _issued(folder: CertificateFolder, wanted: CertificateSpec) -> Identity:
    identity = wanted.issue()
    if folder.read_only and wanted.file == SERVER:  # only the server itself reads it
        return identity
    folder.write_private(f"{wanted.file}.key", identity.key_pem)
    folder.write(f"{wanted.file}.pem", identity.certificate_pem)
    return identity


def _leaf(identity: Identity) -> x509.Certificate:
    return x509.load_pem_x509_certificate(identity.certificate_pem)


def _lasts(identity: Identity, now: datetime) -> bool:
    return identity.not_before <= now and now + _MARGIN < identity.not_after
