"""ServerContext, what all sandboxes of a mock share: its authority, its trust, its registry, its addresses and its folder."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote
from weakref import WeakSet, WeakValueDictionary

from mockwise.common.peer_certificate import spell_serial
from mockwise.errors import ConflictError, InvalidValueError, MockwiseError, NotFoundError
from mockwise.pki.authority import BACKDATED, CLIENT_LIFETIME, Authority, Identity
from mockwise.pki.folder import replace_file
from mockwise.real_time import real_now
from mockwise.state.certificates import IssuedCertificate
from mockwise.state.registry import Registry
from mockwise.transport.server.bad_server_kinds import BadServer, BadServerKind
from mockwise.transport.tls.ca_rotation import CaRotation, TrustAnchors
from mockwise.transport.tls.trust import Trust


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A certificate and its key, as files that a client can be given.

    `ordinary` is False if its dates were chosen by a test.
    """

    cert_file: Path
    key_file: Path
    identity: Identity
    ordinary: bool = True


class CertificateOwner(Protocol):
    """Who has the files of a client certificate."""

    @property
    def files(self) -> CertificateFiles | None:
        """The newest files, if a certificate was issued."""
        ...

    def renew_certificate(self) -> object:
        """Put a new certificate in their place."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class ServerContext:
    """What all sandboxes of one mock share. `MockWise` builds it; sandboxes and credentials use it.

    A forked copy of the process has a copy of it, in which nothing reaches the mock: addresses and files are there,
    all else raises.
    """

    _registry: Registry
    _trust: Trust
    anchors: TrustAnchors
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
    open_bad_server: Callable[[BadServerKind], BadServer]
    """Starts one, or finds it."""
    running_bad_servers: Callable[[], list[BadServer]]
    """Those that were started."""
    issue_server: Callable[[Authority], Identity]
    """Makes a certificate for the mock's hosts."""
    subjects: WeakValueDictionary[Path, CertificateOwner] = field(default_factory=WeakValueDictionary)
    """Who has which certificate file."""
    handles: WeakValueDictionary[str, SandboxHandle] = field(default_factory=WeakValueDictionary)
    """The newest of each sandbox."""
    without_files: WeakSet[CertificateOwner] = field(default_factory=WeakSet)
    """Who has none yet."""
    process: int = field(default_factory=os.getpid)
    """The process that runs the mock."""
    _over: threading.Event = field(default_factory=threading.Event)
    _rotating: threading.Lock = field(default_factory=threading.Lock)
    _rotations: list[CaRotation] = field(default_factory=list)
    """The newest change of authority, if there was one."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        _RUNNING.add(self)

    def end(self) -> None:
        """The mock is over: no more files are made."""
        _RUNNING.discard(self)

    def close(self) -> None:
        """Nothing runs any more: from here on `check_running` raises."""
        self._over.set()

    @property
    def over(self) -> bool:
        """Whether the mock has ended."""
        return self._over.is_set()

    def check_running(self) -> None:
        """Raise if the mock has ended.

        Raises:
            MockwiseError: the mock has ended.
        """
        if self.over:
            raise MockwiseError("the mock does not run any more: make another MockWise")

    @property
    def forked(self) -> bool:
        """Whether this is a copy, in a process that was forked from the mock's own."""
        return self.process != os.getpid()

    def check_process(self) -> None:
        """Raise in a fork, which has only a copy of the mock.

        Raises:
            MockwiseError: this process was forked from the one that runs the mock.
        """
        if self.forked:
            raise MockwiseError(
                f"this process is a fork of the one that runs the mock (process {self.process}), and has but a copy "
                "of its state: do this in that process, or ask the control host at "
                f"{self.control_url} for it, as `mockwise` does on the command line. Addresses, files, "
                "ssl_context(), client() and environ() work here, too"
            )

    @property
    def registry(self) -> Registry:
        """The registry of the mock's sandboxes.

        Raises:
            MockwiseError: as `check_process`.
        """
        self.check_process()
        return self._registry

    @property
    def trust(self) -> Trust:
        """The certificates that the mock's hosts trust.

        Raises:
            MockwiseError: as `check_process`.
        """
        self.check_process()
        return self._trust

    @property
    def authority(self) -> Authority:
        """The mock's own; it signs from here on."""
        return self.trust.authority

    @property
    def ca_file(self) -> Path:
        """What a client must trust, PEM."""
        return self.anchors.file

    @property
    def ca_pem(self) -> str:
        """What a client must trust, as PEM text."""
        return self.anchors.pem.decode()

    def issue_client(
        self, common_name: str, valid_from: datetime | None = None, valid_until: datetime | None = None
    ) -> Identity:
        """Issue a client certificate, of a year unless it is told otherwise.

        Raises:
            InvalidValueError: it would end before it begins, or X.509 cannot write a date.
        """
        now = real_now()
        try:
            until = valid_until or max(now, valid_from or now) + CLIENT_LIFETIME
            since = valid_from or min(now, until) - BACKDATED
            return self.authority.issue_client(common_name, not_before=since, not_after=until)
        except (ValueError, OverflowError) as error:
            raise InvalidValueError(f"a certificate cannot have these dates: {error}") from None

    def write_client(
        self, sandbox: str, identity: Identity, old: CertificateFiles | None, *, ordinary: bool
    ) -> CertificateFiles:
        """Write a certificate into the place of an old one; into files of its own if there is none.

        Files that are not the mock's own, but in somebody's folder that outlives it, are never touched.
        """
        if old is not None and old.cert_file.is_relative_to(self.folder):
            cert_file, key_file = old.cert_file, old.key_file
        else:
            folder = self._folder_of(sandbox) / str(next(self._numbers))
            folder.mkdir(parents=True, mode=0o700)
            cert_file, key_file = folder / "client.pem", folder / "client.key"
        replace_file(key_file, identity.key_pem, 0o600)
        replace_file(cert_file, identity.certificate_pem, 0o644)
        return CertificateFiles(cert_file, key_file, identity, ordinary)

    def bad_server(self, kind: BadServerKind) -> BadServer:
        """A server that a good client must refuse, or that tries its patience; see `MockWise.bad_server`."""
        self.check_process()
        try:
            return self.open_bad_server(kind)
        except ValueError as error:
            raise InvalidValueError(str(error)) from None
        except RuntimeError:
            raise MockwiseError("the mock does not run any more: make another MockWise") from None
        except OSError as error:
            raise MockwiseError(f"a bad server cannot be started: {error.strerror}") from None

    def rotate_authority(self) -> CaRotation:
        """Begin to replace the mock's authority; see `MockWise.rotate_authority`."""
        known: list[tuple[str, str]] = []
        for name in self.registry.names():
            with suppress(NotFoundError):  # dropped a moment ago
                known += [(name, it.serial) for it in self.registry.get(name).certificates.all()]

        def retire() -> None:
            for sandbox, serial in known:
                with suppress(NotFoundError):  # it was reset or dropped meanwhile
                    self.registry.get(sandbox).certificates.revoke(serial)
                    self.hang_up(int(serial, 16))

        try:
            with self._rotating:  # so that of two threads that begin at once one is refused
                rotation = CaRotation(
                    self.trust,
                    self.anchors,
                    Authority(now=real_now),
                    issue=self.issue_server,
                    renew=self._renew_clients,
                    retire=retire,
                    check=self.check_process,
                )
                self._rotations[:] = [rotation]
        except RuntimeError as error:
            raise MockwiseError(str(error)) from None
        return rotation

    @property
    def rotation(self) -> CaRotation:
        """The change of authority that is under way.

        Raises:
            NotFoundError: there is none.
        """
        self.check_process()
        for it in self._rotations:
            if not it.over:
                return it
        raise NotFoundError("no change of authority is under way: begin one by rotating the authority")

    def _renew_clients(self) -> None:
        for reference in self.subjects.valuerefs():
            subject = reference()
            if subject and subject.files and not self.authority.signed(subject.files.identity):
                # Its sandbox is gone, or it has as many certificates as there may be.
                with suppress(NotFoundError, ConflictError):
                    subject.renew_certificate()

    def record(self, sandbox: str, identity: Identity, name: str | None = None) -> IssuedCertificate:
        """Note a client certificate as its sandbox's, under a name, which is made up without one.

        Raises:
            InvalidValueError: the name cannot be used.
            ConflictError: the client has ten active certificates, or one of that name.
        """
        certificates = self.registry.get(sandbox).certificates
        serial = spell_serial(identity.serial)
        return certificates.record(
            identity.common_name, serial, identity.not_before, identity.not_after, name
        )

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
        """Remove the files of a sandbox that is gone; who holds it still is told so."""
        if handle := self.handles.pop(sandbox, None):
            handle.close()
        shutil.rmtree(self._folder_of(sandbox), ignore_errors=True)
        self.forget(sandbox)

    def _folder_of(self, sandbox: str) -> Path:
        return self.folder / f"sandbox-{quote(sandbox, safe='')}"


