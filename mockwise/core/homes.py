"""Which sandbox a client id or a token belongs to: ids are unique in a mock, so that a request finds its way."""

from __future__ import annotations

from mockwise.core.store import OF_THE_MOCK, Kind, Store

_CLIENT_HOMES = Kind("client-home", str)
_TOKEN_HOMES = Kind("token-home", str)


class Homes:
    """The address book of a mock."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def claim_client(self, client_id: str, sandbox: str) -> bool:
        """Take a client id for a sandbox; says whether it was free."""
        return self._store.replace(_CLIENT_HOMES, OF_THE_MOCK, client_id, None, sandbox)

    def claim_token(self, digest: str, sandbox: str) -> None:
        """Note where a token was issued."""
        self._store.put(_TOKEN_HOMES, OF_THE_MOCK, digest, sandbox)

    def of_client(self, client_id: str) -> str | None:
        """The sandbox that has this client id, or None."""
        return self._store.get(_CLIENT_HOMES, OF_THE_MOCK, client_id)

    def of_token(self, digest: str) -> str | None:
        """The sandbox that issued this token, or None."""
        return self._store.get(_TOKEN_HOMES, OF_THE_MOCK, digest)

    def release_client(self, client_id: str) -> None:
        """Free a client id."""
        self._store.delete(_CLIENT_HOMES, OF_THE_MOCK, client_id)

    def release_token(self, digest: str) -> None:
        """Forget a token."""
        self._store.delete(_TOKEN_HOMES, OF_THE_MOCK, digest)
