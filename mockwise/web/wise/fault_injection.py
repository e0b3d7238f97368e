"""Armed faults where they meet a request: before it is decided, and when its answer leaves.

A sandbox in which nothing was ever armed pays one check. A fault that finds nothing to do, such as a token to spoil
where none is granted, has not happened.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from mockwise.errors import StorageError
from mockwise.faults.kinds import Delay, Drip, Drop, FaultStage, Garble, Request
from mockwise.faults.queue import TriggeredFault
from mockwise.web.wise.fault_responses import fault_answer
from mockwise.web.wise.request_context import RequestContext
from mockwise.web.wise.responses import ASGIResponse, Headers, Response, json_response, oauth_error

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from mockwise.storage.threads import Turn

_log = logging.getLogger("mockwise")

_HTML = (b"content-type", b"text/html; charset=utf-8")
_PAGE = (
    b"<!doctype html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"
)


def select(context: RequestContext, turn: Turn | None = None) -> Response | None:
    """Take what is armed for a request, in its turn if there are others at the same time.

    Returns:
        What is answered instead, if it could not be found out.
    """
    try:
        taken = context.sandbox.fault_queue.take(
            lambda: _seen(context), context.time, turn.wait if turn is not None else None
        )
    except StorageError:
        raise
    except Exception:  # noqa: BLE001  a user's function may fail in any way
        _log.exception("the function that a fault was given as `when` failed")
        context.reason = (
            "The function that an armed fault was given as `when` raised an exception; the log has it."
        )
        return json_response(500, oauth_error("server_error", "Internal Server Error"))
    if turn is not None:
        turn.end()
    if taken:
        _note(context, taken)
    return None


async def before_response(context: RequestContext) -> Response | None:
    """Let happen to a request what it met, as far as that is before its answer is known.

    Returns:
        What is answered instead, if something else is.
    """
    if (delay := context.faults.get("delay")) is not None:
        assert isinstance(delay.fault, Delay)
        await asyncio.sleep(delay.fault.drawn(delay.nth))
    if (answer := context.faults.get("answer")) is None:
        return None
    context.reason = f"A fault was armed for this: number {answer.number}, {answer.fault.name}."
    return await context.in_state(partial(fault_answer, context, answer.fault))


def release(context: RequestContext, stage: FaultStage) -> None:
    """Give a fault back that was taken for a request and found nothing to do."""
    context.sandbox.fault_queue.untrigger(context.faults[stage])
    _note(context, {name: taken for name, taken in context.faults.items() if name != stage})


async def send_response(
    context: RequestContext, answer: ASGIResponse, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send an answer as the fault on the wire wants it that the request met."""
    wire = context.faults["wire"]
    messages = await _collected(answer, scope, receive)
    body = b"".join(it.get("body", b"") for it in messages[1:])
    has_body = bool(body) and context.method != "HEAD"
    match wire.fault:
        case Drop(at=at, reset=reset):
            if has_body and at != "before":
                half = len(body) // 2 if at == "body" else 0
                await send(messages[0])
                await send(_piece(body[:half], more=True))
            context.connection.abort(reset=reset)
        case Garble(how=how) if has_body:
            await _garbled(how, messages[0], body)(scope, receive, send)
        case Drip(seconds=seconds, pieces=pieces) if has_body:
            await send(messages[0])
            await asyncio.sleep(0)  # what is written in one turn of the loop leaves together
            await _drip(context, _cut(body, pieces), seconds, send)
        case _:
            with suppress(StorageError):  # it counts as having happened, then; the answer is known
                await context.in_state(lambda: release(context, "wire"))
            for message in messages:
                await send(message)


def _note(context: RequestContext, faults: Mapping[FaultStage, TriggeredFault]) -> None:
    context.faults = faults
    context.fault = "+".join(taken.fault.name for taken in faults.values()) or None


def _seen(context: RequestContext) -> Request:
    form = dict(context.form)
    return Request(
        host=context.connection.listener,
        method=context.method,
        path=context.path,
        grant=form.get("grant_type"),
        client=context.client_id,
        kind=context.subject.kind if context.subject else None,
        form=form,
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in context.headers},
    )


async def _collected(answer: ASGIResponse, scope: Scope, receive: Receive) -> list[Message]:
    """What an answer sends, however it does; the first says status and headers."""
    messages: list[Message] = []

    async def collect(message: Message) -> None:
        messages.append(message)

    await answer(scope, receive, collect)
    return messages


def _piece(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _garbled(how: str, start: Message, body: bytes) -> Response:
    headers: Headers = tuple(pair for pair in start["headers"] if pair[0] != b"content-length")
    other = (*(pair for pair in headers if pair[0] != _HTML[0]), _HTML)
    status = start["status"]
    match how:
        case "truncated":
            return Response(status, body[: len(body) // 2], headers)
        case "malformed":
            return Response(status, body[:-1] + b",}", headers)
        case "empty":
            return Response(status, b"", headers)
        case "html":
            return Response(status, _PAGE, other)
        case _:
            return Response(status, body, other)


def _cut(body: bytes, pieces: int) -> Sequence[bytes]:
    """So many pieces, none empty."""
    pieces = min(pieces, len(body))
    ends = [len(body) * n // pieces for n in range(pieces + 1)]
    return [body[begin:end] for begin, end in pairwise(ends)]


async def _drip(context: RequestContext, pieces: Sequence[bytes], seconds: float, send: Send) -> None:
    for piece in pieces[:-1]:
        await send(_piece(piece, more=True))
        if context.connection.is_open:
            await asyncio.sleep(seconds)
    await send(_piece(pieces[-1], more=False))
