"""What is said of HTTP Basic that does not authenticate: what is odd about it, and what to do."""

from __future__ import annotations

import base64
import unicodedata
from datetime import timedelta
from urllib.parse import quote, quote_plus

import pytest

from mockwise.oauth.client_authentication import sole_encoding
from mockwise.oauth.credentials import BasicCredentials, read_authorization
from mockwise.state.options import BasicEncoding, SandboxOptions
from tests.oauth.token_endpoint import HOUR, TokenEndpoint, basic, certificate_of, presenting, refused
from tests.state.helpers import NOON

SECRET = "Gehe1m+/p\u00e4ss&w0rd="


def packed(text: str) -> str:
    """The text in base64, as people send it by mistake."""
    return base64.b64encode(text.encode()).decode()


def why(secret: str, user: str = "app", right: str = SECRET) -> str:
    """Why that secret is refused where `right` would be right."""
    return refused(lambda: TokenEndpoint(secret=right).ask(credentials=BasicCredentials(user, secret)))


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (f"{SECRET}\n", "it ends in a line break. Without that it is right. Strip it"),
        (f"{SECRET}\r\n", "it ends in a line break. Without"),
        (f"\n{SECRET}", "it begins with a line break."),
        (f"{SECRET} ", "it ends in a blank."),
        (f"{SECRET}\xa0", "it ends in a blank."),
        (f" {SECRET}", "it begins with a blank."),
        (f"{SECRET}\t", "it ends in a tab."),
        (f"\t{SECRET}", "it begins with a tab."),
        (f'"{SECRET}"', "it stands in quotes."),
        (f"'{SECRET}'", "it stands in quotes."),
        (f"`{SECRET}`", "it stands in quotes."),
        (f"\u201c{SECRET}\u201d", "it stands in quotes."),
        (f'\\"{SECRET}\\"', "it stands in quotes."),
        (f'"{SECRET}', "it begins with a quote."),
        (f'{SECRET}"', "it ends in a quote."),
        (f'"{SECRET}"\n', "it ends in a line break and stands in quotes. Without"),
        (f"<{SECRET}>", "it stands in brackets."),
        (f"${{{SECRET}}}", "it stands in brackets."),
        (f"b'{SECRET}'", "it is Python's spelling of bytes"),
        (f"CLIENT_SECRET={SECRET}", "it has its name before it."),
        (f"Bearer {SECRET}", "it has the name of a scheme, such as Bearer, before it."),
        (quote(quote(SECRET, safe=""), safe=""), "it is percent-encoded twice."),
        (quote(quote(quote(SECRET, safe=""), safe=""), safe=""), "it is percent-encoded three times."),
        (packed(SECRET), "it is encoded in base64 once too often."),
        (f"{SECRET}\\n", "it ends in the two characters of an escaped line break"),
        (SECRET.replace("/", "\\/"), "it holds escapes with a backslash."),
        (SECRET.replace("+", "\\u002b"), "it holds escapes with a backslash."),
        (SECRET.replace("&", "&amp;"), "it is HTML-escaped."),
        (f"{SECRET},", "it ends in a comma, a semicolon or a full stop."),
        (f"\ufeff{SECRET}", "it holds an invisible character"),
        (f"{SECRET[:4]}\u200b{SECRET[4:]}", "it holds an invisible character"),
        ("".join(f"{it}\x00" for it in SECRET), "it holds NUL characters, as UTF-16"),
        (f"{SECRET[:8]}\n {SECRET[8:]}", "it holds blanks or line breaks in the middle."),
        (SECRET.replace("+", " "), "it has blanks where + belongs: it was form-decoded."),
        (SECRET.encode().decode("latin-1"), "it was read as Latin-1 and is UTF-8."),
        (unicodedata.normalize("NFD", SECRET), "Unicode form NFD"),
        (SECRET.replace("G", "\uff27"), "it holds compatibility characters"),
        (SECRET.removesuffix("="), "its end is missing."),
        (SECRET.upper(), "upper and lower case differ."),
        (SECRET.swapcase(), "it has upper and lower case exchanged."),
        (SECRET[:10], "its end is missing."),
        (SECRET[5:], "its beginning is missing."),
        (f"{SECRET}#old", "something stands behind it"),
        (f"old#{SECRET}", "something stands before it"),
        (f"app:{SECRET}", "it is id and secret together. The password"),
        (packed(f"app:{SECRET}"), "it is id and secret together, and is encoded in base64 once too often."),
        ("", "it is empty"),
        ("undefined", "it is the word undefined, which JavaScript writes"),
        ("null", "it is the word null"),
        ("None", "it is the word None, which Python writes"),
        ('"None"\n', "it is the word None"),
        ("[object Object]", "an object of JavaScript"),
        ("<client-secret>", "it is a placeholder"),
        ("${CLIENT_SECRET}", "it is a placeholder"),
        ("{{ secret }}", "it is a placeholder"),
        ("%CLIENT_SECRET%", "it is a placeholder"),
        ("your-client-secret", "it is a placeholder"),
        ("Gehe********", "it is a mask"),
        ("app", "it is a client id. Send the client secret"),
        ("quite another", "The client secret is wrong. Check the password"),
        ("quite another\n", "The client secret is wrong; besides, it ends in a line break. Check"),
        ("x" * 5000, "The client secret is wrong. Check"),
    ],
)
def test_what_is_odd_about_a_secret_is_said(secret: str, said: str) -> None:
    """It is the likeliest reason, and the peer's own log often hides it."""
    reason = why(secret)
    assert reason.startswith("The client secret is wrong")
    assert said in reason


