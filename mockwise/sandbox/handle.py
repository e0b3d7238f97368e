"""Sandbox, the handle of a sandbox in a test: its URLs, clients, clock, faults, users and journal."""

from __future__ import annotations

import ssl
import threading
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from mockwise.common.proxies import direct_hosts, direct_variables
from mockwise.errors import WrongScopeError
from mockwise.sandbox.clock_and_tokens import ClockAndTokens
from mockwise.sandbox.context import CertificateFiles, SandboxHandle, ServerContext
from mockwise.sandbox.credentials import Credentials
from mockwise.sandbox.faults import FaultControls
from mockwise.sandbox.forked_clock import ask_time
from mockwise.sandbox.requests import RequestAssertions
from mockwise.sandbox.trust import TrustControls
from mockwise.sandbox.urls import HostUrls
from mockwise.sandbox.users import UserControls
from mockwise.state.clients import ClientOptions
from mockwise.state.directory import OwnClient
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.stubs import Stub, StubOptions

if TYPE_CHECKING:
    import httpx

    from mockwise.audit.findings import Finding

_OF_THE_MOCK = frozenset(
    {
        *(name for name in vars(TrustControls) if not name.startswith("_")),
        *("handshakes", "sandbox", "sandboxes", "watch"),
    }
)
_TOKEN_PATH = "/oauth/token"  # noqa: S105  because it is a path


