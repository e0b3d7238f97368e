"""The target that the contract is tried against: read from the environment, checked before anything is sent.

Secrets go to Wise's sandbox or to a mock, over verified TLS, and never to production.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from mockwise.pki.key_files import KeyFileError, KeyFiles

WISE_HOSTS = {
    "api-mtls.wise-sandbox.com": "api.wise-sandbox.com",
    "api-mtls.sandbox.transferwise.tech": "api.sandbox.transferwise.tech",
}
"""Wise's sandboxes: mTLS host and TLS host (docs/wise/mtls.md#hosts)."""

_PRODUCTION = ("wise.com", "transferwise.com")
_REQUIRED = (
    "MOCKWISE_MTLS_URL",
    "MOCKWISE_CLIENT_ID",
    "MOCKWISE_CLIENT_SECRET",
    "MOCKWISE_CERT_FILE",
    "MOCKWISE_KEY_FILE",
)
_OPTIONAL = ("MOCKWISE_TLS_URL", "MOCKWISE_CA_FILE")

Enforcement = Literal["required", "optional", "unknown"]
_ENFORCEMENTS: Mapping[str, Enforcement] = {it: it for it in get_args(Enforcement)}
Pair = tuple[Path, Path]
"""A certificate and its key."""


class TargetError(Exception):
    """The contract cannot be tried; the message is one line that says why and what to do."""


@dataclass(frozen=True)
class Target:
    """A mock or Wise's sandbox, and the credentials of one client of it.

    `enforcement`: whether the client must use the mTLS host. `rejected_certificates`: a folder of certificates that must be refused,
    as `mockwise certs` writes it. `refresh_token`: that of a user who is linked to the client.
    """

    mtls_url: str
    tls_url: str | None
    client_id: str
    client_secret: str = field(repr=False)
    certificate: Pair
    ca_file: Path | None
    client_key: str | None
    enforcement: Enforcement
    rejected_certificates: Path | None
    refresh_token: str | None = field(repr=False)
    key_password: str | None = field(default=None, repr=False)

    @property
    def is_wise(self) -> bool:
        """Whether this is Wise itself."""
        return urlsplit(self.mtls_url).hostname in WISE_HOSTS

    def mtls_context(self, certificate: Pair | None) -> ssl.SSLContext:
        """A context for the mTLS host: it trusts the authority that was given and nothing else, if one was."""
        own, key = certificate or (None, None)
        password = self.key_password if certificate == self.certificate else None
        names = ("MOCKWISE_CA_FILE", "MOCKWISE_CERT_FILE", "MOCKWISE_KEY_FILE", "MOCKWISE_KEY_PASSWORD")
        return KeyFiles(
            authority=self.ca_file, certificate=own, key=key, password=password, names=names
        ).context()

    def tls_context(self) -> ssl.SSLContext:
        """A context for the TLS host, which at Wise has a certificate of a public authority; it shows none."""
        context = ssl.create_default_context()
        if self.ca_file is not None:
            context.load_verify_locations(self.ca_file)
        return context

    def rejected_certificate(self, name: str) -> Pair | None:
        """The certificate of that name that must be refused, if there is one."""
        if self.rejected_certificates is None:
            return None
        pair = self.rejected_certificates / f"{name}.pem", self.rejected_certificates / f"{name}.key"
        return pair if all(path.is_file() for path in pair) else None


def read_target(environ: Mapping[str, str]) -> Target | None:
    """The target that the environment names; None if it names none at all.

    Raises:
        TargetError: it names one that is not whole, or none that may be used.
    """
    given = {name: environ[name] for name in (*_REQUIRED, *_OPTIONAL) if environ.get(name)}
    if not given:
        return None
    if missing := [name for name in _REQUIRED if name not in given]:
        raise TargetError(f"not all credentials were given: set {', '.join(missing)}")
    mtls_url = _checked_url("MOCKWISE_MTLS_URL", given["MOCKWISE_MTLS_URL"])
    tls_url = _tls_url(mtls_url, given.get("MOCKWISE_TLS_URL"))
    certificate = _checked_file("MOCKWISE_CERT_FILE", environ), _checked_file("MOCKWISE_KEY_FILE", environ)
    wise = urlsplit(mtls_url).hostname in WISE_HOSTS
    target = Target(
        mtls_url=mtls_url,
        tls_url=tls_url,
        client_id=given["MOCKWISE_CLIENT_ID"],
        client_secret=given["MOCKWISE_CLIENT_SECRET"],
        certificate=certificate,
        ca_file=_checked_file("MOCKWISE_CA_FILE", environ) if "MOCKWISE_CA_FILE" in given else None,
        # A mock's client key is its client id; Wise's is not always (docs/wise/developer-hub.md#credentials).
        client_key=environ.get("MOCKWISE_CLIENT_KEY") or (None if wise else given["MOCKWISE_CLIENT_ID"]),
        enforcement=_enforcement(environ.get("MOCKWISE_CONTRACT_MTLS"), wise=wise),
        rejected_certificates=None
        if wise
        else _rejected_certificates(environ.get("MOCKWISE_CONTRACT_TWINS"), certificate),
        refresh_token=environ.get("MOCKWISE_CONTRACT_REFRESH_TOKEN") or None,
        key_password=environ.get("MOCKWISE_KEY_PASSWORD") or None,
    )
    try:
        target.mtls_context(target.certificate)
    except KeyFileError as error:
        raise TargetError(str(error)) from None
    return target


def _checked_url(name: str, url: str) -> str:
    if not url.isprintable() or " " in url:
        raise TargetError(f"{name} has a blank, a line break or another character that no URL has: {url!r}")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise TargetError(f"{name} is no URL: {url}") from None
    if parts.scheme != "https" or not host or parts.username is not None:
        raise TargetError(f"{name} must be an https:// URL of a host: {url}")
    if host.endswith(tuple(f".{name}" for name in _PRODUCTION)) or host in _PRODUCTION:
        raise TargetError(f"{host} is Wise's production: the contract is tried against its sandbox only")
    return url.rstrip("/")


def _tls_url(mtls_url: str, given: str | None) -> str | None:
    """At Wise the two hosts belong together, so that a secret goes to nobody else."""
    own = WISE_HOSTS.get(urlsplit(mtls_url).hostname or "")
    if given is None:
        return own and f"https://{own}"
    url = _checked_url("MOCKWISE_TLS_URL", given)
    if own is not None and urlsplit(url).hostname != own:
        raise TargetError(f"MOCKWISE_TLS_URL is {url}, but the TLS host beside {mtls_url} is https://{own}")
    return url


def _checked_file(name: str, environ: Mapping[str, str]) -> Path:
    path = Path(environ[name])
    if not path.is_file():
        raise TargetError(f"{name}: there is no file {path}")
    return path


def _enforcement(given: str | None, *, wise: bool) -> Enforcement:
    if not given:
        return "unknown" if wise else "required"
    if given not in _ENFORCEMENTS:
        raise TargetError(f"MOCKWISE_CONTRACT_MTLS must be one of {', '.join(_ENFORCEMENTS)}: {given}")
    return _ENFORCEMENTS[given]


def _rejected_certificates(given: str | None, certificate: Pair) -> Path | None:
    folder = Path(given) if given else certificate[0].parent / "bad"
    return folder if folder.is_dir() else None
