"""Who may speak to the control host. It is plain HTTP on a developer's machine, where every web page can send requests.

- A page whose name was rebound to this machine names itself in `Host` (DNS rebinding): only names of this machine pass.
- A page that posts here across sites names itself in `Origin`: only the control host's own passes. Where a browser
  leaves that out, it says in `Sec-Fetch-Site` whose the page is (https://www.w3.org/TR/fetch-metadata/): what changes
  something is refused from any site but this host. What only looks is let through: its answer is not for such a page.
- With a control token, everything needs it as `Authorization: Bearer`, or the cookie of a browser that has sent it
  once (the hub's login), but for what tells nothing of this mock (health, the API's description, the hub's scripts)
  and the three OAuth standards: their `Authorization` is the client's own Basic, or, for the metadata, none, since
  RFC 8414 documents are public.
- A wrong token is answered late, and later with each one from the same address; the right one never is.
"""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from mockwise.oauth.metadata import INTROSPECTION_PATH, REVOCATION_PATH
from mockwise.web.control.errors import error_response
from mockwise.web.control.guesses import Guesses, address_of
from mockwise.web.control.head import as_get
from mockwise.web.control.ports import Access
from mockwise.web.dashboard.login import OPEN_PATHS, STATIC_PATH, is_page, login_page
from mockwise.web.dashboard.sessions import Sessions, cookie_of

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

METADATA_PATH = "/.well-known/oauth-authorization-server"
DOCS_PATH = "/docs"
OPENAPI_PATH = "/openapi.json"

LARGEST_BODY = 1024 * 1024  # bytes
_UNAUTHORIZED = 401

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110 section 9.2.1
_FROM_HERE = frozenset(
    {"same-origin", "none"}
)  # none: the user's own doing, such as an address that was typed

_OPEN = frozenset({"/health", OPENAPI_PATH, METADATA_PATH, REVOCATION_PATH, INTROSPECTION_PATH, *OPEN_PATHS})
# What is answered may be a secret, and is nobody's to frame or to guess the type of.
_HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """ASGI middleware that refuses requests of other sites and those without the control token."""

    def __init__(self, app: ASGIApp, access: Access, sessions: Sessions, guesses: Guesses) -> None:
        self._app = app
        self._access = access
        self._sessions = sessions
        self._guesses = guesses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the control app, or refuse it."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        objection = self._objection(scope["method"], scope["path"], headers)
        if objection is not None and objection.status_code == _UNAUTHORIZED and "authorization" in headers:
            await self._guesses.wrong(address_of(scope))
        if scope["method"] == "HEAD":
            scope = as_get(scope)
        await (objection or self._app)(scope, _bounded(receive), guarded)

    def _objection(self, method: str, path: str, headers: Headers) -> Response | None:
        return self._foreign(method, headers) or self._unknown(path, headers)

    def _foreign(self, method: str, headers: Headers) -> Response | None:
        """The refusal of a request that another site's page sent; None if it is no such request."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not self._is_ours(_name_of(hosts[0])):
            return error_response(
                403,
                "forbidden",
                "the Host header names another host than this one, as in DNS rebinding: "
                "call localhost or 127.0.0.1, or start the mock with --public-host and that name",
            )
        if any(origin != f"http://{hosts[0].lower()}" for origin in origins):
            return error_response(
                403,
                "forbidden",
                "the Origin header names another site than this host: pages of other sites may not use it",
            )
        if method not in _HARMLESS and not _FROM_HERE.issuperset(
            map(str.lower, headers.getlist("sec-fetch-site"))
        ):
            return error_response(
                403,
                "forbidden",
                "the Sec-Fetch-Site header says that a page of another site sent this: such pages may not change anything",
            )
        return None

    def _unknown(self, path: str, headers: Headers) -> Response | None:
        """The refusal of a request without the control token; None if it has it or needs none."""
        if self._access.token is not None and not _is_open(path) and not self._has_token(headers):
            if self._sessions.known(cookie_of(headers.get("cookie"), headers["host"])):
                return None
            if is_page(path):
                return login_page()
            return error_response(
                401,
                "unauthorized",
                "this mock has a control token: send it as Authorization: Bearer",
                {"www-authenticate": 'Bearer realm="mockwise control"'},
            )
        return None

    def _is_ours(self, name: str) -> bool:
        if name == "localhost" or name in self._access.names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        # Rebinding takes a name; an address can only be where the request went.
        return address.is_loopback or self._access.any_address

    def _has_token(self, headers: Headers) -> bool:
        values = headers.getlist("authorization")
        scheme, _, given = values[0].partition(" ") if len(values) == 1 else ("", "", "")
        wanted = self._access.token or ""
        right = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), wanted.encode())
        return right and scheme.lower() == "bearer"


def _is_open(path: str) -> bool:
    return path in _OPEN or path == DOCS_PATH or path.startswith((f"{DOCS_PATH}/", f"{STATIC_PATH}/"))


def _name_of(host: str) -> str:
    """The name in a `Host` header, without port, brackets and a final dot."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].removesuffix(".")


def _bounded(receive: Receive) -> Receive:
    size = 0

    async def bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST_BODY:
            raise HTTPException(
                413, f"the body is over {LARGEST_BODY} bytes, which is more than this host reads"
            )
        return message

    return bounded
