"""How a URL that somebody handed in is quoted in a message: what may be a password is left out."""

from __future__ import annotations

import re

_USER = re.compile(r"^([A-Za-z][\w+.-]*://)?.*@", re.DOTALL)
_QUERY = re.compile(r"[?#].*", re.DOTALL)


def shown_url(url: str) -> str:
    """The URL, which may be none, without user, password, query and fragment."""
    return _QUERY.sub("?***", _USER.sub(r"\1***@", url))
