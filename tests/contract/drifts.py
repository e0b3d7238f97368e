"""Ways in which a mock may drift from Wise, each with the rules that it breaks and breaks alone."""

from __future__ import annotations

import base64
from collections.abc import Callable

from tests.contract.drifting import TOKEN, Drift, Exchange


def in_token(**changes: object) -> Drift:
    """Members of a token answer that are otherwise; None takes one away."""

    def drift(exchange: Exchange) -> None:
        if exchange.grants:
            members = exchange.members() | changes
            exchange.say({name: value for name, value in members.items() if value is not None})

    return drift


def _reversed(exchange: Exchange) -> None:
    if exchange.grants:
        exchange.say(dict(reversed(exchange.members().items())))


def header(name: str, value: str | None, when: Callable[[Exchange], bool]) -> Drift:
    """A header that is otherwise; None takes it away."""

    def drift(exchange: Exchange) -> None:
        if when(exchange):
            exchange.headers.pop(name, None)
            if value is not None:
                exchange.headers[name] = value

    return drift


def words(old: str, new: str) -> Drift:
    """Other words in a refusal."""

    def drift(exchange: Exchange) -> None:
        if exchange.status >= 400:
            exchange.body = exchange.body.replace(old.encode(), new.encode())

    return drift


def status(old: int, new: int, when: Callable[[Exchange], bool]) -> Drift:
    """Answer with another status where the condition holds."""

    def drift(exchange: Exchange) -> None:
        if exchange.status == old and when(exchange):
            exchange.status = new

    return drift


def _finer_timestamp(exchange: Exchange) -> None:
    if exchange.grants:
        members = exchange.members()
        exchange.say(members | {"expires_at": members["expires_at"].replace("Z", "000Z")})


def _later_timestamp(exchange: Exchange) -> None:
    if exchange.grants:
        exchange.say(exchange.members() | {"expires_at": "2099-01-01T00:00:00.000Z"})


def _louder_trace(exchange: Exchange) -> None:
    exchange.headers["x-trace-id"] = exchange.headers["x-trace-id"].upper().replace("0", "A")


def _echo_token(exchange: Exchange) -> None:
    scheme, _, shown = exchange.request.get("authorization", "").partition(" ")
    if exchange.refuses_a_bearer and scheme == "Bearer":
        exchange.say(exchange.members() | {"error_description": shown})


def _oracle(exchange: Exchange) -> None:
    scheme, _, shown = exchange.request.get("authorization", "").partition(" ")
    user = base64.b64decode(shown).decode().partition(":")[0] if scheme == "Basic" else ""
    if user.startswith("mockwise-contract-"):
        exchange.say(exchange.members() | {"error_description": f"No client with requested id: {user}"})


def _always(_: Exchange) -> bool:
    return True


def _at_token(exchange: Exchange) -> bool:
    return exchange.path.endswith(TOKEN)


def _grants(exchange: Exchange) -> bool:
    return exchange.grants


def _refuses_bearer(exchange: Exchange) -> bool:
    return exchange.refuses_a_bearer


def _quarterly(exchange: Exchange) -> bool:
    return exchange.path.startswith(("/2026Q", "/2027Q"))


def _too_long(exchange: Exchange) -> bool:
    return len(exchange.request.get("x-external-correlation-id", "")) > 36


