"""What only the whole request tells of a refusal: where a parameter is, and where a secret (x-mockwise-reason)."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest

from mockwise.state.options import SandboxOptions
from tests.web.wise.bearers import bearer
from tests.web.wise_app import AUTH, FORM, GRANT, ID, SECRET, WiseApp, certificate_of

BODY = b"grant_type=client_credentials"
MULTIPART = {"content-type": "multipart/form-data; boundary=b"}
TYPE = "application/x-www-form-urlencoded"


def typed(media_type: str, **more: str) -> dict[str, str]:
    """Headers with that Content-Type."""
    return {"content-type": media_type, **more}


@pytest.mark.parametrize(
    ("headers", "body", "said"),
    [
        # What is before the parameters.
        (
            typed(TYPE, **{"content-encoding": "gzip"}),
            gzip.compress(BODY, mtime=0),
            "compressed (Content-Encoding: gzip)",
        ),
        (
            typed(TYPE, **{"content-encoding": "deflate"}),
            zlib.compress(BODY),
            "compressed (Content-Encoding: deflate)",
        ),
        (typed(TYPE, **{"content-encoding": "br"}), b"\x8b\x0e\x80", "compressed (Content-Encoding: br)"),
        (
            typed(TYPE, **{"content-encoding": "zq7"}),
            b"x",
            "compressed (Content-Encoding: another than identity)",
        ),
        (typed(TYPE, **{"content-encoding": "identity"}), b"a=b", "There is no grant_type in the body."),
        (FORM, gzip.compress(BODY, mtime=0), "compressed (gzip), though no Content-Encoding says so"),
        (FORM, zlib.compress(BODY), "compressed (deflate), though no Content-Encoding says so"),
        (FORM, b"\xef\xbb\xbf" + BODY, "begins with a byte order mark. Send UTF-8 without one."),
        (FORM, BODY.decode().encode("utf-16"), "begins with a byte order mark of UTF-16."),
        (FORM, BODY.decode().encode("utf-16-le"), "holds NUL bytes, as UTF-16 has them."),
        # Its type.
        ({}, BODY, "There is no Content-Type. Send grant_type with Content-Type: application/x-www"),
        ({}, json.dumps(GRANT).encode(), "There is no Content-Type, and the body looks like JSON."),
        (
            typed("application/json"),
            json.dumps(GRANT).encode(),
            "The Content-Type says JSON, and JSON has no parameters",
        ),
        (typed("application/vnd.api+json; charset=utf-8"), b"[1]", "The Content-Type says JSON, and JSON"),
        (typed("application/json"), BODY, "The Content-Type says JSON, though the body is none"),
        (
            FORM,
            json.dumps(GRANT).encode(),
            "The body is JSON, though its Content-Type says that it is a form.",
        ),
        (FORM, b" \n[1]", "The body is JSON, though its Content-Type says that it is a form."),
        (FORM, b"<grant/>", "The body is XML, though its Content-Type says"),
        (
            FORM,
            b'--b\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--b--\r\n',
            "The body is multipart/form-data, though its Content-Type says",
        ),
        (typed("text/plain"), BODY, "The Content-Type is not that of a form."),
        (typed("application/x-www-form-urlencode"), BODY, "The Content-Type is not spelt as that of a form."),
        (typed(f"{TYPE}, {TYPE}"), BODY, "The Content-Type was sent more than once."),
        # A form's parts.
        (
            MULTIPART,
            b'--b\r\nContent-Disposition: form-data; name="grant_type"; filename="g"\r\n\r\nx\r\n--b--\r\n',
            "grant_type was sent as a file.",
        ),
        (
            MULTIPART,
            b'--b\r\nContent-Disposition: form-data; name="other"; filename="g"\r\n\r\nx\r\n--b--\r\n',
            "There is no grant_type in the body.",
        ),
        (typed("multipart/form-data"), BODY, "names no boundary."),
        (MULTIPART, b"", "The body is empty, though its Content-Type says multipart/form-data."),
        (MULTIPART, BODY, "The Content-Type says multipart/form-data, and the body is none."),
        (MULTIPART, b"--other\r\n", "its boundary is another one, or the closing one is missing."),
        # Its spelling.
        (FORM, b"", "The body is empty. Send grant_type in the body, as application/x-www-form-urlencoded."),
        (FORM, b"grant_type=", "grant_type is in the body without a value"),
        (FORM, b"grantType=client_credentials", "The name of the parameter grant_type is spelt otherwise"),
        (FORM, b"GRANT_TYPE=client_credentials", "The name of the parameter grant_type is spelt otherwise"),
        (
            FORM,
            b"grant_type%20=client_credentials",
            "The name of the parameter grant_type is spelt otherwise",
        ),
        (FORM, b"grant_type[]=client_credentials", "The name of the parameter grant_type is spelt otherwise"),
        (FORM, b"?grant_type=client_credentials", "The name of the parameter grant_type is spelt otherwise"),
        (
            FORM,
            b"a=b&amp;grant_type=client_credentials",
            "The name of the parameter grant_type is spelt otherwise",
        ),
        (FORM, b"grant_type%3Dclient_credentials", "The body is percent-encoded as a whole"),
        (
            FORM,
            b"scope=transfers;grant_type=client_credentials",
            "grant_type is not parted from what is before",
        ),
        (
            FORM,
            b"scope=transfers\r\ngrant_type=client_credentials",
            "grant_type is not parted from what is before",
        ),
        (FORM, b"grant_type: client_credentials", "grant_type is not parted from what is before"),
        (FORM, b"a=b", "There is no grant_type in the body. Send it as application/x-www-form-urlencoded."),
        (typed(TYPE, grant_type="client_credentials"), b"a=b", "grant_type is a header, which is not read."),
    ],
)
def test_each_way_to_lose_the_grant_type_has_its_sentence(
    wise_app: WiseApp, headers: dict[str, str], body: bytes, said: str
) -> None:
    """The answer is Wise's own in each case (docs/wise/token-endpoint.md#errors); the reason is what differs."""
    answer = wise_app.token(headers=headers, content=body)
    assert answer.status_code == 400
    assert said in answer.headers["x-mockwise-reason"]
    assert wise_app.last.reason == answer.headers["x-mockwise-reason"]
    assert "zq7" not in answer.headers["x-mockwise-reason"]


