"""What the control API and the dashboard need of a mock, as protocols: `mockwise.hub` implements them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, Unpack

from mockwise.state.certificates import IssuedCertificate
from mockwise.state.clients import Client, ClientOptions
from mockwise.state.registry import Registry
from mockwise.web.control.stream import StreamRegistry


class FailedHandshakeLike(Protocol):
    """A handshake that was refused."""

    @property
    def time(self) -> datetime:
        """When it failed, in real time."""
        ...

    @property
    def listener(self) -> str:
        """The listener that refused it: `mtls` or `tls`."""
        ...

    @property
    def connection(self) -> str:
        """The id of the connection, as the journal writes it."""
        ...

    @property
    def peer(self) -> tuple[str, int] | None:
        """Address and port of the client, if they are known."""
        ...

    @property
    def tls_version(self) -> str | None:
        """The TLS version that was agreed on, if it came to that."""
        ...

    @property
    def alert(self) -> str | None:
        """The TLS alert that it ended with (RFC 8446 section 6), if there was one."""
        ...

    @property
    def reason(self) -> str:
        """What was wrong and what to do, as a sentence."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientBundle:
    """All that a client needs to call a sandbox."""

    client: Client
    client_secret: str = field(repr=False)
    certificate_pem: str
    key_pem: str = field(repr=False)
    serial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may use the control host, and under which names."""

    names: frozenset[str]
    """Host names and addresses by which it may be called, besides those that mean this machine itself."""
    any_address: bool = False
    """Whether it listens on every address of the machine."""
    token: str | None = field(default=None, repr=False)


class Mock(Protocol):
    """The mock. What may be refused raises a `MockwiseError`."""

    @property
    def registry(self) -> Registry:
        """Its sandboxes, as far as no certificate is concerned."""
        ...

    @property
    def mtls_url(self) -> str:
        """The URL of the host that asks for client certificates."""
        ...

    @property
    def tls_url(self) -> str:
        """The URL of the host that does not ask for client certificates."""
        ...

    @property
    def control_url(self) -> str:
        """The URL of the control host."""
        ...

    @property
    def ca_pem(self) -> str:
        """The authority that clients must trust."""
        ...

    @property
    def streams(self) -> StreamRegistry:
        """The open streams of journals and change events."""
        ...

    def handshakes(self) -> Sequence[FailedHandshakeLike]:
        """The refused handshakes that are remembered, oldest first."""
        ...

    def watch_handshakes(self, watcher: Callable[[FailedHandshakeLike], None]) -> None:
        """Call it with each handshake that is refused from now on, in the thread that refuses it."""
        ...

    def unwatch_handshakes(self, watcher: Callable[[FailedHandshakeLike], None]) -> None:
        """Stop calling a function that `watch_handshakes` was given."""
        ...

    def open(self, name: str | None, options: Mapping[str, Any]) -> str:
        """Make a sandbox; returns its name."""
        ...

    def close(self, sandbox: str) -> None:
        """Close a sandbox and forget all that is in it."""
        ...

    def reset(self, sandbox: str) -> None:
        """Make a sandbox as new."""
        ...

    def play(self, sandbox: str, scenario: str) -> None:
        """Begin a scenario in a sandbox."""
        ...

    def own_client(self, sandbox: str) -> str:
        """The id of the client that the sandbox was made with."""
        ...

    def client_bundle(self, sandbox: str) -> ClientBundle:
        """The credentials of the client that the sandbox was made with."""
        ...

    def key_store(self, sandbox: str, password: str) -> bytes:
        """The certificate of that client with its key and its chain, as a PKCS #12 file."""
        ...

    def trust_store(self, password: str) -> bytes:
        """The authority as a PKCS #12 file, as Java keeps what it trusts."""
        ...

    def environ(self, sandbox: str) -> Mapping[str, str]:
        """The `MOCKWISE_*` variables for a process on this machine that is to call the sandbox."""
        ...

    def add_client(self, sandbox: str, **options: Unpack[ClientOptions]) -> ClientBundle:
        """Make another client, with a certificate."""
        ...

    def rotate(self, sandbox: str, client_id: str, secret: str | None, overlap: timedelta) -> str:
        """Give a client a new secret; returns it."""
        ...

    def certify(self, sandbox: str, client_id: str, name: str, request: str) -> tuple[IssuedCertificate, str]:
        """Sign a certificate signing request; returns the record and the certificate, both for that client."""
        ...

    def revoke_certificate(self, sandbox: str, serial: str) -> IssuedCertificate:
        """Revoke a certificate: new handshakes with it are refused, its open connections end."""
        ...
