"""What the protocol is asked and what it answers, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mockwise.common.peer_certificate import PeerCertificate
from mockwise.faults.kinds import TokenText
from mockwise.oauth.credentials import Credentials
from mockwise.state.tokens import IssuedToken


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of the connection, as far as TLS knows."""

    on_mtls_host: bool
    certificate: PeerCertificate | None = None
    revoked: bool = False
    """Whether the certificate's authority has it on its revocation list, though the handshake let it through."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request to the token endpoint."""

    credentials: Credentials
    form: tuple[tuple[str, str], ...] | None = field(repr=False)
    """The body's parameters in order, repeats included. Empty if the body was no form, None if it was a broken one."""
    peer: Peer
    time: datetime
    """When it arrived, on the sandbox's clock: the one time that it is judged by."""
    text: TokenText | None = None
    """What the access token is to look like; None: as the sandbox's switches say."""


@dataclass(frozen=True, slots=True)
class TokenResponse:
    """A granted token, as the answer brings it."""

    token: IssuedToken
    text: str = field(repr=False)
    fields: Mapping[str, object] = field(repr=False)
    """The body's members, in Wise's order."""
    refresh_token: str | None = field(default=None, repr=False)