def test_a_grant_in_the_query_is_told(wise_app: WiseApp) -> None:
    """With a form or without."""
    for options in ({"content": b""}, {"data": {"scope": "transfers"}}):
        answer = wise_app.token(params=GRANT, **options)
        assert "grant_type is in the query of the URL" in answer.headers["x-mockwise-reason"]


def test_a_content_type_that_is_sent_twice_is_told(wise_app: WiseApp) -> None:
    """The last one counts; where that is a form's, all is well."""
    headers = [("content-type", TYPE), ("content-type", "application/json")]
    assert (
        "was sent more than once"
        in wise_app.token(headers=headers, content=BODY).headers["x-mockwise-reason"]
    )
    assert wise_app.token(headers=headers[::-1], content=BODY).status_code == 200


@pytest.mark.parametrize(
    ("grant", "form", "said"),
    [
        (
            "refresh_token",
            {"refreshToken": "x"},
            "The name of the parameter refresh_token is spelt otherwise",
        ),
        ("refresh_token", {"refresh_token": ""}, "refresh_token is in the body without a value"),
        ("refresh_token", {}, "There is no refresh_token in the body"),
        (
            "authorization_code",
            {"client_id": ID, "Code": "x"},
            "The name of the parameter code is spelt otherwise",
        ),
        ("authorization_code", {"clientId": ID}, "The name of the parameter client_id is spelt otherwise"),
        ("authorization_code", {}, "which Wise documents for this grant beside HTTP Basic"),
    ],
)
def test_the_parameters_of_the_other_grants_are_looked_for_too(
    wise_app: WiseApp, grant: str, form: dict[str, str], said: str
) -> None:
    """Each is a sibling of grant_type."""
    answer = wise_app.token(data={"grant_type": grant, **form})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert said in answer.headers["x-mockwise-reason"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"data": {**GRANT, "client_id": ID, "client_secret": SECRET}},
            "A client secret is in the form body",
        ),
        (
            {"data": {**GRANT, "client_secret": SECRET}, "auth": (ID, "")},
            "A client secret is in the form body",
        ),
        (
            {"data": {**GRANT, "client_secret": SECRET}, "auth": (ID, "no")},
            "A client secret is in the form body",
        ),
        ({"json": {**GRANT, "clientSecret": SECRET}}, "A client secret is in a JSON body"),
        ({"params": {"client_secret": SECRET}}, "A secret or a token is in the query of the URL"),
        ({"headers": {"x-client-secret": SECRET}}, "A secret or a token is in a header of its own"),
        ({"headers": {"proxy-authorization": "Basic x"}}, "A header with a name like that of Authorization"),
        ({"headers": typed("application/json"), "content": b"{"}, "Send HTTP Basic with"),
        ({"headers": typed("application/json"), "content": b"[1]"}, "Send HTTP Basic with"),
        ({}, "Send HTTP Basic with the client id as user and the client secret as password."),
    ],
)
def test_a_secret_in_another_place_is_told(wise_app: WiseApp, options: dict[str, object], said: str) -> None:
    """Only HTTP Basic is read (docs/wise/token-endpoint.md#request), so it is 401; the secret is not repeated."""
    answer = wise_app.token(**{"auth": None, **options})
    assert answer.status_code == 401
    assert said in answer.headers["x-mockwise-reason"]
    assert SECRET not in answer.headers["x-mockwise-reason"]


