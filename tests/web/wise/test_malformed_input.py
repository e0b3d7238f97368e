"""Nothing that a peer can send makes the app fail."""

from __future__ import annotations

import base64
import logging

import pytest

from tests.web.wise_app import WiseApp

BASIC = b"Basic " + base64.b64encode(b"partner:wise-guy")
FORM = b"application/x-www-form-urlencoded"
GRANT = b"grant_type=client_credentials"


def basic(credentials: bytes) -> bytes:
    """Basic credentials of any bytes."""
    return b"Basic " + base64.b64encode(credentials)


AUTHORIZATIONS = [
    b"",
    b" ",
    b"Basic",
    b"Basic ",
    b"Basic =",
    b"Basic =====",
    b"Basic a",
    b"Basic \xff\xfe",
    b"Basic " + "cGFydG5lcjp3aXNl\u00e9".encode(),
    b"Basic cGFydG5lcjp3aXNlLWd1eQ",
    b"Basic\x00" + BASIC,
    BASIC + b" " + BASIC,
    BASIC + b"\x00",
    basic(b""),
    basic(b":"),
    basic(b"partner"),
    basic(b"partner:"),
    basic(b":wise-guy"),
    basic(b"partner\x00:wise-guy"),
    basic(b"partner:wise-guy\x00"),
    basic(b"partner:\xff"),
    basic("partner:\u00e9".encode("latin-1")),
    basic(b"partner:\xed\xb2\x80"),  # a lone surrogate
    basic(b"%ED%B2%80:%ED%B2%80"),
    basic(b"%00%:%%%zz"),
    basic(b"x" * 60_000 + b":" + b"y" * 60_000),
    b"Bearer",
    b"Bearer \xff\x00\xed\xb2\x80",
    b"Bearer " + b"x" * 100_000,
    b"Bearer x, " + BASIC,
    b"\xff \xff",
    b"Negotiate \x00",
]


@pytest.mark.parametrize("path", ["/oauth/token", "/v1/users/exists"])
@pytest.mark.parametrize("value", AUTHORIZATIONS, ids=lambda value: repr(value[:40]))
def test_no_authorization_makes_it_fail(wise_app: WiseApp, value: bytes, path: str) -> None:
    """Whatever stands in `Authorization` that is not the client's own is 401 (RFC 6749 5.2, RFC 6750 3.1)."""
    headers = [(b"authorization", value), (b"content-type", FORM)]
    sent = wise_app.raw(headers, {"type": "http.request", "body": GRANT}, path=path)
    assert sent.messages[0]["status"] == wise_app.last.status == 401


CONTENT_TYPES = [
    b"",
    b"\xff\xfe\x00",
    b";",
    b";;;=;=",
    b"multipart/form-data",
    b"multipart/form-data; boundary=",
    b"multipart/form-data; boundary=\xff\x00",
    b'multipart/form-data; boundary="b',
    b"multipart/form-data; boundary*=utf-8''b",
    b"multipart/form-data; boundary=" + b"b" * 60_000,
    b"multipart/form-data; boundary=b; boundary=c",
    FORM + b"; charset=\xff",
    FORM + b"; charset=utf-16",
    b"application/json; charset=rot13",
]
PART = b'--b\r\nContent-Disposition: form-data; name="grant_type"\r\n'
BODIES = [
    b"",
    b"\x00",
    b"\xff\xfe" * 100,
    b"\xed\xb2\x80=\xed\xb2\x80",  # lone surrogates
    b"%ED%B2%80=%ED%B2%80&%=%zz&=&&==",
    b"grant_type=%00%FF",
    b"grant_type=" + "\u00e9".encode("latin-1"),
    b"&" * 65_000,
    b"a=&" * 21_000,
    b"".join(b"%d&" % n for n in range(10_000)),
    b"[" * 65_000,
    b'{"a":' * 13_000,
    b'{"email":"\\ud800@"}',
    b'{"email":"\\u0000@\\u0000"}',
    b'{"email":' + b"9" * 5_000 + b"}",
    b'{"email":1e999,"\\udfff":NaN}',
    "{}".encode("utf-16"),
    "{}".encode("utf-32"),
    b"\xef\xbb\xbf{}",
    PART + b"\r\nclient_credentials\r\n--b--\r\ntrailing",
    PART + b"Content-Transfer-Encoding: base64\r\n\r\n****\r\n--b--\r\n",
    PART + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=ZZ=\r\n--b--\r\n",
    PART + b"Content-Transfer-Encoding: \xff\r\n\r\nx\r\n--b--\r\n",
    PART + b"Content-Type: \xff\r\n\r\n\xff\xed\xb2\x80\r\n--b--\r\n",
    b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\xff\r\n--b--\r\n',
    b"--b\r\n" + b"X: y\r\n" * 1_000 + b"\r\n",
    PART + b"X: " + b"y" * 10_000 + b"\r\n\r\n",
    (PART + b"\r\nx\r\n") * 500 + b"--b--\r\n",
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:40]))
def test_no_body_makes_it_fail(wise_app: WiseApp, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """A body is read or refused under any media type: no failure, and one record in the journal (RFC 6749 5.2)."""
    token = wise_app.access_token()
    multipart = b"multipart/form-data; boundary=b"
    message = {"type": "http.request", "body": body}
    with caplog.at_level(logging.ERROR):
        for content_type in (*CONTENT_TYPES, FORM, multipart, b"application/json"):
            for path, authorization in (
                ("/oauth/token", BASIC),
                ("/oauth/token", b"Basic !"),
                ("/v1/users/exists", b"Bearer " + token.encode()),
            ):
                headers = [(b"content-type", content_type), (b"authorization", authorization)]
                before = len(wise_app.box.journal.exchanges())
                sent = wise_app.raw(headers, message, path=path)
                assert sent.messages[0]["status"] in {200, 400, 401, 422}
                assert len(wise_app.box.journal.exchanges()) == before + 1
    assert caplog.records == []


@pytest.mark.parametrize(
    "name", [b"x", b"\xff\xfe", b"cookie", b"x-external-correlation-id", b"content-type"]
)
@pytest.mark.parametrize(
    "value", [b"", b"\x00", b"\xff\xed\xb2\x80", b"x" * 100_000], ids=lambda value: repr(value[:40])
)
def test_no_header_makes_it_fail(wise_app: WiseApp, name: bytes, value: bytes) -> None:
    """Header values are bytes (RFC 9110 section 5.5): any are taken, once or many times."""
    headers = [(b"authorization", BASIC), *[(name, value)] * 50]
    sent = wise_app.raw(headers, {"type": "http.request", "body": GRANT})
    assert sent.messages[0]["status"] == wise_app.last.status == 400


@pytest.mark.parametrize(
    "query",
    [b"%", b"%FF=%00", b"\xff=\xff", b"&" * 60_000, b"=", b"a" * 60_000],
    ids=lambda query: repr(query[:40]),
)
def test_no_query_makes_it_fail(wise_app: WiseApp, query: bytes) -> None:
    """A query has no say (RFC 6749 section 3.2), whatever it holds."""
    headers = [(b"authorization", BASIC), (b"content-type", FORM)]
    sent = wise_app.raw(headers, {"type": "http.request", "body": GRANT}, query=query)
    assert sent.messages[0]["status"] == wise_app.last.status == 200
