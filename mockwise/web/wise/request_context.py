"""A request on its way down and up: what is known of it so far, for the handlers and for the journal."""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from sys import getsizeof
from typing import TYPE_CHECKING, Literal, TypeVar

from mockwise.common.digests import digest_of
from mockwise.common.peer_certificate import PeerCertificate, read_certificate
from mockwise.faults.kinds import FaultStage
from mockwise.faults.queue import TriggeredFault
from mockwise.journal.journal import Exchange, Pairs
from mockwise.oauth.credentials import BasicCredentials, BearerToken, read_authorization
from mockwise.oauth.messages import Peer
from mockwise.oauth.reasons.text_variants import readings
from mockwise.real_time import monotonic
from mockwise.state.known_secrets import MASK, KnownSecrets
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import TokenSubject
from mockwise.storage.deadlines import WAIT_LIMIT
from mockwise.web.wise.masking import mask_body, mask_headers, mask_pairs, mask_query, mask_text

if TYPE_CHECKING:
    from starlette.types import Scope

    from mockwise.storage.threads import StoreThreads, Turn

T = TypeVar("T")

Headers = Iterable[tuple[bytes, bytes]]

LONGEST_ANSWER = 4096
"""How many bytes of an answer the journal keeps."""

_OURS = secrets.token_bytes(16)

MTLS_HOST, TLS_HOST = "mtls", "tls"
"""The names of the listener that asks for client certificates, and of the one that does not."""

_KEY = "mockwise.request_context"
_FEW = 12  # readings of credentials that nobody has
_REDIRECTS = range(300, 400)
# Bytes that objects take beside what they hold: an exchange, and a header or a pair of a form in it.
_OVERHEAD, _PAIR = 2048, 128
_LARGEST_CACHED = 16 * 1024  # characters of a certificate; usual ones have 1,500
_MASK = MASK.encode()
_LONGEST_SECRET = 12 * 1024  # bytes; a long token

MOST_LOOKED_AT = 64 * 1024
"""How many bytes of an answer are searched for secrets; the rest of a longer one is not kept."""

_NONE: Mapping[FaultStage, TriggeredFault] = {}


