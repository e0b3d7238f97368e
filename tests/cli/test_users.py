"""`mockwise users`, `profiles`, `consent`, `personal-token` and `refresh-tokens`."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from mockwise import Sandbox
from tests.api_calls import use
from tests.cli.processes import mockwise
from tests.cli.sandbox_commands import refused, said, told

ANN = "ann@example.com"


def test_a_user_is_added_shown_and_listed(sandbox: Sandbox) -> None:
    """With profiles, one for the business."""
    words = ["--first-name", "Bob", "--last-name", "Example", "--business", "Bobs Ltd"]
    number = said(sandbox, "users", "add", "bob@example.com", *words).strip()
    bob = sandbox.user("bob@example.com")
    assert number == str(bob.user_id)
    assert [it.type for it in sandbox.profiles(bob)] == ["PERSONAL", "BUSINESS"]
    lines = said(sandbox, "users", "list").splitlines()
    assert lines[0].split() == ["id", "e-mail", "name", "state", "profiles"]
    assert lines[2].startswith(f"{number}  bob@example.com  Bob Example  active")
    assert told(sandbox, "users", "list")["count"] == 2
    assert told(sandbox, "users", "show", number)["email"] == "bob@example.com"
    shown = said(sandbox, "users", "show", "bob@example.com")
    assert "Bobs Ltd" in shown
    assert told(sandbox, "users", "add", "cy@example.com")["email"] == "cy@example.com"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (f"users change-email {ANN} new@example.com", "new@example.com has a new address"),
        (f"users deactivate {ANN}", f"{ANN} is deactivated"),
        (f"users enhance-security {ANN}", f"{ANN} has enhanced security"),
        (f"users disconnect {ANN}", f"{ANN} has disconnected the client"),
    ],
)
def test_what_happens_to_a_user_ends_tokens(sandbox: Sandbox, words: str, sentence: str) -> None:
    """The refresh token of a consent is dead afterwards."""
    with sandbox.user_client():
        assert said(sandbox, *words.split()) == f"{sentence}; 1 refresh token died of it\n"
    [link] = sandbox.links
    assert sandbox.link_status(link).state == "revoked"


def test_a_profile_is_disconnected_alone(sandbox: Sandbox) -> None:
    """Another profile's tokens live on, and another client's."""
    with sandbox.user_client():
        [first, second] = sandbox.profiles(ANN)
        words = ["users", "disconnect", ANN, "--client", sandbox.client_id, "--profile"]
        assert told(sandbox, *words, str(second.profile_id))["ended_links"] == 0
        assert told(sandbox, *words, str(first.profile_id))["ended_links"] == 1


def test_an_account_that_nobody_signed_up_cannot_be_claimed(sandbox: Sandbox) -> None:
    """As Python says."""
    assert ANN in refused(sandbox, "users", "claim", ANN)


def test_profiles_are_listed_added_and_transferred(sandbox: Sandbox) -> None:
    """A business gets another owner."""
    number = said(sandbox, "profiles", "add", ANN, "BUSINESS", "Second Ltd").strip()
    lines = said(sandbox, "profiles", "list", ANN).splitlines()
    assert lines[0].split() == ["id", "type", "name"]
    assert lines[-1] == f"{number}  BUSINESS  Second Ltd"
    sandbox.add_user("bob@example.com")
    line = said(sandbox, "profiles", "transfer", number, "bob@example.com")
    assert line == f"bob@example.com owns profile {number} now; 0 refresh tokens died of it\n"
    assert int(number) in [it.profile_id for it in sandbox.profiles("bob@example.com")]
    assert told(sandbox, "profiles", "list", ANN)["count"] == 2


def test_a_consent_prints_where_the_browser_would_go(sandbox: Sandbox) -> None:
    """The code is that of the URL."""
    lines = said(sandbox, "consent", ANN, "--state", "abc").splitlines()
    url, code = (line.split(maxsplit=2)[-1] for line in (lines[0], lines[1]))
    query = parse_qs(urlsplit(url).query)
    assert (query["code"], query["state"]) == ([code.split()[-1]], ["abc"])
    given = told(sandbox, "consent", "--client", sandbox.client_id)
    assert given["client_id"] == sandbox.client_id
    assert given["redirect_url"].startswith("https://localhost/callback?")


def test_a_personal_token_is_printed_alone(sandbox: Sandbox) -> None:
    """And can be revoked by the command that standard error names."""
    done = mockwise("personal-token", ANN, environ=sandbox.environ())
    text = done.stdout.strip()
    assert use(sandbox, text).status_code != 401
    words = done.stderr.split("`")[1].split()
    assert words[:3] == ["mockwise", "tokens", "revoke"]
    said(sandbox, *words[1:])
    assert use(sandbox, text).status_code == 401
    assert told(sandbox, "personal-token", ANN, "--read-only")["token"]
    assert any(it.subject.read_only for it in sandbox.find_tokens(kind="personal"))


def test_refresh_tokens_are_listed_and_revoked(sandbox: Sandbox) -> None:
    """By the digest that the list shows."""
    assert mockwise("refresh-tokens", "list", environ=sandbox.environ()).stderr == (
        "there are no refresh tokens\n"
    )
    with sandbox.user_client():
        lines = said(sandbox, "refresh-tokens", "list").splitlines()
    digest = lines[1].split()[0]
    assert lines[1].split()[1] == "live"
    assert said(sandbox, "refresh-tokens", "revoke", digest) == (
        f"revoked refresh token {digest} of client {sandbox.client_id}\n"
    )
    words = ["--state", "revoked", "--client", sandbox.client_id, "--user", str(sandbox.user(ANN).user_id)]
    [link] = told(sandbox, "refresh-tokens", "list", *words)["links"]
    assert link["digest"].startswith(digest)


@pytest.mark.parametrize(
    ("words", "line", "status"),
    [
        ("users show nobody", "nobody", 1),
        (f"users add {ANN}", ANN, 1),
        ("users add nothing", "nothing", 2),
        ("users deactivate nobody", "nobody", 1),
        (f"profiles add {ANN} PRIVATE x", "type", 2),
        (f"profiles transfer 1 {ANN}", "1", 1),
        ("consent nobody", "nobody", 1),
        (f"consent {ANN} --redirect-uri https://a.test/", "https://a.test/", 2),
        ("personal-token nobody", "nobody", 1),
        ("refresh-tokens revoke abcdef", "no such refresh token", 1),
        ("refresh-tokens list --state gone", "state", 2),
    ],
)
def test_a_mistake_is_one_line(sandbox: Sandbox, words: str, line: str, status: int) -> None:
    """Status 2 for what cannot be used, 1 for what cannot be done."""
    assert line in refused(sandbox, *words.split(), status=status)
