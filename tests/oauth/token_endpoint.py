"""A token endpoint without HTTP, one client, and the requests that tests make of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

import pytest

from mockwise.common.peer_certificate import PeerCertificate
from mockwise.oauth.bearer import Caller, authenticate_bearer
from mockwise.oauth.credentials import BasicCredentials, BearerToken, Credentials, read_authorization
from mockwise.oauth.errors import InvalidClient, InvalidToken, OAuthError
from mockwise.oauth.jose import Signer, new_key_pem
from mockwise.oauth.messages import Peer, TokenRequest, TokenResponse
from mockwise.oauth.server import AuthorizationServer
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.storage.memory import MemoryStore
from tests.state.helpers import NOON, FakeClock

Form = tuple[tuple[str, str], ...]

UUID = SandboxOptions(token_format="uuid")
GRANT: Form = (("grant_type", "client_credentials"),)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
TLS_HOST = Peer(on_mtls_host=False)
BARE = Peer(on_mtls_host=True)

one_key_pem = cache(new_key_pem)


def certificate_of(
    common_name: str,
    serial: str = "0a",
    not_before: datetime = NOON - timedelta(days=1),
    not_after: datetime = NOON + timedelta(days=365),
) -> PeerCertificate:
    """A client certificate as TLS hands it on."""
    return PeerCertificate(common_name, serial, not_before, not_after, fingerprint="00" * 32)


def presenting(certificate: PeerCertificate) -> Peer:
    """A peer on the mTLS host with that certificate."""
    return Peer(on_mtls_host=True, certificate=certificate)


def basic(text: str) -> Credentials:
    """What is read from an `Authorization: Basic` header that carries the text."""
    return read_authorization(("Basic " + base64.b64encode(text.encode()).decode(),))


class TokenEndpoint:
    """The token endpoint of a mock's default sandbox, with the client `app` and its secret `s3cret`."""

    def __init__(self, options: SandboxOptions = UUID, secret: str = "s3cret") -> None:  # noqa: S107  because it is a mock's
        self.wall_clock = FakeClock()
        self.registry = Registry(MemoryStore(), options, self.wall_clock)
        self.box = self.registry.default
        self.box.clock.freeze()
        self.registry.add_client(self.box, client_id="app", client_secret=secret)
        self.server = AuthorizationServer(Signer(one_key_pem))
        self.peer = presenting(certificate_of("app"))
        self.right = BasicCredentials("app", secret)

    def ask(
        self, form: Form | None = GRANT, credentials: Credentials = None, peer: Peer | None = None
    ) -> TokenResponse:
        """Ask for a token; what is not said is right."""
        request = TokenRequest(credentials or self.right, form, peer or self.peer, self.box.clock.now())
        return self.server.token(self.box, request)

    def ask_anonymously(self, form: Form = GRANT) -> TokenResponse:
        """Ask for a token without an Authorization header."""
        return self.server.token(self.box, TokenRequest(None, form, self.peer, self.box.clock.now()))

    def call(self, text: str, peer: Peer | None = None) -> Caller:
        """Call the API with a bearer token."""
        return authenticate_bearer(self.box, BearerToken(text), peer or self.peer)

    def lives(self, answer: TokenResponse) -> bool:
        """Whether the token opens the API."""
        try:
            self.call(answer.text)
        except InvalidToken:
            return False
        return True


def refused(call: Callable[[], object], error: type[OAuthError] = InvalidClient) -> str:
    """The reason of a refusal of exactly that class."""
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    return caught.value.reason
