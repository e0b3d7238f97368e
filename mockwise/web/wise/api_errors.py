"""Refusals in the other shapes of Wise's API: OAuth's own is `error_response`. Each has its reason (docs/wise/errors.md#shapes)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from mockwise.oauth.wise_wire import millisecond_timestamp
from mockwise.web.wise.catalogue import Operation
from mockwise.web.wise.responses import JSON, Response, json_response, oauth_error


class ApiError(Exception):
    """The peer is refused; the reason is one or two plain ASCII sentences that never repeat what the peer sent."""

    def __init__(self, answer: Response, reason: str) -> None:
        super().__init__(reason)
        self.answer = answer
        self.reason = reason


class FieldError(NamedTuple):
    """One field that cannot be used (shape 4)."""

    code: str
    message: str
    path: str
    arguments: tuple[str, ...] = ()


def forbidden(reason: str) -> ApiError:
    """The token is good and of the right kind, but what it asks for is another's (shape 8)."""
    body = {
        "type": "/errors/types/access",
        "status": 403,
        "code": "unauthorized",
        "detail": "Operation is unauthorized",
    }
    return ApiError(json_response(403, body), reason)


def invalid(status: int, flaws: Sequence[FieldError], reason: str) -> ApiError:
    """The body cannot be used (shape 4)."""
    return ApiError(json_response(status, {"errors": [flaw._asdict() for flaw in flaws]}), reason)


def spring(status: HTTPStatus, time: datetime, reason: str) -> ApiError:
    """There is nothing here, or no way on (shape 5)."""
    body = {
        "timestamp": millisecond_timestamp(time),
        "status": status.value,
        "error": status.phrase,
        "message": status.phrase,
    }
    return ApiError(json_response(status, body), reason)


def not_found(reason: str) -> ApiError:
    """No operation has the path (OBSERVED, docs/wise/errors.md#missing-token: the status is a text)."""
    body = {"status": "404", "message": "Resource not found", "error": "Not Found"}
    return ApiError(json_response(404, body), reason)


def not_allowed(method: str, methods: Collection[str]) -> ApiError:
    """The path is served, but not for the method (INFERRED: docs/wise/token-endpoint.md#request)."""
    allowed = ", ".join(sorted(methods))
    body = oauth_error("method_not_allowed", f"Request method '{method}' not supported")
    return ApiError(
        json_response(405, body, (*JSON, (b"allow", allowed.encode()))),
        f"This path is served for other methods: {allowed}.",
    )


def not_modelled(operation: Operation) -> ApiError:
    """The call was let in, and the operation is not modelled (mock-only)."""
    body = {
        "error": "not_implemented",
        "error_description": "mockwise let this call in, but does not model what lies behind it.",
        "operation_id": operation.name,
        "method": operation.method,
        "path": operation.path,
        "ways_on": [
            f"Stub it: box.stub({operation.method!r}, {operation.path!r}, json={{...}})",
            "Send it on: mockwise serve --upstream URL",
            "Ask for it: open an issue of mockwise that names the operation_id",
        ],
    }
    reason = "This call was let in, but mockwise does not model it. Stub it, send it on with --upstream, or ask for it."
    return ApiError(json_response(501, body), reason)
