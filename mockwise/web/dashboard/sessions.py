"""Who is logged in at the hub of a mock with a control token: browsers that once sent it, known by a cookie.

The cookie holds a number that means nothing elsewhere and dies with the mock. It is not for scripts, and is sent with
nothing that another site asks for. Cookies do not know ports, so each port's has a name of its own.
"""

from __future__ import annotations

import hmac
import secrets
import threading

from starlette.requests import cookie_parser

_MOST = 100  # browsers


class Sessions:
    """The browsers that are logged in."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self._lock = threading.Lock()
        self._open: dict[str, None] = {}  # oldest first

    @property
    def needed(self) -> bool:
        """Whether there is a token to ask for."""
        return self._token is not None

    def begin(self, token: str) -> str | None:
        """Log a browser in, if it knows the token; returns what its cookie holds."""
        given = token.strip().encode("utf-8", "surrogateescape")
        if self._token is None or not hmac.compare_digest(given, self._token.encode()):
            return None
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._open[key] = None
            while len(self._open) > _MOST:
                del self._open[next(iter(self._open))]
        return key

    def known(self, key: str | None) -> bool:
        """Whether a cookie holds what was given out. It is too long to be guessed, in whatever time."""
        with self._lock:
            return key in self._open

    def end(self, key: str | None) -> None:
        """Forget the session of a browser that logs out."""
        with self._lock:
            self._open.pop(key or "", None)


def cookie_name(host: str) -> str:
    """The name of the cookie on a host, as the `Host` header writes it."""
    port = host.rpartition(":")[2]
    return f"mockwise-{port}" if port.isdecimal() and port.isascii() else "mockwise"


def cookie_of(cookies: str | None, host: str) -> str | None:
    """What the cookie holds, of all that a browser sent."""
    return cookie_parser(cookies or "").get(cookie_name(host))
