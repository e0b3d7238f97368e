"""What the journal may show: secrets and tokens are replaced by place and by value, and nothing is shown at length.

A client under test gets names wrong, and puts secrets where none belong. So names are compared without case and
separators, a text in which a secret seems to be assigned is masked whole, and so is a name that does not look like one.
And all that is left goes through `hide`, which knows the mock's secrets by value, before it is cut: half a secret is
known by nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mockwise.journal.journal import Pairs
from mockwise.state.known_secrets import MASK

Hide = Callable[[str], str]
"""Replaces the secrets in a text that are known by value."""

_SECRET_WORDS = re.compile(
    r"secret|token|password|assertion|^samlresponse$|^code$|(registration|claimaccount|authorization)code$"
)
_SECRET_HEADERS = frozenset({b"cookie", b"proxy-authorization", b"referer"})
_ASSIGNED = re.compile(r"(?:secret|password|token|code|assertion|samlresponse)\W{0,4}[=:]", re.IGNORECASE)
_OWN_HEADERS = frozenset({b"content-length", b"date", b"x-trace-id"})  # nobody puts a secret there
_NAME = re.compile(r"[\w.\[\] -]{1,64}")

_LONGEST_BODY = 4096
_LONGEST_TEXT = 1024
_MOST_PAIRS = 256
_LONGEST_OWN = 32


def mask_headers(
    headers: Iterable[tuple[bytes, bytes]], hide: Hide = str, authorization: str = MASK
) -> Pairs:
    """Headers as text, with what is secret in them replaced; `authorization` as it may be shown."""
    return tuple(
        (hide(name.decode("latin-1")), _mask_header(name, value, hide, authorization))
        for name, value in headers
    )


def _mask_header(name: bytes, value: bytes, hide: Hide, authorization: str) -> str:
    if name == b"authorization":
        return authorization
    if name == b"location":
        place, mark, query = value.partition(b"?")
        return hide((place + mark).decode("latin-1"))[:_LONGEST_TEXT] + mask_query(query, hide)
    if name in _SECRET_HEADERS:
        return MASK
    text = value.decode("latin-1")
    return (text if name in _OWN_HEADERS and len(text) <= _LONGEST_OWN else hide(text))[:_LONGEST_TEXT]


def mask_text(text: str, hide: Hide = str) -> str:
    """A text of one field, cut short, and masked if a secret seems to be assigned in it."""
    return MASK if _ASSIGNED.search(text) else hide(text)[:_LONGEST_TEXT]


def mask_pairs(pairs: Pairs, hide: Hide = str) -> str:
    """Form or query parameters, as they would be sent, with secret values replaced."""
    masked = [_mask_pair(name, value, hide) for name, value in pairs[:_MOST_PAIRS]]
    return urlencode(masked, safe="*@")[:_LONGEST_BODY]


def _mask_pair(name: str, value: str, hide: Hide) -> tuple[str, str]:
    if not _NAME.fullmatch(name):
        return MASK, MASK if value else ""
    return hide(name), MASK if name == "state" or _is_secret(name) else mask_text(value, hide)


def _is_secret(name: str) -> bool:
    return _SECRET_WORDS.search("".join(filter(str.isalpha, name)).lower()) is not None


def mask_query(query: bytes, hide: Hide = str) -> str:
    """A query string with secret values replaced."""
    return mask_pairs(tuple(parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True)), hide)


def mask_body(body: bytes, hide: Hide = str) -> str:
    """A JSON object or array with secret values replaced; of anything else only the size is kept."""
    try:
        content = json.loads(body)
        text = json.dumps(_masked(content, hide), separators=(",", ":"))
    except (ValueError, RecursionError):
        content = None
    return text[:_LONGEST_BODY] if isinstance(content, dict | list) else f"<{len(body)} bytes>"


def _masked(value: Any, hide: Hide) -> Any:
    match value:
        case dict():
            return {
                hide(name): MASK if _is_secret(name) else _masked(item, hide) for name, item in value.items()
            }
        case list():
            return [_masked(item, hide) for item in value]
        case str():
            return mask_text(value, hide)
        case int() | float() if hide(str(value)) != str(value):
            return MASK
        case _:
            return value
