"""What the control host can ask of a mock, who may use that host, and the app that serves it.

The app is made at its first request: FastAPI and its models take longer than all the rest of a mock, and most mocks
in tests are never asked.
"""

from __future__ import annotations

import importlib.metadata
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Unpack

from typing_extensions import override

from mockwise.common.addresses import is_loopback, is_wildcard
from mockwise.common.once import Once
from mockwise.common.own_process import set_aside
from mockwise.common.peer_certificate import spell_serial
from mockwise.common.proxies import direct_hosts, direct_variables
from mockwise.errors import InvalidValueError, NotFoundError
from mockwise.journal.journal import notify
from mockwise.pki.csr import sign_request
from mockwise.real_time import real_dates
from mockwise.sandbox.context import ServerContext
from mockwise.sandbox.credentials import Credentials
from mockwise.sandbox.handle import Sandbox
from mockwise.settings import Settings
from mockwise.state.certificates import IssuedCertificate
from mockwise.state.clients import ClientOptions
from mockwise.state.registry import Registry
from mockwise.transport.tls.alerts import FailedHandshake
from mockwise.web.control.ports import Access, ClientBundle, Mock
from mockwise.web.control.stream import StreamRegistry

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

CONTROL_HOST = "control"


class ControlFacade(Mock):
    """The mock as the control host sees it: each method does one thing to the mock or to one of its sandboxes."""

    context: ServerContext
    """Set while the mock starts, before the control host answers."""

    def __init__(self, make_sandbox: Callable[..., Sandbox], handshakes: Sequence[FailedHandshake]) -> None:
        self._make_sandbox = make_sandbox
        self._handshakes = handshakes
        self._sandboxes: dict[str, Sandbox] = {}
        self._lock = threading.Lock()
        self._watchers: list[Callable[[FailedHandshake], None]] = []
        self._streams = StreamRegistry()

    def register(self, sandbox: Sandbox) -> Sandbox:
        """Register a sandbox, whoever made it; returns it."""
        self._sandboxes[sandbox.name] = sandbox
        return sandbox

    def forget(self, sandbox: str) -> None:
        """Drop what is kept of a sandbox that is gone, and end its journal streams."""
        self._sandboxes.pop(sandbox, None)
        self._streams.dismiss(sandbox)

    def handshake_failed(self, handshake: FailedHandshake) -> None:
        """Tell those who watch handshakes of one that was refused."""
        notify(self._watchers, handshake)

    @property
    @override
    def registry(self) -> Registry:
        return self.context.registry

    @property
    @override
    def mtls_url(self) -> str:
        return self.context.mtls_url

    @property
    @override
    def tls_url(self) -> str:
        return self.context.tls_url

    @property
    @override
    def control_url(self) -> str:
        return self.context.control_url

    @property
    @override
    def ca_pem(self) -> str:
        return self.context.ca_pem

    @property
    @override
    def streams(self) -> StreamRegistry:
        return self._streams

    @override
    def handshakes(self) -> list[FailedHandshake]:
        return list(self._handshakes)

    @override
    def watch_handshakes(self, watcher: Callable[[FailedHandshake], None]) -> None:
        self._watchers.append(watcher)

    @override
    def unwatch_handshakes(self, watcher: Callable[[FailedHandshake], None]) -> None:
        self._watchers.remove(watcher)

    @override
    def open(self, name: str | None, options: Mapping[str, Any]) -> str:
        return self._make_sandbox(name, **options).name

    @override
    def close(self, sandbox: str) -> None:
        self._sandbox(sandbox).close()

    @override
    def reset(self, sandbox: str) -> None:
        self._sandbox(sandbox).reset()

    @override
    def play(self, sandbox: str, scenario: str) -> None:
        self._sandbox(sandbox).play(scenario)

    @override
    def own_client(self, sandbox: str) -> str:
        return self._sandbox(sandbox).client_id

    @override
    def client_bundle(self, sandbox: str) -> ClientBundle:
        return self._client_bundle(sandbox, self._sandbox(sandbox).credentials)

    @override
    def key_store(self, sandbox: str, password: str) -> bytes:
        from mockwise.pki import keystore  # noqa: PLC0415  because most mocks never make one

        client_bundle = self.client_bundle(sandbox)
        pair = client_bundle.certificate_pem.encode(), client_bundle.key_pem.encode()
        return keystore.key_store(client_bundle.client.client_id, *pair, self.ca_pem.encode(), password)

    @override
    def trust_store(self, password: str) -> bytes:
        from mockwise.pki import keystore  # noqa: PLC0415  because most mocks never make one

        return keystore.trust_store("mockwise", self.ca_pem.encode(), password)

    @override
    def environ(self, sandbox: str) -> Mapping[str, str]:
        handle = self._sandbox(sandbox)
        hosts = direct_hosts((self.mtls_url, self.tls_url, self.control_url))
        return {
            **handle.environ(),
            # Empty: the caller has an environment of its own, to which these are added.
            **direct_variables(hosts, {}),
        }

    @override
    def add_client(self, sandbox: str, **options: Unpack[ClientOptions]) -> ClientBundle:
        return self._client_bundle(sandbox, self._sandbox(sandbox).add_client(**options))

    @override
    def rotate(self, sandbox: str, client_id: str, secret: str | None, overlap: timedelta) -> str:
        handle = self._sandbox(sandbox)
        if client_id == handle.client_id:  # so that the handle has the new secret, too
            return handle.rotate_secret(secret, overlap=overlap)
        return self.registry.get(sandbox).clients.rotate(client_id, secret, overlap)

    @override
    def certify(self, sandbox: str, client_id: str, name: str, request: str) -> tuple[IssuedCertificate, str]:
        try:
            identity = sign_request(self.context.authority, request, client_id)
        except ValueError as error:
            raise InvalidValueError(f"csr: {error}") from None
        record = self.registry.get(sandbox).certificates.record
        serial = spell_serial(identity.serial)
        issued = record(client_id, serial, identity.not_before, identity.not_after, name)
        return issued, identity.certificate_pem.decode()

    @override
    def revoke_certificate(self, sandbox: str, serial: str) -> IssuedCertificate:
        return self.context.revoke_certificate(sandbox, serial)

    def _sandbox(self, name: str) -> Sandbox:
        """The handle of a sandbox, also of one that was made by another mock that shares the state."""
        self.registry.get(name)  # raises if there is none
        own, sandbox = self.registry.own_client(name), self._sandboxes.get(name)
        if own is not None and (sandbox is None or sandbox.client_id != own.client_id):
            with self._lock:  # one handle, and so one certificate, however many threads ask at once
                sandbox = self._sandboxes.get(name)
                if sandbox is None or sandbox.client_id != own.client_id:
                    sandbox = self.register(Sandbox(self.context, name, {}))
        if sandbox is None:
            raise NotFoundError(f"the sandbox {name!r} is just being made: ask again")
        return sandbox

    def _client_bundle(self, sandbox: str, credentials: Credentials) -> ClientBundle:
        client = self.registry.get(sandbox).clients.get(credentials.client_id)
        if client is None:
            raise NotFoundError(f"sandbox {sandbox!r} was reset meanwhile: ask again")
        return ClientBundle(
            client=client,
            client_secret=client.secrets[0].value,
            certificate_pem=credentials.cert_file.read_text(),
            key_pem=credentials.key_file.read_text(),
            serial=credentials.serial,
        )


