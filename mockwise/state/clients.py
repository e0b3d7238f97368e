"""OAuth clients: their secrets, and the watermarks that kill all their tokens at once."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypedDict, Unpack

from msgspec.structs import replace
from typing_extensions import override

from mockwise.common.clock import FIRST, Clock
from mockwise.common.digests import digest_of
from mockwise.common.durations import parse_lifetime
from mockwise.common.urls import check_redirect_uri
from mockwise.errors import ConflictError, InvalidValueError, NotFoundError
from mockwise.state.index import SandboxIndex
from mockwise.state.known_secrets import KnownSecrets
from mockwise.state.options import MTLS, SandboxOptions
from mockwise.storage.record_index import some_of
from mockwise.storage.store import Kind, Record, Store, change

Verdict = Literal["right", "rotated", "wrong"]

_SECRETS_REMEMBERED = 32  # so that a refusal can say that a secret was rotated out
_MARKS_REMEMBERED = 32
_LONGEST_ID = 64  # X.509: ub-common-name, RFC 5280 appendix A.1


class ClientSecret(Record, frozen=True):
    """A client secret, and when it stops working (None: never; docs/wise/developer-hub.md#credentials: credentials do not expire)."""

    value: str
    ends_at: datetime | None = None

    @override
    def __repr__(self) -> str:
        return f"ClientSecret(ends_at={self.ends_at!r})"  # without the secret itself


class Watermark(Record, frozen=True):
    """The moment at which all tokens of a client up to a number were revoked or expired."""

    number: int
    at: datetime


class Client(Record, frozen=True, kw_only=True):
    """An OAuth client. Its certificate's common name is `client_id` (DOCUMENTED, docs/wise/mtls.md#certificates)."""

    client_id: str
    client_key: str
    secrets: tuple[ClientSecret, ...]
    mtls: MTLS
    token_lifetime: timedelta | None = None
    redirect_uris: tuple[str, ...] = ()
    """Where authorization codes may be sent; matched exactly, query included (DOCUMENTED, docs/wise/developer-hub.md#credentials)."""
    revoked_at: datetime | None = None
    tokens_revoked: tuple[Watermark, ...] = ()
    """Oldest first; a token ended at the first that covers it."""
    tokens_expired: tuple[Watermark, ...] = ()


CLIENTS = Kind("client", Client)
# The client id of a secret, by the secret's digest: so reasons of refusals find it without a search.
_OWNERS = Kind("client-of-secret", str)


class ClientOptions(TypedDict, total=False):
    """The options of a new client; those left out are generated or follow the sandbox."""

    client_id: str | None
    client_secret: str | None
    client_key: str | None
    mtls: MTLS | None
    token_lifetime: str | timedelta | None
    redirect_uris: Sequence[str] | None


class Clients:
    """The OAuth clients of one sandbox: adds and finds them, rotates secrets, revokes tokens."""

    def __init__(
        self,
        store: Store,
        sandbox: str,
        index: SandboxIndex,
        clock: Clock,
        options: SandboxOptions,
        *,
        known: KnownSecrets,
    ) -> None:
        self._store = store
        self._sandbox = sandbox
        self._index = index
        self._clock = clock
        self._options = options
        self._known = known

    def add(self, **options: Unpack[ClientOptions]) -> Client:
        """Make a client; the registry has already claimed its id.

        Raises:
            InvalidValueError: an id, secret or lifetime that cannot be used.
            ConflictError: another mock that shares the state took the id at the same moment.
        """
        client_id = check_client_id(_given(options.get("client_id"), new_client_id))
        lifetime = options.get("token_lifetime")
        redirect_uris = options.get("redirect_uris")
        client = Client(
            client_id=client_id,
            client_key=_given(options.get("client_key"), lambda: client_id),
            secrets=(ClientSecret(check_secret(_given(options.get("client_secret"), new_secret))),),
            mtls=options.get("mtls") or self._options.mtls,
            token_lifetime=None if lifetime is None else parse_lifetime(lifetime),
            redirect_uris=tuple(
                check_redirect_uri(uri)
                for uri in (self._options.redirect_uri if redirect_uris is None else redirect_uris)
            ),
        )
        if not self._store.replace(CLIENTS, self._sandbox, client_id, None, client):
            raise ConflictError(
                f"client id {client_id!r} was taken at the same moment by another mock: take another one"
            )
        self._note_owner(client_id, client.secrets[0].value)
        self._note_secrets(client)
        return client

    def get(self, client_id: str) -> Client | None:
        """The client with that id, or None."""
        client = self._store.get(CLIENTS, self._sandbox, client_id)
        if client is not None:
            self._note_secrets(client)
        return client

    def require(self, client_id: str) -> Client:
        """The client with that id.

        Raises:
            NotFoundError: there is none.
        """
        client = self.get(client_id)
        if client is None:
            raise self._unknown(client_id)
        return client

    def is_known(self, client_id: str) -> bool:
        """Whether any sandbox of the mock has a client of that id."""
        return self._index.of_client(client_id) is not None

    def is_gone(self, client_id: str) -> bool:
        """Whether a client of that id went with its sandbox a while ago."""
        return self._index.is_gone(client_id)

    def of_secret(self, text: str) -> Client | None:
        """The client that was given the secret, also long ago; None if none was."""
        client_id = self._store.get(_OWNERS, self._sandbox, digest_of(text))
        return None if client_id is None else self.get(client_id)

    def find(self, client_ids: Sequence[str]) -> list[Client]:
        """The clients with those ids, as far as they are remembered."""
        return self._store.get_many(CLIENTS, self._sandbox, client_ids)

    def all(self) -> list[Client]:
        """All clients of the sandbox, oldest first."""
        return [client for _, client in self._store.scan(CLIENTS, self._sandbox)]

    @staticmethod
    def verify_secret(client: Client, presented: str, now: datetime) -> Verdict:
        """Compare with every secret that the client has or had, in constant time."""
        given = presented.encode()
        verdict: Verdict = "wrong"
        for secret in client.secrets:
            if hmac.compare_digest(secret.value.encode(), given):
                alive = secret.ends_at is None or now < secret.ends_at
                verdict = "right" if alive or verdict == "right" else "rotated"
        return verdict

    def check_known(self, client_id: str, secret: str) -> None:
        """Check that a secret is or was the client's; of a client that does not exist, any is accepted.

        Raises:
            ConflictError: the client never had it.
        """
        client = self.get(client_id)
        if client is not None and self.verify_secret(client, secret, self._clock.now()) == "wrong":
            raise ConflictError(
                f"client {client_id!r} has another secret in the state that was kept. Leave client_secret out, or "
                "start with another state"
            )

    def rotate(self, client_id: str, new: str | None = None, overlap: timedelta = timedelta()) -> str:
        """Give the client a new secret; the old ones work for `overlap` more on the sandbox's clock.

        Rotation does not touch issued tokens (UNKNOWN, docs/wise/developer-hub.md#credentials; revoke them beside it to try the other way).

        Returns:
            The new secret.

        Raises:
            InvalidValueError: a secret that cannot be used.
            NotFoundError: there is no such client.
        """
        fresh = check_secret(_given(new, new_secret))
        try:
            # A secret without an overlap stays ended if the clock is set back; an overlap follows the clock.
            ends_at = self._clock.now() + overlap if overlap else FIRST
        except OverflowError:
            raise InvalidValueError(f"too long an overlap: {overlap}") from None

        def rotated(client: Client) -> Client:
            old = (
                replace(secret, ends_at=ends_at if secret.ends_at is None else min(secret.ends_at, ends_at))
                for secret in client.secrets[: _SECRETS_REMEMBERED - 1]
            )
            return replace(client, secrets=(ClientSecret(fresh), *old))

        self._change(client_id, rotated)
        self._note_owner(client_id, fresh)
        return fresh

    def revoke(self, client_id: str) -> None:
        """End the client: it cannot authenticate and its tokens are dead."""
        now = self._clock.now()
        self._change(client_id, lambda c: c if c.revoked_at else replace(c, revoked_at=now))

    def revoke_tokens(self, client_id: str, through: int) -> None:
        """Revoke every token of the client numbered up to `through`."""
        mark = Watermark(through, self._clock.now())
        self._change(client_id, lambda c: replace(c, tokens_revoked=_higher(c.tokens_revoked, mark)))

    def expire_tokens(self, client_id: str, through: int) -> None:
        """Expire every token of the client numbered up to `through`."""
        mark = Watermark(through, self._clock.now())
        self._change(client_id, lambda c: replace(c, tokens_expired=_higher(c.tokens_expired, mark)))

    def _note_owner(self, client_id: str, secret: str) -> None:
        self._store.put(_OWNERS, self._sandbox, digest_of(secret), client_id)

    def _change(self, client_id: str, to: Callable[[Client], Client]) -> None:
        changed = change(self._store, CLIENTS, self._sandbox, client_id, to)
        if changed is None:
            raise self._unknown(client_id)
        self._note_secrets(changed)

    def _unknown(self, client_id: str) -> NotFoundError:
        known = some_of(client.client_id for client in self.all())
        return NotFoundError(f"sandbox {self._sandbox!r} has no client {client_id!r}; its clients: {known}")

    def _note_secrets(self, client: Client) -> None:
        self._known.note_client(client.client_id, client.secrets, lambda: (it.value for it in client.secrets))


def new_client_id() -> str:
    """A client id that reads as a mock's and is unique enough for every sandbox of a mock."""
    return f"mockwise-{secrets.token_hex(6)}"


def new_secret() -> str:
    """A client secret of 256 bits."""
    return secrets.token_urlsafe(32)


def check_client_id(client_id: str) -> str:
    """Return a client id that can be used; raise for another.

    Raises:
        InvalidValueError: it is empty, over 64 characters, or holds a colon (RFC 7617 section 2) or a control character.
    """
    if not 1 <= len(client_id) <= _LONGEST_ID:
        raise InvalidValueError(
            f"a client id has 1 to {_LONGEST_ID} characters, because it is its certificate's common name: "
            f"this one has {len(client_id)}"
        )
    if ":" in client_id or _has_control(client_id):
        # The id is not quoted: it may be an id and a secret with a colon between them.
        raise InvalidValueError("a client id has no colon and no control character")
    return client_id


def check_secret(secret: str) -> str:
    """Return a secret that can be used; raise for another.

    Raises:
        InvalidValueError: it is empty, or holds a control character (RFC 7617 section 2).
    """
    if not secret:
        raise InvalidValueError("a client secret is not empty")
    if _has_control(secret):
        raise InvalidValueError("a client secret has no control characters")
    return secret


def _given(value: str | None, otherwise: Callable[[], str]) -> str:
    return otherwise() if value is None else value


def _higher(marks: tuple[Watermark, ...], new: Watermark) -> tuple[Watermark, ...]:
    """Add a watermark if it is higher: tokens that ended stay ended, at the time of the first watermark over them."""
    if marks and new.number <= marks[-1].number:
        return marks
    return (*marks[-_MARKS_REMEMBERED + 1 :], new)


def _has_control(text: str) -> bool:
    # Cs is a lone surrogate, which UTF-8 cannot encode.
    return any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)
