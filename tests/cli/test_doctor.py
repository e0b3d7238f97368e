"""`mockwise doctor`: what is printed, the exit statuses, and the diagnosis of the commands that get no token."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockwise import MockWise, Sandbox
from mockwise.doctor import CODES
from mockwise.pki.keystore import key_store
from tests.cli.processes import fail, mockwise, succeed


@pytest.fixture
def box(mockwise_server: MockWise) -> Iterator[Sandbox]:
    """A sandbox of its own."""
    with mockwise_server.sandbox() as box:
        yield box


def test_all_is_well(box: Sandbox) -> None:
    """A line for each check, 0, and the journal of the sandbox that the environment names."""
    lines = succeed("doctor", environ=box.environ()).splitlines()
    assert [line.split()[1] for line in lines if line.startswith("ok ")] == [
        it for it in CODES if it != "files.keystore"
    ]
    assert "2 requests of this try, none refused" in "\n".join(lines)
    assert lines[-1] == f"{len(CODES) - 1} ok, 0 failed, 1 not tried"


def test_what_fails_is_told_with_the_words_of_clients(box: Sandbox) -> None:
    """And 1; no secret is printed."""
    environ = {**box.environ(), "MOCKWISE_CERT_FILE": "", "MOCKWISE_KEY_FILE": ""}
    done = mockwise("doctor", environ=environ)
    assert (done.returncode, done.stderr) == (1, "")
    assert "failed    tls.certificate" in done.stdout
    assert "to mend it: give certificate and key: --cert and --key" in done.stdout
    assert "Go: remote error: tls: certificate required" in done.stdout
    assert box.client_secret not in done.stdout


def test_json_has_every_code(box: Sandbox) -> None:
    """For scripts."""
    done = mockwise("doctor", "--json", environ={**box.environ(), "MOCKWISE_CLIENT_SECRET": "not-this-one"})
    said = json.loads(done.stdout)
    assert (done.returncode, said["ok"], said["url"]) == (1, False, box.mtls_url)
    checks = {it["code"]: it for it in said["checks"]}
    assert list(checks) == list(CODES)
    assert checks["token.bearer"] == {
        "code": "token.bearer",
        "status": "not_tried",
        "cause": "token.request failed",
        "remedy": None,
        "clients": {},
    }
    assert "--client-secret" not in checks["token.request"]["remedy"]
    assert "not-this-one" not in done.stdout


def test_options_are_named_as_they_were_given(box: Sandbox, tmp_path: Path) -> None:
    """A variable where the value came from one."""
    (tmp_path / "empty.pem").touch()
    environ = {**box.environ(), "MOCKWISE_CERT_FILE": "empty.pem"}
    done = mockwise("doctor", "--ca", "empty.pem", environ=environ, folder=tmp_path)
    assert "MOCKWISE_CERT_FILE: empty.pem is empty" in done.stdout
    assert "--ca: empty.pem is empty" in done.stdout


def test_a_key_store_comes_from_an_option_or_a_variable(box: Sandbox, tmp_path: Path) -> None:
    """Its password too. Files that are named beside the variable come before it."""
    certificate, key, authority = (it.read_bytes() for it in (box.cert_file, box.key_file, box.ca_file))
    (tmp_path / "it.p12").write_bytes(key_store("it", certificate, key, authority, "hunter2"))
    bare = {k: v for k, v in box.environ().items() if k not in {"MOCKWISE_CERT_FILE", "MOCKWISE_KEY_FILE"}}
    words = ["--p12", "it.p12", "--key-password", "hunter2"]
    store = {"MOCKWISE_KEYSTORE_FILE": "it.p12", "MOCKWISE_KEYSTORE_PASSWORD": "hunter2"}
    for more, environ in (words, box.environ()), ([], {**bare, **store}):
        said = succeed("doctor", *more, environ=environ, folder=tmp_path)
        assert "it.p12 opens, and holds a certificate with its key" in said
    said = succeed("doctor", environ={**box.environ(), **store}, folder=tmp_path)
    assert "no key store was given" in said
    line = fail("doctor", *words, "--cert", "x.pem", environ=bare, folder=tmp_path)
    assert "--p12 holds certificate and key: leave --cert and --key away, or --p12" in line


def test_without_a_url_there_is_nothing_to_do() -> None:
    """One line, and the status of usage."""
    assert "--url is missing, and so is MOCKWISE_MTLS_URL" in fail("doctor")


def test_the_journal_is_that_of_this_machine_or_of_the_host_that_is_named(box: Sandbox) -> None:
    """Wise's hosts have none; another mock's has not seen this try."""
    environ = {**box.environ(), "MOCKWISE_CONTROL_URL": "", "HTTPS_PROXY": "http://127.0.0.1:1"}
    environ = {
        **environ,
        "MOCKWISE_MTLS_URL": "https://api-mtls.wise-sandbox.com",
        "NO_PROXY": "",
        "no_proxy": "",
    }
    done = mockwise("doctor", "--json", environ=environ)
    assert json.loads(done.stdout)["checks"][-1]["cause"] == "network.proxy failed"
    done = mockwise("doctor", "--control", "http://127.0.0.1:1", environ=box.environ())
    assert "no mock answers at http://127.0.0.1:1" in done.stdout
    assert done.returncode == 0


def test_a_token_that_does_not_come_is_explained(box: Sandbox) -> None:
    """The failed checks follow the line of the error."""
    first, *more = mockwise(
        "token", environ={**box.environ(), "MOCKWISE_CLIENT_SECRET": f"{box.client_secret}\n"}
    ).stderr.splitlines()
    assert first.startswith("mockwise: no token, status 401")
    assert [line.split()[0] for line in more[:-1]] == ["client.secret:", "token.request:"]
    assert more[0].startswith("  client.secret: the secret ends in a line break. To mend it: ")
    assert more[-1] == "  `mockwise doctor` tells all checks."


def test_the_contract_asks_for_a_token_first(box: Sandbox, tmp_path: Path) -> None:
    """A wrong secret breaks no rules: 2, and the diagnosis."""
    environ = {**box.environ(), "MOCKWISE_CLIENT_SECRET": "not-this-one"}
    done = mockwise("contract", environ=environ, folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "the contract cannot be tried: no token, status 401" in done.stderr
    assert "  token.request: " in done.stderr
    assert "not-this-one" not in done.stderr
    assert box.exchanges[-1].client_id == box.client_id
    done = mockwise("contract", "--json", environ=environ, folder=tmp_path)
    assert done.returncode == 2
    assert "token.request: " in json.loads(done.stdout)["unable"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://api-mtls.transferwise.com", "Wise's production"),
        ("https://127.0.0.1/v1/me", "cannot be reached"),
    ],
)
def test_a_target_that_may_not_be_used_is_left_to_the_contract(url: str, said: str, box: Sandbox) -> None:
    """It says so itself, and nothing is sent there."""
    done = mockwise("contract", environ={**box.environ(), "MOCKWISE_MTLS_URL": url})
    assert done.returncode == 2
    assert said in done.stderr
    assert box.exchanges == []


@pytest.mark.parametrize("word", ["token", "status"])
def test_nobody_else_loads_it(word: str, box: Sandbox) -> None:
    """A token that comes, and other commands, need none of it."""
    program = (
        f"import sys; sys.argv = ['mockwise', {word!r}]\n"
        "from mockwise.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert not [it for it in sys.modules if it.startswith('mockwise.doctor')]\n"
    )
    environ = {**os.environ, **box.environ()}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, check=False)
    assert done.stderr == b""
