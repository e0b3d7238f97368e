"""What a granted token looks like."""

from __future__ import annotations

import base64
import json
import re

from . import sources
from .rulebook import not_applicable, rule
from .target_client import TargetClient, access_token_of, members_of

_FIELDS = ["access_token", "token_type", "expires_in", "scope", "expires_at"]
_B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_JWS_PARTS = 3
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COMPACT_JOSE = re.compile(r"[\w-]+(\.[\w-]*){2}(\.[\w-]*\.[\w-]*)?")


@rule(
    "token.granted",
    label="DOCUMENTED",
    source=sources.TOKEN_REFERENCE,
    known="token-endpoint.md#request, mtls.md#when-it-is-required",
)
def test_granted(wise: TargetClient) -> None:
    """`POST /oauth/token` with HTTP Basic, a form of `grant_type=client_credentials` and mutual TLS gives a token."""
    assert wise.granted.status_code == 200, wise.granted.text


@rule("token.fields", label="DOCUMENTED", source=sources.TOKEN_MIGRATION, known="token-endpoint.md#response")
def test_fields(wise: TargetClient) -> None:
    """The answer has `access_token`, `token_type`, `expires_in`, `scope` and `expires_at`."""
    access_token_of(wise.granted)
    missing = set(_FIELDS) - members_of(wise.granted).keys()
    assert not missing


@rule("token.field-order", label="OBSERVED", source=sources.RECORDED, known="token-endpoint.md#response")
def test_field_order(wise: TargetClient) -> None:
    """The fields come in the order `access_token, token_type, expires_in, scope, expires_at`."""
    found = [name for name in members_of(wise.granted) if name in _FIELDS]
    assert found == [name for name in _FIELDS if name in found]


@rule("token.text", label="INFERRED", source="RFC 6750 section 2.1", known="token-endpoint.md#response")
def test_text(wise: TargetClient) -> None:
    """`access_token` has only the characters that fit into an `Authorization` header as a bearer token."""
    fits = _B64TOKEN.fullmatch(access_token_of(wise.granted)) is not None
    assert fits, "it has other characters"


@rule(
    "token.format",
    label="DOCUMENTED",
    source=sources.TOKEN_MIGRATION,
    known="lifetimes-and-formats.md#formats",
)
def test_format(wise: TargetClient) -> None:
    """A client-credentials token is a UUID or a JWT, as it is until 7 January 2027; callers assume neither."""
    text = access_token_of(wise.granted)
    known = any(form.fullmatch(text) for form in (_UUID, _COMPACT_JOSE))
    assert known, "it is neither"


@rule(
    "token.jwt",
    label="DOCUMENTED",
    source=f"{sources.TOKEN_MIGRATION}: its sample, decoded",
    known="lifetimes-and-formats.md#formats",
)
def test_jwt(wise: TargetClient) -> None:
    """A JWT of three parts has the header `alg` RS256, `enc` A256GCM, `typ` JWT, and `sub` and `iss` in its payload."""
    parts = access_token_of(wise.granted).split(".")
    if len(parts) != _JWS_PARTS:
        not_applicable("the token is no JWT of three parts")
    header, payload = (json.loads(base64.urlsafe_b64decode(f"{part}==")) for part in parts[:2])
    assert header == {"alg": "RS256", "enc": "A256GCM", "typ": "JWT"}
    assert [*payload][:2] == ["sub", "iss"]


@rule("token.type", label="DOCUMENTED", source=sources.TOKEN_REFERENCE, known="token-endpoint.md#response")
def test_type(wise: TargetClient) -> None:
    """`token_type` is `bearer`, in lower case."""
    assert _member(wise, "token_type") == "bearer"


@rule("token.scope", label="DOCUMENTED", source=sources.TOKEN_REFERENCE, known="token-endpoint.md#response")
def test_scope(wise: TargetClient) -> None:
    """The `scope` of the answer is `transfers`."""
    assert _member(wise, "scope") == "transfers"


@rule(
    "token.no-refresh-token",
    label="DOCUMENTED",
    source=sources.TOKEN_REFERENCE,
    known="token-endpoint.md#response",
)
def test_no_refresh_token(wise: TargetClient) -> None:
    """A client-credentials token comes without a refresh token and without any member about one."""
    about_refreshing = [name for name in members_of(wise.granted) if name.startswith("refresh")]
    assert about_refreshing == []


@rule(
    "token.no-created-at",
    label="DOCUMENTED",
    source=sources.TOKEN_REFERENCE,
    known="token-endpoint.md#response, conflicts.md#c8",
)
def test_no_created_at(wise: TargetClient) -> None:
    """A client-credentials token has no `created_at`, which user tokens have."""
    assert "created_at" not in list(members_of(wise.granted))


@rule(
    "token.several",
    label="INFERRED",
    source=f"{sources.ACCESS}: one token per worker",
    known="lifetimes-and-formats.md#storage",
)
def test_several(wise: TargetClient) -> None:
    """A second token does not kill the first: both open the API."""
    access_token_of(wise.granted_again)
    # Asked for after the second one was given, whatever other rules asked before.
    assert wise.call("/v1/authenticated/playground").status_code == 200


def _member(wise: TargetClient, name: str) -> object:
    members = members_of(wise.granted)
    if name not in members:
        not_applicable(f"the answer has no {name}")
    return members[name]
