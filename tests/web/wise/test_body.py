"""How a body becomes parameters: media types, chunks, size, and peers that leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from mockwise.web.wise.body import read_body, read_form
from tests.web.wise_app import FORM, GRANT, WiseApp

LIMIT = 64 * 1024
MULTIPART = b"multipart/form-data; boundary=b"


def part(value: str, disposition: str) -> bytes:
    """One part of a multipart body."""
    return f"--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n".encode()


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded;charset=UTF-8",
        "application/x-www-form-urlencoded; charset=ISO-8859-1",
        "APPLICATION/X-WWW-Form-Urlencoded ; charset=nonsense",
    ],
)
def test_any_charset_suffix_is_a_form(wise_app: WiseApp, content_type: str) -> None:
    """Wise's own sample sends a charset after the media type (docs/wise/token-endpoint.md#request), whose case is free (RFC 9110 8.3.1)."""
    body = b"grant_type=client_credentials"
    assert wise_app.token(content=body, headers={"content-type": content_type}).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencodedx", "*/*", ""])
def test_another_media_type_has_no_parameters(wise_app: WiseApp, content_type: str) -> None:
    """A form under another media type is not read as one (docs/wise/token-endpoint.md#request)."""
    refused = wise_app.token(content=b"grant_type=client_credentials", headers={"content-type": content_type})
    assert (refused.status_code, refused.json()["error_description"]) == (400, "Missing grant type")


def test_no_media_type_has_no_parameters(wise_app: WiseApp) -> None:
    """Without a content type a body is not guessed at (docs/wise/token-endpoint.md#request)."""
    assert wise_app.token(content=b"grant_type=client_credentials").status_code == 400


def test_multipart_works(wise_app: WiseApp) -> None:
    """`multipart/form-data` carries parameters too (docs/wise/token-endpoint.md#request, OBSERVED)."""
    assert wise_app.token(files={"grant_type": (None, "client_credentials")}).status_code == 200
    assert wise_app.token(files={"grant_type": (None, "password")}).status_code == 400


def test_a_file_is_no_parameter(wise_app: WiseApp) -> None:
    """A part with a file name is a file, not a parameter (RFC 7578 section 4.2)."""
    refused = wise_app.token(files={"grant_type": ("grant.txt", b"client_credentials")})
    assert (refused.status_code, refused.json()["error_description"]) == (400, "Missing grant type")


def test_repeated_parts_are_repeated_parameters(wise_app: WiseApp) -> None:
    """A parameter sent twice is refused (RFC 6749 section 3.2), in multipart as in a plain form."""
    twice = [("grant_type", (None, "client_credentials"))] * 2
    assert wise_app.token(files=twice).json()["error_description"].endswith("more than once")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param(MULTIPART, b"junk", id="no boundary line"),
        pytest.param(MULTIPART, b"--b\r\n\r\nx\r\n--b--\r\n", id="part without disposition"),
        pytest.param(MULTIPART, part("x", "x=y") + b"--b--\r\n", id="part without name"),
        pytest.param(MULTIPART, b"--b\r\nContent-Disposition\x00: x\r\n\r\n", id="bad header"),
        pytest.param(b"multipart/form-data", part("x", 'name="n"'), id="boundary missing"),
        pytest.param(b"multipart/form-data; boundary=" + b"b" * 300, b"--b", id="boundary too long"),
    ],
)
def test_what_says_it_is_multipart_and_is_not_is_refused(content_type: bytes, body: bytes) -> None:
    """A body that is not the multipart it announces is malformed (RFC 6749 section 5.2, `invalid_request`)."""
    assert read_form(content_type, body) is None


def test_multipart_may_end_with_its_closing_boundary() -> None:
    """No line break is needed behind the closing boundary, and what follows it is ignored (RFC 2046 5.1.1)."""
    body = part("client_credentials", 'name="grant_type"') + b"--b--"
    for epilogue in (b"", b"\r\n", b"\r\nepilogue"):
        assert read_form(MULTIPART, body + epilogue) == (("grant_type", "client_credentials"),)


def test_a_multipart_body_that_was_cut_off_is_refused() -> None:
    """Multipart ends with its closing boundary (RFC 2046 section 5.1.1); one that was cut off is malformed."""
    cut_off = part("client_credentials", 'name="grant_type"') + b"--b\r\nContent-Disp"
    assert read_form(MULTIPART, cut_off) is None


def test_multipart_without_a_boundary_is_never_read() -> None:
    """The boundary is required (RFC 2046 section 5.1.1): there is no empty one."""
    body = b'--\r\nContent-Disposition: form-data; name="n"\r\n\r\nv\r\n----\r\n'
    assert read_form(b"multipart/form-data", body) is None


def test_a_form_keeps_order_repeats_and_blanks() -> None:
    """Parameters are handed on as they came: judging them is not the reader's business (RFC 6749 section 3.2)."""
    assert read_form(FORM["content-type"].encode(), b"b=1&a=&b=%C3%A9+x&c") == (
        ("b", "1"),
        ("a", ""),
        ("b", "é x"),
        ("c", ""),
    )
    multipart = part("1", 'name="b"') + part("", 'name="a"') + part("é x", 'name="b"') + b"--b--\r\n"
    assert read_form(MULTIPART, multipart) == (("b", "1"), ("a", ""), ("b", "é x"))


def test_a_body_may_come_in_chunks(wise_app: WiseApp) -> None:
    """A body without a length (RFC 9112 section 7.1) is the same body."""

    async def chunks() -> AsyncIterator[bytes]:
        for byte in b"grant_type=client_credentials":
            yield bytes([byte])

    assert wise_app.token(content=chunks(), headers=FORM).status_code == 200


def test_64_kib_is_the_limit(wise_app: WiseApp) -> None:
    """A body of 64 KiB is read, and one byte more is refused with 413 (RFC 9110 section 15.5.14)."""
    form = b"grant_type=client_credentials&pad="
    padded = form + b"x" * (LIMIT - len(form))

    assert wise_app.token(content=padded, headers=FORM).status_code == 200
    assert wise_app.token(content=padded + b"x", headers=FORM).status_code == 413


def test_too_much_is_refused_before_all_of_it_came(wise_app: WiseApp) -> None:
    """The limit bounds memory: what is over it is not read to its end."""
    flood = [{"type": "http.request", "body": b"x" * LIMIT, "more_body": True}] * 3
    sent = wise_app.raw([], *flood)
    assert sent.messages[0]["status"] == 413


def test_the_whole_body_is_what_all_messages_hold() -> None:
    """A body ends with the first message that announces no more; one without that member is the last."""
    messages: list[Message] = [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"", "more_body": True},
        {"type": "http.request", "body": b"c"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    assert asyncio.run(read_body(receive, limit=3)) == b"abc"


@pytest.mark.parametrize("bytes_before", [b"", b"grant_type=client_cred"])
def test_a_peer_that_leaves_in_mid_body_gets_nothing_and_is_journaled(
    wise_app: WiseApp, bytes_before: bytes
) -> None:
    """Who is gone is answered nothing; the exchange is kept with status 0, and it is no failure."""
    sent = wise_app.raw([], {"type": "http.request", "body": bytes_before, "more_body": True})

    assert sent.messages == []
    assert (wise_app.last.status, wise_app.last.reason, wise_app.last.response_body) == (0, None, "")
    assert wise_app.token(data=GRANT).status_code == 200
