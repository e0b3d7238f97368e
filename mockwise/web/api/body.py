"""The one translation inwards of a body: bounded bytes, and from them form parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, parse_options_header

from mockwise.oauth.dialect import LARGEST_TOKEN_REQUEST
from mockwise.oauth.errors import InvalidRequest, RequestTooLarge

if TYPE_CHECKING:
    from starlette.types import Receive

Form = tuple[tuple[str, str], ...]


class PeerLeft(Exception):  # noqa: N818  because it names what happened
    """The peer went away before its request was whole."""


async def read_body(receive: Receive, limit: int = LARGEST_TOKEN_REQUEST) -> bytes:
    """The whole body.

    Raises:
        PeerLeft: there is nobody to answer.
        RequestTooLarge: it is over `limit` bytes.
    """
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise PeerLeft
        body += message["body"]
        if len(body) > limit:
            raise RequestTooLarge(
                f"Request body is larger than {limit} bytes",
                reason=f"The body is over {limit // 1024} KiB. No token request needs that much.",
            )
        if not message.get("more_body", False):
            return body


def read_form(content_type: bytes, body: bytes) -> Form:
    """The parameters of a form in order, repeats included; none if the body is of another type.

    `application/x-www-form-urlencoded` is DOCUMENTED, `multipart/form-data` OBSERVED (facts 1.1). Any charset
    suffix is accepted and the text read as UTF-8.

    Raises:
        InvalidRequest: the body says it is multipart and is not.
    """
    media_type, options = parse_options_header(content_type)
    match media_type:
        case b"application/x-www-form-urlencoded":
            return tuple(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        case b"multipart/form-data":
            return _read_multipart(options.get(b"boundary", b""), body)
        case _:
            return ()


def _read_multipart(boundary: bytes, body: bytes) -> Form:
    pairs: list[tuple[str, str]] = []

    def keep(field: Field) -> None:
        name, value = field.field_name or b"", field.value or b""
        pairs.append((name.decode("utf-8", "replace"), value.decode("utf-8", "replace")))

    try:
        # A part with a file name is no parameter.
        parser = FormParser("multipart/form-data", keep, lambda _: None, boundary=boundary)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise InvalidRequest(
            "Malformed multipart body",
            reason="The body is not the multipart/form-data that its Content-Type announces.",
        ) from None
    return tuple(pairs)
