"""What all sandboxes of a mock stand on: its authority, its trust, its registry, its addresses and its folder."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from mockwise.core.certificates import IssuedCertificate
from mockwise.core.registry import Registry
from mockwise.transport.authority import Authority, Identity
from mockwise.transport.trust import Trust


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A certificate and its key, as files that a client can be given."""

    cert_file: Path
    key_file: Path
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """One per mock. `MockWise` builds it; sandboxes and credentials use it."""

    registry: Registry
    authority: Authority
    trust: Trust
    ca_file: Path
    folder: Path
    """Temporary, private, gone with the mock."""
    mtls_url: str
    tls_url: str
    control_url: str
    control_token: str | None
    hang_up: Callable[[int], None]
    """Ends the connections of the peer whose certificate has this serial."""
    forget: Callable[[str], None]
    """Hears that a sandbox is gone."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def issue_client(self, sandbox: str, common_name: str) -> CertificateFiles:
        """Issue a client certificate and write it to files of its own."""
        folder = self._folder_of(sandbox) / str(next(self._numbers))
        folder.mkdir(parents=True, mode=0o700)
        identity = self.authority.issue_client(common_name)
        cert_file, key_file = folder / "client.pem", folder / "client.key"
        cert_file.write_bytes(identity.certificate_pem)
        key_file.touch(mode=0o600)
        key_file.write_bytes(identity.key_pem)
        return CertificateFiles(cert_file, key_file, identity)

    def revoke_certificate(self, sandbox: str, serial: str) -> IssuedCertificate:
        """Take a certificate back: its open connections end, and new handshakes are refused.

        Raises:
            MockwiseError: no certificate of this sandbox has that serial.
        """
        issued = self.registry.get(sandbox).certificates.revoke(serial)
        number = int(serial, 16)
        self.trust.revoke(number)
        self.hang_up(number)
        return issued

    def clear(self, sandbox: str) -> None:
        """Remove the files of a sandbox that is gone."""
        shutil.rmtree(self._folder_of(sandbox), ignore_errors=True)
        self.forget(sandbox)

    def _folder_of(self, sandbox: str) -> Path:
        return self.folder / f"sandbox-{quote(sandbox, safe='')}"
