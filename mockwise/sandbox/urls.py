"""Where a mock is: the same for the mock and for each of its sandboxes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from mockwise.errors import InvalidValueError
from mockwise.sandbox.context import ServerContext
from mockwise.transport.server.bad_server_kinds import BAD_SERVERS, BadServer, BadServerKind


class HostUrls(ABC):
    """The addresses of a mock's hosts, and what a client must trust."""

    @property
    @abstractmethod
    def _context(self) -> ServerContext:
        """The context of the running mock."""

    @property
    def mtls_url(self) -> str:
        """The host that asks for a client certificate, as `https://api-mtls.wise-sandbox.com` does."""
        return self._context.mtls_url

    @property
    def tls_url(self) -> str:
        """The host that does not, as `https://api.wise-sandbox.com`."""
        return self._context.tls_url

    @property
    def control_url(self) -> str:
        """The control host: plain HTTP, with what Wise does not have; `/docs` shows it."""
        return self._context.control_url

    @property
    def ca_file(self) -> Path:
        """The mock's authority, PEM: what a client must trust."""
        return self._context.ca_file

    @property
    def ca_pem(self) -> str:
        """The mock's authority as PEM text."""
        return self._context.ca_pem

    def trust_store(self, password: str) -> bytes:
        """The mock's authority as a PKCS #12 file, as Java keeps what it trusts.

        Raises:
            InvalidValueError: the password is empty.
        """
        from mockwise.pki import keystore  # because most mocks never make one

        try:
            return keystore.trust_store("mockwise", self.ca_pem.encode(), password)
        except ValueError as error:
            raise InvalidValueError(f"password: {error}") from None

    def bad_server(self, kind: BadServerKind) -> BadServer:
        """A server that a good client must refuse, to prove that yours does; `BAD_SERVERS` lists the kinds.

        It listens on a port of its own from the first call to the mock's end, and disturbs nobody. The same app
        answers behind it: a client that does not look gets its token, and the journal convicts it.

        Raises:
            InvalidValueError: there is no such kind.
        """
        return self._context.bad_server(kind)

    def bad_servers(self) -> list[BadServer]:
        """A bad server of every kind that `BAD_SERVERS` lists."""
        return [self.bad_server(kind) for kind in BAD_SERVERS]

    @property
    def running_bad_servers(self) -> list[BadServer]:
        """The bad servers that were asked for so far, the first one first."""
        self._context.check_process()
        return self._context.running_bad_servers()
