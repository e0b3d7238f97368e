"""`mockwise call` and `mockwise open`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mockwise import Respond, Sandbox
from tests.cli.processes import fail, mockwise
from tests.cli.sandbox_commands import refused, said, told


def test_a_call_prints_the_answer(sandbox: Sandbox) -> None:
    """With the client that the variables name, and a token that it gets itself."""
    sandbox.stub("GET", "/v1/quotes", json={"id": 1})
    done = mockwise("call", "get", "/v1/quotes?limit=1", environ=sandbox.environ())
    assert (done.returncode, json.loads(done.stdout)) == (0, {"id": 1})
    assert done.stderr == "200 OK\n"
    asked = sandbox.exchanges[-1]
    assert (asked.method, asked.path, asked.query, asked.client_id) == (
        *("GET", "/v1/quotes", "limit=1"),
        sandbox.client_id,
    )


def test_what_is_sent_is_what_was_said(sandbox: Sandbox, tmp_path: Path) -> None:
    """A body from the line, a file or standard input, and headers."""
    known, unknown = tmp_path / "known.json", '{"email": "nobody@example.com"}'
    known.write_text('{"email": "ann@example.com"}')
    line = ["call", "POST", "/v1/users/exists", "--header", "X-External-Correlation-Id: abc"]
    exists = told(sandbox, *line, "--body", f"@{known}")
    assert exists["headers"]["x-external-correlation-id"] == "abc"
    missing = told(sandbox, *line, "--body", unknown)
    assert exists["body"] != missing["body"]
    done = mockwise(*line, "--body", "-", environ=sandbox.environ(), stdin=unknown)
    assert json.loads(done.stdout) == missing["body"]


def test_what_is_no_json_is_printed_as_it_is(sandbox: Sandbox) -> None:
    """With and without `--json`."""
    sandbox.stub("GET", "/v1/quotes", status=203, body="made", headers={"content-type": "text/plain"})
    assert said(sandbox, "call", "GET", "/v1/quotes") == "made\n"
    answer = told(sandbox, "call", "GET", "/v1/quotes")
    assert (answer["status"], answer["body"]) == (203, "made")


def test_the_mock_that_runs_is_asked_who_calls(sandbox: Sandbox) -> None:
    """Without any variable of a client, and where a sandbox is named; options of a client win over both."""
    sandbox.stub("DELETE", "/v1/quotes", status=204)
    control = {"MOCKWISE_CONTROL_URL": sandbox.control_url}
    words = ["call", "DELETE", "/v1/quotes"]
    done = mockwise(*words, environ={**control, "MOCKWISE_SANDBOX": sandbox.name})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "204 No Content\n")
    elsewhere = {**sandbox.environ(), "MOCKWISE_CLIENT_ID": "nobody", "MOCKWISE_SANDBOX": "default"}
    assert mockwise(*words, "--sandbox", sandbox.name, environ=elsewhere).returncode == 0
    own = mockwise(*words, "--client-id", sandbox.client_id, environ=elsewhere)
    assert own.returncode == 0, own.stderr


def test_a_token_may_be_given(sandbox: Sandbox) -> None:
    """A personal one, for example."""
    text = sandbox.personal_token("ann@example.com")
    assert told(sandbox, "call", "GET", "/v1/me", "--token", text)["status"] == 200
    done = mockwise("call", "GET", "/v1/me", "--token", "nonsense", environ=sandbox.environ())
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"] == "invalid_token"
    assert done.stderr.startswith("401 Unauthorized: ")


def test_an_error_is_an_answer_that_ends_with_1(sandbox: Sandbox) -> None:
    """It is printed whole."""
    sandbox.arm(Respond(503, path="/v1/*"))
    done = mockwise("call", "GET", "/v1/me", "--json", environ=sandbox.environ())
    assert (done.returncode, json.loads(done.stdout)["status"]) == (1, 503)


def test_who_gets_no_token_is_told_why(sandbox: Sandbox) -> None:
    """As by `mockwise token`; a handshake that is refused is named, too."""
    done = mockwise("call", "GET", "/v1/me", environ={**sandbox.environ(), "MOCKWISE_CLIENT_SECRET": "wrong"})
    assert (done.returncode, done.stdout) == (1, "")
    assert "--client-secret" in done.stderr
    environ = {
        name: it
        for name, it in sandbox.environ().items()
        if name not in {"MOCKWISE_CERT_FILE", "MOCKWISE_KEY_FILE"}
    }
    done = mockwise("call", "GET", "/v1/me", "--token", "x", environ=environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--cert and --key" in done.stderr


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("call G=T /v1/me", "a method is letters"),
        ("call GET v1/me", "a path begins with /"),
        ("call GET /v1/me --body @none.json", "--body: none.json cannot be read"),
        ("call GET /v1/me --header x", "--header: 'x' is no header"),
        ("call GET /v1/me --url http://127.0.0.1", "is not https"),
    ],
)
def test_a_mistake_is_one_line(sandbox: Sandbox, words: str, line: str) -> None:
    """With status 2, and nothing was called."""
    assert line in refused(sandbox, *words.split())
    assert sandbox.exchanges == []


def test_the_page_is_opened(sandbox: Sandbox) -> None:
    """In the browser that the system has; the line says where it is."""
    url = f"{sandbox.control_url}/hub/{sandbox.name}"
    browser = {**sandbox.environ(), "BROWSER": shutil.which("true") or ""}
    done = mockwise("open", environ=browser)
    assert (done.stdout, done.stderr) == (f"{url}\n", "")
    assert json.loads(mockwise("open", "--json", environ=browser).stdout) == {"url": url, "opened": True}


def test_without_a_browser_the_url_is_printed(sandbox: Sandbox, tmp_path: Path) -> None:
    """And standard error says why."""
    environ = {**sandbox.environ(), "PATH": str(tmp_path), "BROWSER": "", "DISPLAY": ""}
    done = mockwise("open", environ=environ)
    assert done.stdout == f"{sandbox.control_url}/hub/{sandbox.name}\n"
    assert done.stderr.startswith("there is no browser here")
    assert "there is no sandbox 'none'" in fail("open", "--sandbox", "none", environ=environ, status=1)
