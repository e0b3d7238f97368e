"""Why an Authorization header cannot be read."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

_NO_BASIC = "The Basic credentials are not base64 of UTF-8 text (RFC 7617)"
_NO_COLON = "The Basic credentials have no colon between id and secret (RFC 7617)"
_UNNAMED = "The Authorization header names no scheme"
_NO_SCHEME = "The Authorization header is neither Basic nor Bearer"

_SCHEMES = (
    (r"[\"'].*", "it begins with a quote. Leave the quotes out"),
    (r"(basic|bearer):.*", "a colon stands behind the scheme. Write a blank there"),
    (r"(basic|bearer)=.*", "an equals sign stands behind the scheme. Write a blank there"),
    (r"(basic|bearer)\t.*", "a tab stands behind the scheme. Write a blank there"),
    (r"(basic|bearer)\S.*", "no blank stands behind the scheme. Write one there"),
    (r"authorization\b.*", "its own name stands in its value. Leave it out there"),
    (
        r"(token|jwt|oauth2?|(api-?)?key)\s.*",
        "the scheme of an access token is Bearer, and that of id and secret Basic",
    ),
)
"""What a header that names neither scheme may look like."""

_BASICS = (
    (r"basic[\s:].*", "Basic stands twice in the header. Write it once"),
    (r"[\"'<].*", "they stand in quotes or brackets. Leave these out"),
    (r".*:.*", "id and secret were sent as they are. Encode them, with the colon between, in base64"),
    (r".*%[0-9a-f]{2}.*", "they are percent-encoded. Send the base64 as it is"),
    (r"eyj[^.]*(\.[^.]*){2}(\.[^.]*\.[^.]*)?", "they look like an access token, which is sent as Bearer"),
)
"""What is not base64 may look like."""


def other_scheme(value: str) -> str:
    """Why the header names neither of the two schemes."""
    return _said(_NO_SCHEME, _SCHEMES, value.strip()) or f"{_NO_SCHEME}."


def no_scheme(value: str) -> str:
    """Why the header, of one word, names no scheme."""
    return _said(_UNNAMED, _SCHEMES, value.strip()) or f"{_UNNAMED}."


def unreadable_basic(encoded: str) -> str:
    """Why what follows Basic is not base64 of UTF-8 text, or has no colon in it."""
    decoded = _decoded(encoded)
    if decoded is None:
        return _said(_NO_BASIC, _BASICS, encoded) or f"{_NO_BASIC}{_misspelling(encoded)}."
    try:
        text = decoded.decode()
    except UnicodeDecodeError:
        return f"{_NO_BASIC}: they are in another encoding, such as Latin-1. Encode id and secret as UTF-8 before base64."
    return _without_colon(text)


def _said(words: str, shapes: Iterable[tuple[str, str]], text: str) -> str | None:
    fitting = (
        said for shape, said in shapes if re.fullmatch(shape, text, re.DOTALL | re.IGNORECASE) is not None
    )
    said = next(fitting, None)
    return None if said is None else f"{words}: {said}."


def _without_colon(text: str) -> str:
    inner = _decoded(text) or b""
    if b":" in inner:
        return f"{_NO_COLON}: they are in base64 twice."
    if "%3a" in text.lower():
        return (
            f"{_NO_COLON}: it is percent-encoded with them. Encode id and secret each for itself, if at all."
        )
    return f"{_NO_COLON}." if text else f"{_NO_COLON}: nothing stands there."


def _misspelling(encoded: str) -> str:
    plain = "".join(encoded.split())
    if plain != encoded and _decoded(plain) is not None:
        return ": the base64 is wrapped, with blanks in it. Write it in one line"
    if _decoded(plain.translate(str.maketrans("-_", "+/")) + "=" * (-len(plain) % 4)) is None:
        return ""
    if "-" in plain or "_" in plain:
        return ": it is base64url, with - and _. Use the alphabet with + and /"
    return ": the = at the end of the base64 is missing"


def _decoded(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