class Sandbox(HostUrls, ClockAndTokens, UserControls, FaultControls, RequestAssertions):
    """An isolated Wise environment. Made by `MockWise.sandbox()`; ends with `close()` or its `with` block."""

    def __init__(
        self,
        context: ServerContext,
        name: str,
        client: ClientOptions,
        files: CertificateFiles | None = None,
    ) -> None:
        self._handle = SandboxHandle(context, name)
        self._shown = f"<Sandbox {name!r} at {context.mtls_url}>"
        self.name = name
        self._own_client_options = client
        # Held for a reset or close, which the control host's threads do, too.
        self._changing = threading.RLock()
        if not self._adopt_client(files):
            self._create_client(files)
            self._begin(self.scenario)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._handle.forked:
            self.close()

    def __getattr__(self, name: str) -> object:
        """Raise for a missing name; one that belongs to the mock gets a hint where to find it."""
        if name in _OF_THE_MOCK:
            raise WrongScopeError(
                f"{name} reaches further than this sandbox: it changes or shows the whole mock. In pytest, take the "
                f"fixture mockwise_own, and call mockwise_own.{name} there"
            )
        raise AttributeError(f"a sandbox has no {name!r}")

    def __repr__(self) -> str:
        return self._shown

    # Where it is.

    @property
    def token_url(self) -> str:
        """The token endpoint on the mTLS host."""
        return self.mtls_url + _TOKEN_PATH

    # What time it is there.

    @property
    def now(self) -> datetime:
        """The time on the sandbox's clock, aware, in UTC; a fork of the mock's process asks the control host.

        Raises:
            MockwiseError: the sandbox is gone, or such a fork outlives the mock.
        """
        context = self._context
        return (
            ask_time(context.control_url, context.control_token, self.name) if context.forked else super().now
        )

    # Who may call it.

    @property
    def client_id(self) -> str:
        """The id of the sandbox's own client."""
        return self.credentials.client_id

    @property
    def client_secret(self) -> str:
        """The secret of the sandbox's own client."""
        return self.credentials.client_secret

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
        from mockwise.sandbox.http_clients import make_client  # noqa: PLC0415  because httpx must not slow down the start

        return make_client(self)

    def async_client(self) -> httpx.AsyncClient:
        """The reference client for asyncio, ready to call like `client()`."""
        from mockwise.sandbox.http_clients import make_async_client  # noqa: PLC0415  because httpx must not slow down the start

        return make_async_client(self)

    def environ(self) -> dict[str, str]:
        """The `MOCKWISE_*` names, for a process that is to call this sandbox.

        And `NO_PROXY` and `no_proxy`, which name the mock's hosts beside what this process's own say.
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
            **direct_variables(hosts),
        }

    def add_client(self, **options: Unpack[ClientOptions]) -> Credentials:
        """Make another client: any of `client_id`, `client_secret`, `client_key`, `mtls`, `token_lifetime`.

        Raises:
            InvalidValueError: a value that cannot be used.
            MockwiseError: the id is taken; the message names the sandbox that has it.
        """
        client = self._context.registry.add_client(self._state, **options)
        return Credentials(self._handle, client)

    def stub(self, method: str, path: str, **answer: Unpack[StubOptions]) -> Stub:
        """Answer an operation of the API as you like: `sandbox.stub("POST", "/v1/transfers", json={"id": 1})`.

        The token is checked as ever. A later stub for the same method and path takes the place of the earlier.

        Args:
            method: such as `POST`.
            path: written out, or a template such as `/v3/profiles/{profileId}/quotes`.
            **answer: any of `status`, `json`, `body`, `headers`.

        Raises:
            InvalidValueError: something that cannot be answered, or a path that the mock itself serves.
        """
        return self._state.stubs.add(method, path, **answer)

    # What was asked of it.

    def audit(self) -> list[Finding]:
        """Which of Wise's rules its clients break, as far as the journal goes; the worst first."""
        from mockwise.audit.auditing import audit  # noqa: PLC0415  because most sandboxes are never audited

        return audit(self._state)

    # How it ends.

    def reset(self) -> None:
        """Empty the sandbox: the clock runs with the wall's, tokens, users, other clients and the journal are gone.

        Its own client is as it was made, with its first secret, and its certificate is valid again. Its scenarios
        begin anew.
        """
        self._context.check_process()  # before the lock, which nobody would free in a fork
        with self._changing:
            self._context.trust.forget(self._revoked_serials())
            files = self.credentials.files
            self._context.registry.reset(self.name)
            self._create_client(files)
            self._begin(self.scenario)

    def close(self) -> None:
        """Drop it and all that it holds. Twice changes nothing.

        Raises:
            MockwiseError: it is the default sandbox, which ends with its mock.
        """
        if self._handle.over:
            return
        registry = self._context.registry  # raises in a fork of the process
        with self._changing:
            if registry.has(self.name):
                revoked = self._revoked_serials()
                registry.drop(self.name)
                self._context.trust.forget(revoked)
                self._context.clear(self.name)
            self._handle.close()

    def _create_client(self, files: CertificateFiles | None) -> None:
        registry = self._context.registry
        client = registry.add_client(self._state, **self._own_client_options)
        own = OwnClient(client.client_id, client.secrets[0].value)
        self._own_client_options = {"client_id": own.client_id, "client_secret": own.client_secret}
        self.credentials = Credentials(self._handle, client, files)
        registry.activate(self.name, own)

    def _adopt_client(self, files: CertificateFiles | None) -> bool:
        """Take over the client that is there, if mocks before this one or beside it made it; its secret may be newer."""
        own = self._context.registry.own_client(self.name)
        if own is None:
            return False
        wanted = self._own_client_options.get("client_id") or own.client_id
        client = self._state.clients.get(wanted)
        if client is None:
            return False
        self._own_client_options = {"client_id": wanted, "client_secret": client.secrets[-1].value}
        self.credentials = Credentials(self._handle, client, files)
        return True

    def _revoked_serials(self) -> list[int]:
        """The serials that leave the revocation list when the sandbox ends."""
        return [int(c.serial, 16) for c in self._state.certificates.all() if c.revoked_at is not None]

    @property
    def _context(self) -> ServerContext:
        return self._handle.context

    @property
    def _state(self) -> SandboxState:
        return self._context.registry.get(self.name)

    @property
    def _sandbox(self) -> Sandbox:
        return self
