"""TLS contexts that follow changes of trust between two handshakes.

An OpenSSL context cannot forget: an authority once loaded stays, and revocation lists pile up beside each other. So
nothing is changed in place. `LiveContext` keeps uvicorn's own context factory and calls it again (2 ms) when the trust
has a new version; uvicorn's SSL options stay in charge of certificate, key, authorities, verification and ciphers.

A resumed session skips verification. Tickets are off, and the TLS 1.2 session cache belongs to a context: a new
version starts with an empty one, so an earlier session cannot be resumed after a change.

`HandshakeContext` is the context that the event loop gets, one for each handshake. It hands out the TLS object of the present
context and passes it to the connection: neither asyncio nor uvloop offers another way to find it.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, cast

from typing_extensions import override

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
    key usage; `none` asks for none. `bad_server` says how it differs from a good server of these `names`.
    """

    def __init__(
        self,
        trust: Trust,
        client_certificates: ClientCertificates,
        bad_server: BadServerSpec = GOOD_SERVER,
        names: Sequence[str] = (),
    ) -> None:
        self.trust = trust
        self.client_certificates = client_certificates
        self._bad_server = bad_server
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
            context = _weak_context(config) if self._bad_server.weak else self._default_factory()
            self._version = files.version
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._bad_server.only:
            context.minimum_version = context.maximum_version = self._bad_server.only
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        # A trusted authority is a trust anchor even if another one has signed it.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if self.client_certificates == "required":
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        else:
            context.verify_flags |= _NO_CHECK_TIME
        context.sslobject_class = AlertSSLObject
        return context

    def _identity(self) -> Identity | None:
        """The certificate of a bad server, kept until another authority issues the server's own; None for a good one."""
        if self._bad_server.identity is None:
            return None
        issuer = self.trust.issuer
        if self._shown is None or self._shown[0] is not issuer:
            self._shown = issuer, self._bad_server.identity(issuer, self._names)
        return self._shown[1]


def _weak_context(config: Config) -> ssl.SSLContext:
    """A context as uvicorn's default factory makes it, but for a weak key, which OpenSSL loads at security level 0 only."""
    context = ssl.SSLContext(config.ssl_version)
    context.set_ciphers(f"{CIPHERS}:@SECLEVEL=0")
    context.load_cert_chain(str(config.ssl_certfile), config.ssl_keyfile)
    context.verify_mode = ssl.VerifyMode(config.ssl_cert_reqs)
    if config.ssl_ca_certs:
        context.load_verify_locations(config.ssl_ca_certs)
    return context


class HandshakeContext(ssl.SSLContext):
    """The SSL context of one handshake, which passes its TLS object to the connection.

    `opened` is called with the TLS object; `early` is what has been received already: uvloop may read before TLS begins.
    """

    inner: ssl.SSLContext
    opened: Callable[[AlertSSLObject], None]
    early: bytearray

    @classmethod
    @contextmanager
    def to(
        cls, context: ssl.SSLContext, opened: Callable[[AlertSSLObject], None], early: bytearray
    ) -> Iterator[HandshakeContext]:
        """A handshake context around `context`. They are used again, because OpenSSL takes 0.1 ms to make one."""
        made = _CONTEXTS.pop() if _CONTEXTS else cls(ssl.PROTOCOL_TLS_SERVER)
        made.inner = context
        made.opened = opened
        made.early = early
        try:
            yield made
        finally:
            del made.inner, made.opened, made.early  # they keep the connection in memory
            if len(_CONTEXTS) < _MOST_CONTEXTS:
                _CONTEXTS.append(made)

    @override
    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        incoming.write(self.early)
        self.early.clear()
        wrapped = self.inner.wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        self.opened(cast("AlertSSLObject", wrapped))  # by `sslobject_class`
        return wrapped


_MOST_CONTEXTS = 64
_CONTEXTS: list[HandshakeContext] = []
