"""Codes that are used once: authorization codes (RFC 6749 section 4.1) and claim-account codes (docs/wise/operations.md#endpoints).

A code is marked used, not removed, so that a refusal can say that it was used.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, get_args

from msgspec.structs import replace

from mockwise.common.clock import Clock
from mockwise.common.digests import digest_of
from mockwise.state.known_secrets import KnownSecrets
from mockwise.state.sweep import Sweeper
from mockwise.storage.record_index import Index
from mockwise.storage.store import Kind, Record, Store, change

Purpose = Literal["authorization", "claim"]

LIFETIMES: dict[Purpose, timedelta] = {
    "authorization": timedelta(minutes=30),
    "claim": timedelta(minutes=5),
}
"""DOCUMENTED, docs/wise/lifetimes-and-formats.md#lifetimes."""


class Code(Record, frozen=True, kw_only=True):
    """A code, without its text. Times are the sandbox's."""

    digest: str
    purpose: Purpose
    client_id: str
    user_id: int
    profile_id: int | None = None
    redirect_uri: str | None = None
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    withdrawn: bool = False
    """Whether it ended because of what happened to its user or profile; it stays so if the clock is set back."""


CODES = Kind("code", Code)

Owner = Literal["user_id", "profile_id"]
"""The fields by which codes are looked up."""


class Codes:
    """The codes of one sandbox: issues, finds, uses and withdraws them."""

    def __init__(self, store: Store, sandbox: str, clock: Clock, known: KnownSecrets) -> None:
        self._store = store
        self._sandbox = sandbox
        self._clock = clock
        self._known = known
        self._sweeper = Sweeper[Code](clock.now())
        self._by: Mapping[Owner, Index] = {
            owner: Index(store, sandbox, f"code-by-{owner}") for owner in get_args(Owner)
        }

    def issue(
        self,
        purpose: Purpose,
        client_id: str,
        user_id: int,
        profile_id: int | None = None,
        redirect_uri: str | None = None,
    ) -> str:
        """Make a code; returns its text."""
        text = secrets.token_urlsafe(24)
        now = self._clock.now()
        self._sweeper.step(now, self._keys, self._stored, self._ended, self._forget)
        code = Code(
            digest=digest_of(text),
            purpose=purpose,
            client_id=client_id,
            user_id=user_id,
            profile_id=profile_id,
            redirect_uri=redirect_uri,
            issued_at=now,
            expires_at=now + LIFETIMES[purpose],
        )
        for owner, index in self._by.items():
            index.add(getattr(code, owner), code.digest)
        self._store.put(CODES, self._sandbox, code.digest, code)
        self._known.note_digest(code.digest)
        return text

    def of_text(self, purpose: Purpose, text: str) -> Code | None:
        """The code of that text and purpose, used or not, or None."""
        code = self._store.get(CODES, self._sandbox, digest_of(text))
        if code is not None:
            self._known.note_digest(code.digest)
        return code if code is not None and code.purpose == purpose else None

    def use(self, code: Code) -> bool:
        """Mark a code as used; False if another request was quicker."""
        return self._store.replace(
            CODES,
            self._sandbox,
            code.digest,
            replace(code, used_at=None),
            replace(code, used_at=self._clock.now()),
        )

    def withdraw(self, owner: Owner, whose: int) -> None:
        """End the codes of one user or profile that were not used yet."""
        now = self._clock.now()

        def withdrawn(old: Code) -> Code:
            return old if old.used_at else replace(old, expires_at=min(now, old.expires_at), withdrawn=True)

        for digest in self._by[owner].keys(whose):
            change(self._store, CODES, self._sandbox, digest, withdrawn)

    def _keys(self) -> list[str]:
        return self._store.keys(CODES, self._sandbox)

    def _stored(self, digest: str) -> Code | None:
        return self._store.get(CODES, self._sandbox, digest)

    def _ended(self, code: Code) -> datetime | None:
        return code.expires_at if self._clock.now() >= code.expires_at else code.used_at

    def _forget(self, code: Code) -> None:
        self._store.delete(CODES, self._sandbox, code.digest)
        for owner, index in self._by.items():
            index.remove(getattr(code, owner), code.digest)