@pytest.mark.parametrize(
    ("sent", "right", "said"),
    [
        ("a%2Bb", "a%2Bb", None),
        ("p%41ss", "pass", "percent-encoded"),
        ("a+b%20c", "a b c", "form-encoded"),
        ("caf\u00c3\u00a9s", "caf\u00e9s", "read as Latin-1"),
        ("\u00e2\u201a\u00ac100", "\u20ac100", "read as Windows-1252"),
        ("caf\u00e9s", "cafe\u0301s", "Unicode form NFC"),
        ("one\u2013two", "one-two", "typographic dashes"),
        ("a%b", "a%25b", "percent-decoded once too often"),
        ("secret", "SECRET", "in lower case"),
        ("SECRET", "secret", "in upper case"),
        ("abc", "abcd", None),
        ("xbcd", "abcd", None),
        ("c2VjcmV0LXNlY3JldDE", "c2VjcmV0LXNlY3JldDE=", "lost the = at its end"),
    ],
)
def test_a_secret_that_was_changed_is_recognised(sent: str, right: str, said: str | None) -> None:
    """Whatever it is made of; read as it came alone."""
    endpoint = TokenEndpoint(SandboxOptions(token_format="uuid", basic_encoding="raw"), secret=right)
    if sent == right:
        assert endpoint.ask(credentials=BasicCredentials("app", sent)).text
        return
    reason = refused(lambda: endpoint.ask(credentials=BasicCredentials("app", sent)))
    assert (said or "The client secret is wrong. Check") in reason


def test_a_secret_that_was_rotated_out_is_told_with_its_end() -> None:
    """With an overlap it is said when that ended, by the sandbox's clock."""
    endpoint = TokenEndpoint()
    endpoint.box.clients.rotate("app", "second", HOUR)
    endpoint.box.clock.advance(3 * HOUR)
    assert refused(endpoint.ask) == (
        "This client secret was rotated out, and its overlap ended 2h ago on the sandbox's clock. Use the new one."
    )
    endpoint.box.clients.rotate("app", "third")
    assert "was rotated out. Use the new one." in refused(
        lambda: endpoint.ask(credentials=basic("app:second"))
    )


def test_a_secret_that_was_rotated_out_may_be_odd_besides() -> None:
    """A secret that was rotated out and is odd besides is told both."""
    endpoint = TokenEndpoint()
    endpoint.box.clients.rotate("app", "second")
    reason = refused(lambda: endpoint.ask(credentials=basic("app:s3cret\n")))
    assert reason.endswith("Use the new one. Besides, it ends in a line break.")


def test_a_secret_of_long_ago_is_told_too() -> None:
    """A client remembers its last secrets; whose one was is known for longer."""
    endpoint = TokenEndpoint()
    for number in range(40):
        endpoint.box.clients.rotate("app", f"number {number}")
    assert "it was rotated out long ago. Use the new one." in refused(endpoint.ask)


def test_a_living_secret_is_meant_rather_than_a_dead_one() -> None:
    """A client may be given a former secret again."""
    endpoint = TokenEndpoint()
    endpoint.box.clients.rotate("app", "second")
    endpoint.box.clients.rotate("app", "s3cret")
    assert "it ends in a blank. Without that it is right." in refused(
        lambda: endpoint.ask(credentials=basic("app:s3cret "))
    )


def test_another_clients_secret_is_told_with_both_ids() -> None:
    """The mock made both ids; the secret is not shown."""
    endpoint = TokenEndpoint()
    endpoint.registry.add_client(endpoint.box, client_id="other", client_secret="another-secret")
    assert refused(lambda: endpoint.ask(credentials=basic("app:another-secret"))) == (
        "The client secret is wrong: it is the secret of another client, 'other'. Send it with that id, or the secret of "
        "'app'."
    )


