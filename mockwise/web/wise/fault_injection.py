"""Armed faults where they meet a request: before it is decided, and when its answer leaves.

A sandbox in which nothing was ever armed pays one look. A fault that finds nothing to do, such as a token to spoil
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

from mockwise.errors import StateTrouble
from mockwise.faults.kinds import Delay, Drip, Drop, Garble, Request, Stage
from mockwise.faults.queue import Taken
from mockwise.web.wise.fault_responses import fault_answer
from mockwise.web.wise.request_context import Passage
from mockwise.web.wise.responses import Answer, Headers, Sending, json_answer, oauth_error

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from mockwise.storage.threads import Turn

_log = logging.getLogger("mockwise")

_HTML = (b"content-type", b"text/html; charset=utf-8")
_PAGE = (
    b"<!doctype html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"
)


def meet(passage: Passage, turn: Turn | None = None) -> Answer | None:
    """Take what is armed for a request, in its turn if there are others at the same time.

    Returns:
        What is answered instead, if it could not be found out.
    """
    try:
        taken = passage.sandbox.armory.take(
            lambda: _seen(passage), passage.time, turn.wait if turn is not None else None
        )
    except StateTrouble:
        raise
    except Exception:  # noqa: BLE001  a user's function may fail in any way
        _log.exception("the function that a fault was given as `when` failed")
        passage.reason = (
            "The function that an armed fault was given as `when` raised an exception; the log has it."
        )
        return json_answer(500, oauth_error("server_error", "Internal Server Error"))
    if turn is not None:
        turn.end()
    if taken:
        _note(passage, taken)
    return None


async def befall(passage: Passage) -> Answer | None:
    """Let happen to a request what it met, as far as that is before its answer is known.

    Returns:
        What is answered instead, if something else is.
    """
    if (delay := passage.faults.get("delay")) is not None:
        assert isinstance(delay.fault, Delay)
        await asyncio.sleep(delay.fault.drawn(delay.nth))
    if (answer := passage.faults.get("answer")) is None:
        return None
    passage.reason = f"A fault was armed for this: number {answer.number}, {answer.fault.name}."
    return await passage.in_state(partial(fault_answer, passage, answer.fault))


def call_off(passage: Passage, stage: Stage) -> None:
    """A fault that was taken found nothing to do."""
    passage.sandbox.armory.give_back(passage.faults[stage])
    _note(passage, {name: taken for name, taken in passage.faults.items() if name != stage})


async def deliver(passage: Passage, answer: Sending, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer as the fault on the wire wants it that the request met."""
    wire = passage.faults["wire"]
    messages = await _collected(answer, scope, receive)
    body = b"".join(it.get("body", b"") for it in messages[1:])
    has_body = bool(body) and passage.method != "HEAD"
    match wire.fault:
        case Drop(at=at, reset=reset):
            if has_body and at != "before":
                half = len(body) // 2 if at == "body" else 0
                await send(messages[0])
                await send(_piece(body[:half], more=True))
            passage.connection.abort(reset=reset)
        case Garble(how=how) if has_body:
            await _garbled(how, messages[0], body)(scope, receive, send)
        case Drip(seconds=seconds, pieces=pieces) if has_body:
            await send(messages[0])
            await asyncio.sleep(0)  # what is written in one turn of the loop leaves together
            await _drip(passage, _cut(body, pieces), seconds, send)
        case _:
            with suppress(StateTrouble):  # it counts as having happened, then; the answer is known
                await passage.in_state(lambda: call_off(passage, "wire"))
            for message in messages:
                await send(message)


def _note(passage: Passage, faults: Mapping[Stage, Taken]) -> None:
    passage.faults = faults
    passage.fault = "+".join(taken.fault.name for taken in faults.values()) or None


def _seen(passage: Passage) -> Request:
    form = dict(passage.form)
    return Request(
        host=passage.connection.listener,
        method=passage.method,
        path=passage.path,
        grant=form.get("grant_type"),
        client=passage.client_id,
        kind=passage.holder.kind if passage.holder else None,
        form=form,
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in passage.headers},
    )


async def _collected(answer: Sending, scope: Scope, receive: Receive) -> list[Message]:
    """What an answer sends, however it does; the first says status and headers."""
    messages: list[Message] = []

    async def collect(message: Message) -> None:
        messages.append(message)

    await answer(scope, receive, collect)
    return messages


def _piece(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _garbled(how: str, start: Message, body: bytes) -> Answer:
    headers: Headers = tuple(pair for pair in start["headers"] if pair[0] != b"content-length")
    other = (*(pair for pair in headers if pair[0] != _HTML[0]), _HTML)
    status = start["status"]
    match how:
        case "truncated":
            return Answer(status, body[: len(body) // 2], headers)
        case "malformed":
            return Answer(status, body[:-1] + b",}", headers)
        case "empty":
            return Answer(status, b"", headers)
        case "html":
            return Answer(status, _PAGE, other)
        case _:
            return Answer(status, body, other)


def _cut(body: bytes, pieces: int) -> Sequence[bytes]:
    """So many pieces, none empty."""
    pieces = min(pieces, len(body))
    ends = [len(body) * n // pieces for n in range(pieces + 1)]
    return [body[begin:end] for begin, end in pairwise(ends)]


async def _drip(passage: Passage, pieces: Sequence[bytes], seconds: float, send: Send) -> None:
    for piece in pieces[:-1]:
        await send(_piece(piece, more=True))
        if passage.connection.is_open:
            await asyncio.sleep(seconds)
    await send(_piece(pieces[-1], more=False))
