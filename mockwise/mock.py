"""The mock: the one place that knows every floor and puts them together."""

from __future__ import annotations

import secrets
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mockwise.bootstrap import Home, open_home, server_names
from mockwise.common.addresses import is_loopback, url_of
from mockwise.common.green_threads import refuse_green_threads
from mockwise.common.masked_logs import masked_logs
from mockwise.errors import BadValue, MockwiseError
from mockwise.hub import CONTROL_HOST, ControlApp, Hub, refuse_open_control
from mockwise.journal.journal import Exchange, tell_all
from mockwise.journal.watchers import Watcher
from mockwise.oauth.server import AuthorizationServer
from mockwise.pki.temporary_folder import TemporaryFolder, sweep
from mockwise.real_time import real_now
from mockwise.sandbox.context import Premises
from mockwise.sandbox.handle import Sandbox
from mockwise.sandbox.revocation_sync import Revocations
from mockwise.sandbox.trust import Drills
from mockwise.sandbox.urls import Whereabouts
from mockwise.settings import Settings, read_settings, sandbox_settings
from mockwise.state.clients import ClientOptions
from mockwise.state.registry import DEFAULT, Registry
from mockwise.state.shared import Commons
from mockwise.storage.opening import open_store, spell_state
from mockwise.storage.threads import StateThreads
from mockwise.transport.server.bad_server_kinds import BAD_SERVERS, BadServer, BadServerKind
from mockwise.transport.server.bad_servers import BadServers
from mockwise.transport.server.listener import Listener, bind
from mockwise.transport.server.thread import Engine
from mockwise.transport.tls.alerts import Refusal
from mockwise.transport.tls.ca_rotation import Anchors, AuthorityDrill
from mockwise.transport.tls.context import ClientCertificates
from mockwise.transport.tls.trust import Trust
from mockwise.web.wise.app import build_app
from mockwise.web.wise.request_context import MTLS_HOST, TLS_HOST

if TYPE_CHECKING:
    from mockwise.audit.auditing import Report

__all__ = ["BAD_SERVERS", "AuthorityDrill", "BadServer", "BadServerKind", "Exchange", "MockWise", "Refusal"]

_REFUSALS_KEPT = 1000
_SEEDS = 1_000_000  # so many that no two runs are alike, and so few that one is easily typed