class RequestContext:
    """One request. Handlers note what they learn of it; the journal keeps it, and has it told when somebody asks.

    It has slots and holds few other objects, since the journal keeps ten thousand of them.
    """

    __slots__ = (
        *(
            "_patience",
            "_registry",
            "_threads",
            "_told",
            "_wall",
            "basic_encoding",
            "basic_user",
            "body",
            "client_id",
            "connection",
            "content_type",
        ),
        *("correlation_id", "credentials", "fault", "faults", "form", "headers", "subject", "is_page"),
        *("method", "number", "open_connections", "path", "peer", "query", "reason", "response_body"),
        *("response_headers", "sandbox", "seconds", "secrets", "proxied", "size", "status", "time"),
        *("stubbed", "token", "trace_id", "wall_time"),
    )

    def __init__(self, scope: Scope, registry: Registry, threads: StoreThreads | None = None) -> None:
        self._registry = registry
        self._threads = threads
        self._patience = WAIT_LIMIT
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope["query_string"]
        self.headers: Headers = scope["headers"]
        authorization: tuple[str, ...] = ()
        self.content_type = self.correlation_id = b""
        for name, value in self.headers:
            if name == b"authorization":
                authorization += (value.decode("utf-8", "surrogateescape"),)
            elif name == b"content-type":
                self.content_type = value
            elif name == b"x-external-correlation-id":
                self.correlation_id = value
        self.credentials = read_authorization(authorization)
        extensions = scope["extensions"]
        self.connection = extensions["mockwise.connection"]
        tls = extensions["tls"]
        chain = tls["client_cert_chain"]
        self.peer = _peer(self.connection.listener, chain[0] if chain else None, tls.get("client_cert_error"))
        self.trace_id = f"{random.getrandbits(128):032x}"
        # The default's sandbox and time, until `resolve_sandbox` finds out, which asks the store.
        self.sandbox: SandboxState = registry.default
        self.time = self._wall = self.sandbox.clock.wall()
        self.wall_time = self.sandbox.clock.real()

        # What the handlers learn.
        self.body = b""
        self.form: Pairs = ()
        self.client_id: str | None = None
        self.basic_encoding: Literal["raw", "form"] | None = None
        self.token: str | None = None
        self.subject: TokenSubject | None = None  # whose that token is, if it is known
        self.secrets: tuple[str, ...] = ()  # texts in the answer that the journal must not see
        # Whether the answer is a page, which is long, and may hold what the client calls its state.
        self.is_page = False
        self.stubbed = False  # whether somebody laid an answer down for its path
        self.proxied = False  # whether somebody else answers, whose secrets are not known
        self.reason: str | None = None
        self.faults: Mapping[FaultStage, TriggeredFault] = _NONE
        self.fault: str | None = None
        self.status = 0
        self.response_headers: Headers = ()
        self.response_body = b""

        scope[_KEY] = self

    def end(self, seconds: float) -> None:
        """The answer is ready, or the peer has left: into the journal, without the secrets that are known by now."""
        self.basic_user = self.credentials.user if isinstance(self.credentials, BasicCredentials) else None
        self.credentials = None
        for secret in self.secrets:
            text = secret.encode()
            self.response_body = self.response_body.replace(text, _MASK)
            if self.status in _REDIRECTS:
                self.response_headers = [
                    (name, value.replace(text, _MASK)) for name, value in self.response_headers
                ]
        self.secrets = ()
        if self.is_page and self.response_body:
            self.response_body = _MASK
        if self.proxied and self.response_body:
            self.response_body = mask_body(self.response_body, self.known.hide).encode()
        if len(self.response_body) > LONGEST_ANSWER:
            self.response_body = self._shortened()
        if self.form:
            self.body = b""  # which tells nothing more
        self.size = self._weight()
        self.seconds = seconds
        self._told: Exchange | None = None
        self.open_connections = self.sandbox.connections.count_open(self.client_id, self.connection)
        journal = self.sandbox.journal
        self.number = journal.next_number()
        journal.write(self)

    def _weight(self) -> int:
        """Roughly how many bytes it takes as long as it is kept: tiny headers are small, but the objects are not."""
        size = _OVERHEAD + len(self.query) + len(self.body) + len(self.response_body) + getsizeof(self.path)
        for name, value in self.headers:
            size += _PAIR + len(name) + len(value)
        for name, value in self.response_headers:
            size += _PAIR + len(name) + len(value)
        for key, text in self.form:
            size += _PAIR + getsizeof(key) + getsizeof(text)
        for named in (self.client_id, self.basic_user):
            if named is not None:
                size += getsizeof(named)
        return size

    async def in_state(self, work: Callable[[], T]) -> T:
        """What `work` returns, which asks the state: beside the event loop, if the state may keep it waiting.

        Raises:
            StorageError: the state is lost, or the request has waited for it too long.
        """
        if self._threads is None:
            return work()
        began = monotonic()
        try:
            return await self._threads.run(work, self._patience)
        finally:
            self._patience = max(self._patience - (monotonic() - began), 0)

    def take_turn(self) -> Turn | None:
        """The request's place in the order of all, if it is not served in one go; it must be ended."""
        return None if self._threads is None else self._threads.turns.take()

    def _shortened(self) -> bytes:
        """The beginning of a long answer. Secrets are hidden before, since half of one would not be found."""
        beginning = self.response_body[: LONGEST_ANSWER + _LONGEST_SECRET]
        shown = self.known.hide(beginning.decode("utf-8", "replace")).encode()
        if len(beginning) < len(self.response_body):
            shown = shown[:-_LONGEST_SECRET]  # the last one may be cut already
        return shown[:LONGEST_ANSWER]

    @property
    def known(self) -> KnownSecrets:
        """What must not be shown of it."""
        return self._registry.secrets

    def exchange(self) -> Exchange:
        """What happened, made when it is first asked for."""
        if self._told is None:
            told = build_exchange(self)
            if self._told is None:  # no other thread was quicker, which lets go of what is told here
                self._told = told
                self.headers = self.response_headers = self.form = ()
                self.query = self.body = self.response_body = b""
        return self._told

    def resolve_sandbox(self, parameters: Pairs = ()) -> None:
        """Find the sandbox that the request belongs to, and the time there.

        By its Basic user, else its bearer token, else the `client_id` among its parameters, else the common name of
        the peer's certificate; else by credentials that were misspelt, so that the refusal stands where the client
        looks for it; else it is `default`.
        """
        sandbox, named = self._by_credentials(), None
        if self.client_id is None:
            named = next((value for name, value in parameters if name == "client_id"), None)
            if not isinstance(self.credentials, BearerToken):
                self.client_id = named
        sandbox = sandbox or self._by_client_id(named) or self._misspelt()
        self.sandbox = sandbox or self._registry.default
        self.time = self.sandbox.clock.at(self._wall)

    def _by_credentials(self) -> SandboxState | None:
        match self.credentials:
            case BasicCredentials() as basic:
                self.client_id = basic.user
                sandbox = self._registry.of_client(basic.user)
                if sandbox is None and (sandbox := self._registry.of_client(basic.form_decoded().user)):
                    self.client_id = basic.form_decoded().user
                return sandbox
            case BearerToken(text):
                self.token = digest_of(text)
                sandbox = self._registry.of_token(self.token)
                token = sandbox and sandbox.tokens.get(self.token)
                self.subject = token.subject if token else None
                self.client_id = token.client_id if token else None
                return sandbox
            case _:
                return None

    def _misspelt(self) -> SandboxState | None:
        match self.credentials:
            case BasicCredentials(user, password):
                names = [*(it.text for it in readings(user, _FEW)), password]
                return next((sandbox for it in names if (sandbox := self._registry.of_client(it))), None)
            case BearerToken(text):
                digests = (digest_of(it.text) for it in readings(text, _FEW) if it.oddities)
                return next((sandbox for it in digests if (sandbox := self._registry.of_token(it))), None)
            case _:
                return None

    def _by_client_id(self, client_id: str | None) -> SandboxState | None:
        names = [client_id] if client_id else []
        if self.peer.certificate is not None:
            names.append(self.peer.certificate.common_name)
        return next((found for name in names if (found := self._registry.of_client(name))), None)


