"""`mockwise clients`: listed, added with both credentials, revoked."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockwise import Sandbox
from tests.api_calls import ask
from tests.cli.processes import succeed
from tests.cli.sandbox_commands import refused, said, told


def test_a_client_is_added_and_gets_a_token(sandbox: Sandbox, tmp_path: Path) -> None:
    """What is printed and written is all that it needs."""
    shown = said(sandbox, "clients", "add", "erp", "--out", str(tmp_path), "--token-lifetime", "90s")
    assert shown.startswith("client id     erp\nclient secret ")
    secret = shown.splitlines()[1].split()[-1]
    environ = {
        **sandbox.environ(),
        "MOCKWISE_CLIENT_ID": "erp",
        "MOCKWISE_CLIENT_SECRET": secret,
        "MOCKWISE_CA_FILE": str(tmp_path / "ca.pem"),
        "MOCKWISE_CERT_FILE": str(tmp_path / "client.pem"),
        "MOCKWISE_KEY_FILE": str(tmp_path / "client.key"),
    }
    assert succeed("token", environ=environ).strip()
    assert "erp" in [it.client_id for it in sandbox.clients]


def test_every_option_of_a_client_can_be_said(sandbox: Sandbox) -> None:
    """And the answer is what the control API says."""
    made = told(
        sandbox,
        *("clients", "add", "shop", "--client-secret", "s3cret", "--client-key", "key-1"),
        *("--mtls", "optional", "--redirect-uri", "https://a.test/1", "--redirect-uri", "https://a.test/2"),
    )
    record = sandbox.credentials_of("shop").record
    assert (made["client_secret"], made["client_key"], made["mtls"]) == ("s3cret", "key-1", "optional")
    assert record.redirect_uris == ("https://a.test/1", "https://a.test/2")
    assert record.token_lifetime is None


def test_they_are_listed_and_revoked(sandbox: Sandbox) -> None:
    """A revoked one stays in the list, and gets no token."""
    other = sandbox.add_client()
    assert said(sandbox, "clients", "revoke", other.client_id) == (
        f"revoked client {other.client_id} and its tokens\n"
    )
    assert ask(sandbox, other).status_code == 401
    assert ask(sandbox).status_code == 200
    lines = said(sandbox, "clients", "list").splitlines()
    assert lines[0].split() == ["client", "state", "mTLS", "lifetime"]
    assert [it.split()[:2] for it in lines[1:]] == [
        [sandbox.client_id, "active"],
        [other.client_id, "revoked"],
    ]
    assert [it["own"] for it in told(sandbox, "clients", "list")["clients"]] == [True, False]


def test_a_leak_ends_refresh_tokens(sandbox: Sandbox) -> None:
    """As Wise does when it suspects one."""
    with sandbox.user_client():
        assert said(sandbox, "clients", "leak", sandbox.client_id) == (
            f"a leak of client {sandbox.client_id} is suspected; 1 refresh token died of it\n"
        )
    assert told(sandbox, "clients", "leak", sandbox.client_id)["ended_links"] == 0


@pytest.mark.parametrize(
    ("words", "line", "status"),
    [
        ("clients add a:b", "colon", 2),
        ("clients add x --mtls never", "mtls", 2),
        ("clients revoke nobody", "nobody", 1),
        ("clients leak nobody", "nobody", 1),
        ("clients list --sandbox none", "there is no sandbox 'none'", 1),
    ],
)
def test_a_mistake_is_one_line(sandbox: Sandbox, words: str, line: str, status: int) -> None:
    """Status 2 for what cannot be used, 1 for what is not there."""
    assert line in refused(sandbox, *words.split(), status=status)