def test_a_former_secret_of_another_client_is_told_as_such() -> None:
    """It would not do with the other id either."""
    endpoint = TokenEndpoint()
    endpoint.registry.add_client(endpoint.box, client_id="other", client_secret="another-secret")
    endpoint.box.clients.rotate("other")
    reason = refused(lambda: endpoint.ask(credentials=basic("app:another-secret")))
    assert "it is a former secret of another client, 'other'. Send that of 'app'." in reason


def test_an_id_that_is_not_ascii_is_not_named() -> None:
    """A reason is a header."""
    endpoint = TokenEndpoint()
    endpoint.registry.add_client(endpoint.box, client_id="\u00fcber", client_secret="another-secret")
    assert "another client, one that is not ASCII." in refused(
        lambda: endpoint.ask(credentials=basic("app:another-secret"))
    )


@pytest.mark.parametrize(
    ("user", "password", "said"),
    [
        ("s3cret", "app", ": id and secret are swapped. Send the client id as the user of HTTP Basic"),
        ("wrong", "app", ": id and secret seem to be swapped."),
        ("app\n", "s3cret", ": it ends in a line break. Strip it"),
        ('"app"', "s3cret", ": it stands in quotes."),
        ("APP", "s3cret", ": it is in upper case."),
        ("client_id=app", "s3cret", ": it has its name before it."),
        ("%2561pp", "s3cret", ": it is percent-encoded twice."),
        ("", "s3cret", ": it is empty"),
        ("undefined", "s3cret", ": it is the word undefined"),
        ("s3cret", "s3cret", ": it is a client secret. Send the client id as the user"),
        ("nobody", "s3cret", ". Check the user"),
        ("nobody ", "s3cret", "; besides, it ends in a blank. Check the user"),
    ],
)
def test_what_is_odd_about_an_id_is_said(user: str, password: str, said: str) -> None:
    """The same is looked for, and whether the two are swapped."""
    assert f"No client has this id{said}" in refused(
        lambda: TokenEndpoint().ask(credentials=BasicCredentials(user, password))
    )


def test_what_was_form_encoded_may_be_swapped_too() -> None:
    """Each is read in both ways."""
    endpoint = TokenEndpoint()
    endpoint.registry.add_client(endpoint.box, client_id="my app", client_secret="a+b")
    swapped = BasicCredentials(quote_plus("a+b"), quote_plus("my app"))
    assert "id and secret are swapped" in refused(lambda: endpoint.ask(credentials=swapped))


def test_the_client_of_a_sandbox_that_is_gone_is_told() -> None:
    """Tests close their sandbox, and a client lives on."""
    endpoint = TokenEndpoint()
    gone = endpoint.registry.add("gone", SandboxOptions())
    endpoint.registry.add_client(gone, client_id="guest", client_secret="s")
    endpoint.registry.drop("gone")
    reason = refused(lambda: endpoint.ask(credentials=BasicCredentials("guest", "s")))
    assert reason.startswith("No client has this id any more: its sandbox was closed or reset.")


# basic_encoding


@pytest.mark.parametrize(
    ("encoding", "raw", "form"), [("either", True, True), ("raw", True, False), ("form", False, True)]
)
def test_a_switch_says_how_basic_is_read(encoding: BasicEncoding, *, raw: bool, form: bool) -> None:
    """As it is (RFC 7617), form-decoded (RFC 6749 section 2.3.1), or either (docs/wise/errors.md#order-of-checks i, UNKNOWN)."""
    endpoint = TokenEndpoint(SandboxOptions(token_format="uuid", basic_encoding=encoding), secret="a+b %")
    for password, taken in (("a+b %", raw), (quote_plus("a+b %"), form)):
        credentials = BasicCredentials("app", password)
        if taken:
            assert endpoint.ask(credentials=credentials).text
        else:
            reason = refused(lambda it=credentials: endpoint.ask(credentials=it))  # type: ignore[misc]
            assert "set basic_encoding to" in reason
            assert "which of them Wise wants is not known" in reason


@pytest.mark.parametrize("encoding", ["either", "raw", "form"])
def test_a_plain_secret_is_read_alike_in_every_way(encoding: BasicEncoding) -> None:
    """Letters, digits and -._ are not encoded."""
    endpoint = TokenEndpoint(SandboxOptions(token_format="uuid", basic_encoding=encoding), secret="Abc-1._")
    assert endpoint.ask(credentials=BasicCredentials("app", "Abc-1._")).text
    assert "set basic_encoding" not in refused(
        lambda: endpoint.ask(credentials=BasicCredentials("app", "Abc"))
    )


