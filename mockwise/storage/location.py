"""Where a mock's state is kept, as people write it: a file's path or the URL of a server."""

from __future__ import annotations

import importlib.util
from urllib.parse import parse_qs, urlsplit

from mockwise.errors import InvalidValueError
from mockwise.storage.shown_urls import shown_url

_SERVERS = frozenset({"redis", "rediss", "unix", "valkey", "valkeys"})


def check_state(state: str) -> str:
    """Return a place that can keep a state, a file's path or a server's URL; raise for another.

    Raises:
        InvalidValueError: it is neither, or the driver is not installed.
    """
    scheme = _scheme(state)
    if scheme in _SERVERS:
        if importlib.util.find_spec("redis") is None:
            raise InvalidValueError("state on a server needs a driver: pip install 'mockwise[redis]'")
    elif scheme is not None or not state:
        raise InvalidValueError(
            f"name a file, or a server as redis://HOST:PORT/0 (also rediss, unix, valkey): {shown_url(state)!r}"
        )
    return state


def _scheme(state: str) -> str | None:
    """The scheme of a server's URL, after a check of its database number: a wrong one would mean another database."""
    if "://" not in state:
        return None
    try:
        parts = urlsplit(state)
        databases = [
            *parse_qs(parts.query).get("db", ()),
            *([parts.path[1:]] if parts.scheme != "unix" else ()),
        ]
        wrong = any(it and not it.isdecimal() for it in databases) or parts.port == 0
    except ValueError:
        raise InvalidValueError(f"{shown_url(state)!r} is no URL: write redis://HOST:PORT/0") from None
    if parts.scheme in _SERVERS and wrong:
        raise InvalidValueError(
            f"{spell_state(state)!r} names no database: write its number, as in redis://HOST:PORT/0"
        )
    return parts.scheme


def spell_state(state: str) -> str:
    """A state's place as it may be shown: without user, password and options."""
    parts = urlsplit(state)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if "://" in state else state
