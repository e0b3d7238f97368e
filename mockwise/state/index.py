"""Which sandbox a client id or a token belongs to: ids are unique in a mock, so that a request finds its sandbox."""

from __future__ import annotations

from collections import deque

from mockwise.storage.store import OF_THE_MOCK, Kind, Store

_SANDBOX_OF_CLIENT = Kind("sandbox-of-client", str)
_SANDBOX_OF_TOKEN = Kind("sandbox-of-token", str)
_GONE_REMEMBERED = 256


class SandboxIndex:
    """Maps client ids and tokens to the names of their sandboxes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Ids and digests of sandboxes that this process dropped; only the reasons of refusals use them.
        self._gone: deque[str] = deque(maxlen=_GONE_REMEMBERED)

    def claim_client(self, client_id: str, sandbox: str) -> bool:
        """Take a client id for a sandbox; says whether it was free."""
        return self._store.replace(_SANDBOX_OF_CLIENT, OF_THE_MOCK, client_id, None, sandbox)

    def claim_token(self, digest: str, sandbox: str) -> None:
        """Note where a token was issued."""
        self._store.put(_SANDBOX_OF_TOKEN, OF_THE_MOCK, digest, sandbox)

    def of_client(self, client_id: str) -> str | None:
        """The sandbox that has this client id, or None."""
        return self._store.get(_SANDBOX_OF_CLIENT, OF_THE_MOCK, client_id)

    def of_token(self, digest: str) -> str | None:
        """The sandbox that issued this token, or None."""
        return self._store.get(_SANDBOX_OF_TOKEN, OF_THE_MOCK, digest)

    def is_gone(self, name: str) -> bool:
        """Whether a client id, or a token by its digest, was of a sandbox that was dropped or reset a while ago."""
        return name in self._gone

    def note_gone(self, name: str) -> None:
        """Remember, for a while, that a client id or a token went with its sandbox."""
        self._gone.append(name)

    def release_client(self, client_id: str) -> None:
        """Free a client id, so that any sandbox can take it."""
        self._store.delete(_SANDBOX_OF_CLIENT, OF_THE_MOCK, client_id)

    def release_token(self, digest: str) -> None:
        """Forget which sandbox issued a token."""
        self._store.delete(_SANDBOX_OF_TOKEN, OF_THE_MOCK, digest)