# Certificates


def test_the_certificate_of_another_client_is_told_with_both_ids() -> None:
    """The reason names the certificate's client and the one that asks."""
    endpoint = TokenEndpoint()
    endpoint.registry.add_client(endpoint.box, client_id="other", client_secret="s")
    peer = presenting(certificate_of("other"))
    assert refused(lambda: endpoint.ask(peer=peer)) == (
        "The client certificate belongs to another client: its common name is 'other', and the client is 'app'. Present "
        "the certificate of 'app', or send the id and secret of the other."
    )


def test_the_certificate_of_another_sandboxs_client_is_named_too() -> None:
    """Client ids are unique in a mock."""
    endpoint = TokenEndpoint()
    elsewhere = endpoint.registry.add("elsewhere", SandboxOptions())
    endpoint.registry.add_client(elsewhere, client_id="far", client_secret="s")
    assert "its common name is 'far'" in refused(lambda: endpoint.ask(peer=presenting(certificate_of("far"))))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody-knows", "its common name is not this client's id, 'app'. Present"),
        ("app ", "its common name is not this client's id, 'app', and ends in a blank. Present"),
        ("APP", "its common name is not this client's id, 'app', and is in upper case."),
        ("", "it has no common name, and the client is 'app'."),
        ("\u00e4pp", "its common name is not this client's id, 'app'. Present"),
    ],
)
def test_a_common_name_that_the_mock_does_not_know_is_not_repeated(name: str, said: str) -> None:
    """It is the peer's word."""
    reason = refused(
        lambda: TokenEndpoint().ask(peer=presenting(certificate_of(name, not_after=NOON + timedelta(days=1))))
    )
    assert said in reason
    assert "nobody" not in reason


# What cannot be read


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Basic app:s3cret", "not base64 of UTF-8 text (RFC 7617): id and secret were sent as they are."),
        (f"Basic Basic {packed('app:s3cret')}", "Basic stands twice in the header."),
        (f'Basic "{packed("app:s3cret")}"', "they stand in quotes or brackets."),
        ("Basic YXBwOnMzY3JldA%3D%3D", "they are percent-encoded."),
        ("Basic eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIzIn0.c2lnbmF0dXJl", "they look like an access token"),
        ("Basic YXBwOnMzY3JldA", "the = at the end of the base64 is missing."),
        ("Basic YXBwOnMz Y3JldA==", "the base64 is wrapped"),
        ("Basic YXBwOj8_Pz8-", "it is base64url"),
        ("Basic !", "not base64 of UTF-8 text (RFC 7617)."),
        (
            "Basic " + base64.b64encode("app:p\u00e4ss".encode("latin-1")).decode(),
            "another encoding, such as Latin-1.",
        ),
        (f"Basic {packed(packed('app:s3cret'))}", "they are in base64 twice."),
        (f"Basic {packed('app%3As3cret')}", "it is percent-encoded with them."),
        (f"Basic {packed('app')}", "no colon between id and secret (RFC 7617)."),
        ("Basic", "no colon between id and secret (RFC 7617): nothing stands there."),
        (f"Basic: {packed('app:s3cret')}", "neither Basic nor Bearer: a colon stands behind the scheme."),
        ("Bearer=abc", "an equals sign stands behind the scheme."),
        ("Bearer\tabc", "a tab stands behind the scheme."),
        ("BearerAbc", "no blank stands behind the scheme."),
        ('"Basic abc"', "it begins with a quote."),
        ("Authorization: Bearer abc", "its own name stands in its value."),
        ("Token abc", "the scheme of an access token is Bearer"),
        ("Digest abc", "neither Basic nor Bearer."),
    ],
)
def test_what_cannot_be_read_is_told_why(value: str, said: str) -> None:
    """Each has its own sentence, at the token endpoint and at the API."""
    credentials = read_authorization((value,))
    reason = refused(lambda: TokenEndpoint().ask(credentials=credentials))
    assert said in reason
    assert reason.isascii()


def test_how_credentials_were_read_is_known_of_basic_alone() -> None:
    """Whoever else was let in proved itself otherwise."""
    endpoint = TokenEndpoint(secret="a+b")
    assert sole_encoding(endpoint.box, None, NOON) is None
    assert sole_encoding(endpoint.box, BasicCredentials("app", "a+b"), NOON) == "raw"
    assert sole_encoding(endpoint.box, BasicCredentials("app", "a%2Bb"), NOON) == "form"
    assert sole_encoding(endpoint.box, BasicCredentials("nobody", "a%2Bb"), NOON) is None
