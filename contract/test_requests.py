"""What the token endpoint takes as a request."""

from __future__ import annotations

import base64
import json

from . import sources
from .rulebook import rule
from .target_client import GRANT, TOKEN_PATH, TargetClient, members_of

_FORM = "application/x-www-form-urlencoded"
_BODY = b"grant_type=client_credentials"


@rule("request.charset", label="DOCUMENTED", source=sources.WISE_SAMPLES, known="token-endpoint.md#request")
def test_charset(wise: TargetClient) -> None:
    """A form may name its charset: `application/x-www-form-urlencoded;charset=UTF-8`."""
    answer = wise.ask_token(content=_BODY, headers={"content-type": f"{_FORM};charset=UTF-8"})
    assert answer.status_code == 200


@rule("request.multipart", label="OBSERVED", source=sources.WISE_POSTMAN, known="token-endpoint.md#request")
def test_multipart(wise: TargetClient) -> None:
    """A token request as `multipart/form-data` works as well."""
    answer = wise.ask_token(files={"grant_type": (None, "client_credentials")})
    assert answer.status_code == 200


@rule(
    "request.json",
    label="INFERRED",
    source=f"{sources.OPENAPI}: forms are the only media type",
    known="token-endpoint.md#request",
)
def test_json(wise: TargetClient) -> None:
    """A JSON body has no parameters, so `grant_type` is missing: 400 `invalid_request`."""
    answer = wise.ask_token(json=GRANT)
    assert answer.status_code == 400
    assert members_of(answer).get("error") == "invalid_request"


@rule("request.query", label="mock-only", source=sources.MOCKWISE, known="")
def test_query(wise: TargetClient) -> None:
    """Parameters in the URL are none."""
    answer = wise.ask("POST", TOKEN_PATH, params=GRANT, auth=wise.auth, headers={"content-type": _FORM})
    assert answer.status_code == 400


@rule(
    "request.repeated-parameter",
    label="INFERRED",
    source="RFC 6749 section 3.2",
    known="token-endpoint.md#errors",
)
def test_repeated_parameter(wise: TargetClient) -> None:
    """A parameter that is sent twice is refused: 400 `invalid_request`."""
    answer = wise.ask_token(content=_BODY + b"&" + _BODY, headers={"content-type": _FORM})
    assert answer.status_code == 400
    assert members_of(answer).get("error") == "invalid_request"


@rule(
    "request.unknown-parameter",
    label="INFERRED",
    source="RFC 6749 section 3.2",
    known="token-endpoint.md#request",
)
def test_unknown_parameter(wise: TargetClient) -> None:
    """A parameter that nobody knows is ignored."""
    assert wise.ask_token(data={**GRANT, "mockwise_contract": "1"}).status_code == 200


@rule(
    "request.scope",
    label="INFERRED",
    source=f"{sources.OPENAPI}: no grant has such a parameter",
    known="token-endpoint.md#request",
)
def test_scope(wise: TargetClient) -> None:
    """`scope` is no parameter: whatever is asked for, the token has `transfers`."""
    answer = wise.ask_token(data={**GRANT, "scope": "mockwise-contract"})
    assert (answer.status_code, members_of(answer).get("scope")) == (200, "transfers")


@rule(
    "request.own-client-id",
    label="INFERRED",
    source="RFC 6749 section 3.2.1",
    known="token-endpoint.md#request",
)
def test_own_client_id(wise: TargetClient) -> None:
    """A `client_id` in the body that agrees with Basic does no harm."""
    assert wise.ask_token(data={**GRANT, "client_id": wise.target.client_id}).status_code == 200


@rule("request.other-client-id", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#request")
def test_other_client_id(wise: TargetClient) -> None:
    """A `client_id` in the body that does not agree with Basic: 401 `invalid_client`."""
    assert wise.other_client_id.status_code == 401
    assert members_of(wise.other_client_id).get("error") == "invalid_client"


@rule(
    "request.other-client-id-words",
    label="INFERRED",
    source=sources.SPRING,
    known="token-endpoint.md#request",
)
def test_other_client_id_words(wise: TargetClient) -> None:
    """It is told `Given client ID does not match authenticated client`."""
    told = members_of(wise.other_client_id).get("error_description")
    assert told == "Given client ID does not match authenticated client"


@rule("request.secret-in-body", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#request")
def test_secret_in_body(wise: TargetClient) -> None:
    """Id and secret in the body do not authenticate: without Basic it is 401."""
    client_id, secret = wise.auth
    answer = wise.ask_token(data={**GRANT, "client_id": client_id, "client_secret": secret}, auth=None)
    assert answer.status_code == 401


@rule(
    "request.encoded-credentials",
    label="mock-only",
    source=f"RFC 6749 section 2.3.1; {sources.MOCKWISE}",
    known="developer-hub.md#encoding-of-the-secret-in-http-basic",
)
def test_encoded_credentials(wise: TargetClient) -> None:
    """Id and secret may also be form-encoded before they go into Basic: whether Wise decodes them is not known."""
    encoded = base64.b64encode(":".join(map(_percent_encode, wise.auth)).encode()).decode()
    answer = wise.ask_token(auth=None, headers={"authorization": f"Basic {encoded}"})
    assert answer.status_code == 200


@rule(
    "request.scheme-case", label="INFERRED", source="RFC 9110 section 11.1", known="token-endpoint.md#request"
)
def test_scheme_case(wise: TargetClient) -> None:
    """The scheme `Basic` may be written in any case."""
    credentials = base64.b64encode(":".join(wise.auth).encode()).decode()
    answer = wise.ask_token(auth=None, headers={"authorization": f"bASIC {credentials}"})
    assert answer.status_code == 200


@rule("request.too-large", label="mock-only", source=sources.MOCKWISE, known="")
def test_too_large(wise: TargetClient) -> None:
    """A body of more than 64 KiB is refused with 413."""
    body = json.dumps("x" * 64 * 1024).encode()
    assert wise.ask_token(content=body, headers={"content-type": _FORM}).status_code == 413


def _percent_encode(text: str) -> str:
    """Every byte encoded, so that one that takes it as it stands cannot be right by chance."""
    return "".join(f"%{byte:02X}" for byte in text.encode())
