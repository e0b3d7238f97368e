"""The requests for one token, without I/O: what to send, and what the answer means.

Four callers run it: `Bearer`, for the two auths, and `fetch_token`, each sync and async. A caller sends `request()`, hands in what came
back with `answered` or `failed`, and gets the token, or the seconds to wait before the next `request()`, or an error.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote_plus

import httpx

from mockwise.client import errors
from mockwise.client.grants import Grant
from mockwise.client.handshake import connection_error
from mockwise.client.retry import RetryPolicy, read_retry_after
from mockwise.client.token import CachedToken, Token

FAILURE = "mockwise.client.failure"
"""The extension of a request whose sender accepts a failure as a response, and of that response with the failure."""

_MAX_QUOTE = 300
_UNEXPECTED_SOURCE = "the answer is a redirect, or comes from elsewhere; check the token URL"
_log = logging.getLogger("mockwise.client")


@dataclass(frozen=True, slots=True)
class BasicAuthCredentials:
    """The id and secret of a client, for HTTP Basic (RFC 7617, in UTF-8)."""

    client_id: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.client_id or ":" in self.client_id:
            raise ValueError("client_id: at least one character, and no colon (RFC 7617 §2)")
        if not self.client_secret:
            raise ValueError("client_secret: at least one character")

    @property
    def basic(self) -> str:
        """The credentials as the `Authorization` header carries them."""
        return b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()

    @property
    def secrets(self) -> list[str]:
        """The values that no message may show."""
        return [self.basic, self.client_secret]


def _quote(text: object, secrets: Iterable[str]) -> str | None:
    """A server's text, made fit for a message: our secrets masked, one line, not too long."""
    if not isinstance(text, str):
        return None
    # The longest first, because one may be a part of another.
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***").replace(quote_plus(secret), "***")
    return "".join(c if c.isprintable() else " " for c in text)[:_MAX_QUOTE]


Origin = tuple[str, str, int]
E = TypeVar("E", bound=errors.WiseError)


