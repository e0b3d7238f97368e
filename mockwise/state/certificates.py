"""The certificates that were issued to the clients of a sandbox, and which of them were revoked."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from mockwise.common.clock import Clock
from mockwise.errors import AlreadyExistsError, ConflictError, InvalidValueError, NotFoundError
from mockwise.storage.record_index import Index, some_of
from mockwise.storage.store import OF_THE_MOCK, Kind, Record, Store, change

MOST_ACTIVE = 10  # DOCUMENTED, docs/wise/mtls.md#certificates: up to ten active certificates at a time
_LONGEST_NAME = 100  # mock-only
_REVOCATIONS = "revocations"

CertificateState = Literal["active", "expired", "revoked"]


class IssuedCertificate(Record, frozen=True):
    """A certificate that the mock's authority gave to a client. Its dates are real time, its end the sandbox's."""

    client_id: str
    serial: str
    not_before: datetime
    not_after: datetime
    name: str
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> CertificateState:
        """Whether it is active, expired or revoked, by the real time."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if now <= self.not_after else "expired"


CERTIFICATES = Kind("certificate", IssuedCertificate)


class Certificates:
    """The certificates of one sandbox's clients.

    A client has up to ten active ones, each with a name of its own (docs/wise/mtls.md#certificates). Whether a name is free again once its
    certificate has ended is UNKNOWN; here it is.
    """

    def __init__(self, store: Store, sandbox: str, clock: Clock) -> None:
        self._store = store
        self._sandbox = sandbox
        self._clock = clock
        self._by_client = Index(store, sandbox, "certificate-by-client")
        self._lock = threading.Lock()  # held from counting the active certificates to adding one

    def record(
        self, client_id: str, serial: str, not_before: datetime, not_after: datetime, name: str | None = None
    ) -> IssuedCertificate:
        """Record that a certificate was issued; without a name it gets one.

        Raises:
            InvalidValueError: the name is empty, over 100 characters, or holds what cannot be printed.
            ConflictError: the client has ten active certificates, or one of that name.
        """
        if name is not None:
            _check_name(name)
        known = self._store.get(CERTIFICATES, self._sandbox, serial)
        if known is not None:  # recorded by a mock that shares the state, or before this one began
            return known
        with self._lock:
            now = self._clock.real()
            active = [c for c in self.of(client_id) if c.state(now) == "active"]
            if len(active) >= MOST_ACTIVE:
                raise ConflictError(
                    f"client {client_id!r} has {MOST_ACTIVE} active certificates: revoke one first"
                )
            names = {c.name for c in active}
            if name in names:
                raise AlreadyExistsError(
                    f"client {client_id!r} has an active certificate named {name!r}: take another name"
                )
            name = name or next(free for n in itertools.count(1) if (free := f"certificate {n}") not in names)
            issued = IssuedCertificate(client_id, serial, not_before, not_after, name)
            self._by_client.add(client_id, serial)
            self._store.replace(CERTIFICATES, self._sandbox, serial, None, issued)
        return issued

    def revoke(self, serial: str) -> IssuedCertificate:
        """Revoke a certificate; doing it twice changes nothing.

        Raises:
            NotFoundError: no certificate of this sandbox has that serial.
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
            raise self._unknown()
        self.tell_others()
        return revoked

    def require(self, serial: str) -> IssuedCertificate:
        """The certificate of that serial.

        Raises:
            NotFoundError: no certificate of this sandbox has it.
        """
        issued = self._store.get(CERTIFICATES, self._sandbox, serial)
        if issued is None:
            raise self._unknown()
        return issued

    def _unknown(self) -> NotFoundError:
        known = some_of(it.serial for it in self.all())
        return NotFoundError(f"no certificate of sandbox {self._sandbox!r} has that serial; known: {known}")

    def tell_others(self) -> None:
        """Have every mock that shares the state read again which certificates are revoked."""
        self._store.increment(OF_THE_MOCK, _REVOCATIONS)

    def revoked(self, serial: str) -> bool:
        """Whether the certificate of that serial was revoked."""
        issued = self._store.get(CERTIFICATES, self._sandbox, serial)
        return issued is not None and issued.revoked_at is not None

    def of(self, client_id: str) -> list[IssuedCertificate]:
        """Every certificate issued here to one client, oldest first."""
        found = (
            self._store.get(CERTIFICATES, self._sandbox, serial) for serial in self._by_client.keys(client_id)
        )
        return [issued for issued in found if issued is not None]

    def find(self, serials: Sequence[str]) -> list[IssuedCertificate]:
        """The certificates with those serials, as far as they are remembered."""
        return self._store.get_many(CERTIFICATES, self._sandbox, serials)

    def all(self) -> list[IssuedCertificate]:
        """Every certificate issued here, oldest first."""
        return [issued for _, issued in self._store.scan(CERTIFICATES, self._sandbox)]


def revocations(store: Store) -> int:
    """How often the set of revoked certificates changed, in all sandboxes."""
    return store.increment(OF_THE_MOCK, _REVOCATIONS, 0)


def _check_name(name: str) -> None:
    if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()):
        raise InvalidValueError(f"a certificate is named with 1 to {_LONGEST_NAME} printable characters")
