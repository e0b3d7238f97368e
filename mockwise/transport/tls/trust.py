"""The trust of a listener: its own certificate, the authorities it trusts, and which certificates are revoked.

Each trusted authority always comes with a revocation list, because OpenSSL, once it checks revocation, refuses every
client of an authority that has none. The revoked serials of an authority outlive its removal: added back, it still
refuses them. Every change raises `version`; a listener compares that number at each handshake and builds a new TLS
context when it differs (`context.py`). uvicorn takes certificates as files only: they exist for the few milliseconds
of that build, in a private folder.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from mockwise.pki.temporary_folder import TemporaryFolder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from cryptography import x509

    from mockwise.pki.authority import Authority, Identity


@dataclass(frozen=True)
class TrustFiles:
    """The PEM files of one version of a trust; `authorities` is None if nobody is trusted."""

    version: int
    certificate: Path
    key: Path
    authorities: Path | None


class Trust:
    """The server's identity, the trusted authorities and the revoked serials; any thread may change them.

    A change holds from the next handshake on.

    Args:
        authority: the first trusted authority, usually the server's own.
        identity: the server's certificate and key.
    """

    def __init__(self, authority: Authority, identity: Identity) -> None:
        self._lock = RLock()
        self._own = authority
        self._former: list[Authority] = []
        self._issuer = authority
        self._identity = identity
        self._trusted: dict[str, Authority] = {authority.fingerprint: authority}
        self._revoked: dict[str, set[int]] = {}
        self.version = 1
        self.before_handshake: Callable[[], Awaitable[None]] | None = None
        """Awaited by the listeners before each handshake; it takes over what other processes have changed."""

    @property
    def identity(self) -> Identity:
        """The server's certificate and key."""
        return self._identity

    @property
    def authority(self) -> Authority:
        """The server's own authority, which signs new certificates."""
        return self._own

    @property
    def issuer(self) -> Authority:
        """The authority that has issued the server's certificate."""
        return self._issuer

    @property
    def authorities(self) -> tuple[Authority, ...]:
        """All authorities that are trusted now."""
        with self._lock:
            return tuple(self._trusted.values())

    def add(self, authority: Authority) -> None:
        """Trust the certificates of another authority, too."""
        with self._change():
            self._trusted[authority.fingerprint] = authority

    def remove(self, authority: Authority) -> None:
        """Stop trusting an authority; without any, every client certificate is refused."""
        with self._change():
            self._trusted.pop(authority.fingerprint, None)

    def replace_authority(self, authority: Authority) -> None:
        """Replace the server's own authority; the one before stays trusted until it is removed."""
        with self._change():
            self._former.append(self._own)
            self._own = authority
            self._trusted[authority.fingerprint] = authority

    def revoke(self, serial: int, authority: Authority | None = None) -> None:
        """Revoke the certificate of that serial, of the present and former own authorities unless one is named."""
        with self._change():
            for it in [authority] if authority else [self._own, *self._former]:
                self._revoked.setdefault(it.fingerprint, set()).add(serial)

    def forget(self, serials: Iterable[int]) -> None:
        """Drop revoked serials whose certificates nobody has any more, so that the lists stay short."""
        if gone := set(serials):
            with self._change():
                for revoked in self._revoked.values():
                    revoked.difference_update(gone)

    def serve_identity(self, identity: Identity, issuer: Authority | None = None) -> None:
        """Present another server certificate from the next handshake on, of the same issuer unless one is named."""
        with self._change():
            self._identity = identity
            self._issuer = issuer or self._issuer

    def revoked(self, authority: Authority | None = None) -> frozenset[int]:
        """The revoked serials of an authority (the own one unless another is named)."""
        authority = authority or self._own
        with self._lock:
            return frozenset({authority.revoked_serial, *self._revoked.get(authority.fingerprint, ())})

    def is_revoked(self, certificate: x509.Certificate) -> bool:
        """Whether one of the trusted authorities signed the certificate and has revoked it."""
        return any(
            certificate.serial_number in self.revoked(authority) and authority.issued(certificate)
            for authority in self.authorities
        )

    @contextmanager
    def files(self, identity: Identity | None = None) -> Iterator[TrustFiles]:
        """The present trust as PEM files in a private folder that is gone afterwards.

        With `identity` they are those of a server with the same trust that presents this certificate.
        """
        with self._lock:
            version, identity = self.version, identity or self._identity
            bundle = b"".join(
                authority.certificate_pem + authority.revocation_list(self.revoked(authority))
                for authority in self._trusted.values()
            )
        with TemporaryFolder() as folder:
            files = TrustFiles(
                version,
                folder.path / "server.pem",
                folder.path / "server.key",
                folder.path / "trusted.pem" if bundle else None,
            )
            files.certificate.write_bytes(identity.certificate_pem)
            files.key.write_bytes(identity.key_pem)
            if files.authorities:
                files.authorities.write_bytes(bundle)
            yield files

    @contextmanager
    def _change(self) -> Iterator[None]:
        with self._lock:
            yield
            self.version += 1
