"""The live TLS context: what a listener believes can change between two handshakes.

An OpenSSL context cannot forget: an authority once loaded stays, and revocation lists pile up beside each other. So
nothing is changed in place. `LiveContext` keeps uvicorn's own context factory and calls it again (2 ms) when the trust
has a new version; uvicorn's SSL options stay in charge of certificate, key, authorities, verification and ciphers.

A resumed session skips verification. Tickets are off, and the TLS 1.2 session cache belongs to a context: a new
version starts with an empty one, so a session of before is worth nothing after a change.

`HandshakeContext` is the context that the event loop gets, one for each handshake. It hands out the TLS object of the present
context and tells whose it is: neither asyncio nor uvloop lets a TLS object find its connection otherwise.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, cast

from mockwise.transport.server.bad_server_kinds import GOOD_SERVER, BadServerSpec
from mockwise.transport.tls.alerts import AlertSSLObject
from mockwise.transport.tls.suites import CIPHERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from uvicorn import Config

    from mockwise.pki.authority import Authority, Identity
    from mockwise.transport.tls.trust import Trust

ClientCertificates = Literal["required", "optional", "none"]

_NO_CHECK_TIME = ssl.VerifyFlags(0x200000)  # X509_V_FLAG_NO_CHECK_TIME, which Python does not name
_REQUIREMENTS = {"required": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL, "none": ssl.CERT_NONE}


class LiveContext:
    """uvicorn's `ssl_context_factory`, kept and called again whenever `trust` has changed.

    `client_certificates`: `required` refuses everything but a valid certificate in the handshake; `optional` lets no
    certificate, expired, not yet valid and revoked ones through to the app, but still no foreign ones and no wrong
    key usage; `none` asks for none. `trouble` is what it does otherwise than a good one, for a server of these `names`.
    """

    def __init__(
        self,
        trust: Trust,
        client_certificates: ClientCertificates,
        trouble: BadServerSpec = GOOD_SERVER,
        names: Sequence[str] = (),
    ) -> None:
        self.trust = trust
        self.client_certificates = client_certificates
        self._trouble = trouble
        self._names = names
        self._shown: tuple[Authority, Identity] | None = None
        self._version = 0

    def __call__(self, config: Config, default_factory: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """Build the first context, as uvicorn asks for it."""
        self._config = config
        self._default_factory = default_factory
        return self.current()

    def current(self) -> ssl.SSLContext:
        """The context of the present trust."""
        if self._version != self.trust.version:
            self._context = self._build()
        return self._context

    def _build(self) -> ssl.SSLContext:
        config = self._config
        with self.trust.files(self._identity()) as files:
            config.ssl_certfile = files.certificate
            config.ssl_keyfile = files.key
            config.ssl_ca_certs = files.authorities
            config.ssl_cert_reqs = _REQUIREMENTS[self.client_certificates]
            config.ssl_ciphers = CIPHERS
            context = _lenient(config) if self._trouble.weak else self._default_factory()
            self._version = files.version
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._trouble.only:
            context.minimum_version = context.maximum_version = self._trouble.only
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        # A trusted authority is an anchor even if it hangs below another one.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if self.client_certificates == "required":
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        else:
            context.verify_flags |= _NO_CHECK_TIME
        context.sslobject_class = AlertSSLObject
        return context

    def _identity(self) -> Identity | None:
        """What is shown instead of the server's own certificate: the same until another authority signs that one."""
        if self._trouble.identity is None:
            return None
        issuer = self.trust.issuer
        if self._shown is None or self._shown[0] is not issuer:
            self._shown = issuer, self._trouble.identity(issuer, self._names)
        return self._shown[1]


def _lenient(config: Config) -> ssl.SSLContext:
    """What uvicorn's default factory makes, but with a key that OpenSSL would not load without being told."""
    context = ssl.SSLContext(config.ssl_version)
    context.set_ciphers(f"{CIPHERS}:@SECLEVEL=0")
    context.load_cert_chain(str(config.ssl_certfile), config.ssl_keyfile)
    context.verify_mode = ssl.VerifyMode(config.ssl_cert_reqs)
    if config.ssl_ca_certs:
        context.load_verify_locations(config.ssl_ca_certs)
    return context


class HandshakeContext(ssl.SSLContext):
    """The context of one handshake.

    `opened` is given its TLS object; `early` is what the connection has said already: uvloop may read before TLS begins.
    """

    inner: ssl.SSLContext
    opened: Callable[[AlertSSLObject], None]
    early: bytearray

    @classmethod
    @contextmanager
    def to(
        cls, context: ssl.SSLContext, opened: Callable[[AlertSSLObject], None], early: bytearray
    ) -> Iterator[HandshakeContext]:
        """A door to `context`, for one handshake. Doors are used again: OpenSSL takes 0.1 ms to make a context."""
        door = _CONTEXTS.pop() if _CONTEXTS else cls(ssl.PROTOCOL_TLS_SERVER)
        door.inner = context
        door.opened = opened
        door.early = early
        try:
            yield door
        finally:
            del door.inner, door.opened, door.early  # which hold the connection
            if len(_CONTEXTS) < _MOST_CONTEXTS:
                _CONTEXTS.append(door)

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """The TLS object of the present context, watched."""
        incoming.write(self.early)
        self.early.clear()
        wrapped = self.inner.wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        self.opened(cast("AlertSSLObject", wrapped))  # what `sslobject_class` says
        return wrapped


_MOST_CONTEXTS = 64
_CONTEXTS: list[HandshakeContext] = []
