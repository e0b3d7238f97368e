from __future__ import annotations

import base64

import pytest

from mockwise.oauth.credentials import BasicCredentials, BearerToken, InvalidAuthorization, read_authorization


def encoded(text: str, charset: str = "utf-8") -> str:
    """The text as Basic carries it."""
    return base64.b64encode(text.encode(charset)).decode()


def problem(*values: str) -> str:
    """Why the header cannot be read."""
    read = read_authorization(values)
    assert isinstance(read, InvalidAuthorization)
    return read.problem


def test_the_example_of_the_standard_is_read() -> None:
    """The standard's own examples, one of them in UTF-8, come out right (RFC 7617 sections 2 and 2.1)."""
    assert read_authorization(("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",)) == BasicCredentials(
        "Aladdin", "open sesame"
    )
    assert read_authorization(("Basic dGVzdDoxMjPCow==",)) == BasicCredentials("test", "123\u00a3")


@pytest.mark.parametrize(
    ("text", "user", "password"),
    [
        ("app:s3cret", "app", "s3cret"),
        ("app:a:b:c", "app", "a:b:c"),
        ("app:", "app", ""),
        (":s3cret", "", "s3cret"),
        (":", "", ""),
        ("\u4e2d:\U0001f600", "\u4e2d", "\U0001f600"),
        ("a%3Ab:c%2Bd", "a%3Ab", "c%2Bd"),
        (" app : s ", " app ", " s "),
    ],
)
def test_the_first_colon_parts_user_and_password(text: str, user: str, password: str) -> None:
    """The user ends at the first colon; all the rest is the password, as it came (RFC 7617 section 2)."""
    assert read_authorization((f"Basic {encoded(text)}",)) == BasicCredentials(user, password)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "bAsIc"])
@pytest.mark.parametrize("blanks", [" ", "   "])
def test_the_case_of_the_scheme_does_not_matter(scheme: str, blanks: str) -> None:
    """A scheme is read in any case, and more than one blank may follow it (RFC 9110 section 11.1)."""
    assert read_authorization((f"{scheme}{blanks}{encoded('a:b')} ",)) == BasicCredentials("a", "b")


@pytest.mark.parametrize(
    "text",
    [
        "YTpiYw",
        "YTpi\u00fc",
        "YT pi",
        "YTpi!",
        "YTpi\udcff",
        "_-8=",
        "YTo=YTo=",
        encoded("a:\u00fc", "latin-1"),
    ],
)
def test_what_is_not_base64_of_utf_8_is_unreadable(text: str) -> None:
    """Basic carries base64 of UTF-8, whole and padded, and nothing else (RFC 7617 section 2.1)."""
    assert "not base64 of UTF-8" in problem(f"Basic {text}")


@pytest.mark.parametrize("value", ["Basic", "Basic ", f"Basic {encoded('app')}"])
def test_without_a_colon_there_are_no_credentials(value: str) -> None:
    """User and password are parted by a colon (RFC 7617 section 2)."""
    assert "no colon" in problem(value)


@pytest.mark.parametrize("value", ["Bearer abc", "bearer abc", "BEARER   abc "])
def test_a_bearer_token_is_read(value: str) -> None:
    """What follows Bearer, in any case, is the token (RFC 6750 section 2.1)."""
    assert read_authorization((value,)) == BearerToken("abc")


@pytest.mark.parametrize("value", ["Bearer", "bearer  "])
def test_an_empty_bearer_is_unreadable(value: str) -> None:
    """A bearer token has at least one character (RFC 6750 section 2.1)."""
    assert "nothing after Bearer" in problem(value)


@pytest.mark.parametrize("value", ["Digest username=a", "Basicx YTpi", "DIGEST x"])
def test_another_scheme_is_unreadable(value: str) -> None:
    """What is neither Basic nor Bearer is said to be so (RFC 9110 section 11.6.2)."""
    assert "neither Basic nor Bearer" in problem(value)


@pytest.mark.parametrize("value", ["", "  ", "YTpi", "notreal", "Basic\tYTpi", "Bearer:abc"])
def test_one_word_names_no_scheme(value: str) -> None:
    """A scheme is parted from what follows by a space (RFC 9110 section 11.4); one word is a value on its own."""
    assert "names no scheme" in problem(value)


@pytest.mark.parametrize(
    ("values", "scheme"),
    [
        (("Digest x",), "digest"),
        (("BASIC !",), "basic"),
        (("Basic YWI=",), "basic"),
        (("Bearer",), "bearer"),
        (("x", "Bearer x"), "bearer"),
        (("x", "x"), ""),
        (("x",), ""),
    ],
)
def test_what_is_unreadable_tells_its_scheme(values: tuple[str, ...], scheme: str) -> None:
    """In lower case (RFC 9110 section 11.1); of several headers, the first that is named."""
    read = read_authorization(values)
    assert isinstance(read, InvalidAuthorization)
    assert read.scheme == scheme


def test_no_header_is_nothing() -> None:
    """A request without the header has no credentials, which is not the same as bad ones (docs/wise/token-endpoint.md#errors)."""
    assert read_authorization(()) is None


def test_a_repeated_header_is_unreadable() -> None:
    """Authorization is sent once; two values, equal or not, are not chosen from (RFC 9110 section 5.3)."""
    value = f"Basic {encoded('a:b')}"
    assert "more than once" in problem(value, value)


@pytest.mark.parametrize(
    ("came", "meant"),
    [
        (BasicCredentials("app", "a%2Bb"), BasicCredentials("app", "a+b")),
        (BasicCredentials("app", "a+b"), BasicCredentials("app", "a b")),
        (BasicCredentials("my%20app", "100%25"), BasicCredentials("my app", "100%")),
        (BasicCredentials("app", "p%C3%A4ss"), BasicCredentials("app", "p\u00e4ss")),
        (BasicCredentials("app", "100%"), BasicCredentials("app", "100%")),
        (BasicCredentials("app", "%FF"), BasicCredentials("app", "\ufffd")),
    ],
)
def test_form_decoding_is_a_second_reading(came: BasicCredentials, meant: BasicCredentials) -> None:
    """Id and secret may have been form-encoded before they went into Basic (RFC 6749 section 2.3.1)."""
    assert came.form_decoded() == meant


def test_secrets_are_not_shown() -> None:
    """Credentials in a log or a traceback do not tell the secret (mock-only)."""
    assert "s3cret" not in repr(BasicCredentials("app", "s3cret"))
    assert "t0ken" not in repr(BearerToken("t0ken"))
