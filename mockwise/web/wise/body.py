"""The one translation inwards of a body: bounded bytes, and from them form parameters."""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, parse_options_header

from mockwise.oauth.errors import RequestTooLarge
from mockwise.oauth.wise_wire import LARGEST_TOKEN_REQUEST
from mockwise.web.wise.request_context import RequestContext

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Receive

Form = tuple[tuple[str, str], ...]

_LARGEST_CACHED = 1024  # bytes, of which a form's objects may take the hundredfold

# The library writes what a peer sent into its log.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


class ClientDisconnected(Exception):  # noqa: N818  because it names what happened, as starlette's own does
    """The peer went away before its request was whole."""


async def read_body(receive: Receive, limit: int = LARGEST_TOKEN_REQUEST) -> bytes:
    """Read the whole body of a request.

    Raises:
        ClientDisconnected: there is nobody to answer.
        RequestTooLarge: it is over `limit` bytes.
    """
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        body += message.get("body", b"")
        if len(body) > limit:
            raise RequestTooLarge(
                f"Request body is larger than {limit} bytes",
                reason=f"The body is over {limit // 1024} KiB, which is more than this mock reads.",
            )
        if not message.get("more_body", False):
            return body


async def pass_body(context: RequestContext, receive: Receive) -> AsyncGenerator[bytes]:
    """The body of any size, piece by piece; the journal gets it if it is not too long.

    Raises:
        ClientDisconnected: there is nobody to answer.
    """
    kept: bytes | None = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunk: bytes = message.get("body", b"")
        if kept is not None:
            kept = kept + chunk if len(kept) + len(chunk) <= LARGEST_TOKEN_REQUEST else None
            context.body = kept or b""
        yield chunk
        if not message.get("more_body", False):
            return


def read_form(content_type: bytes, body: bytes) -> Form | None:
    """The parameters of a form in order, repeats included; none of them if the body is of another type.

    None if the body is not the form that its type announces.

    `application/x-www-form-urlencoded` is DOCUMENTED, `multipart/form-data` OBSERVED (docs/wise/token-endpoint.md#request). Any charset
    suffix is accepted and the text read as UTF-8.
    """
    media_type = content_type.partition(b";")[0].strip().lower()
    if media_type == b"application/x-www-form-urlencoded":
        return _read_urlencoded(body)
    if media_type == b"multipart/form-data":
        _, options = parse_options_header(content_type)
        return _read_multipart(options.get(b"boundary", b""), body)
    return ()


def _read_urlencoded(body: bytes) -> Form:
    return _read_short(body) if len(body) <= _LARGEST_CACHED else _read_pairs(body)


def _read_pairs(body: bytes) -> Form:
    return tuple(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


# A client that asks for tokens sends the same few bytes each time.
_read_short = lru_cache(maxsize=64)(_read_pairs)


def _read_multipart(boundary: bytes, body: bytes) -> Form | None:
    pairs: list[tuple[str, str]] = []

    def keep(field: Field) -> None:
        name, value = field.field_name or b"", field.value or b""
        pairs.append((name.decode("utf-8", "replace"), value.decode("utf-8", "replace")))

    ends: list[bool] = []
    with suppress(FormParserError):
        # A part with a file name is no parameter.
        parser = FormParser(
            "multipart/form-data", keep, lambda _: None, lambda: ends.append(True), boundary=boundary
        )
        parser.write(body)
    # The library takes an empty boundary, and a body without its closing one (RFC 2046 section 5.1.1).
    return tuple(pairs) if boundary and ends else None