def context_of(scope: Scope) -> RequestContext:
    """The context of a request that came through the outer middleware."""
    context: RequestContext = scope[_KEY]
    return context


def _peer(listener: str, certificate_pem: str | None, fault: str | None) -> Peer:
    """The peer of a connection, read once for all its requests. Dates are judged later, by the clock that the options name."""
    if certificate_pem is not None and len(certificate_pem) > _LARGEST_CACHED:
        return _read_peer(listener, certificate_pem, fault)
    return _usual_peer(listener, certificate_pem, fault)


def _read_peer(listener: str, certificate_pem: str | None, fault: str | None) -> Peer:
    certificate = read_certificate(certificate_pem) if certificate_pem else None
    return Peer(listener != TLS_HOST, certificate, revoked=fault == "certificate_revoked")


_usual_peer = lru_cache(maxsize=256)(
    _read_peer
)  # certificates that are shown in turn; each takes nearly 2 KiB


def build_exchange(context: RequestContext) -> Exchange:
    """The journal's entry for a request that is over."""
    connection = context.connection
    hide = context.known.hide
    return Exchange(
        number=context.number,
        time=context.time,
        wall_time=context.wall_time,
        duration=timedelta(seconds=context.seconds),
        sandbox=context.sandbox.name,
        host=connection.listener,
        connection=connection.id,
        open_connections=context.open_connections,
        tls_version=connection.tls_version,
        cipher=connection.cipher,
        certificate=_certificate(context),
        client_id=_shown_user(context, context.client_id),
        grant_type=next(
            (mask_text(value, hide) for name, value in context.form if name == "grant_type"), None
        ),
        token=context.token,
        token_kind=context.subject.kind if context.subject else None,
        link=_link(context),
        fingerprint=_fingerprint(context),
        method=context.method,
        path=mask_text(context.path, hide),
        query=mask_query(context.query, hide),
        request_headers=mask_headers(context.headers, hide, _authorization(context)),
        request_body=_request_body(context),
        status=context.status,
        response_headers=mask_headers(context.response_headers, hide),
        response_body=hide(context.response_body.decode("utf-8", "replace")),
        fault=context.fault,
        reason=context.reason and hide(context.reason),
        trace_id=context.trace_id,
        basic_encoding=context.basic_encoding,
    )


def _link(context: RequestContext) -> str | None:
    presented = next((value for name, value in context.form if name == "refresh_token"), None)
    if presented is not None:
        return digest_of(presented)
    return context.subject.link if context.subject else None


def _fingerprint(context: RequestContext) -> str:
    """A keyed hash, so that nobody can try secrets on it."""
    sent = (
        context.method,
        context.path,
        context.query,
        [value for name, value in context.headers if name == b"authorization"],
        context.form or context.body,
    )
    return hashlib.blake2b(repr(sent).encode(), key=_OURS, digest_size=8).hexdigest()


def _shown_user(context: RequestContext, user: str | None) -> str | None:
    """Who was named as the client, which may be a secret in the wrong place."""
    if user is None or context.known.names_client(user):
        return user
    return mask_text(user, context.known.hide)


def _certificate(context: RequestContext) -> PeerCertificate | None:
    certificate = context.peer.certificate
    if certificate is None:
        return None
    name = _shown_user(context, certificate.common_name)
    return certificate if name == certificate.common_name else replace(certificate, common_name=name or "")


def _authorization(context: RequestContext) -> str:
    """What may be shown of the header: whose credentials, or which token."""
    if context.basic_user is not None:
        return f"Basic {_shown_user(context, context.basic_user)}:{MASK}"
    return MASK if context.token is None else f"Bearer {MASK}{context.token}"


def _request_body(context: RequestContext) -> str:
    if context.form:
        return mask_pairs(context.form, context.known.hide)
    return mask_body(context.body, context.known.hide) if context.body else ""
