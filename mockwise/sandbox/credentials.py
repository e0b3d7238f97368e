"""A client's credentials as a test holds them: id, secret and certificate, and what can be done to them."""

from __future__ import annotations

import re
import ssl
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from mockwise.common.clock import read_time
from mockwise.common.durations import parse_duration
from mockwise.common.peer_certificate import spell_serial
from mockwise.errors import InvalidValueError, NotFoundError
from mockwise.pki.csr import sign_request
from mockwise.sandbox.context import CertificateFiles, SandboxHandle, ServerContext
from mockwise.state.certificates import IssuedCertificate
from mockwise.state.clients import Client
from mockwise.state.sandbox_state import SandboxState

Moment = datetime | timedelta | str
"""An aware time; or how far from now it is: `timedelta(days=-1)`, `"2d"`, `"-1d"`. Also a time in ISO 8601, as text."""


_TIME = re.compile(r"\s*\d{4}-")  # begins as ISO 8601 does, and as no duration


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """A certificate that was asked for by a signing request, whose key the mock never sees."""

    issued: IssuedCertificate
    """Its record."""
    certificate_pem: str


@dataclass(frozen=True, slots=True)
class RenewedCertificate:
    """A certificate that took the place of another one, with its key."""

    issued: IssuedCertificate
    """Its record."""
    certificate_pem: str
    key_pem: str = field(repr=False)


