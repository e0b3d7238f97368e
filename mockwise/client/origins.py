"""Which origins credentials and tokens may be sent to.

The credentials go to the token endpoint alone. The token goes to the origins that were named, or else to the origin
of the first call and no other: a URL that came from outside (a link in an answer, say) must neither get a token
nor, since the token endpoint defaults to the host being called, the secret. A call elsewhere is an error rather than
a call without a token, because the 401 that it would end in explains nothing. Redirects are httpx's: it drops
`Authorization` on the way to another origin, and a 401 from there is not taken for one of the API. Over
`WiseTransport` a token request is not redirected at all; over others a client should not follow redirects (httpx does
not, unless told to), because a refresh token is in the body, which httpx takes along.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import httpx

from mockwise.client.errors import ForeignOrigin
from mockwise.client.token_exchange import Origin, origin


def token_endpoint(token_url: str | None, called: httpx.URL) -> httpx.URL:
    """The token endpoint: the one that was named, or `/oauth/token` at the host that is called.

    Raises:
        ForeignOrigin: it is not https.
    """
    url = called.join("/oauth/token") if token_url is None else httpx.URL(token_url)
    origin(url)
    return url.copy_with(username="", password="")


class AllowedOrigins:
    """The origins that a token may be sent to; the origin of the first call if none was named."""

    def __init__(self, named: Iterable[str]) -> None:
        self._allowed = frozenset(origin(httpx.URL(url)) for url in named)
        self._lock = threading.Lock()

    def admit(self, url: httpx.URL) -> None:
        """Check that a call goes to an allowed origin.

        Raises:
            ForeignOrigin: it goes elsewhere, or not over https.
        """
        wanted: Origin = origin(url)
        with self._lock:
            self._allowed = self._allowed or frozenset([wanted])
        if wanted not in self._allowed:
            known = ", ".join(sorted(f"{scheme}://{host}:{port}" for scheme, host, port in self._allowed))
            raise ForeignOrigin(
                f"https://{url.netloc.decode()} is not where this token belongs ({known}), and nothing was sent: "
                "name all of them with origins=[...] when you make the auth, or make another one"
            )
