"""Who may use the control host: the guard in front of its app, the login of the dashboard, and what slows guesses down.

The host is plain HTTP on a developer's machine, where every web page can send requests.

- A page whose name was rebound to this machine names itself in `Host` (DNS rebinding): only names of this machine pass.
- A page that posts here across sites names itself in `Origin`: only the control host's own passes. Where a browser
  leaves that out, it says in `Sec-Fetch-Site` whose the page is (https://www.w3.org/TR/fetch-metadata/): what changes
  something is refused from any site but this host. What only looks is let through: its answer is not for such a page.
- With a control token, everything needs it as `Authorization: Bearer`, or the cookie of a browser that has sent it
  once (the dashboard's login), but for what tells nothing of this mock (health, the API's description, the dashboard's scripts)
  and the three OAuth standards: their `Authorization` is the client's own Basic, or, for the metadata, none, since
  RFC 8414 documents are public.
- The cookie of a login holds a number that means nothing elsewhere and dies with the mock. It is not for scripts, and is
  sent with nothing that another site asks for. Cookies do not know ports, so each port's has a name of its own.
- A wrong token, in a header or in the login's form, is answered late: each one from the same address later than the one
  before, up to a bound. The right one never is, also from an address that guessed before: a program beside a developer's
  own shares that. Who waits holds a timer of the event loop, and no thread.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import secrets
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response

from mockwise.common.addresses import is_wildcard
from mockwise.oauth.metadata import INTROSPECTION_PATH, REVOCATION_PATH
from mockwise.settings import Settings
from mockwise.web.control.errors import error_response
from mockwise.web.control.head import as_get
from mockwise.web.dashboard import render

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGIN_PATH, LOGOUT_PATH, HUB_PATH, STATIC_PATH = "/login", "/logout", "/hub", "/static"
METADATA_PATH = "/.well-known/oauth-authorization-server"
DOCS_PATH = "/docs"
OPENAPI_PATH = "/openapi.json"

LARGEST_BODY = 1024 * 1024  # bytes
_UNAUTHORIZED = 401

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110 section 9.2.1
_FROM_HERE = frozenset(
    {"same-origin", "none"}
)  # none: the user's own doing, such as an address that was typed

_OPEN = frozenset(
    {"/health", OPENAPI_PATH, METADATA_PATH, REVOCATION_PATH, INTROSPECTION_PATH, LOGIN_PATH, LOGOUT_PATH}
)
# What is answered may be a secret, and is nobody's to frame or to guess the type of.
_HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

_SEE_OTHER = 303

_FIRST, _MOST = 0.05, 1.0  # seconds that a wrong token is answered late by
_FORGOTTEN_AFTER = 60.0  # seconds without another wrong token
_ADDRESSES = 1000  # that are remembered
_BROWSERS = 100  # that are logged in at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may use the control host, and under which names."""

    names: frozenset[str]
    """Host names and addresses by which it may be called, besides those that mean this machine itself."""
    any_address: bool = False
    """Whether it listens on every address of the machine."""
    token: str | None = field(default=None, repr=False)


def access_of(settings: Settings) -> Access:
    """Who may use the control host of a mock with these settings."""
    names = [settings.control_host, *settings.public_host]
    return Access(
        names=frozenset(name.lower() for name in names),
        any_address=is_wildcard(settings.control_host),
        token=settings.control_token,
    )


class Guesses:
    """The wrong tokens of late, by the address that they came from. For one thread, that of the event loop.

    Args:
        sleep: lets time pass.
        clock: tells it, in seconds.
    """

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = lambda: asyncio.get_running_loop().time(),
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._known: dict[str, tuple[int, float]] = {}  # how many, and when the last one came; oldest first

    async def wrong(self, address: str) -> None:
        """Count a wrong token of an address, and wait before it is answered."""
        now = self._clock()
        count, last = self._known.pop(address, (0, now))
        if now - last > _FORGOTTEN_AFTER:
            count = 0
        self._known[address] = count + 1, now
        if len(self._known) > _ADDRESSES:
            del self._known[next(iter(self._known))]
        await self._sleep(min(_FIRST * (count + 1), _MOST))


def address_of(scope: Scope) -> str:
    """The address that a request came from, as far as the server knows it."""
    client = scope.get("client")
    return str(client[0]) if client else ""


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
            while len(self._open) > _BROWSERS:
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


router = APIRouter(include_in_schema=False)


def is_page(path: str) -> bool:
    """Whether a path is a page of the dashboard."""
    return path in {"/", HUB_PATH} or path.startswith(f"{HUB_PATH}/")


def login_page(*, wrong: bool = False) -> Response:
    """The login form, which says nothing of the mock."""
    return render.page("login.html", 401, wrong=wrong)


def is_from_here(headers: Headers) -> bool:
    """Whether a form was sent by a page of this host: the guard has compared an `Origin` if there is one."""
    return "origin" in headers or headers.get("sec-fetch-site") == "same-origin"


def foreign() -> Response:
    """The refusal of a form that does not say which page sent it, as another site's may not."""
    return render.page(
        "problem.html",
        403,
        title="Not allowed",
        message="This form does not say which page sent it, so another site may have: use the dashboard's own page, or the API.",
    )


@router.get(LOGIN_PATH)
async def ask(request: Request) -> Response:
    """The login form; a redirection to the dashboard if the mock has no control token."""
    sessions: Sessions = request.app.state.sessions
    return login_page() if sessions.needed else RedirectResponse("/", _SEE_OTHER)


@router.post(LOGIN_PATH)
async def login(request: Request, token: Annotated[str, Form()] = "") -> Response:
    """Begin a session for a browser that sent the right token."""
    if not is_from_here(request.headers):
        return foreign()
    sessions: Sessions = request.app.state.sessions
    key = sessions.begin(token)
    if key is None:
        if not sessions.needed:
            return RedirectResponse("/", _SEE_OTHER)
        guesses: Guesses = request.app.state.guesses
        await guesses.wrong(address_of(request.scope))
        return await run_in_threadpool(login_page, wrong=True)
    answer = RedirectResponse("/", _SEE_OTHER)
    answer.set_cookie(cookie_name(request.headers["host"]), key, httponly=True, samesite="strict", path="/")
    return answer


@router.post(LOGOUT_PATH)
async def logout(request: Request) -> Response:
    """End the session of a browser, and delete its cookie."""
    if not is_from_here(request.headers):
        return foreign()
    sessions: Sessions = request.app.state.sessions
    host = request.headers["host"]
    sessions.end(cookie_of(request.headers.get("cookie"), host))
    answer = RedirectResponse(LOGIN_PATH, _SEE_OTHER)
    answer.delete_cookie(cookie_name(host), httponly=True, samesite="strict", path="/")
    return answer


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
