"""Every refusal of the token endpoint: status, body, headers, reason, and which comes first."""

from __future__ import annotations

from typing import Any

import pytest

from mockwise.state.options import SandboxOptions
from tests.web.wise_app import AUTH, FORM, GRANT, ID, JSON, TOKEN_HEADERS, WiseApp

OVERSIZE = b"x" * (64 * 1024 + 1)
CHALLENGE = {"www-authenticate": 'Basic realm="oauth", charset="UTF-8"'}
INVALID_CLIENT = ("invalid_client", "Client authentication failed")

REFUSALS: dict[str, tuple[dict[str, Any], int, tuple[str, str]]] = {
    "no credentials": ({"auth": None}, 401, INVALID_CLIENT),
    "wrong secret": ({"auth": (ID, "wrong")}, 401, INVALID_CLIENT),
    "unknown client": ({"auth": ("nobody", "wrong")}, 401, INVALID_CLIENT),
    "bearer": ({"auth": None, "headers": {"authorization": "Bearer x"}}, 401, INVALID_CLIENT),
    "not base64": ({"auth": None, "headers": {"authorization": "Basic ***"}}, 401, INVALID_CLIENT),
    "other client_id": (
        {"data": {**GRANT, "client_id": "x"}},
        401,
        ("invalid_client", "Given client ID does not match authenticated client"),
    ),
    "empty": ({"content": b""}, 400, ("invalid_request", "Missing grant type")),
    "blank": ({"data": {"grant_type": ""}}, 400, ("invalid_request", "Missing grant type")),
    "json": ({"json": GRANT}, 400, ("invalid_request", "Missing grant type")),
    "repeated": (
        {"content": b"grant_type=client_credentials&grant_type=client_credentials", "headers": FORM},
        400,
        ("invalid_request", "Request parameters must not be included more than once"),
    ),
    "unknown grant": (
        {"data": {"grant_type": "password"}},
        400,
        ("unsupported_grant_type", "Unsupported grant type"),
    ),
    "other case": (
        {"data": {"grant_type": "CLIENT_CREDENTIALS"}},
        400,
        ("unsupported_grant_type", "Unsupported grant type"),
    ),
    "malformed multipart": (
        {"content": b"junk", "headers": {"content-type": "multipart/form-data; boundary=b"}},
        400,
        ("invalid_request", "Malformed request body"),
    ),
    "too large": (
        {"content": OVERSIZE},
        413,
        ("invalid_request", "Request body is larger than 65536 bytes"),
    ),
}


@pytest.mark.parametrize(("options", "status", "error"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_has_this_status_body_and_headers(
    wise_app: WiseApp, options: dict[str, Any], status: int, error: tuple[str, str]
) -> None:
    """Errors are JSON of two members (RFC 6749 section 5.2, docs/wise/token-endpoint.md#errors); a 401 of this endpoint asks for Basic."""
    refused = wise_app.token(**options)

    assert refused.status_code == status
    assert refused.text == f'{{"error":"{error[0]}","error_description":"{error[1]}"}}'
    headers = dict(refused.headers)
    assert len(headers.pop("x-trace-id")) == 32
    assert headers.pop("x-mockwise-reason").endswith((".", "7617)."))
    assert headers == {
        **TOKEN_HEADERS,
        **(CHALLENGE if status == 401 else {}),
        "content-length": str(len(refused.content)),
    }


@pytest.mark.parametrize("options", [options for options, _, _ in REFUSALS.values()], ids=REFUSALS)
def test_the_journal_knows_the_reason_even_if_the_peer_is_not_told(options: dict[str, Any]) -> None:
    """With hints off no refusal carries its reason, and the journal still does."""
    wise_app = WiseApp(SandboxOptions(token_format="uuid", mtls="optional", hints=False))

    assert "x-mockwise-reason" not in wise_app.token(**options).headers
    assert wise_app.last.reason


def test_success_has_no_reason(wise_app: WiseApp) -> None:
    """Only a refusal has a reason."""
    assert "x-mockwise-reason" not in wise_app.token().headers
    assert wise_app.last.reason is None


def test_size_comes_before_the_client_and_the_client_before_the_parameters(wise_app: WiseApp) -> None:
    """A request wrong in every way is refused for its size (413), then its client (401), then its body (400)."""
    wrong = (ID, "wrong")
    assert wise_app.token(content=OVERSIZE, auth=wrong).status_code == 413
    assert wise_app.token(content=b"", auth=wrong).status_code == 401
    assert wise_app.token(data={"grant_type": "password"}, auth=wrong).status_code == 401
    assert wise_app.token(data={"grant_type": "password"}, auth=AUTH).status_code == 400


def test_the_client_comes_before_a_malformed_body(wise_app: WiseApp) -> None:
    """Who is not authenticated learns nothing of the body: 401 comes before 400."""
    malformed = {"content": b"junk", "headers": {"content-type": "multipart/form-data; boundary=b"}}
    assert wise_app.token(**malformed, auth=None).status_code == 401


def test_the_older_wording_can_be_asked_for() -> None:
    """A call without credentials can get Spring's older body (docs/wise/errors.md#shapes shape 3), wrong ones never do."""
    wise_app = WiseApp(
        SandboxOptions(token_format="uuid", mtls="optional", missing_authorization="unauthorized")
    )
    refused = wise_app.token(auth=None)

    assert refused.status_code == 401
    assert refused.json() == {
        "error": "unauthorized",
        "error_description": "Full authentication is required to access this resource",
    }
    assert wise_app.token(auth=(ID, "wrong")).json()["error"] == "invalid_client"


def test_a_json_body_is_refused_though_its_content_is_right(wise_app: WiseApp) -> None:
    """Only forms carry parameters (docs/wise/token-endpoint.md#request): JSON under either media type has no `grant_type`."""
    body = b'{"grant_type":"client_credentials"}'
    for headers in (JSON, FORM):
        refused = wise_app.token(content=body, headers=headers)
        assert (refused.status_code, refused.json()["error_description"]) == (400, "Missing grant type")
