"""The kinds of bad servers: servers that a good client must refuse, or that never answer, for tests of clients.

Each kind is one row of the table below: a certificate, a range of TLS versions, or a protocol that does not do TLS at all.
Behind each listener the same app answers as behind the good ones: a careless client gets what it asks for.

How a refusal shows on the server: mostly the alert that the client sends; a client that looks at the host name after
the handshake leaves without asking anything; and one whose library does not send alerts leaves in the middle. One
alert proves nothing: `unknown_ca` where the authority is the right one. That client would refuse the good server too.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, get_args

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mockwise.pki.authority import Authority, Identity, server_leaf
from mockwise.pki.pem import certificate_pem, key_pem, load_certificates
from mockwise.pki.template import self_signed
from mockwise.transport.tls.alerts import received_alert

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BadServerKind = Literal[
    "expired",
    "not-yet-valid",
    "wrong-host",
    "foreign-ca",
    "self-signed",
    "weak",
    "missing-intermediate",
    "tls1.2-only",
    "tls1.3-only",
    "hang",
    "reset",
]
BAD_SERVERS: tuple[BadServerKind, ...] = get_args(BadServerKind)
"""Every kind of bad server."""

OTHER_HOST = "another-host.invalid"  # RFC 2606 reserves .invalid
ISSUER_URL = "http://another-host.invalid/intermediate.der"
"""Where a certificate says that its issuer's is (RFC 5280 §4.2.2.1), as those of public authorities do."""
_WEAK_BITS = 1024  # 80 bits of security; OpenSSL's level 2 asks for 112
_DAY = timedelta(days=1)
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class BadServer:
    """A bad server that runs: `url` has no path; `story` says what is wrong and what a client must do.

    `must_refuse` is False for those that only restrict the TLS version: a good client connects to them.
    """

    kind: BadServerKind
    url: str
    story: str
    must_refuse: bool


@dataclass(frozen=True)
class BadServerSpec:
    """How a bad server differs from a good one.

    `flaw` says in half a sentence what is wrong. `identity` makes the certificate that it shows, from the authority
    that signs for the good listeners, and their names; `trusted` tells whether that authority signs this one too. `only` is the one TLS version spoken, `weak` admits a key that OpenSSL would not load, `unresponsive` replaces
    TLS, `must_refuse` tells whether a good client must refuse it.
    """

    flaw: str
    story: str
    identity: Callable[[Authority, Sequence[str]], Identity] | None = None
    trusted: bool = True
    only: ssl.TLSVersion | None = None
    weak: bool = False
    unresponsive: Literal["hang", "reset"] | None = None
    must_refuse: bool = True

    def explained(self, error: ssl.SSLError, reason: str) -> str:
        """Why a handshake failed at this server, if `reason` is why it would have failed at a good one."""
        if self.only and error.reason == "UNSUPPORTED_PROTOCOL":
            spoken = "TLS 1.2" if self.only is ssl.TLSVersion.TLSv1_2 else "TLS 1.3"
            return f"the client does not offer {spoken}, the only version that this server speaks: allow it"
        alert = received_alert(error)
        if alert is None or not self.must_refuse:
            return reason
        if alert == "unknown_ca" and self.trusted:
            return (
                "the client refused this server because it does not know the authority, which proves nothing of what "
                f"is wrong here ({self.flaw}): give the client this server's authority to trust, and try again"
            )
        return f"the client refused this server, as it must: {self.flaw}"

    @property
    def left_during_handshake(self) -> str:
        """Why a client closed the connection in the handshake without an alert."""
        if self.must_refuse:
            return f"the client left in the middle of the handshake, as it must: {self.flaw}"
        return "the client closed the connection in the middle of the handshake"

    @property
    def left_after_handshake(self) -> str:
        """Why a client closed the connection between handshake and request."""
        return f"the client left after the handshake and asked nothing, as it must: {self.flaw}"


GOOD_SERVER = BadServerSpec("nothing", "A good server: connect.", must_refuse=False)


