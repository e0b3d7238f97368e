"""`mockwise tokens`, `certificates`, `handshakes` and `forget`."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import httpx
import pytest

from mockwise import MockWise, Sandbox
from tests.api_calls import ask, token, use
from tests.cli.processes import mockwise
from tests.cli.sandbox_commands import refused, said, told
from tests.web.control.test_clients import csr


@pytest.mark.parametrize(("how", "done"), [("expire", "expired"), ("revoke", "revoked")])
def test_tokens_of_another_client_end(sandbox: Sandbox, how: str, done: str) -> None:
    """Those of the client that is named, and no others; or the one that is named."""
    other = sandbox.add_client()
    own, theirs = token(sandbox), token(sandbox, other)
    line = said(sandbox, "tokens", how, "--client", other.client_id)
    assert line == f"{done} 1 live token of client {other.client_id}\n"
    assert use(sandbox, own).status_code == 200
    assert use(sandbox, theirs, context=other.ssl_context()).status_code == 401
    assert told(sandbox, "tokens", how, own)["client_id"] == sandbox.client_id
    assert use(sandbox, own).status_code == 401


def test_tokens_are_listed_by_digest_and_filtered(sandbox: Sandbox) -> None:
    """No text of a token is ever shown."""
    other = sandbox.add_client()
    text = token(sandbox)
    token(sandbox, other)
    sandbox.personal_token("ann@example.com")
    shown = said(sandbox, "tokens", "list")
    assert text not in shown
    assert shown.splitlines()[0].split() == ["token", "state", "issued", "ends", "kind", "client"]
    assert len(shown.splitlines()) == 4
    [one] = told(sandbox, "tokens", "list", "--client", other.client_id, "--state", "live")["tokens"]
    assert one["client_id"] == other.client_id
    [one] = told(sandbox, "tokens", "list", "--kind", "personal")["tokens"]
    assert one["client_id"] is None
    assert told(sandbox, "tokens", "list", "--user", str(one["user_id"]))["count"] == 1
    done = mockwise("tokens", "list", "--state", "expired", environ=sandbox.environ())
    assert (done.stdout, done.stderr) == ("", "there are no tokens\n")


def test_a_signing_request_becomes_a_certificate(sandbox: Sandbox, tmp_path: Path) -> None:
    """From a file or standard input, for the own client or another one; the certificate gets a token."""
    request = tmp_path / "laptop.csr"
    request.write_text(csr(tmp_path))
    signed = said(sandbox, "certificates", "sign", str(request))
    (tmp_path / "laptop.pem").write_text(signed)
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    context.load_cert_chain(tmp_path / "laptop.pem", tmp_path / "own.key")
    assert ask(sandbox, context=context).status_code == 200
    other = sandbox.add_client()
    words = ["certificates", "sign", "-", "--client", other.client_id, "--json"]
    done = mockwise(*words, "--name", "two", environ=sandbox.environ(), stdin=request.read_text())
    assert json.loads(done.stdout)["client_id"] == other.client_id, done.stderr
    done = mockwise(*words, environ=sandbox.environ(), stdin=request.read_text())
    assert done.stderr == "mockwise: a request from standard input has no name: give it one with --name\n"
    lines = said(sandbox, "certificates", "list").splitlines()
    assert lines[0].split() == ["serial", "state", "ends", "name", "client"]
    shown = [it.split()[-2:] for it in lines[1:]]
    assert ["laptop", sandbox.client_id] in shown
    assert ["two", other.client_id] in shown


def test_a_certificate_is_revoked(sandbox: Sandbox) -> None:
    """By the serial number that the list shows."""
    [shown] = told(sandbox, "certificates", "list")["certificates"]
    serial = shown["serial"]
    line = said(sandbox, "certificates", "revoke", serial)
    assert line == f"revoked certificate {serial} of client {sandbox.client_id}\n"
    with pytest.raises(httpx.TransportError):
        ask(sandbox)


def test_refused_handshakes_are_listed(sandbox: Sandbox) -> None:
    """With the alert and what to do; they belong to the whole mock."""
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    with pytest.raises(httpx.TransportError):
        ask(sandbox, context=context)
    shown = said(sandbox, "handshakes", "--limit", "1").splitlines()
    assert shown[0].split() == ["when", "alert", "reason"]
    newest = told(sandbox, "handshakes")["handshakes"][-1]
    assert newest["reason"] in shown[1]


def test_without_any_it_says_so(mockwise_own: MockWise) -> None:
    """On standard error, so that a program that counts lines counts none."""
    done = mockwise("handshakes", environ=mockwise_own.default.environ())
    assert (done.stdout, done.stderr) == ("", "there are no refused handshakes\n")


def test_refused_handshakes_are_forgotten(mockwise_own: MockWise) -> None:
    """And those before a moment are left out."""
    default = mockwise_own.default
    with pytest.raises(httpx.TransportError):
        ask(default, context=ssl.create_default_context(cafile=default.ca_file))
    assert told(default, "handshakes", "--since", "2020-01-01T00:00:00Z")["count"] == 1
    assert told(default, "handshakes", "--since", "2999-01-01T00:00:00Z")["count"] == 0
    assert "say one of them" in refused(default, "handshakes", "--forget", "--since", "2999-01-01T00:00:00Z")
    assert "write a time with its zone" in refused(default, "handshakes", "--since", "soon")
    assert said(default, "handshakes", "--forget") == "forgot 1 refused handshake\n"
    assert told(default, "handshakes", "--forget") == {"forgotten": 0}


def test_the_journal_is_forgotten(sandbox: Sandbox) -> None:
    """And nothing else."""
    text = token(sandbox)
    assert said(sandbox, "forget") == f"the journal of sandbox {sandbox.name} is empty\n"
    assert sandbox.exchanges == []
    assert use(sandbox, text).status_code == 200
    assert told(sandbox, "forget") == {"sandbox": sandbox.name}


@pytest.mark.parametrize(
    ("words", "line", "status"),
    [
        ("tokens revoke abcdef", "no such token", 1),
        ("tokens expire --client nobody", "nobody", 1),
        ("tokens revoke abcdef --client x", "not both", 2),
        ("tokens list --state gone", "state", 2),
        ("certificates sign none.csr", "none.csr cannot be read: No such file or directory", 2),
        ("certificates revoke 0a0b", "has that serial", 1),
        ("forget --sandbox none", "there is no sandbox 'none'", 1),
    ],
)
def test_a_mistake_is_one_line(sandbox: Sandbox, words: str, line: str, status: int) -> None:
    """Status 2 for what cannot be used, 1 for what is not there."""
    assert line in refused(sandbox, *words.split(), status=status)


def test_a_request_that_is_none_is_one_line(sandbox: Sandbox, tmp_path: Path) -> None:
    """DER is converted by the command that the line names."""
    file = tmp_path / "request.csr"
    file.write_bytes(b"\x30\x82\xff")
    assert "is not PEM: convert it with `openssl req" in refused(sandbox, "certificates", "sign", str(file))
    file.write_text("no request")
    assert refused(sandbox, "certificates", "sign", str(file))
