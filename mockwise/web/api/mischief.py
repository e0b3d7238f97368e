"""Armed faults where they meet a request: before it is decided, and when its answer leaves.

A sandbox in which nothing was ever armed pays one look.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from mockwise.core.armory import Taken
from mockwise.core.faults import Delay, Drip, Drop, Fault, Garble, Request, Respond, TooManyRequests
from mockwise.oauth.dialect import RATE_LIMITED_BY
from mockwise.web.api.answers import JSON, Answer, Headers, Sending, json_answer, oauth_error
from mockwise.web.api.passage import Passage
from mockwise.web.api.refusals import Refusal

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_log = logging.getLogger("mockwise")

_HTML: Headers = ((b"content-type", b"text/html; charset=utf-8"),)
_PAGE = (
    b"<!doctype html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"
)
_ERRORS: Mapping[int, str] = {
    400: "invalid_request",
    401: "invalid_token",
    403: "access_denied",
    404: "not_found",
    429: "rate_limited",
    500: "server_error",
    503: "temporarily_unavailable",
}


async def befall(passage: Passage) -> None:
    """Let happen to a request what is armed for it, as far as that is before its answer is known.

    Raises:
        Refusal: something else is answered.
    """
    armory = passage.sandbox.armory
    if not armory:
        return
    try:
        faults = armory.take(_seen(passage), passage.time)
    except Exception as error:
        _log.exception("the function that a fault was given as `when` failed")
        raise Refusal(
            json_answer(500, oauth_error("server_error", "Internal Server Error")),
            "The function that an armed fault was given as `when` raised an exception; the log has it.",
        ) from error
    if not faults:
        return
    passage.faults = faults
    passage.fault = "+".join(taken.fault.name for taken in faults.values())
    if (delay := faults.get("delay")) is not None:
        await asyncio.sleep(_drawn(delay))
    if (answer := faults.get("answer")) is not None:
        raise Refusal(
            _answer(answer.fault, passage.time), f"A fault was armed for this: {answer.fault.name}."
        )


async def deliver(passage: Passage, answer: Sending, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer, as it is or as a fault wants it."""
    wire = passage.faults.get("wire")
    if wire is None:
        await answer(scope, receive, send)
        return
    fault = wire.fault
    if isinstance(fault, Drop) and fault.at == "before":
        passage.connection.abort(reset=fault.reset)
        return
    whole = await _collected(answer, scope, receive)
    match fault:
        case Garble():
            await _garbled(fault, whole)(scope, receive, send)
        case Drip():
            await _drip(fault, whole, send)
        case Drop():
            await _begin(whole, send)
            if fault.at == "body" and whole.body:
                await _piece(whole.body[: len(whole.body) // 2], send)
            passage.connection.abort(reset=fault.reset)


def _seen(passage: Passage) -> Request:
    form = dict(passage.form)
    token = passage.sandbox.tokens.get(passage.token) if passage.token is not None else None
    return Request(
        host=passage.connection.listener,
        method=passage.method,
        path=passage.path,
        grant=form.get("grant_type"),
        client=passage.client_id,
        kind=None if token is None else token.kind,
        form=form,
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in passage.headers},
    )


def _drawn(taken: Taken) -> float:
    """How long to wait, in seconds; the same seed draws the same."""
    delay: Any = taken.fault
    assert isinstance(delay, Delay)
    draws = random.Random(f"{delay.seed} {taken.nth}")  # noqa: S311  because the same seed must draw the same
    if delay.most is not None:
        return draws.uniform(delay.seconds, delay.most)
    if delay.sigma is not None:
        return delay.seconds * math.exp(delay.sigma * draws.gauss(0, 1))
    return delay.seconds


def _answer(fault: Fault, now: datetime) -> Answer:
    if isinstance(fault, TooManyRequests):
        body = oauth_error("rate_limited", "Too many requests")
        limited = (b"x-rate-limited-by", RATE_LIMITED_BY.encode())
        return json_answer(429, body, (*JSON, limited, _retry_after(fault.retry_after, fault.as_date, now)))
    assert isinstance(fault, Respond)
    if fault.body is not None:
        answer = Answer(fault.status, fault.body.encode(), ((b"content-type", b"text/plain; charset=utf-8"),))
    elif fault.json is not None:
        answer = json_answer(fault.status, fault.json)
    else:
        error = _ERRORS.get(fault.status, "server_error" if fault.status >= 500 else "invalid_request")  # noqa: PLR2004  the class of statuses
        answer = json_answer(fault.status, oauth_error(error, "A fault was armed for this"))
    headers = {name.lower(): value for name, value in fault.headers.items()}
    if fault.content_type is not None:
        headers["content-type"] = fault.content_type
    kept = tuple(pair for pair in answer.headers if pair[0].decode() not in headers)
    more = tuple((name.encode(), value.encode()) for name, value in headers.items())
    if fault.retry_after is not None:
        more += (_retry_after(fault.retry_after, fault.as_date, now),)
    return answer._replace(headers=kept + more)


def _retry_after(seconds: int, as_date: bool, now: datetime) -> tuple[bytes, bytes]:
    spelled = format_datetime(now + timedelta(seconds=seconds), usegmt=True) if as_date else str(seconds)
    return b"retry-after", spelled.encode()


async def _collected(answer: Sending, scope: Scope, receive: Receive) -> Answer:
    """An answer in one piece, however it sends itself."""
    status, body = 0, b""
    headers: Iterable[tuple[bytes, bytes]] = ()

    async def collect(message: Any) -> None:  # noqa: ANN401  because ASGI's messages are anything
        nonlocal status, headers, body
        if message["type"] == "http.response.start":
            status, headers = message["status"], message["headers"]
        else:
            body += message.get("body", b"")

    await answer(scope, receive, collect)
    return Answer(status, body, tuple(pair for pair in headers if pair[0] != b"content-length"))


def _garbled(fault: Garble, whole: Answer) -> Answer:
    rest = tuple(pair for pair in whole.headers if pair[0] != b"content-type")
    match fault.how:
        case "truncated":
            return whole._replace(body=whole.body[: len(whole.body) // 2])
        case "malformed":
            return whole._replace(body=whole.body[:-1] + b",}")
        case "empty":
            return whole._replace(body=b"")
        case "html":
            return Answer(whole.status, _PAGE, rest + _HTML)
        case "wrong-type":
            return whole._replace(headers=rest + _HTML)


async def _begin(whole: Answer, send: Send) -> None:
    length = (b"content-length", str(len(whole.body)).encode())
    await send({"type": "http.response.start", "status": whole.status, "headers": [*whole.headers, length]})


async def _piece(body: bytes, send: Send, *, last: bool = False) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": not last})


async def _drip(fault: Drip, whole: Answer, send: Send) -> None:
    size = max(-(-len(whole.body) // fault.pieces), 1)
    pieces = [whole.body[at : at + size] for at in range(0, len(whole.body), size)]
    await _begin(whole, send)
    for piece in pieces:
        await _piece(piece, send)
        await asyncio.sleep(fault.seconds)
    await _piece(b"", send, last=True)
