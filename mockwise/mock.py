"""MockWise, one running mock: builds all its parts from its settings, starts and stops them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from mockwise.bootstrap import ServerIdentity, load_or_create, server_names
from mockwise.common.addresses import is_loopback, url_of
from mockwise.common.green_threads import refuse_green_threads
from mockwise.common.masked_logs import masked_logs
from mockwise.errors import InvalidValueError, MockwiseError
from mockwise.journal.journal import Exchange
from mockwise.oauth.server import AuthorizationServer
from mockwise.pki.temporary_folder import TemporaryFolder, sweep
from mockwise.real_time import real_now
from mockwise.sandbox.context import ServerContext
from mockwise.sandbox.handle import Sandbox
from mockwise.sandbox.mock_controls import MockControls
from mockwise.sandbox.revocation_sync import RevocationSync
from mockwise.settings import Settings, read_settings
from mockwise.state.clients import ClientOptions
from mockwise.state.registry import DEFAULT, Registry
from mockwise.state.shared import SharedState
from mockwise.storage.opening import open_store
from mockwise.storage.threads import StoreThreads
from mockwise.transport.server.bad_server_kinds import BAD_SERVERS, BadServer, BadServerKind
from mockwise.transport.server.bad_servers import BadServers
from mockwise.transport.server.listener import Listener, bind
from mockwise.transport.server.thread import ServerThread
from mockwise.transport.tls.alerts import FailedHandshake
from mockwise.transport.tls.ca_rotation import CaRotation, TrustAnchors
from mockwise.transport.tls.context import ClientCertificates
from mockwise.transport.tls.trust import Trust
from mockwise.web.control.stream import StreamRegistry
from mockwise.web.control_host import CONTROL_HOST, ControlApp
from mockwise.web.wise.app import build_app
from mockwise.web.wise.request_context import MTLS_HOST, TLS_HOST

__all__ = [
    "BAD_SERVERS",
    "BadServer",
    "BadServerKind",
    "CaRotation",
    "Exchange",
    "FailedHandshake",
    "MockWise",
]


class MockWise(MockControls):
    """Wise's OAuth edge in this process: two HTTPS hosts and the control host in a thread, an authority, sandboxes.

        with MockWise() as mock:
            sandbox = mock.sandbox()

    Args:
        settings: options made earlier; free ports and a temporary authority without any.
        **options: single options, by the names of `Settings`.

    Raises:
        InvalidValueError: there is no such option, or its value cannot be used.
    """

    def __init__(self, settings: Settings | None = None, **options: Any) -> None:
        if not isinstance(settings, Settings | None):
            raise InvalidValueError(
                "settings: write options by name, as in MockWise(token_lifetime='60s'), "
                f"or pass a Settings, not a {type(settings).__name__}"
            )
        super().__init__(read_settings(options) if settings is None else settings.but(options))
        if self.settings.state is not None and self.settings.certs is None:
            raise InvalidValueError(
                "state: say certs too (--certs DIR), so that the authority of its clients' certificates is kept as well"
            )
        self._streams = StreamRegistry()
        self._running = ExitStack()
        self._logs = ExitStack()

    def __repr__(self) -> str:
        return (
            "<MockWise, not started>"
            if self._server_context is None
            else f"<MockWise at {self._server_context.mtls_url}>"
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.forked:
            self.stop()

    def start(self) -> Self:
        """Start the hosts; returns when all of them answer. A mock starts once.

        Raises:
            MockwiseError: it cannot be started; the message says why and what to do.
        """
        if self._server_context is not None:
            raise MockwiseError("a mock starts once: make another MockWise")
        refuse_green_threads()
        with ExitStack() as logs, ExitStack() as stack:
            self._build(stack, logs)
            self._running, self._logs = stack.pop_all(), logs.pop_all()
        return self

    def stop(self) -> None:
        """Stop serving and leave nothing behind. Twice changes nothing.

        Raises:
            MockwiseError: this process was forked from the one that runs the mock. (The end of a `with` block there
                leaves the mock alone.)
        """
        self._check_process()
        with self._logs:
            self._running.close()
            for watcher in self._watcher_threads:
                watcher.end()

    @property
    def forked(self) -> bool:
        """Whether this process was forked from the one that runs the mock: what it has is a copy."""
        return self._server_context is not None and self._server_context.forked

    def _build(self, stack: ExitStack, logs: ExitStack) -> None:
        settings, public, names = self.settings, self.settings.public_host, server_names(self.settings)
        stack.callback(self._end)  # registered first, so it is called last
        sweep()
        temporary = stack.enter_context(TemporaryFolder()).path
        identity = load_or_create(settings, names, temporary)
        trust = Trust(identity.authority, identity.server)
        store = open_store(settings.state)
        threads = StoreThreads() if store.shared else None
        if threads is not None:
            stack.callback(threads.join)
        stack.callback(store.close)
        if threads is not None:
            stack.callback(threads.stop)
        registry = Registry(
            store,
            settings.sandbox_options(self._seed),
            watchers=self._watchers,
            real=real_now,
            on_dropped=self._clear_dropped,
        )
        logs.enter_context(masked_logs(registry.secrets.hide))
        if settings.control_token is not None:
            registry.secrets.note(settings.control_token)
        shared_state = SharedState(store, registry)
        shared_state.require_same_ca(identity.authority.fingerprint)
        mtls, tls = (self._bind(stack, settings.host, name) for name in ("mtls_port", "tls_port"))
        control = self._bind(stack, settings.control_host, "control_port")
        _refuse_open_control(settings, control)
        # Any, because uvicorn declares ASGI's types otherwise than Starlette does.
        wise_app: Any = build_app(registry, AuthorizationServer(identity.signer), settings.upstream, threads)
        control_app: Any = ControlApp(self, registry, settings, self._streams)
        client_certificates: ClientCertificates = (
            "required" if settings.handshake_refusals == "alert" else "optional"
        )
        listeners = [
            Listener(MTLS_HOST, wise_app, mtls, trust, client_certificates, names=names),
            Listener(TLS_HOST, wise_app, tls, trust),
            Listener(CONTROL_HOST, control_app, control),
        ]

        def masked(handshake: FailedHandshake) -> None:
            self._record_failed_handshake(replace(handshake, reason=registry.secrets.hide(handshake.reason)))

        server_thread = ServerThread(listeners, now=real_now, on_refusal=masked, loop=settings.loop)
        bad_servers = BadServers(server_thread, listeners[0], settings.host, self._wise_url)
        stack.callback(server_thread.stop)
        stack.callback(self._streams.dismiss)
        self._server_context = ServerContext(
            _registry=registry,
            _trust=trust,
            anchors=TrustAnchors(identity.authority, identity.ca_file, temporary / "ca.pem"),
            folder=temporary,
            mtls_url=self._wise_url(mtls),
            tls_url=self._wise_url(tls),
            control_url=url_of(
                "http", settings.control_host, control, () if is_loopback(control) else public
            ),
            control_token=settings.control_token,
            hang_up=server_thread.hang_up,
            forget=self._forget,
            open_bad_server=bad_servers.get,
            running_bad_servers=bad_servers.running,
            issue_server=lambda authority: authority.issue_server(names),
        )
        stack.callback(self._server_context.end)
        if threads is not None:
            trust.before_handshake = RevocationSync(shared_state, trust, server_thread.hang_up, threads).poll
        self._open_default_sandbox(identity)
        if settings.token_format == "jwt" or settings.strict:
            stack.callback(_in_background(identity.signer.key).join)
        server_thread.start()

    def _end(self) -> None:
        if self._server_context is not None:
            self._server_context.close()

    def _forget(self, sandbox: str) -> None:
        self._handles.pop(sandbox, None)
        self._streams.dismiss(sandbox)

    def _clear_dropped(self, sandbox: str) -> None:
        self._context.clear(sandbox)

    def _wise_url(self, bound: socket.socket) -> str:
        return url_of("https", self.settings.host, bound, self.settings.public_host)

    def _open_default_sandbox(self, identity: ServerIdentity) -> None:
        client: ClientOptions = {"client_id": identity.client_id, "client_secret": identity.client_secret}
        if (secret := self.settings.client_secret) is not None:
            self._context.registry.default.clients.check_known(identity.client_id, secret)
        self._default = self._keep(Sandbox(self._context, DEFAULT, client, identity.client_files))

    def _bind(self, stack: ExitStack, host: str, option: str) -> socket.socket:
        try:
            bound = bind(host, getattr(self.settings, option))
        except OSError as error:
            own = "--control-host" if option == "control_port" else "--host"
            raise MockwiseError(
                f"{error.strerror} (options {own} and --{option.replace('_', '-')})"
            ) from None
        stack.callback(bound.close)
        return bound


def _in_background(work: Callable[[], object]) -> threading.Thread:
    """Make the signing key in a thread: that takes long, and the key is needed only later."""
    thread = threading.Thread(target=work, name="mockwise-signing-key", daemon=True)
    thread.start()
    return thread


def _refuse_open_control(settings: Settings, bound: socket.socket) -> None:
    """Refuse a control host that others than this machine could reach without a token.

    Raises:
        InvalidValueError: it is bound to an address that others can reach.
    """
    if settings.control_token is None and not is_loopback(bound):
        raise InvalidValueError(
            f"the control host would be open to everybody who can reach {settings.control_host}: set --control-token "
            "(control_token), or leave --control-host at 127.0.0.1"
        )