class SandboxHandle:
    """What a sandbox, and each client of it, as a test holds them, reach their mock by, while both are there."""

    def __init__(self, context: ServerContext, sandbox: str) -> None:
        self._context = context
        self._closed = False
        self.sandbox = sandbox
        context.handles[sandbox] = self

    @property
    def context(self) -> ServerContext:
        """The context of the mock, while mock and sandbox exist.

        Raises:
            MockwiseError: the mock has ended.
            NotFoundError: the sandbox was closed.
        """
        self._context.check_running()
        if self._closed:
            raise NotFoundError(f"the sandbox {self.sandbox!r} was closed: make another with sandbox()")
        return self._context

    @property
    def over(self) -> bool:
        """Whether the sandbox was closed, or the mock has ended."""
        return self._closed or self._context.over

    @property
    def forked(self) -> bool:
        """Whether this is a copy, in a process that was forked from the mock's own."""
        return self._context.forked

    def close(self) -> None:
        """Mark the sandbox as closed, so that the handle raises from now on."""
        self._closed = True


_RUNNING: WeakSet[ServerContext] = WeakSet()


def _issue_certificates() -> None:
    """Issue those that nobody has asked for yet: a process that is about to be forked from this one could not."""
    for context in list(_RUNNING):
        if not context.forked:
            for subject in list(context.without_files):
                with suppress(MockwiseError, OSError):  # its sandbox is gone; it tells whoever asks
                    subject.renew_certificate()


getattr(os, "register_at_fork", lambda **_: None)(before=_issue_certificates)  # Windows does not fork