class ControlApp:
    """The ASGI app of the control host, made at its first request."""

    def __init__(self, facade: ControlFacade, settings: Settings) -> None:
        self._facade = facade
        self._settings = settings
        self._app = Once(self._make)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; the first ones wait beside the event loop, so that the other hosts answer meanwhile."""
        app = await self._app.beside()
        await app(scope, receive, send)

    def _make(self) -> ASGIApp:
        with real_dates():
            from mockwise.web.control.app import build_control_app  # noqa: PLC0415  because FastAPI slows down the start

            app = build_control_app(
                self._facade, access(self._settings), importlib.metadata.version("mockwise")
            )
        set_aside()
        return app


def access(settings: Settings) -> Access:
    """Who may use the control host."""
    names = [settings.control_host, *settings.public_host]
    return Access(
        names=frozenset(name.lower() for name in names),
        any_address=is_wildcard(settings.control_host),
        token=settings.control_token,
    )


def refuse_open_control(settings: Settings, bound: socket.socket) -> None:
    """Refuse a control host that others than this machine could reach without a token.

    Raises:
        InvalidValueError: it is bound to an address that others can reach.
    """
    if settings.control_token is None and not is_loopback(bound):
        raise InvalidValueError(
            f"the control host would be open to everybody who can reach {settings.control_host}: set --control-token "
            "(control_token), or leave --control-host at 127.0.0.1"
        )
