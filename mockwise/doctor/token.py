"""Checks of the token endpoint and of a call with the token, by the reference client."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from mockwise.client import ClientRefused, RateLimited, RetryPolicy, ServerFailed, WiseError, fetch_token
from mockwise.doctor.acceptance import PLAYGROUND
from mockwise.doctor.check import Check, failed, passed
from mockwise.doctor.files import Material
from mockwise.doctor.network import Route

CORRELATION = "X-External-Correlation-Id"
_ONCE = RetryPolicy(attempts=1)
_UNAUTHORIZED = (401, 403)
_REMEDIES: tuple[tuple[type[WiseError], str], ...] = (
    (RateLimited, "wait, and ask less often"),
    (ServerFailed, "try again later; tell Wise's support the trace id"),
)
_LOOK = "compare the URL, and what stands between this machine and the host"
_COPY_IT = (
    "copy the secret anew from Developer Hub, where it is shown beside the client id; at a mock: "
    'eval "$(mockwise env)"'
)


@dataclass(frozen=True, kw_only=True)
class TokenTry:
    """A try to get a token: where, as whom, and the id by which the server's journal knows it."""

    endpoint: str
    client_id: str
    client_secret: str = field(repr=False)
    correlation: str


def examine_token(
    attempt: TokenTry, route: Route, material: Material, suspects: Iterable[Check]
) -> Iterator[tuple[Check, str | None]]:
    """Ask for a token and use it. Each check comes with the token, if there is one.

    `suspects` are the checks that failed before without the server having been asked: they narrow a 401 down.
    """
    quiet = logging.getLogger("mockwise.client")
    quiet.addHandler(logging.NullHandler())  # only the outcome is told
    headers = {CORRELATION: attempt.correlation}

    def mark(request: httpx.Request) -> None:
        request.headers.update(headers)

    with httpx.Client(
        verify=material.context(certificate=True),
        trust_env=route.proxy is not None,
        timeout=route.timeout,
        event_hooks={"request": [mark]},
    ) as client:
        try:
            got = fetch_token(
                client, attempt.client_id, attempt.client_secret, token_url=attempt.endpoint, pace=_ONCE
            )
        except (WiseError, httpx.TransportError, ValueError) as error:
            yield _refused(error, [*suspects]), None
            return
        token = got.access_token
        yield passed("token.request", f"a token for {got.expires_in} seconds"), token
        yield _bearer(client, attempt.endpoint, token), token


def _refused(error: Exception, suspects: list[Check]) -> Check:
    code = "token.request"
    if not isinstance(error, ClientRefused):
        remedy = next((words for kind, words in _REMEDIES if isinstance(error, kind)), _LOOK)
        return failed(code, str(error) or type(error).__name__, remedy)
    if suspects:
        causes = "; ".join(it.cause for it in suspects)
        return failed(code, f"{error}. Found before: {causes}", suspects[0].remedy or _COPY_IT)
    cause = (
        f"{error}. The certificate is accepted and in the name of this client id, and the secret has no odd form: so the "
        "secret is another one's, an older one or another environment's, or the client was ended"
    )
    return failed(code, cause, _COPY_IT)


def _bearer(client: httpx.Client, endpoint: str, token: str) -> Check:
    code, url = "token.bearer", f"https://{urlsplit(endpoint).netloc}{PLAYGROUND}"
    try:
        answer = client.get(url, headers={"Authorization": f"Bearer {token}"})
    except httpx.TransportError as error:
        return failed(code, f"GET {PLAYGROUND}: {type(error).__name__}: {error}", _LOOK)
    said = f"GET {PLAYGROUND} is answered {answer.status_code}{_because(answer.headers)}"
    if answer.status_code in _UNAUTHORIZED:
        remedy = "call the API on the host that gave the token, with the same certificate; a proxy may drop the header"
        return failed(code, said, remedy)
    if answer.is_server_error or answer.is_redirect:
        return failed(code, said, "try again later")
    return passed(code, said)


def _because(headers: Mapping[str, str]) -> str:
    reason = headers.get("x-mockwise-reason", "")
    return f" because {reason}" if reason.isprintable() and reason else ""