def test_a_token_in_another_place_is_told(wise_app: WiseApp) -> None:
    """Only Authorization is read (RFC 6750 section 2.3 leaves the query to servers)."""
    token = bearer(wise_app)
    places: list[dict[str, Any]] = [
        {"params": {"access_token": token}},
        {"headers": {"x-access-token": token}},
    ]
    for options in places:
        answer = wise_app.request("GET", "/v1/me", **options)
        assert answer.status_code == 401
        assert "and is not read" in answer.headers["x-mockwise-reason"]
    dead = wise_app.request(
        "GET", "/v1/me", params={"access_token": token}, headers={"authorization": "Bearer x"}
    )
    assert "query" not in dead.headers["x-mockwise-reason"]


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": 'Bearer "{token}"'},
        {"authorization": "Bearer {token}%0A"},
    ],
)
def test_a_misspelt_token_stands_in_the_journal_of_its_sandbox(
    wise_app: WiseApp, headers: dict[str, str]
) -> None:
    """A client looks there, and not in that of the default one."""
    other = wise_app.registry.add("other", SandboxOptions(token_format="uuid", mtls="optional"))
    wise_app.registry.add_client(other, client_id="guest", client_secret="s3cret")
    token = wise_app.access_token(auth=("guest", "s3cret"))
    spelt = {name: value.format(token=token) for name, value in headers.items()}
    wise_app.request("GET", "/v1/authenticated/playground", headers=spelt)
    assert other.journal.exchanges()[-1].status == 401
    assert wise_app.box.journal.exchanges() == []


@pytest.mark.parametrize("auth", [("guest\n", "s3cret"), ("s3cret", "guest"), ('"guest"', "s3cret")])
def test_a_misspelt_client_stands_in_the_journal_of_its_sandbox(
    wise_app: WiseApp, auth: tuple[str, str]
) -> None:
    """Also where id and secret are swapped; the certificate goes before it, and nobody at all is default's."""
    other = wise_app.registry.add("other", SandboxOptions(token_format="uuid", mtls="optional"))
    wise_app.registry.add_client(other, client_id="guest", client_secret="s3cret")
    assert wise_app.token(auth=auth).status_code == 401
    assert other.journal.exchanges()[-1].status == 401
    wise_app.token(auth=auth, listener="mtls", certificate=certificate_of(ID))
    wise_app.token(auth=("nobody", "s"))
    assert [it.status for it in wise_app.box.journal.exchanges()] == [401, 401]


def test_how_basic_was_read_is_kept() -> None:
    """For the audit: what is right in one of the two readings alone (docs/wise/errors.md#order-of-checks i)."""
    wise_app = WiseApp()
    wise_app.registry.add_client(wise_app.box, client_id="odd", client_secret="a+b %")
    for auth, encoding in (
        (AUTH, None),
        (("odd", "a+b %"), "raw"),
        (("odd", "a%2Bb+%25"), "form"),
    ):
        assert wise_app.token(auth=auth).status_code == 200
        assert wise_app.last.basic_encoding == encoding
    wise_app.registry.add_client(wise_app.box, client_id="percent", client_secret="100%")
    assert wise_app.token(auth=("percent", "100%")).status_code == 200
    assert wise_app.last.basic_encoding is None
