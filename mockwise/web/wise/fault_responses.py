"""What is answered because a fault was armed: `Respond` and `TooManyRequests` as answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime

from mockwise.faults.kinds import Fault, Respond, TooManyRequests
from mockwise.oauth.errors import InvalidClient, RateLimitError
from mockwise.oauth.metadata import TOKEN_PATH
from mockwise.oauth.wise_wire import GATEWAY_HEADERS, TOKEN_HEADERS
from mockwise.web.wise.request_context import RequestContext
from mockwise.web.wise.responses import Headers, Response, error_response, json_response, oauth_error

_SECOND = timedelta(seconds=1)
_SERVER_ERROR = 500
_ERRORS: Mapping[int, str] = {
    401: "invalid_token",
    403: "access_denied",
    404: "not_found",
    429: "rate_limited",
    503: "temporarily_unavailable",
}


def fault_answer(context: RequestContext, fault: Fault) -> Response:
    """The answer in place of the right one."""
    now = context.sandbox.clock.now()
    if isinstance(fault, TooManyRequests):
        limited = error_response(RateLimitError(fault.retry_after, reason=""))
        return _with(limited, {"retry-after": _wait(fault.retry_after, fault.as_date, now)})
    assert isinstance(fault, Respond)
    headers = {name.lower(): value for name, value in fault.headers.items()}
    if fault.content_type is not None:
        headers["content-type"] = fault.content_type
    if fault.retry_after is not None:
        headers["retry-after"] = _wait(fault.retry_after, fault.as_date, now)
    return _with(_plain(fault, asks_for_token=context.path.endswith(TOKEN_PATH)), headers)


def _plain(fault: Respond, *, asks_for_token: bool) -> Response:
    """The body with the headers that go with it: Wise's own, or none but its type if somebody else seems to answer."""
    if fault.body is not None:
        text: Headers = ((b"content-type", b"text/plain; charset=utf-8"),)
        return Response(fault.status, fault.body.encode(), text if fault.body else ())
    headers = TOKEN_HEADERS if asks_for_token else GATEWAY_HEADERS
    if fault.json is not None:
        return json_response(fault.status, fault.json, headers)
    error = _ERRORS.get(fault.status, "server_error" if fault.status >= _SERVER_ERROR else "invalid_request")
    if asks_for_token and fault.status == InvalidClient.status:
        error, headers = InvalidClient.error, InvalidClient.headers
    return json_response(fault.status, oauth_error(error, "A fault was armed for this"), headers)


def _with(answer: Response, headers: Mapping[str, str]) -> Response:
    """These headers in place of others of the same name; an empty content-type is left out."""
    kept = tuple(pair for pair in answer.headers if pair[0].decode() not in headers)
    more = tuple(
        (name.encode(), value.encode())
        for name, value in headers.items()
        if (name, value) != ("content-type", "")
    )
    return answer._replace(headers=kept + more)


def _wait(seconds: int, as_date: bool, now: datetime) -> str:
    """`Retry-After` (RFC 9110 section 10.2.3). A date counts whole seconds: the next, so that nobody comes early."""
    if not as_date:
        return str(seconds)
    full = now.replace(microsecond=0)
    return format_datetime(
        full + timedelta(seconds=seconds) + (_SECOND if now > full else _SECOND * 0), usegmt=True
    )