class MockWise(Whereabouts, Drills):
    """Wise's OAuth edge in this process: two HTTPS hosts and the control host in a thread, an authority, sandboxes.

        with MockWise() as mock:
            box = mock.sandbox()

    Args:
        settings: options made earlier; free ports and a temporary authority without any.
        **options: single options, by the names of `Settings`.

    Raises:
        BadValue: there is no such option, or its value cannot be used.
    """

    _default: Sandbox
    """Set when the mock starts."""

    def __init__(self, settings: Settings | None = None, **options: Any) -> None:  # noqa: ANN401  because pydantic checks them
        if not isinstance(settings, Settings | None):
            raise BadValue(
                "settings: write options by name, as in MockWise(token_lifetime='60s'), "
                f"or pass a Settings, not a {type(settings).__name__}"
            )
        self.settings = read_settings(options) if settings is None else settings.but(options)
        if self.settings.state is not None and self.settings.certs is None:
            raise BadValue(
                "state: say certs too (--certs DIR), so that the authority of its clients' certificates is kept as well"
            )
        self._seed = secrets.randbelow(_SEEDS)  # for those that are strict, if they were given none
        self._refusals: deque[Refusal] = deque(maxlen=_REFUSALS_KEPT)
        self._watchers: list[Callable[[Exchange | Refusal], None]] = []
        self._beside: list[Watcher[Exchange | Refusal]] = []
        self._running = ExitStack()
        self._logs = ExitStack()
        self._hub = Hub(self.sandbox, self._refusals)
        self._premises: Premises | None = None

    def __repr__(self) -> str:
        return (
            "<MockWise, not started>"
            if self._premises is None
            else f"<MockWise at {self._premises.mtls_url}>"
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.forked:
            self.stop()

    def start(self) -> Self:
        """Serve; returns when all hosts answer. A mock starts once.

        Raises:
            MockwiseError: it cannot be started; the message says why and what to do.
        """
        if self._premises is not None:
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
            for watcher in self._beside:
                watcher.end()

    @property
    def forked(self) -> bool:
        """Whether this process was forked from the one that runs the mock: what it has is a copy."""
        return self._premises is not None and self._premises.forked

    def sandbox(self, name: str | None = None, **options: Any) -> Sandbox:  # noqa: ANN401  because pydantic checks them
        """Make a fresh, isolated sandbox, with its own `client_id`, `client_secret` and switches if you like.

        Raises:
            BadValue: an option that a sandbox does not have, or a value that cannot be used.
            MockwiseError: the name or the client id is taken, or the mock does not run.
        """
        settings = sandbox_settings(self.settings, options)
        premises = self._ground
        state = premises.registry.add(name, settings.policy(self._seed))
        client: ClientOptions = {"client_id": settings.client_id, "client_secret": settings.client_secret}
        try:
            return self._hub.admit(Sandbox(premises, state.name, client))
        except MockwiseError:
            premises.registry.drop(state.name)
            raise

    @property
    def default(self) -> Sandbox:
        """The sandbox of whoever names no client of another one.

        Raises:
            MockwiseError: the mock does not run.
        """
        self._ground.check_running()
        return self._default

    @property
    def sandboxes(self) -> list[str]:
        """The names of its sandboxes, oldest first."""
        return self._ground.registry.names()

    def reports(self) -> list[Report]:
        """An audit of each sandbox, with what a report shows beside it."""
        from mockwise.audit.auditing import examine  # noqa: PLC0415  because most mocks are never audited

        registry = self._ground.registry
        return [examine(registry.get(name)) for name in registry.names()]

    @property
    def state(self) -> str | None:
        """Where its state is kept, without a password; None: in memory."""
        return None if self.settings.state is None else spell_state(self.settings.state)

    @property
    def handshakes(self) -> list[Refusal]:
        """The last thousand handshakes that were refused, oldest first, each with its reason."""
        self._check_process()
        return list(self._refusals)

    def watch(self, watcher: Callable[[Exchange | Refusal], None], *, waits: bool = True) -> None:
        """Call `watcher` with each exchange and each refused handshake from now on, in a thread of its own.

        If it is quick it has seen an exchange before the client has its answer; if not, answers go out without it.

        Args:
            watcher: what to call.
            waits: False: it never waits for anything, and is called in the server's thread, which takes less time.
        """
        self._check_process()
        if waits:
            beside = Watcher(watcher)
            self._watchers.append(beside)
            self._beside.append(beside)
        else:
            self._watchers.append(watcher)

    def _build(self, stack: ExitStack, logs: ExitStack) -> None:
        settings, public, names = self.settings, self.settings.public_host, server_names(self.settings)
        stack.callback(self._end)  # when all else is done
        sweep()
        temporary = stack.enter_context(TemporaryFolder()).path
        home = open_home(settings, names, temporary)
        trust = Trust(home.authority, home.server)
        store = open_store(settings.state)
        threads = StateThreads() if store.shared else None
        if threads is not None:
            stack.callback(threads.join)
        stack.callback(store.close)
        if threads is not None:
            stack.callback(threads.stop)
        registry = Registry(
            store, settings.policy(self._seed), watchers=self._watchers, real=real_now, lost=self._lose
        )
        logs.enter_context(masked_logs(registry.secrets.hide))
        if settings.control_token is not None:
            registry.secrets.note(settings.control_token)
        commons = Commons(store, registry)
        commons.stand_under(home.authority.fingerprint)
        mtls, tls = (self._bind(stack, settings.host, name) for name in ("mtls_port", "tls_port"))
        control = self._bind(stack, settings.control_host, "control_port")
        refuse_open_control(settings, control)
        # uvicorn words ASGI's types otherwise than Starlette.
        wise: Any = build_app(registry, AuthorizationServer(home.signer), settings.upstream, threads)
        unlike_wise: Any = ControlApp(self._hub, settings)
        wanted: ClientCertificates = "required" if settings.handshake_refusals == "alert" else "optional"
        listeners = [
            Listener(MTLS_HOST, wise, mtls, trust, wanted, names=names),
            Listener(TLS_HOST, wise, tls, trust),
            Listener(CONTROL_HOST, unlike_wise, control),
        ]

        def masked(refusal: Refusal) -> None:
            self._refused(replace(refusal, reason=registry.secrets.hide(refusal.reason)))

        engine = Engine(listeners, now=real_now, on_refusal=masked, loop=settings.loop)
        stack.callback(engine.stop)
        stack.callback(self._hub.audience.dismiss)
        self._premises = self._hub.premises = Premises(
            _registry=registry,
            _trust=trust,
            anchors=Anchors(home.authority, home.ca_file, temporary / "ca.pem"),
            folder=temporary,
            mtls_url=self._wise_url(mtls),
            tls_url=self._wise_url(tls),
            control_url=url_of(
                "http", settings.control_host, control, () if is_loopback(control) else public
            ),
            control_token=settings.control_token,
            hang_up=engine.hang_up,
            forget=self._hub.forget,
            open_bad_server=BadServers(engine, listeners[0], settings.host, self._wise_url).get,
            issue_server=lambda authority: authority.issue_server(names),
        )
        stack.callback(self._premises.end)
        if threads is not None:
            trust.before_handshake = Revocations(commons, trust, engine.hang_up, threads).catch_up
        self._move_in(home)
        if settings.token_format == "jwt" or settings.strict:  # noqa: S105  because it names a format
            stack.callback(_begin(home.signer.key).join)
        engine.start()

    def _check_process(self) -> None:
        if self._premises is not None:
            self._premises.check_process()

    def _end(self) -> None:
        if self._premises is not None:
            self._premises.close()

    def _lose(self, sandbox: str) -> None:
        self._ground.clear(sandbox)

    def _wise_url(self, bound: socket.socket) -> str:
        return url_of("https", self.settings.host, bound, self.settings.public_host)

    def _move_in(self, home: Home) -> None:
        client: ClientOptions = {"client_id": home.client_id, "client_secret": home.client_secret}
        if (said := self.settings.client_secret) is not None:
            self._ground.registry.default.clients.check_known(home.client_id, said)
        self._default = self._hub.admit(Sandbox(self._ground, DEFAULT, client, home.client_files))

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

    @property
    def _ground(self) -> Premises:
        if self._premises is None:
            raise MockwiseError("the mock does not run: use it in a with block, or call start()")
        self._premises.check_running()
        return self._premises

    def _refused(self, refusal: Refusal) -> None:
        self._refusals.append(refusal)
        tell_all(self._watchers, refusal)
        self._hub.refused(refusal)


def _begin(work: Callable[[], object]) -> threading.Thread:
    """Begin in the background with what takes long and is needed later."""
    thread = threading.Thread(target=work, name="mockwise-signing-key", daemon=True)
    thread.start()
    return thread
