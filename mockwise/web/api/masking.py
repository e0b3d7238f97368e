"""What the journal may see: secrets and tokens are replaced before anything is kept."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mockwise.core.journal import Pairs
from mockwise.core.tokens import digest_of
from mockwise.oauth.credentials import Basic, Bearer, Credentials

MASK = "***"
_SECRET_NAMES = frozenset(
    {
        "access_token",
        "claimAccountCode",
        "client_assertion",
        "client_secret",
        "code",
        "password",
        "refresh_token",
        "registrationCode",
        "registration_code",
        "token",
    }
)
_LONGEST_KEPT = 4096  # characters of a body


def mask_headers(headers: list[tuple[bytes, bytes]], credentials: Credentials) -> Pairs:
    """Headers as text, with what is secret in them replaced."""
    return tuple(
        (
            name.decode("latin-1"),
            value.decode("latin-1")
            if name not in {b"authorization", b"cookie", b"proxy-authorization"}
            else _mask_authorization(credentials)
            if name == b"authorization"
            else MASK,
        )
        for name, value in headers
    )


def _mask_authorization(credentials: Credentials) -> str:
    match credentials:
        case Basic(user):
            return f"Basic {user}:{MASK}"
        case Bearer(text):
            return f"Bearer {MASK}{digest_of(text)}"
        case _:
            return MASK


def mask_pairs(pairs: Pairs) -> str:
    """Form or query parameters, as they would be sent, with secret values replaced."""
    if not pairs:
        return ""
    return urlencode([(n, MASK if n in _SECRET_NAMES else v) for n, v in pairs], safe="*@")[:_LONGEST_KEPT]


def mask_query(query: bytes) -> str:
    """A query string with secret values replaced."""
    return (
        mask_pairs(tuple(parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True)))
        if query
        else ""
    )


def mask_body(body: bytes) -> str:
    """A JSON body with secret values replaced; of anything else only the size is kept."""
    if not body:
        return ""
    try:
        text = json.dumps(_masked(json.loads(body)), separators=(",", ":"))
    except (ValueError, RecursionError):
        return f"<{len(body)} bytes>"
    return text[:_LONGEST_KEPT]


def _masked(value: Any) -> Any:  # noqa: ANN401  because JSON is anything
    match value:
        case dict():
            return {n: MASK if n in _SECRET_NAMES else _masked(v) for n, v in value.items()}
        case list():
            return [_masked(item) for item in value]
        case _:
            return value
