"""Where a mock's authority, its keys and its default client come from: made for the moment, or kept in a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mockwise.common.addresses import is_wildcard
from mockwise.errors import InvalidValueError, MockwiseError
from mockwise.oauth.jose import Signer, new_key_pem
from mockwise.pki.authority import Authority, Identity
from mockwise.pki.files import prepare_certificates
from mockwise.pki.folder import CertificateFolder, FolderError
from mockwise.real_time import real_now
from mockwise.sandbox.context import CertificateFiles
from mockwise.settings import Settings, read_settings
from mockwise.state.clients import new_client_id, new_secret

_CLIENT, _SIGNING_KEY = "client.json", "signing.key"

# Wise's sandbox, so that `curl --resolve` and hard-coded names work (docs/wise/mtls.md#hosts); never production's.
_WISE_NAMES = ("api-mtls.wise-sandbox.com", "api.wise-sandbox.com")
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerIdentity:
    """The authority, server certificate, signing key and default client of a mock."""

    authority: Authority
    server: Identity
    ca_file: Path
    signer: Signer
    client_id: str
    client_secret: str = field(repr=False)
    client_files: CertificateFiles | None = None
    """The default client's certificate, if there is one already."""


def server_names(settings: Settings) -> list[str]:
    """The names in the server certificate."""
    own = [] if is_wildcard(settings.host) else [settings.host]
    return list(dict.fromkeys([*_LOCAL_NAMES, *own, *settings.public_host, *_WISE_NAMES]))


def load_or_create(settings: Settings, names: Sequence[str], temporary: Path) -> ServerIdentity:
    """Load the identity from the folder that the settings name, or create one in a temporary folder.

    Raises:
        InvalidValueError: the folder cannot be used, or a name cannot stand in a certificate; the message says what to do.
    """
    try:
        if settings.certs is None:
            return _ephemeral(settings, names, temporary)
        return _persistent(settings, names, _absolute(settings.certs))
    except (FolderError, ValueError) as error:
        raise InvalidValueError(str(error)) from None


def _absolute(certs: Path) -> Path:
    try:
        return certs.absolute()
    except OSError:
        raise MockwiseError(
            "the current directory has been deleted: change to one that is there, or name the folder from the root on "
            "with --certs"
        ) from None


def _ephemeral(settings: Settings, names: Sequence[str], temporary: Path) -> ServerIdentity:
    authority = Authority(now=real_now)
    ca_file = temporary / "ca.pem"
    ca_file.write_bytes(authority.certificate_pem)
    return ServerIdentity(
        authority=authority,
        server=authority.issue_server(names),
        ca_file=ca_file,
        signer=Signer(),
        client_id=settings.client_id or new_client_id(),
        client_secret=settings.client_secret or new_secret(),
    )


def _persistent(settings: Settings, names: Sequence[str], path: Path) -> ServerIdentity:
    folder = CertificateFolder(path)
    with folder.locked():
        client_id, client_secret = _client(folder, settings)
        contents = prepare_certificates(folder, names=names, common_name=client_id, now=real_now)
        signer = _signer(folder)
    return ServerIdentity(
        authority=contents.authority,
        server=contents.server,
        ca_file=path / "ca.pem",
        signer=signer,
        client_id=client_id,
        client_secret=client_secret,
        client_files=CertificateFiles(path / "client.pem", path / "client.key", contents.client),
    )


def _client(folder: CertificateFolder, settings: Settings) -> tuple[str, str]:
    """The default client: as asked for, else as it was, else made up; then it is kept.

    The secret of another client is not taken over.
    """
    kept = _kept_client(folder)
    client_id = settings.client_id or kept.client_id or new_client_id()
    kept_secret = kept.client_secret if kept.client_id == client_id else None
    client_secret = settings.client_secret or kept_secret or new_secret()
    if (client_id, client_secret) != (kept.client_id, kept.client_secret):
        content = {"client_id": client_id, "client_secret": client_secret}
        folder.write_private(_CLIENT, (json.dumps(content, indent=2) + "\n").encode())
    return client_id, client_secret


def _kept_client(folder: CertificateFolder) -> Settings:
    text = folder.read(_CLIENT)
    if text is None:
        return Settings()
    try:
        content = json.loads(text)
        return read_settings({"client_id": content["client_id"], "client_secret": content["client_secret"]})
    except (InvalidValueError, ValueError, LookupError, TypeError):
        raise MockwiseError(
            f"{folder.path / _CLIENT} cannot be read: mend it, or delete it to get a new default client"
        ) from None


def _signer(folder: CertificateFolder) -> Signer:
    """Signs with the folder's key; where there is none yet, it is made off the start path, and kept."""
    kept = folder.read(_SIGNING_KEY)
    if kept is None:
        return Signer(lambda: _new_key(folder))
    signer = Signer(lambda: kept)
    try:
        signer.key()
    except ValueError:
        raise MockwiseError(
            f"{folder.path / _SIGNING_KEY} cannot be read: mend it, or delete it to get a new signing key"
        ) from None
    return signer


def _new_key(folder: CertificateFolder) -> bytes:
    """The first writer's key, if two mocks make one at the same time."""
    pem = new_key_pem()
    with folder.locked():
        kept = folder.read(_SIGNING_KEY)
        if kept is not None:
            return kept
        if not folder.read_only:  # else it is this run's
            folder.write_private(_SIGNING_KEY, pem)
    return pem