def _expired(authority: Authority, names: Sequence[str]) -> Identity:
    now = authority.now()
    return authority.issue_server(names, not_before=now - 30 * _DAY, not_after=now - _DAY)


def _not_yet_valid(authority: Authority, names: Sequence[str]) -> Identity:
    now = authority.now()
    return authority.issue_server(names, not_before=now + _YEAR, not_after=now + 2 * _YEAR)


def _wrong_host(authority: Authority, _names: Sequence[str]) -> Identity:
    return authority.issue_server([OTHER_HOST])


def _foreign(authority: Authority, names: Sequence[str]) -> Identity:
    return Authority("an authority that nobody trusts", now=authority.now).issue_server(names)


def _self_signed(authority: Authority, names: Sequence[str]) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    return Identity.load(certificate_pem(self_signed(server_leaf(names, authority.now()), key)), key_pem(key))


def _weak(authority: Authority, names: Sequence[str]) -> Identity:
    key = rsa.generate_private_key(65537, _WEAK_BITS)  # a weak key is the purpose of this server
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return replace(authority.issue_server(names, public_key_pem=public), key_pem=key_pem(key))


def _missing_intermediate(authority: Authority, names: Sequence[str]) -> Identity:
    identity = authority.intermediate().issue_server(names, issuer_url=ISSUER_URL)
    leaf, *_ = load_certificates(identity.certificate_pem)
    return replace(identity, certificate_pem=certificate_pem(leaf))


BAD_SERVER_SPECS: dict[BadServerKind, BadServerSpec] = {
    "expired": BadServerSpec(
        "its certificate has expired",
        "Its certificate ended yesterday: refuse it, whatever else is right about it.",
        _expired,
    ),
    "not-yet-valid": BadServerSpec(
        "its certificate is not valid yet",
        "Its certificate begins in a year: refuse it.",
        _not_yet_valid,
    ),
    "wrong-host": BadServerSpec(
        f"its certificate is for {OTHER_HOST}",
        f"Its certificate is for {OTHER_HOST}, signed by the right authority: compare the host name, and refuse it.",
        _wrong_host,
    ),
    "foreign-ca": BadServerSpec(
        "nobody knows its authority",
        "Its certificate was signed by an authority that nobody trusts: refuse it.",
        _foreign,
        trusted=False,
    ),
    "self-signed": BadServerSpec(
        "its certificate is signed by itself",
        "Its certificate was signed by nobody but itself: refuse it.",
        _self_signed,
        trusted=False,
    ),
    "weak": BadServerSpec(
        f"its key is an RSA key of {_WEAK_BITS} bits",
        f"Its key is an RSA key of {_WEAK_BITS} bits, which can be broken: refuse it.",
        _weak,
        weak=True,
    ),
    "missing-intermediate": BadServerSpec(
        "it leaves out the intermediate certificate that leads to its authority",
        "Its certificate was signed by an intermediate authority, whose certificate it does not send: refuse it. "
        "Browsers and Java may fetch what is missing; others cannot find a way to the authority.",
        _missing_intermediate,
        trusted=False,
    ),
    "tls1.2-only": BadServerSpec(
        "nothing",
        "A good server that speaks TLS 1.2 only: connect, since this version is still in use.",
        only=ssl.TLSVersion.TLSv1_2,
        must_refuse=False,
    ),
    "tls1.3-only": BadServerSpec(
        "nothing",
        "A good server that speaks TLS 1.3 only: connect.",
        only=ssl.TLSVersion.TLSv1_3,
        must_refuse=False,
    ),
    "hang": BadServerSpec(
        "it never answers",
        "It takes the connection and never answers the handshake: give up in time, by a timeout of your own.",
        unresponsive="hang",
    ),
    "reset": BadServerSpec(
        "it resets connections",
        "It resets the connection in the middle of the handshake: report it, and try again later at the most.",
        unresponsive="reset",
    ),
}
