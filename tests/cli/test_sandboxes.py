"""`mockwise sandboxes`: made with any option, listed, dropped."""

from __future__ import annotations

import json
import shlex
from datetime import timedelta
from pathlib import Path

import pytest

from mockwise import MockWise, Sandbox
from mockwise.settings import FILE_OPTIONS, SANDBOX_OPTIONS
from tests.api_calls import ask
from tests.cli.processes import mockwise, succeed
from tests.cli.sandbox_commands import refused, said, told


def test_one_is_made_and_used_in_a_shell(mockwise_server: MockWise) -> None:
    """The lines that it prints are those of `env`, and a token is had with them."""
    default = mockwise_server.default
    done = mockwise("sandboxes", "make", "jest-1", "--token-lifetime", "90s", environ=default.environ())
    assert done.returncode == 0, done.stderr
    names = dict(word.split("=", 1) for line in done.stdout.splitlines() for word in shlex.split(line)[1:])
    made = mockwise_server.sandbox_named("jest-1")
    assert names == made.environ()
    assert done.stderr == f"sandbox jest-1 is made; its client is {made.client_id}\n"
    assert made.options.token_lifetime == timedelta(seconds=90)
    assert succeed("token", environ=names).strip()
    made.close()


def test_options_reach_it_as_they_are_meant(sandbox: Sandbox, mockwise_server: MockWise) -> None:
    """Texts, numbers, lists and switches."""
    made = told(
        sandbox,
        *("sandboxes", "make", "--client-id", "own", "--client-secret", "12345", "--strict", "--seed", "7"),
        *("--registration-refusal", "400", "--versions", "2026Q3", "--no-hints", "--journal-size", "9"),
    )
    with mockwise_server.sandbox_named(made["name"]) as box:
        assert (
            (box.client_id, box.client_secret)
            == ("own", "12345")
            == (made["client_id"], made["client_secret"])
        )
        assert (box.strict, box.seed, box.options.hints, box.options.journal_size) == (True, 7, False, 9)
        assert (box.options.registration_refusal, box.options.versions) == (400, ("2026Q3",))


def test_every_option_of_a_sandbox_is_a_flag(sandbox: Sandbox) -> None:
    """Those that are lists of tables stand in a file."""
    shown = said(sandbox, "sandboxes", "make", "--help")
    for name in SANDBOX_OPTIONS - FILE_OPTIONS:
        assert f"--{name.replace('_', '-')}" in shown


def test_a_file_has_what_no_flag_has(sandbox: Sandbox, mockwise_server: MockWise, tmp_path: Path) -> None:
    """Users, stubs and faults; a flag wins over the file."""
    file = tmp_path / "sandbox.toml"
    file.write_text(
        'token_lifetime = "1h"\ntoken_format = "uuid"\n[[users]]\nemail = "bob@example.com"\n'
        '[[stubs]]\nmethod = "GET"\npath = "/v1/rates"\n[[faults]]\nfault = "respond"\nstatus = 503\n'
    )
    made = told(sandbox, "sandboxes", "make", "--config", str(file), "--token-lifetime", "2h")
    with mockwise_server.sandbox_named(made["name"]) as box:
        assert box.options.token_lifetime == timedelta(hours=2)
        assert box.options.token_format == "uuid"
        assert [it.email for it in box.users] == ["bob@example.com"]
        assert [it.path for it in box.stubs] == ["/v1/rates"]
        assert ask(box).status_code == 503


def test_they_are_listed_and_dropped(mockwise_server: MockWise) -> None:
    """Until it is dropped, a sandbox is in the list."""
    default, made = mockwise_server.default, mockwise_server.sandbox()
    made.freeze()
    [row] = [it for it in said(default, "sandboxes", "list").splitlines() if it.startswith(made.name)]
    assert made.client_id in row
    assert row.endswith("(frozen)")
    assert made.name in [it["name"] for it in told(default, "sandboxes", "list")["sandboxes"]]
    assert said(default, "sandboxes", "drop", made.name) == f"dropped sandbox {made.name}\n"
    assert made.name not in mockwise_server.sandboxes
    other = mockwise_server.sandbox()
    assert told(default, "sandboxes", "drop", other.name) == {"dropped": other.name}
    assert mockwise("sandboxes", "list", "-n", "0", environ=default.environ()).stderr.startswith(
        "the newest 0 of "
    )


def test_its_credentials_are_printed_or_written(sandbox: Sandbox, tmp_path: Path) -> None:
    """The newest secret, even if it was rotated elsewhere; and the files, the key for its owner alone."""
    fresh = said(sandbox, "rotate").strip()
    shown = said(sandbox, "sandboxes", "credentials")
    assert f"client secret {fresh}\n" in shown
    assert shown.endswith(sandbox.credentials.key_pem)
    folder = tmp_path / "new" / "certs"
    written = told(sandbox, "sandboxes", "credentials", "--out", str(folder))
    assert written["client_secret"] == fresh
    assert written["key"] == str(folder / "client.key")
    assert (folder / "client.key").read_text() == sandbox.credentials.key_pem
    assert (folder / "client.key").stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in json.dumps(written)
    assert f"ca file       {folder / 'ca.pem'}\n" in said(
        sandbox, "sandboxes", "credentials", "--out", str(folder)
    )


@pytest.mark.parametrize(
    ("words", "line", "status"),
    [
        ("sandboxes make --token-lifetime soon", "token_lifetime: not a duration: 'soon'", 2),
        ("sandboxes make default", "default", 1),
        ("sandboxes drop none", "there is no sandbox 'none'", 1),
        ("sandboxes drop default", "default", 1),
        ("sandboxes make --config none.toml", "none.toml cannot be read", 2),
        ("sandboxes credentials --sandbox none", "there is no sandbox 'none'", 1),
        ("sandboxes credentials --out /dev/null/x", "/dev/null", 1),
    ],
)
def test_a_mistake_is_one_line(sandbox: Sandbox, words: str, line: str, status: int) -> None:
    """Status 2 for what cannot be used, 1 for what cannot be done."""
    assert line in refused(sandbox, *words.split(), status=status)


def test_an_option_of_the_mock_is_not_one_of_a_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    """Ports and the like are settings of `serve`."""
    file = tmp_path / "mock.toml"
    file.write_text("mtls_port = 8443\n")
    line = refused(sandbox, "sandboxes", "make", "--config", str(file))
    assert "mtls_port belongs to the whole mock: a sandbox has " in line
