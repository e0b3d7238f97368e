"""What the control host may ask of a mock: the port that `web.control` declares, and who may use it.

The app is made when it is first asked: FastAPI and its models take longer than all the rest of a mock, and most mocks
in tests are never asked.
"""

from __future__ import annotations

import importlib.metadata
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Unpack

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
from mockwise.web.control.ports import Access, ClientBundle
from mockwise.web.control.stream import StreamRegistry

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

CONTROL_HOST = "control"


class Hub:
    """The mock as the control host sees it; `web.control.ports.Mock`."""

    context: ServerContext
    """Set once they are there, before anybody can ask."""

    def __init__(self, make: Callable[..., Sandbox], refusals: Sequence[FailedHandshake]) -> None:
        self._make = make
        self._refusals = refusals
        self._boxes: dict[str, Sandbox] = {}
        self._lock = threading.Lock()
        self._watchers: list[Callable[[FailedHandshake], None]] = []
        self.streams = StreamRegistry()

    def admit(self, box: Sandbox) -> Sandbox:
        """Know a sandbox, whoever made it; returns it."""
        self._boxes[box.name] = box
        return box

    def forget(self, sandbox: str) -> None:
        """A sandbox is gone."""
        self._boxes.pop(sandbox, None)
        self.streams.dismiss(sandbox)

    def refused(self, refusal: FailedHandshake) -> None:
        """A handshake was refused."""
        notify(self._watchers, refusal)

    @property
    def registry(self) -> Registry:
        """See `ports.Mock`."""
        return self.context.registry

    @property
    def mtls_url(self) -> str:
        """See `ports.Mock`."""
        return self.context.mtls_url

    @property
    def tls_url(self) -> str:
        """See `ports.Mock`."""
        return self.context.tls_url

    @property
    def control_url(self) -> str:
        """See `ports.Mock`."""
        return self.context.control_url

    @property
    def ca_pem(self) -> str:
        """See `ports.Mock`."""
        return self.context.ca_pem

    def handshakes(self) -> list[FailedHandshake]:
        """See `ports.Mock`."""
        return list(self._refusals)

    def watch_handshakes(self, watcher: Callable[[FailedHandshake], None]) -> None:
        """See `ports.Mock`."""
        self._watchers.append(watcher)

    def unwatch_handshakes(self, watcher: Callable[[FailedHandshake], None]) -> None:
        """See `ports.Mock`."""
        self._watchers.remove(watcher)

    def open(self, name: str | None, options: Mapping[str, Any]) -> str:
        """See `ports.Mock`."""
        return self._make(name, **options).name

    def close(self, sandbox: str) -> None:
        """See `ports.Mock`."""
        self._box(sandbox).close()

    def reset(self, sandbox: str) -> None:
        """See `ports.Mock`."""
        self._box(sandbox).reset()

    def play(self, sandbox: str, scenario: str) -> None:
        """See `ports.Mock`."""
        self._box(sandbox).play(scenario)

    def own_client(self, sandbox: str) -> str:
        """See `ports.Mock`."""
        return self._box(sandbox).client_id

    def client_bundle(self, sandbox: str) -> ClientBundle:
        """See `ports.Mock`."""
        return self._client_bundle(sandbox, self._box(sandbox).credentials)

    def key_store(self, sandbox: str, password: str) -> bytes:
        """See `ports.Mock`."""
        from mockwise.pki import keystore  # noqa: PLC0415  because most mocks never make one

        client_bundle = self.client_bundle(sandbox)
        pair = client_bundle.certificate_pem.encode(), client_bundle.key_pem.encode()
        return keystore.key_store(client_bundle.client.client_id, *pair, self.ca_pem.encode(), password)

    def trust_store(self, password: str) -> bytes:
        """See `ports.Mock`."""
        from mockwise.pki import keystore  # noqa: PLC0415  because most mocks never make one

        return keystore.trust_store("mockwise", self.ca_pem.encode(), password)

    def environ(self, sandbox: str) -> Mapping[str, str]:
        """See `ports.Mock`."""
        box = self._box(sandbox)
        hosts = direct_hosts((self.mtls_url, self.tls_url, self.control_url))
        return {
            **box.environ(),
            **direct_variables(hosts, {}),
        }  # whoever asks has an environment of their own

    def add_client(self, sandbox: str, **options: Unpack[ClientOptions]) -> ClientBundle:
        """See `ports.Mock`."""
        return self._client_bundle(sandbox, self._box(sandbox).add_client(**options))

    def rotate(self, sandbox: str, client_id: str, secret: str | None, overlap: timedelta) -> str:
        """See `ports.Mock`."""
        box = self._box(sandbox)
        if client_id == box.client_id:  # so that the box knows it too
            return box.rotate_secret(secret, overlap=overlap)
        return self.registry.get(sandbox).clients.rotate(client_id, secret, overlap)

    def certify(self, sandbox: str, client_id: str, name: str, request: str) -> tuple[IssuedCertificate, str]:
        """See `ports.Mock`."""
        try:
            identity = sign_request(self.context.authority, request, client_id)
        except ValueError as error:
            raise InvalidValueError(f"csr: {error}") from None
        record = self.registry.get(sandbox).certificates.record
        serial = spell_serial(identity.serial)
        issued = record(client_id, serial, identity.not_before, identity.not_after, name)
        return issued, identity.certificate_pem.decode()

    def revoke_certificate(self, sandbox: str, serial: str) -> IssuedCertificate:
        """See `ports.Mock`."""
        return self.context.revoke_certificate(sandbox, serial)

    def _box(self, name: str) -> Sandbox:
        """The sandbox, also one that was made by another mock that shares the state."""
        self.registry.get(name)  # raises
        own, box = self.registry.own_client(name), self._boxes.get(name)
        if own is not None and (box is None or box.client_id != own.client_id):
            with self._lock:  # one box, and so one certificate, however many ask at once
                box = self._boxes.get(name)
                if box is None or box.client_id != own.client_id:
                    box = self.admit(Sandbox(self.context, name, {}))
        if box is None:
            raise NotFoundError(f"the sandbox {name!r} is just being made: ask again")
        return box

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
    """The app of the control host, made when it is first asked."""

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self._hub = hub
        self._settings = settings
        self._app = Once(self._make)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; the first ones wait beside the event loop, so that the other hosts answer meanwhile."""
        app = await self._app.beside()
        await app(scope, receive, send)

    def _make(self) -> ASGIApp:
        with real_dates():
            from mockwise.web.control.app import build_control_app  # noqa: PLC0415  because it takes its time

            app = build_control_app(self._hub, access(self._settings), importlib.metadata.version("mockwise"))
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
    """Nobody but this machine may reach a control host without a token.

    Raises:
        BadValue: it is bound to an address that others can reach.
    """
    if settings.control_token is None and not is_loopback(bound):
        raise InvalidValueError(
            f"the control host would be open to everybody who can reach {settings.control_host}: set --control-token "
            "(control_token), or leave --control-host at 127.0.0.1"
        )
