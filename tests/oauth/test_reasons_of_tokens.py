"""What is said of a token or a code that is not known: what it is instead, or what changed it on its way."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from mockwise.faults.kinds import TokenText
from mockwise.oauth.bearer import authenticate_bearer
from mockwise.oauth.credentials import read_authorization
from mockwise.oauth.errors import InvalidGrant, InvalidToken
from mockwise.oauth.personal import issue_personal
from mockwise.state.options import SandboxOptions
from tests.oauth.test_user_grants import UserTokenEndpoint
from tests.oauth.token_endpoint import TokenEndpoint, refused


def why(endpoint: TokenEndpoint, text: str) -> str:
    """Why that is no access token here."""
    return refused(lambda: endpoint.call(text), InvalidToken)


CHANGES: list[tuple[Callable[[str], str], str]] = [
    (lambda it: f'"{it}"', "it stands in quotes. Without that it is known. Leave the quotes out"),
    (lambda it: f"'{it}'", "it stands in quotes."),
    (lambda it: f"{it}\n", "it ends in a line break."),
    (lambda it: f"{it}%0A", "it is percent-encoded and ends in a line break."),
    (lambda it: f"{it}\\n", "it ends in the two characters of an escaped line break."),
    (lambda it: f"{it} ", "it ends in a blank."),
    (lambda it: f"{it[:9]} {it[9:]}", "it holds blanks or line breaks in the middle."),
    (lambda it: f"<{it}>", "it stands in brackets."),
    (lambda it: f"b'{it}'", "it is Python's spelling of bytes"),
    (lambda it: f"access_token={it}", "it has its name before it."),
    (lambda it: base64.b64encode(it.encode()).decode(), "it is encoded in base64 once too often."),
    (str.upper, "it is in upper case."),
    (lambda it: f"{it};", "it ends in a comma, a semicolon or a full stop."),
    (lambda it: f"\ufeff{it}", "it holds an invisible character"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_an_access_token_that_was_changed_is_recognised(change: Callable[[str], str], said: str) -> None:
    """The mock knows what it issued."""
    endpoint = TokenEndpoint()
    reason = why(endpoint, change(endpoint.ask().text))
    assert reason.startswith("This mock did not issue the access token: ")
    assert said in reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("undefined", "it is the word undefined, which JavaScript writes"),
        ("null", "it is the word null"),
        ("None", "it is the word None, which Python writes"),
        ("[object Promise]", "it is a promise of JavaScript that was not awaited"),
        ("<coroutine object fetch at 0x7f>", "it is an object of Python; call or await it"),
        ('{"access_token":"x","token_type":"bearer"}', "it is the whole answer of the token endpoint"),
        ("{'access_token': 'x'}", "it is the whole answer of the token endpoint"),
        ("<token>", "it is a placeholder"),
        ("<your token here>", "it is a placeholder"),
        ("${TOKEN}", "it is a placeholder"),
        ("$TOKEN", "it is a placeholder"),
        ("$(TOKEN)", "it is a placeholder"),
        ("{{token}}", "it is a placeholder"),
        ("YOUR_ACCESS_TOKEN", "it is a placeholder"),
        ("true", "it is a truth value"),
        ("eyJh...c2ln", "it is a mask"),
        ("***", "it is a mask"),
        ("58033f68-8ee7-4acf-89b1-e8f911feaa2", "it is cut short: it begins like a UUID"),
        ("58033f68-8ee7", "it is cut short: it begins like a UUID"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIi", "it is cut short: it begins like a JWT"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIzIn0.c2ln", "it is cut short: it begins like a JWT"),
        ("eyJ" + "a" * 252, "it is cut short: it begins like a JWT"),
        ("eyJ.a.b.c", "it is cut short: it begins like a JWT"),
        ("eyJ.a.b.c.d", "it is cut short: it begins like a JWT"),
        (f"eyJ.a.b.c.{'d' * 22}", ", or it was forgotten long after its end. Get a new one."),
        (f"eyJ.b.{'c' * 400}", ", or it was forgotten long after its end. Get a new one."),
        ("unheard-of", ", or it was forgotten long after its end. Get a new one."),
        ("unheard-of ", "Get a new one. Besides, what was sent ends in a blank."),
        ("a.W10.b", ", or it was forgotten"),
        ("a.!.b", ", or it was forgotten"),
        ("s3cret", "it is a client secret. Exchange it at the token endpoint"),
        ("app", "it is a client id. Send the access token."),
        ("Bearer Bearer x", "Bearer stands twice in the header. Write it once."),
    ],
)
def test_what_is_no_access_token_is_told_why(text: str, said: str) -> None:
    """What a program writes for lack of one, what was cut, and what is another thing."""
    assert said in why(TokenEndpoint(), text)


def test_bearer_twice_is_told_whatever_follows() -> None:
    """The header is read as it came."""
    endpoint = TokenEndpoint()
    credentials = read_authorization((f"Bearer Bearer {endpoint.ask().text}",))
    reason = refused(lambda: authenticate_bearer(endpoint.box, credentials, endpoint.peer), InvalidToken)
    assert "Bearer stands twice" in reason


@pytest.mark.parametrize("form", ["uuid", "jwt", "random"])
def test_each_format_is_recognised(form: TokenText) -> None:
    """Whatever a token looks like."""
    endpoint = TokenEndpoint(SandboxOptions(token_format=form))  # type: ignore[arg-type]  # because a fault knows more texts
    assert "it stands in quotes" in why(endpoint, f'"{endpoint.ask().text}"')


def test_the_token_of_a_sandbox_that_is_gone_is_told() -> None:
    """Tests close their sandbox, and a client holds on to its token."""
    endpoint = TokenEndpoint()
    gone = endpoint.registry.add("gone", SandboxOptions(token_format="uuid"))
    endpoint.registry.add_client(gone, client_id="guest", client_secret="s")
    text = issue_personal(gone, gone.users.all()[0].user_id)
    endpoint.registry.drop("gone")
    assert "it is of a sandbox that was closed or reset" in why(endpoint, text)


def test_a_token_that_a_mockwise_signed_and_this_one_does_not_know_is_told() -> None:
    """Most mocks keep their state in memory, and their key in a folder."""
    assert "a mockwise signed it that was started anew since" in why(
        TokenEndpoint(), TokenEndpoint(SandboxOptions(token_format="jwt")).ask().text
    )


# The other things that are sent in one another's place.


def test_a_refresh_token_is_no_access_token() -> None:
    """It is said where to send it."""
    endpoint = UserTokenEndpoint()
    answer = endpoint.exchange(endpoint.consent())
    reason = why(endpoint, str(answer.refresh_token))
    assert "it is a refresh token. Exchange it at the token endpoint (grant_type=refresh_token)" in reason


def test_a_code_is_no_access_token() -> None:
    """Nor is a claim-account code."""
    endpoint = UserTokenEndpoint()
    assert "it is an authorization code. Exchange it" in why(endpoint, endpoint.consent())
    claim = endpoint.box.codes.issue("claim", "app", endpoint.new.user_id)
    assert "it is a claim-account code. Send the access token." in why(endpoint, claim)


@pytest.mark.parametrize(
    ("send", "said"),
    [
        (
            lambda endpoint: endpoint.exchange(endpoint.consent()).text,
            "an access token of a user. Send the refresh_token that",
        ),
        (
            lambda endpoint: endpoint.ask().text,
            "an access token. A client-credentials token has no refresh token",
        ),
        (
            lambda endpoint: endpoint.consent(),
            "an authorization code. Exchange it with grant_type=authorization_code.",
        ),
        (
            lambda endpoint: issue_personal(endpoint.box, endpoint.ann.user_id),
            "a personal token. Send the refresh token.",
        ),
        (
            lambda endpoint: f'"{endpoint.exchange(endpoint.consent()).refresh_token}"',
            "it stands in quotes. Without that it is known.",
        ),
        (
            lambda endpoint: f"{endpoint.exchange(endpoint.consent()).refresh_token}\n",
            "it ends in a line break.",
        ),
        (lambda endpoint: str(endpoint.exchange(endpoint.consent()).refresh_token)[:30], "it is cut short"),
        (lambda _: "undefined", "it is the word undefined"),
        (lambda _: "unheard-of", ", or it was forgotten long after its end."),
    ],
)
def test_what_is_no_refresh_token_is_told_why(send: Callable[[UserTokenEndpoint], str], said: str) -> None:
    """The same is looked for."""
    endpoint = UserTokenEndpoint()
    text = send(endpoint)
    reason = refused(lambda: endpoint.post("refresh_token", refresh_token=text), InvalidGrant)
    assert reason.startswith("No such refresh token was given out")
    assert said in reason


@pytest.mark.parametrize(
    ("send", "said"),
    [
        (
            lambda endpoint: str(endpoint.exchange(endpoint.consent()).refresh_token),
            "a refresh token. Send it with grant_type",
        ),
        (
            lambda endpoint: endpoint.box.codes.issue("claim", "app", endpoint.new.user_id),
            "a claim-account code. It goes to the consent",
        ),
        (lambda endpoint: f"{endpoint.consent()}\n", "it ends in a line break. Without that it is known."),
        (lambda endpoint: f"code={endpoint.consent()}", "it has its name before it."),
        (lambda _: "null", "it is the word null"),
        (lambda _: "unheard-of", ", or it was forgotten long after its end."),
    ],
)
def test_what_is_no_authorization_code_is_told_why(
    send: Callable[[UserTokenEndpoint], str], said: str
) -> None:
    """The same is looked for."""
    endpoint = UserTokenEndpoint()
    text = send(endpoint)
    reason = refused(lambda: endpoint.exchange(text), InvalidGrant)
    assert reason.startswith("No such code was given out")
    assert said in reason