def origin(url: httpx.URL) -> Origin:
    """Scheme, host and port of a URL (RFC 6454 §4).

    Raises:
        ForeignOrigin: it is not https. Credentials and tokens travel over TLS alone (RFC 6749 §2.3.1, RFC 6750 §5.3).
    """
    if url.scheme != "https" or not url.host:
        raise errors.ForeignOrigin(
            f"{url.scheme}://{url.netloc.decode()} is not an https URL: nothing was sent to it"
        )
    return url.scheme, url.host, url.port or 443


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether a URL has the origin of another one, which is https."""
    return (one.scheme, one.host, one.port or 443) == origin(other)


@dataclass(slots=True, kw_only=True)
class TokenExchange:
    """The exchange of a grant for a token, with retries.

    `extensions` and `user_agent` are those of the call that needs the token.
    """

    credentials: BasicAuthCredentials
    grant: Grant
    url: httpx.URL
    clock: Callable[[], float]
    pace: RetryPolicy
    leeway: float | None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    user_agent: str | None = None
    attempt: int = field(default=0, init=False)
    started: float = field(default=0.0, init=False)
    sent_at: float = field(default=0.0, init=False)

    def request(self) -> httpx.Request:
        """The next token request; it must be sent at once, because its time is noted."""
        self.sent_at = self.clock()
        if self.attempt == 0:
            self.started = self.sent_at
        self.attempt += 1
        headers = {"Accept": "application/json", "Authorization": f"Basic {self.credentials.basic}"}
        if self.user_agent is not None:
            headers["User-Agent"] = self.user_agent
        form = self.grant.form(self.credentials.client_id)
        return httpx.Request("POST", self.url, headers=headers, data=form, extensions=dict(self.extensions))

    def answered(self, response: httpx.Response) -> CachedToken | float:
        """The token, or the seconds to wait. The body must have been read.

        Raises:
            WiseError: there will be no token.
        """
        if FAILURE in response.extensions:
            return self.failed(response.extensions[FAILURE])
        if not same_origin(response.url, self.url):
            raise self._token_error(errors.BadAnswer, response, _UNEXPECTED_SOURCE)
        if not response.is_success:
            return self._retry_wait(self._error(response))
        try:
            token = Token.read(response.json())
        except (ValueError, RecursionError) as problem:
            what = f"the answer carries no token: {problem}"
            raise self._token_error(errors.BadAnswer, response, what) from None
        _log.info("got a token for client %r, attempt %d", self.credentials.client_id, self.attempt)
        return CachedToken.of(token, self.sent_at, self.leeway)

    def failed(self, failure: Exception) -> float:
        """The seconds to wait after a lost connection.

        Raises:
            ConnectionLost: there will be no token.
        """
        error = self._with_request(connection_error(failure))
        if isinstance(error, errors.HandshakeRefused | errors.ServerNotTrusted):
            raise error from failure
        return self._retry_wait(error, failure)

    def _retry_wait(self, error: errors.WiseError, cause: Exception | None = None) -> float:
        passing = isinstance(error, errors.RateLimited | errors.ServerFailed | errors.ConnectionLost)
        elapsed = self.clock() - self.started
        wait = self.pace.wait(self.attempt, elapsed, error.retry_after) if passing else None
        if wait is None:
            raise error from cause
        _log.warning("attempt %d for a token failed, next in %.1f s: %s", self.attempt, wait, error)
        return wait

    def _error(self, response: httpx.Response) -> errors.TokenError:
        try:
            body = response.json()
        except (ValueError, RecursionError):
            body = None
        said = body if isinstance(body, dict) else {}
        kind, meaning = _classify(response.status_code, said.get("error"), self.grant)
        return self._token_error(kind, response, meaning, said.get("error"), said.get("error_description"))

    def _quote(self, text: object) -> str | None:
        return _quote(text, [*self.credentials.secrets, *self.grant.secrets])

    def _token_error(
        self,
        kind: type[errors.TokenError],
        response: httpx.Response,
        meaning: str,
        error: object = None,
        error_description: object = None,
    ) -> errors.TokenError:
        code, description = self._quote(error), self._quote(error_description)
        trace_id = self._quote(response.headers.get("x-trace-id"))
        reason = self._quote(response.headers.get("x-mockwise-reason"))
        said = ": ".join(filter(None, [code, description]))
        parts = [f"no token, status {response.status_code}: {meaning}"]
        parts += [f"{label} {text}" for label, text in (("it said", said), ("because", reason)) if text]
        parts += [f"trace id {trace_id}"] if trace_id else []
        return self._with_request(
            kind(
                "; ".join(part.rstrip(".") for part in parts),
                error=code,
                error_description=description,
                status=response.status_code,
                trace_id=trace_id,
                reason=reason,
                retry_after=read_retry_after(response.headers.get("Retry-After"), self.clock()),
            )
        )

    def _with_request(self, error: E) -> E:
        """The error with a `request`, which handlers of httpx.HTTPError read, but without the credentials."""
        error.request = httpx.Request("POST", self.url)
        return error


def _classify(status: int, code: object, grant: Grant) -> tuple[type[errors.TokenError], str]:
    """The class of an error and what to do about it, by status and code (docs/wise/token-endpoint.md#errors)."""
    match status, code:
        case (400 | 401 | 403, str()) if (
            code in grant.refusals
        ):  # Wise's own pages differ on the status (docs/wise/conflicts.md)
            return grant.refusals[code]
        case (401, _) | (_, "invalid_client"):
            return errors.ClientRefused, (
                "the client is not accepted; check its id and secret, and that the certificate is its own"
            )
        case (429, _):
            return errors.RateLimited, "too many requests; ask less often, and keep the token"
        case (_, _) if status >= 500:  # noqa: PLR2004  because it is the class of statuses
            return errors.ServerFailed, "the server has trouble; try again later"
        case (_, _) if status >= 400:  # noqa: PLR2004  because it is the class of statuses
            return errors.RequestRefused, "the request is refused, and would be again"
    return errors.BadAnswer, _UNEXPECTED_SOURCE
