"""Header fields that a tester may give an answer of his own (RFC 9110 section 5)."""

from __future__ import annotations

import re

from mockwise.errors import InvalidValueError

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_FRAMING = frozenset(
    {"content-length", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade"}
)


def check_header(name: str, value: str) -> None:
    """Let a header field through that goes out as it is.

    Raises:
        InvalidValueError: it cannot be sent, or it belongs to the connection.
    """
    if not _NAME.fullmatch(name) or name.lower() in _FRAMING:
        raise InvalidValueError(f"an answer cannot set the header {name!r}")
    if not (value.isascii() and (value == "" or value.isprintable())) or value != value.strip():
        raise InvalidValueError(
            f"the value of the header {name!r} is not printable ASCII without blanks around it"
        )