DRIFTS: dict[str, tuple[Drift, set[str]]] = {
    "a second more": (in_token(expires_in=43_200), {"refresh.expires-in", "lifetime.twelve-hours"}),
    "expires_in as text": (in_token(expires_in="43199"), {"refresh.expires-in", "lifetime.expires-in-type"}),
    "another key order": (_reversed, {"refresh.field-order", "token.field-order"}),
    "capital Bearer": (in_token(token_type="Bearer"), {"refresh.type", "token.type"}),
    "another scope": (in_token(scope="read"), {"refresh.scope", "request.scope", "token.scope"}),
    "no scope": (in_token(scope=None), {"refresh.fields", "request.scope", "token.fields"}),
    "a refresh token that is none": (  # it is sent with the next refresh, as that of a server that rotates would be
        in_token(refresh_token="x"),
        {"refresh.early", "refresh.fields", "refresh.kills", "refresh.no-rotation", "token.no-refresh-token"},
    ),
    "created_at": (
        in_token(created_at="x"),
        {"refresh.created-at", "refresh.created-anew", "token.no-created-at"},
    ),
    "microseconds": (_finer_timestamp, {"refresh.expires-at", "lifetime.expires-at-form"}),
    "a far expires_at": (_later_timestamp, {"refresh.twelve-hours", "lifetime.expires-at-agrees"}),
    "a token as HTML": (
        header("content-type", "text/html", _grants),
        {"refresh.content-type", "headers.content-type"},
    ),
    "a refusal as HTML": (
        header("content-type", "text/html", lambda e: _at_token(e) and e.status == 400),
        {"headers.error-content-type"},
    ),
    "tokens for caches": (
        header("cache-control", "max-age=60", _grants),
        {"refresh.not-stored", "headers.no-store"},
    ),
    "no pragma": (header("pragma", None, _grants), {"refresh.not-stored", "headers.pragma"}),
    "refusals for caches": (
        header("cache-control", None, lambda e: _at_token(e) and e.status >= 400),
        {"errors.not-stored"},
    ),
    "no trace": (header("x-trace-id", None, _always), {"trace.users", "trace.always"}),
    "a loud trace": (_louder_trace, {"trace.form"}),
    "one trace for all": (header("x-trace-id", "0" * 32, _always), {"trace.differs"}),
    "no correlation": (
        header("x-external-correlation-id", None, _always),
        {"correlation.echoed", "correlation.echoed-on-refusal"},
    ),
    "long correlation": (header("x-external-correlation-id", "x" * 37, _too_long), {"correlation.too-long"}),
    "a correlation made up": (
        header("x-external-correlation-id", "x", lambda e: "x-external-correlation-id" not in e.request),
        {"correlation.not-invented"},
    ),
    "no reason": (header("x-mockwise-reason", None, _always), {"reason.on-refusal"}),
    "a reason for success": (header("x-mockwise-reason", "so", _grants), {"reason.not-on-success"}),
    "other words for a client": (
        words("Client authentication failed", "Bad client credentials"),
        {"errors.invalid-client"},
    ),
    "other words for a grant": (words("Missing grant type", "No grant"), {"errors.missing-grant-type"}),
    "a third member": (
        words('"error":"invalid_', '"hint":"x","error":"invalid_'),
        {"errors.shape", "bearer.words"},
    ),
    "no challenge": (header("www-authenticate", None, _always), {"errors.challenge"}),
    "a challenge at the API": (
        header("www-authenticate", "Bearer", _refuses_bearer),
        {"bearer.no-challenge"},
    ),
    "other words for a path": (words("Resource not found", "Not found"), {"paths.unknown-words"}),
    "a number for a status": (words('"status":"404"', '"status":404'), {"paths.unknown-words"}),
    "other words for a token that is missing": (
        words("Missing token", "Token is missing"),
        {"bearer.missing-words"},
    ),
    "an echo": (_echo_token, {"bearer.words", "bearer.no-echo"}),
    "plain JSON at the API": (
        header("content-type", "application/json", _refuses_bearer),
        {"bearer.content-type"},
    ),
    "API refusals for caches": (header("expires", None, _refuses_bearer), {"bearer.cache"}),
    "403 at the API": (
        status(401, 403, _refuses_bearer),
        {
            *("refresh.kills", "bearer.unknown", "bearer.missing", "bearer.basic", "bearer.query"),
            *("bearer.no-scheme", "paths.unknown-bad-token", "tls-host.api"),
        },
    ),
    "400 for clients": (
        status(401, 400, _at_token),
        {
            "registration.unknown",
            "errors.invalid-client-status",
            "errors.no-credentials",
            "errors.client-first",
            "request.other-client-id",
            "request.secret-in-body",
            "tls-host.token",
        },
    ),
    "an oracle": (_oracle, {"errors.unknown-client", "errors.no-echo"}),
    "no quarters": (
        status(200, 404, _quarterly),
        {
            "users.me-quarterly",
            "users.profiles-quarterly",
            "paths.later-quarters",
            "paths.quarterly-token",
            "paths.versions-share-tokens",
            "api.users-exist-quarterly",
        },
    ),
}
