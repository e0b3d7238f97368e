"""What a refusal may contain: plain characters, and nothing of what the peer sent (RFC 6749 §5.2; oauth.errors)."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from mockwise.oauth.bearer import authenticate_bearer
from mockwise.oauth.credentials import BasicCredentials, BearerToken, Credentials, read_authorization
from mockwise.oauth.errors import OAuthError
from mockwise.oauth.messages import Peer, TokenRequest
from mockwise.state.options import SandboxOptions
from tests.oauth.token_endpoint import GRANT, HOUR, TICK, Form, TokenEndpoint, certificate_of, presenting
from tests.state.helpers import NOON

# RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E.
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")
REASON = re.compile(r"[\x20-\x7e]+")
MARKS = [
    "zq7mark",
    "ZQ7\u00fcmark\u4e2d",
    'zq7"mark\\',
    "zq7\r\nmark: x",
    "zq7\x00mark",
    "zq7%mark+",
    "zq7\udcffmark",
]


def headers(mark: str) -> Iterator[tuple[str, ...]]:
    """Authorization headers with the mark in every place."""
    raw = mark.encode("utf-8", "surrogateescape")
    for text in (b"%b:%b", b"app:%b", b"%b:s3cret", b"%b"):
        packed = base64.b64encode(text.replace(b"%b", raw)).decode()
        yield (f"Basic {packed}",)
        yield (f"{mark} {packed}",)
        yield (f"Basic {packed}{mark}",)
        yield (f"Basic {packed}", f"Bearer {mark}")
    yield (mark,)
    yield (f"Bearer {mark}",)


def forms(mark: str) -> Iterator[Form]:
    """Bodies with the mark in every place."""
    yield ((mark, mark),)
    yield (("grant_type", mark),)
    yield (*GRANT, ("client_id", mark))
    yield (*GRANT, (mark, "1"), (mark, "2"))
    yield (*GRANT, ("scope", mark), ("scope", mark))
    yield (("client_secret", mark), ("client_id", "app"))


def peers(mark: str) -> Iterator[Peer]:
    """Peers whose certificate has the mark where text can be."""
    for name in (mark, f"app{mark}"):
        yield presenting(certificate_of(name, serial=mark))
        yield presenting(certificate_of(name, serial=mark, not_after=NOON - TICK))
        yield presenting(certificate_of(name, serial=mark, not_before=NOON + TICK))


def token_requests(endpoint: TokenEndpoint, mark: str) -> Iterator[Callable[[], object]]:
    """Requests to the token endpoint, each with the mark somewhere."""

    def sending(credentials: Credentials, form: Form, peer: Peer) -> Callable[[], object]:
        return partial(
            endpoint.server.token,
            endpoint.box,
            TokenRequest(credentials, form, peer, endpoint.box.clock.now()),
        )

    for header in headers(mark):
        yield sending(read_authorization(header), GRANT, endpoint.peer)
    for form in forms(mark):
        yield sending(endpoint.right, form, endpoint.peer)
        yield sending(None, form, endpoint.peer)
        yield sending(BasicCredentials(mark, mark), form, endpoint.peer)
    for peer in peers(mark):
        yield sending(endpoint.right, GRANT, peer)


def api_calls(endpoint: TokenEndpoint, mark: str, text: str) -> Iterator[Callable[[], object]]:
    """Calls of the API, each with the mark somewhere."""
    for header in headers(mark):
        yield partial(authenticate_bearer, endpoint.box, read_authorization(header), endpoint.peer)
    for peer in peers(mark):
        yield partial(authenticate_bearer, endpoint.box, BearerToken(text), peer)


def refusal(call: Callable[[], object]) -> OAuthError | None:
    """The refusal, if the call is refused; any other error is raised."""
    try:
        call()
    except OAuthError as error:
        return error
    return None


def check(error: OAuthError, *unspoken: str) -> None:
    """The refusal is within its alphabets, is whole sentences, and does not say what must stay unspoken."""
    assert DESCRIPTION.fullmatch(error.description)
    assert REASON.fullmatch(error.reason)
    assert error.reason.endswith(".")
    for text in (error.description, error.reason, str(error)):
        assert not any(word in text for word in unspoken)
        assert "zq7" not in text.lower()


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    "options", [SandboxOptions(), SandboxOptions(missing_authorization="unauthorized", mtls="optional")]
)
def test_a_refusal_never_repeats_what_was_sent(mark: str, options: SandboxOptions) -> None:
    """Wherever a peer puts a mark, no description and no reason shows it (oauth.errors)."""
    endpoint = TokenEndpoint(options)
    text = endpoint.ask().text
    refusals = [
        error
        for call in (*token_requests(endpoint, mark), *api_calls(endpoint, mark, text))
        if (error := refusal(call)) is not None
    ]
    assert len(refusals) > 40
    assert len({error.reason for error in refusals}) > 10
    for error in refusals:
        check(error, text, "s3cret")


def test_a_mark_that_is_a_credential_is_not_repeated() -> None:
    """Id, secret and token of a real client stay unspoken in every refusal of what once was good (oauth.errors)."""
    endpoint = TokenEndpoint(secret="zq7secret")
    client = endpoint.registry.add_client(endpoint.box, client_id="zq7id", client_secret="zq7old")
    right, peer = (
        BasicCredentials(client.client_id, "zq7old"),
        presenting(certificate_of("zq7id", serial="0b")),
    )
    request = TokenRequest(right, GRANT, peer, NOON)
    texts = [endpoint.server.token(endpoint.box, request).text for _ in range(4)]
    endpoint.box.certificates.record("zq7id", "0b", NOON, NOON + HOUR)
    tells: list[Callable[[], object]] = [
        lambda: endpoint.box.tokens.revoke(texts[0]),
        lambda: endpoint.box.tokens.expire(texts[1]),
        lambda: endpoint.box.clients.rotate("zq7id", "zq7new"),
        lambda: endpoint.box.certificates.revoke("0b"),
        lambda: endpoint.box.clients.revoke("zq7id"),
    ]
    calls: list[Callable[[], object]] = [
        partial(endpoint.server.token, endpoint.box, request),
        partial(
            endpoint.server.token,
            endpoint.box,
            TokenRequest(BasicCredentials("zq7id", "zq7new"), GRANT, peer, endpoint.box.clock.now()),
        ),
        *(partial(authenticate_bearer, endpoint.box, BearerToken(text), peer) for text in texts),
    ]
    reasons = set()
    for tell in tells:
        tell()
        for call in calls:
            if (error := refusal(call)) is not None:
                check(error, *texts)
                reasons.add(error.reason)
    assert len(reasons) >= 6


@pytest.mark.parametrize("mark", MARKS)
def test_nothing_but_a_refusal_is_raised(mark: str) -> None:
    """Whatever text arrives, the protocol answers or refuses; it does not break (mock-only)."""
    endpoint = TokenEndpoint()
    endpoint.box.clients.revoke("app")
    for call in (*token_requests(endpoint, mark), *api_calls(endpoint, mark, mark)):
        assert refusal(call) is not None
