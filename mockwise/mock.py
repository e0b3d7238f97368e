"""The mock: the one place that knows every floor and puts them together."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mockwise.addresses import is_loopback, url_of
from mockwise.config import Settings, read_settings, sandbox_settings
from mockwise.core.clients import ClientOptions
from mockwise.core.clock import wall_now
from mockwise.core.errors import MockwiseError
from mockwise.core.journal import Exchange, tell_all
from mockwise.core.registry import DEFAULT, Registry
from mockwise.core.store import MemoryStore
from mockwise.home import Home, open_home, server_names
from mockwise.hub import CONTROL_HOST, ControlApp, Hub, refuse_open_control
from mockwise.oauth.server import AuthorizationServer
from mockwise.premises import Premises
from mockwise.sandbox import Sandbox
from mockwise.transport.alerts import Refusal
from mockwise.transport.authority import Authority
from mockwise.transport.bad_servers import BadServers
from mockwise.transport.context import ClientCertificates
from mockwise.transport.engine import Engine
from mockwise.transport.host import Listener, bind
from mockwise.transport.succession import Anchors, AuthorityDrill
from mockwise.transport.trouble import BAD_SERVERS, BadServer, BadServerKind
from mockwise.transport.trust import Trust
from mockwise.web.api.app import build_app
from mockwise.web.api.passage import MTLS_HOST, TLS_HOST
from mockwise.whereabouts import Whereabouts

__all__ = ["BAD_SERVERS", "AuthorityDrill", "BadServer", "BadServerKind", "Exchange", "MockWise", "Refusal"]

_REFUSALS_KEPT = 1000


class MockWise(Whereabouts):
    """Wise's OAuth edge in this process: two HTTPS hosts and the control host in a thread, an authority, sandboxes.

        with MockWise() as mock:
            box = mock.sandbox()

    Args:
        settings: options made earlier; free ports and a temporary authority without any.
        **options: single options, by the names of `Settings`.

    Raises:
        BadValue: there is no such option, or its value cannot be used.
    """

    default: Sandbox
    """The sandbox of whoever names no client of another one."""

    def __init__(self, settings: Settings | None = None, **options: Any) -> None:  # noqa: ANN401  because pydantic checks them
        self.settings = read_settings(options) if settings is None else settings.but(options)
        self._refusals: deque[Refusal] = deque(maxlen=_REFUSALS_KEPT)
        self._watchers: list[Callable[[Exchange | Refusal], None]] = []
        self._running = ExitStack()
        self._hub = Hub(self.sandbox, self._refusals)
        self._premises: Premises | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Serve; returns when all hosts answer. A mock starts once.

        Raises:
            MockwiseError: it cannot be started; the message says why and what to do.
        """
        if self._premises is not None:
            raise MockwiseError("a mock starts once: make another MockWise")
        with ExitStack() as stack:
            self._build(stack)
            self._running = stack.pop_all()
        return self

    def stop(self) -> None:
        """Stop serving and leave nothing behind. Twice changes nothing."""
        self._running.close()

    def sandbox(self, name: str | None = None, **options: Any) -> Sandbox:  # noqa: ANN401  because pydantic checks them
        """Make a fresh, isolated sandbox, with its own `client_id`, `client_secret` and switches if you like.

        Raises:
            BadValue: an option that a sandbox does not have, or a value that cannot be used.
            MockwiseError: the name or the client id is taken, or the mock does not run.
        """
        settings = sandbox_settings(self.settings, options)
        premises = self._ground
        state = premises.registry.add(name, settings.policy())
        client: ClientOptions = {"client_id": settings.client_id, "client_secret": settings.client_secret}
        try:
            return self._hub.admit(Sandbox(premises, state.name, client))
        except MockwiseError:
            premises.registry.drop(state.name)
            raise

    @property
    def sandboxes(self) -> list[str]:
        """The names of its sandboxes, oldest first."""
        return self._ground.registry.names()

    @property
    def handshakes(self) -> list[Refusal]:
        """The last thousand handshakes that were refused, oldest first, each with its reason."""
        return list(self._refusals)

    def watch(self, watcher: Callable[[Exchange | Refusal], None]) -> None:
        """Call `watcher` with each exchange and each refused handshake from now on, in the server's thread."""
        self._watchers.append(watcher)

    def new_authority(self, name: str) -> Authority:
        """Make another certificate authority, which is not trusted until `trust` says so."""
        return Authority(name, now=wall_now)

    def trust(self, authority: Authority) -> None:
        """Accept client certificates of this authority too, from the next handshake on."""
        self._ground.trust.add(authority)

    def distrust(self, authority: Authority) -> None:
        """Accept client certificates of this authority no longer, from the next handshake on."""
        self._ground.trust.remove(authority)

    def rotate_server_certificate(self) -> None:
        """Show clients a new server certificate of the same authority, from the next handshake on."""
        trust = self._ground.trust
        trust.serve_identity(trust.issuer.issue_server(server_names(self.settings)))

    def rotate_authority(self, *, overlap: bool = True) -> AuthorityDrill:
        """Replace the certificate authority while clients are at work, as a drill that `finish()` ends.

            with mock.rotate_authority() as drill:
                ...  # the overlap: both are trusted on both sides, and ca_file holds both
                drill.switch_server()  # if you like: from here on the server shows a certificate of the new one
                ...
            ...  # the old one is worth nothing any more

        At the start every client certificate that was asked for is replaced by one of the new authority, in the same
        files; old ones stay good until the end. So who loads `ca_file`, `cert_file` and `key_file` again during the
        overlap notices nothing at all; at the end everybody else is refused, and refuses. Without an overlap the
        drill is over at once. In a mock with a `certs` folder that folder is left alone: the change is for this run,
        and the files get other names.

        Raises:
            MockwiseError: another drill is under way.
        """
        drill = self._ground.rotate_authority()
        if not overlap:
            drill.finish()
        return drill

    def bad_server(self, kind: BadServerKind) -> BadServer:
        """A server that a good client must refuse, to prove that yours does; `BAD_SERVERS` lists the kinds.

        It listens on a port of its own from the first call to the mock's end, and disturbs nobody. The same app
        answers behind it: a client that does not look gets its token, and the journal convicts it.

        Raises:
            BadValue: there is no such kind.
        """
        return self._ground.bad_server(kind)

    def bad_servers(self) -> list[BadServer]:
        """All of them."""
        return [self.bad_server(kind) for kind in BAD_SERVERS]

    def _build(self, stack: ExitStack) -> None:
        settings, public, names = self.settings, self.settings.public_host, server_names(self.settings)
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mockwise-")))
        home = open_home(settings, names, temporary)
        trust = Trust(home.authority, home.server)
        registry = Registry(MemoryStore(), settings.policy(), watchers=self._watchers)
        mtls, tls = (self._bind(stack, settings.host, name) for name in ("mtls_port", "tls_port"))
        control = self._bind(stack, settings.control_host, "control_port")
        refuse_open_control(settings, control)
        # uvicorn words ASGI's types otherwise than Starlette.
        wise: Any = build_app(registry, AuthorizationServer(home.signer), settings.upstream)
        unlike_wise: Any = ControlApp(self._hub, settings)
        wanted: ClientCertificates = "required" if settings.handshake_refusals == "alert" else "optional"
        listeners = [
            Listener(MTLS_HOST, wise, mtls, trust, wanted, names=names),
            Listener(TLS_HOST, wise, tls, trust),
            Listener(CONTROL_HOST, unlike_wise, control),
        ]
        engine = Engine(listeners, now=wall_now, on_refusal=self._refused, loop=settings.loop)
        stack.callback(engine.stop)
        stack.callback(self._hub.audience.dismiss)
        self._premises = self._hub.premises = Premises(
            registry=registry,
            trust=trust,
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
        self._move_in(home)
        if settings.token_format == "jwt":  # noqa: S105  because it names a format
            stack.callback(_begin(home.signer.key).join)
        engine.start()

    def _wise_url(self, bound: socket.socket) -> str:
        return url_of("https", self.settings.host, bound, self.settings.public_host)

    def _move_in(self, home: Home) -> None:
        client: ClientOptions = {"client_id": home.client_id, "client_secret": home.client_secret}
        self.default = self._hub.admit(Sandbox(self._ground, DEFAULT, client, home.client_files))

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
        return self._premises

    def _refused(self, refusal: Refusal) -> None:
        self._refusals.append(refusal)
        tell_all(self._watchers, refusal)


def _begin(work: Callable[[], object]) -> threading.Thread:
    """Begin in the background with what takes long and is needed later."""
    thread = threading.Thread(target=work, name="mockwise-signing-key", daemon=True)
    thread.start()
    return thread
