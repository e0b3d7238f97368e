"""What a client is given, and where each value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TIMEOUT = 10.0


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The settings of a client.

    Attributes:
        url: that of the mTLS host or of its token endpoint.
        client_id: who asks.
        client_secret: its secret.
        authority: PEM of the authority to trust; without it the system's.
        certificate: PEM of the client certificate.
        key: PEM of its key; without it `certificate` holds both.
        keystore: PKCS#12 with certificate and key, in place of the two.
        password: of the key or the key store.
        names: by option (`cert`), the option or variable that the value came from.
        environ: the environment, for proxies and files of authorities.
        timeout: seconds that each step over the network may take.
    """

    url: str
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    keystore: Path | None = None
    password: str | None = field(default=None, repr=False)
    names: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = TIMEOUT

    def source(self, option: str) -> str:
        """The option or variable that a value came from."""
        return self.names.get(option, f"--{option}")

    @property
    def has_certificate(self) -> bool:
        """Whether a client certificate was given."""
        return self.certificate is not None or self.keystore is not None
