"""Who may call a sandbox: its clients, their secrets, certificates and access tokens, and what becomes of them."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

from mockwise.common.durations import parse_duration
from mockwise.common.peer_certificate import read_serial
from mockwise.common.proxies import direct_hosts, direct_variables
from mockwise.common.token_kinds import TokenKind
from mockwise.sandbox.credentials import Credentials, Moment, RenewedCertificate, SignedCertificate
from mockwise.sandbox.time import TimeControls
from mockwise.state.certificates import IssuedCertificate
from mockwise.state.clients import Client, ClientOptions
from mockwise.state.tokens import IssuedToken, TokenStatus

if TYPE_CHECKING:
    import httpx

_TOKEN_PATH = "/oauth/token"

LifeState = Literal["live", "expired", "revoked", "client revoked"]
"""Whether an access token or a refresh token can be used, and if not, in which way it ended."""


class ClientControls(TimeControls):
    """What a sandbox lets a test do with those who call it, its own client and others."""

    # Its own client.

    @property
    def token_url(self) -> str:
        """The token endpoint on the mTLS host."""
        return self.mtls_url + _TOKEN_PATH

    @property
    def client_id(self) -> str:
        """The id of the sandbox's own client."""
        return self.credentials.client_id

    @property
    def client_secret(self) -> str:
        """The secret of the sandbox's own client."""
        return self.credentials.client_secret

    @property
    def newest_secret(self) -> str:
        """The own client's secret as it is now; another than `client_secret` if it was rotated behind its back.

        Raises:
            MockwiseError: the sandbox is gone.
        """
        return self.credentials.newest_secret

    @property
    def cert_file(self) -> Path:
        """The certificate of the sandbox's own client, PEM."""
        return self.credentials.cert_file

    @property
    def key_file(self) -> Path:
        """The private key of the sandbox's own client, PEM."""
        return self.credentials.key_file

    def ssl_context(self) -> ssl.SSLContext:
        """A context that trusts the mock's authority and presents the client's certificate."""
        return self.credentials.ssl_context()

    def client(self) -> httpx.Client:
        """The reference client, ready to call: fetches, keeps and renews its token, by the sandbox's clock."""
        from mockwise.sandbox.http_clients import make_client  # because httpx must not slow down the start

        return make_client(self)

    def async_client(self) -> httpx.AsyncClient:
        """The reference client for asyncio, ready to call like `client()`."""
        from mockwise.sandbox.http_clients import (
            make_async_client,
        )  # because httpx must not slow down the start

        return make_async_client(self)

    def environ(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """The `MOCKWISE_*` names, for a process that is to call this sandbox.

        And `NO_PROXY` and `no_proxy`, which name the mock's hosts beside what the environment says that they are added to.

        Args:
            inherited: that environment; this process's own unless told.
        """
        hosts = direct_hosts((self.mtls_url, self.tls_url, self.control_url))
        token = self._context.control_token
        return {
            "MOCKWISE_MTLS_URL": self.mtls_url,
            "MOCKWISE_TLS_URL": self.tls_url,
            "MOCKWISE_CONTROL_URL": self.control_url,
            "MOCKWISE_CLIENT_ID": self.client_id,
            "MOCKWISE_CLIENT_SECRET": self.client_secret,
            "MOCKWISE_CA_FILE": str(self.ca_file),
            "MOCKWISE_CERT_FILE": str(self.cert_file),
            "MOCKWISE_KEY_FILE": str(self.key_file),
            "MOCKWISE_SANDBOX": self.name,
            **({} if token is None else {"MOCKWISE_CONTROL_TOKEN": token}),
            **direct_variables(hosts, inherited),
        }

    # All clients.

    @property
    def clients(self) -> list[Client]:
        """The records of all clients, oldest first; the own one among them, and those that were revoked."""
        return self._state.clients.all()

    def add_client(self, **options: Unpack[ClientOptions]) -> Credentials:
        """Make another client: any of `client_id`, `client_secret`, `client_key`, `mtls`, `token_lifetime`, `redirect_uris`.

        Raises:
            InvalidValueError: a value that cannot be used.
            MockwiseError: the id is taken; the message names the sandbox that has it.
        """
        client = self._context.registry.add_client(self._state, **options)
        return Credentials(self._handle, client)

    def credentials_of(self, client_id: str | None = None) -> Credentials:
        """The credentials of the client of that id, also of one that another door made; the own one's unless named.

        Raises:
            NotFoundError: there is no such client.
        """
        if client_id is None or client_id == self.client_id:
            return self.credentials
        return Credentials(self._handle, self._state.clients.require(client_id))

    def rotate_secret(
        self, new: str | None = None, *, overlap: str | timedelta = timedelta(), tell: bool = True
    ) -> str:
        """Replace the own client's secret; see `Credentials.rotate_secret`.

        Unless `tell`, it happens behind the client's back: `client_secret` is the old one still, `newest_secret` the
        one that took its place.
        """
        if tell:
            return self.credentials.rotate_secret(new, overlap=overlap)
        return self._state.clients.rotate(self.client_id, new, parse_duration(overlap))

    # Access tokens.

    def find_tokens(
        self,
        *,
        client_id: str | None = None,
        kind: TokenKind | None = None,
        user_id: int | None = None,
        state: LifeState | None = None,
    ) -> list[IssuedToken]:
        """The access tokens that agree with all that is named, oldest first; dead ones are remembered for a day.

        Args:
            client_id: whom it was issued to.
            kind: `client_credentials`, `user` or `personal`.
            user_id: whom it acts for.
            state: `live`, `expired`, `revoked` or `client revoked`.
        """
        tokens = self._state.tokens
        found = [
            it
            for it in tokens.all()
            if (client_id is None or client_id == it.client_id)
            and (kind is None or kind == it.kind)
            and (user_id is None or user_id == it.subject.user_id)
        ]
        if state is None:
            return found
        statuses = tokens.statuses(found)
        return [it for it, status in zip(found, statuses, strict=True) if status.state.value == state]

    def token_status(self, token: IssuedToken) -> TokenStatus:
        """Whether an access token can be used now; if not, since when, and why it was revoked."""
        return self._state.tokens.status_of(token)

    def expire_tokens(self) -> int:
        """Expire every access token that the own client got until now; returns how many were live."""
        return self.credentials.expire_tokens()

    def revoke_tokens(self) -> int:
        """Revoke every access token that the own client got until now; returns how many were live."""
        return self.credentials.revoke_tokens()

    def expire_token(self, token: str) -> IssuedToken:
        """Expire one access token, named by its text, its digest, or the digest's beginning; returns its record.

        Raises:
            MockwiseError: no token, or more than one, has that name.
        """
        return self._state.tokens.expire(token)

    def revoke_token(self, token: str) -> IssuedToken:
        """Revoke one access token, named by its text, its digest, or the digest's beginning; returns its record.

        Raises:
            MockwiseError: no token, or more than one, has that name.
        """
        return self._state.tokens.revoke(token)

    # Certificates.

    @property
    def certificates(self) -> list[IssuedCertificate]:
        """The certificates that clients were issued, oldest first, with those that ended."""
        return self._state.certificates.all()

    def certify(self, csr: str, name: str, *, client_id: str | None = None) -> SignedCertificate:
        """Have a certificate signing request signed; see `Credentials.certify`.

        Args:
            csr: the request, PEM.
            name: what the certificate is called, unique among the client's active ones.
            client_id: whose it is; the own client's unless named.

        Raises:
            NotFoundError: there is no such client.
        """
        return self.credentials_of(client_id).certify(csr, name)

    def revoke_certificate(self, serial: str | None = None) -> IssuedCertificate:
        """Take a certificate back: its open connections end, and new handshakes are refused; returns its record.

        Args:
            serial: its serial number, hex; that of the own client's newest one unless told.

        Raises:
            InvalidValueError: the serial number is none.
            NotFoundError: no certificate of this sandbox has it.
        """
        if serial is None:
            return self.credentials.revoke_certificate()
        return self._context.revoke_certificate(self.name, read_serial(serial))

    def renew_certificate(
        self,
        *,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
        revoke_old: bool = False,
        serial: str | None = None,
    ) -> RenewedCertificate:
        """Replace a client's certificate; see `Credentials.renew_certificate`. Returns the new one.

        Args:
            valid_from: when it begins.
            valid_until: when it ends.
            revoke_old: take the old one back.
            serial: which certificate is the old one, of any client; the own client's newest one unless told, whose
                files are replaced.

        Raises:
            InvalidValueError: dates that a certificate cannot have, or no serial number.
            NotFoundError: no certificate of this sandbox has the serial.
            ConflictError: the client has ten active certificates.
        """
        credentials = self.credentials
        if serial is not None:
            serial = read_serial(serial)
            credentials = self.credentials_of(self._state.certificates.require(serial).client_id)
        return credentials.renew_certificate(
            valid_from=valid_from, valid_until=valid_until, revoke_old=revoke_old, serial=serial
        )