class Credentials:
    """One OAuth client of a sandbox: `Sandbox.credentials` is its own, `Sandbox.add_client` makes more.

    The certificate is issued when it is first asked for; `files` are the newest one's, if there is one yet.
    """

    def __init__(self, handle: SandboxHandle, client: Client, files: CertificateFiles | None = None) -> None:
        self._handle = handle
        self._sandbox = handle.sandbox
        self.files: CertificateFiles | None = None
        self.client_id = client.client_id
        self.client_key = client.client_key
        self.client_secret = client.secrets[0].value
        self._lock = threading.RLock()
        self._renewing = threading.Lock()
        self._context.without_files.add(self)
        if files is not None:
            self._begin_with(files)

    def __repr__(self) -> str:
        return f"<Credentials {self.client_id!r} of sandbox {self._sandbox!r}>"

    @property
    def cert_file(self) -> Path:
        """The file of the client certificate, PEM."""
        return self._certificate().cert_file

    @property
    def key_file(self) -> Path:
        """The file of the certificate's private key, PEM."""
        return self._certificate().key_file

    @property
    def serial(self) -> str:
        """The certificate's serial number, lower-case hex."""
        return spell_serial(self._certificate().identity.serial)

    @property
    def certificate_pem(self) -> str:
        """The client certificate, PEM."""
        return self.cert_file.read_text()

    @property
    def key_pem(self) -> str:
        """The certificate's private key, PEM."""
        return self.key_file.read_text()

    def key_store(self, password: str) -> bytes:
        """The certificate with its key and its chain, as a PKCS #12 file, as Java and Windows keep them.

        Raises:
            InvalidValueError: the password is empty.
        """
        from mockwise.pki import keystore  # because most mocks never make one

        pair = self.certificate_pem.encode(), self.key_pem.encode()
        try:
            return keystore.key_store(self.client_id, *pair, self._context.ca_pem.encode(), password)
        except ValueError as error:
            raise InvalidValueError(f"password: {error}") from None

    @property
    def record(self) -> Client:
        """The client as its sandbox has it now: how long its tokens live, when it was revoked.

        Raises:
            NotFoundError: the sandbox was reset, or is gone.
        """
        client = self._state.clients.get(self.client_id)
        if client is None:
            raise NotFoundError(f"sandbox {self._sandbox!r} was reset meanwhile: ask again")
        return client

    @property
    def newest_secret(self) -> str:
        """The secret as it is now; another than `client_secret` if it was rotated behind the client's back.

        Raises:
            NotFoundError: the sandbox was reset, or is gone.
        """
        return self.record.secrets[0].value

    def ssl_context(self) -> ssl.SSLContext:
        """A context that trusts the mock's authority and presents this client's certificate."""
        context = ssl.create_default_context(cafile=self._context.ca_file)
        context.load_cert_chain(self.cert_file, self.key_file)
        return context

    def rotate_secret(self, new: str | None = None, *, overlap: str | timedelta = timedelta()) -> str:
        """Replace the secret; the old one works for `overlap` more on the sandbox's clock. Returns the new one.

        Issued tokens stay as they are: what Wise does to them is UNKNOWN (docs/wise/developer-hub.md#credentials).

        Raises:
            InvalidValueError: a secret or a duration that cannot be used.
        """
        self.client_secret = self._state.clients.rotate(self.client_id, new, parse_duration(overlap))
        return self.client_secret

    def revoke_tokens(self) -> int:
        """Revoke every access token that this client got until now; returns how many were live."""
        tokens = self._state.tokens
        live = tokens.count_live(self.client_id)
        tokens.revoke_all(self.client_id)
        return live

    def expire_tokens(self) -> int:
        """Expire every access token that this client got until now; returns how many were live."""
        tokens = self._state.tokens
        live = tokens.count_live(self.client_id)
        tokens.expire_all(self.client_id)
        return live

    def revoke(self) -> None:
        """End the client: it cannot authenticate any more and its tokens are dead."""
        self._state.clients.revoke(self.client_id)

    def certify(self, csr: str, name: str) -> SignedCertificate:
        """Have a certificate signing request signed, as Wise's Developer Hub does (docs/wise/mtls.md#certificates).

        Args:
            csr: the request, PEM; its common name is replaced by the client id.
            name: what the certificate is called, unique among the client's active ones.

        Raises:
            InvalidValueError: the request breaks a rule, or the name cannot be used.
            ConflictError: the client has ten active certificates, or one of that name.
        """
        try:
            identity = sign_request(self._context.authority, csr, self.client_id)
        except ValueError as error:
            raise InvalidValueError(f"csr: {error}") from None
        issued = self._context.record(self._sandbox, identity, name)
        return SignedCertificate(issued, identity.certificate_pem.decode())

    def revoke_certificate(self) -> IssuedCertificate:
        """Take the certificate back: its open connections end, and new handshakes are refused; returns its record."""
        return self._context.revoke_certificate(self._sandbox, self.serial)

    def renew_certificate(
        self,
        *,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
        revoke_old: bool = False,
        serial: str | None = None,
    ) -> RenewedCertificate:
        """Put a new certificate in the place of the old one, which stays valid (docs/wise/mtls.md#certificates: ten may be active). Returns it.

        `cert_file` and `key_file` keep their names: who loads them again has the new certificate. (Files in a mock's
        `certs` folder are left alone: there the new ones get other names.)

        Args:
            valid_from: when it begins, a day ago if not told. In the future: not yet valid.
            valid_until: when it ends, a year from now if not told. `"2d"`: about to expire; `timedelta(days=-1)`:
                expired, so the handshake is refused. Real time, since OpenSSL keeps its own.
            revoke_old: take the old one back, as `revoke_certificate` does.
            serial: which one is the old one, if not the newest.

        Raises:
            InvalidValueError: dates that a certificate cannot have.
            NotFoundError: no certificate of the sandbox has this serial.
            ConflictError: the client has ten active certificates.
        """
        now = self._state.clock.real()
        since, until = _moment("valid_from", valid_from, now), _moment("valid_until", valid_until, now)
        identity = self._context.issue_client(self.client_id, since, until)
        if revoke_old and (serial is not None or self.files is not None):
            self._context.revoke_certificate(self._sandbox, serial or self.serial)
        ordinary = since is None and until is None
        with self._renewing:  # so that of two that renew at once both files are the same one's
            issued = self._context.record(self._sandbox, identity)
            self._hold(self._context.write_client(self._sandbox, identity, self.files, ordinary=ordinary))
        return RenewedCertificate(issued, identity.certificate_pem.decode(), identity.key_pem.decode())

    @property
    def _context(self) -> ServerContext:
        return self._handle.context

    @property
    def _state(self) -> SandboxState:
        return self._context.registry.get(self._sandbox)

    def _certificate(self) -> CertificateFiles:
        context = self._context
        if self.files is None:
            context.check_process()  # before the lock, which nobody would free in a fork
            with self._lock:  # so that two threads that ask at once get the same certificate
                if self.files is None:
                    self.renew_certificate()
        assert self.files is not None
        return self.files

    def _begin_with(self, files: CertificateFiles) -> None:
        if files.ordinary:
            self._context.record(self._sandbox, files.identity)
            self._hold(files)
        else:
            self.files = files  # whose place an ordinary one takes
            self.renew_certificate()

    def _hold(self, files: CertificateFiles) -> None:
        self.files = files
        self._context.subjects[files.cert_file] = self
        self._context.without_files.discard(self)


def _offset(value: timedelta | str) -> timedelta:
    """How far from now that is; a text with a minus in front: before now."""
    match value:
        case timedelta():
            return value
        case str() if value.startswith("-"):
            return -parse_duration(value[1:])
        case _:
            return parse_duration(value)


def _read_time(name: str, text: str) -> datetime:
    try:
        return read_time(text)
    except InvalidValueError as error:
        raise InvalidValueError(f"{name}: {error}") from None


def _moment(name: str, value: Moment | None, now: datetime) -> datetime | None:
    match value:
        case None:
            return None
        case datetime() if value.tzinfo is None:
            raise InvalidValueError(f"{name}: the time has no zone: write for example datetime.now(UTC)")
        case datetime():
            return value
        case str() if _TIME.match(value):
            return _moment(name, _read_time(name, value), now)
        case _:
            try:
                return now + _offset(value)
            except OverflowError:
                raise InvalidValueError(f"{name}: that is too far away") from None
