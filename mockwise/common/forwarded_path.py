"""Whether a path means the same to the mock, which looks whose it is, and to the server that it is sent on to.

A server may normalise a path in many ways (RFC 3986 sections 6.2.2 and 6.2.3, and ways of its own): remove dot
segments, merge slashes, decode once or twice, strip the parameters of a segment, take a backslash for a slash. A path
that one of these would change is refused, so that nobody has to know which of them the server does.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

_ENCODED = re.compile(rb"%[0-9a-fA-F]{2}")
_WHAT = (
    (re.compile(rb"/\.\.?(?=/|$)"), "a dot segment"),
    (re.compile(rb"//"), "an empty segment"),
    (re.compile(rb"./$"), "a slash at its end"),
    (re.compile(rb"\\"), "a backslash"),
    (re.compile(rb";"), "a semicolon"),
    (re.compile(rb"[\x00-\x1f\x7f]"), "a control character"),
    (re.compile(rb"[?#]"), "an encoded ? or #"),
)


def path_problem(raw_path: bytes) -> str | None:
    """Why a path is not sent on, in a sentence; None if it can be read in one way only."""
    found = _found(raw_path, unquote_to_bytes(raw_path))
    if found is None:
        return None
    return f"The path has {found}, which the upstream may read otherwise than this mock does. Ask for it without."


def _found(raw: bytes, decoded: bytes) -> str | None:
    if not raw.startswith(b"/"):
        return "no slash at its beginning"
    if decoded.count(b"/") != raw.count(b"/"):
        return "an encoded slash"
    if _ENCODED.search(decoded):
        return "an escape that is encoded itself"
    try:
        decoded.decode()
    except UnicodeDecodeError:
        return "bytes that are not UTF-8"
    return next((what for pattern, what in _WHAT if pattern.search(decoded)), None)
