"""`mockwise journal` and `mockwise status`: what people and programs read."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from mockwise import MockWise, Sandbox
from mockwise.common.digests import digest_of
from tests.api_calls import ask, token
from tests.cli.processes import MOCKWISE, PATIENCE, fail, in_terminal, mockwise, succeed, wait_until


@pytest.fixture
def box(mockwise_own: MockWise) -> Sandbox:
    """The default sandbox of a mock of its own, since refused handshakes belong to the mock."""
    return mockwise_own.default


def refused(box: Sandbox) -> None:
    """Ask with a wrong secret."""
    secret, box.credentials.client_secret = box.client_secret, "wrong"
    assert ask(box).status_code == 401
    box.credentials.client_secret = secret


def test_a_line_for_each_exchange(box: Sandbox) -> None:
    """Oldest first: when, how it ended, what was asked, by whom, and why it was refused. No secret, no token."""
    text = token(box)
    refused(box)
    with httpx.Client(verify=box.ssl_context(), base_url=box.mtls_url) as client:
        client.get("/nowhere/%1b[2J?a=%1b")
    done = mockwise("journal", environ=box.environ())
    granted, denied, lost = done.stdout.splitlines()
    assert " 200 POST /oauth/token mtls " + box.client_id in granted
    assert " 401 POST /oauth/token " in denied
    assert "The client secret is wrong" in denied
    assert " 404 GET '/nowhere/\\x1b[2J?a=%1B' " in lost  # what would clear the screen
    assert text not in done.stdout
    assert done.stderr == ""


def test_filters_and_the_limit(box: Sandbox) -> None:
    """Those of `journal.query`, all that are said; what is left out is said beside the output."""
    for _ in range(3):
        token(box)
    refused(box)
    assert " 401 " in succeed("journal", "--status", "4xx", environ=box.environ())
    done = mockwise(
        "journal",
        "--path",
        "/oauth/*",
        "--status",
        "200",
        "--client",
        box.client_id,
        "-n",
        "2",
        environ=box.environ(),
    )
    assert done.stdout.count("\n") == 2
    assert done.stderr == "the newest 2 of 3; --limit shows more\n"
    done = mockwise("journal", "--client", "nobody", environ=box.environ())
    assert (done.stdout, done.stderr) == ("", "nothing like that was asked\n")
    found = json.loads(succeed("journal", "--json", "--limit", "1", environ=box.environ()))
    assert found["count"] == 4
    assert [it["status"] for it in found["exchanges"]] == [401]


def test_the_count_alone(box: Sandbox) -> None:
    """A number, for scripts; every filter counts."""
    first, _, _ = (token(box) for _ in range(3))
    refused(box)
    for words, count in (
        ((), 4),
        (("--method", "post", "--grant", "client_credentials", "--host", "mtls", "--status", "2xx"), 3),
        (("--token", digest_of(first)[:10]), 1),
        (("--since", "1"), 3),
        (("--fault", "*"), 0),
    ):
        assert succeed("journal", "--count", *words, environ=box.environ()) == f"{count}\n"
    assert json.loads(succeed("journal", "--count", "--json", environ=box.environ())) == {"count": 4}
    assert "say one of them" in fail("journal", "--count", "--follow", environ=box.environ())
    assert "--since: write the number" in fail("journal", "--since", "lunch", environ=box.environ())


@contextmanager
def following(box: Sandbox, folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`mockwise journal --follow`, its output in a file."""
    out = folder / "out.txt"
    with out.open("wb") as file:
        process = subprocess.Popen(
            [*MOCKWISE, "journal", "--follow", *words],
            env={**os.environ, **box.environ()},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process, out
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(PATIENCE)


def test_follow_shows_what_was_and_what_comes(box: Sandbox, tmp_path: Path) -> None:
    """Nothing twice, nothing left out; Ctrl-C ends it with 130 and without a word."""
    token(box)
    with following(box, tmp_path) as (process, out):
        wait_until(lambda: out.read_text().count("\n") == 1)
        token(box)
        refused(box)
        wait_until(lambda: out.read_text().count("\n") == 3)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    assert [line.split()[0] for line in out.read_text().splitlines()] == ["1", "2", "3"]


def test_follow_for_programs_ends_with_the_mock(mockwise_own: MockWise, tmp_path: Path) -> None:
    """A line of JSON each, filtered; when the mock stops it says so and is done."""
    box = mockwise_own.default
    token(box)
    with following(box, tmp_path, "--json", "--status", "401", "--limit", "1") as (process, out):

        def follows() -> bool:
            refused(box)
            return (
                out.read_text().count("\n") > 1
            )  # the first may come from what was, all others only by following

        wait_until(follows)
        mockwise_own.stop()
        assert process.wait(PATIENCE) == 0
    *lines, said = out.read_text().splitlines()
    assert {json.loads(line)["status"] for line in lines} == {401}
    assert said == "the mock has stopped, or dropped the sandbox"


def test_follow_keeps_an_exchange_whole(box: Sandbox, tmp_path: Path) -> None:
    """Of the signs that Python takes for line ends, an event knows but two (WHATWG, server-sent events)."""
    with following(box, tmp_path, "--json", "--limit", "0") as (process, out):

        def shown() -> bool:
            with httpx.Client(verify=box.ssl_context()) as client:
                client.get(box.mtls_url, headers=[(b"x-odd", b"b\x85c")])
            return out.read_text().count("\n") > 0

        wait_until(shown)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    assert ["x-odd", "b\x85c"] in json.loads(out.read_text().split("\n")[0])["request_headers"]


def test_status_tells_what_there_is(box: Sandbox) -> None:
    """Times are relative to the clock that they belong to; the names that it shows can be used."""
    token(box)
    box.expire_tokens()
    token(box)
    other = box.add_client(client_id="somebody-else", token_lifetime="90s")
    token(box, other)
    other.revoke()
    box.advance(hours=2)
    with pytest.raises(httpx.TransportError):
        httpx.get(box.mtls_url, verify=ssl.create_default_context(cafile=box.ca_file))
    shown = succeed("status", environ=box.environ())
    assert "(2h ahead)" in shown
    assert "1 live, 1 expired" in shown
    assert re.search(rf"live +2h ago +in (9h59m|10h) +client_credentials +{box.client_id}\n", shown)
    assert "client revoked" in shown
    assert box.credentials.serial in shown
    assert "somebody-else" in shown
    assert "certificate_required" in shown
    assert all(line == line.rstrip() for line in shown.splitlines())


def test_status_of_an_idle_sandbox_is_short(mockwise_server: MockWise) -> None:
    """No empty tables; the other sandboxes are named; the rest of many tokens is counted."""
    with mockwise_server.sandbox("idle") as box, mockwise_server.sandbox("neighbour"):
        shown = succeed("status", environ=box.environ())
        assert "sandbox     idle (others: " in shown
        assert "neighbour" in shown
        assert "tokens      none" in shown
        assert "Tokens" not in shown
        with httpx.Client(verify=box.ssl_context()) as client:
            for _ in range(21):
                client.post(
                    box.token_url,
                    auth=(box.client_id, box.client_secret),
                    data={"grant_type": "client_credentials"},
                )
        shown = succeed("status", environ=box.environ())
        assert "Tokens, the newest 20 of 21" in shown
        assert box.client_id not in shown.split("Tokens")[1]  # whose they are goes without saying
        assert set(json.loads(succeed("status", "--json", environ=box.environ()))) == {
            "sandbox",
            "clock",
            "clients",
            "certificates",
            "faults",
            "tokens",
            "handshakes",
            "sandboxes",
            "sandbox_count",
        }


def test_status_names_some_of_very_many_sandboxes() -> None:
    """The newest twenty, and how many more there are."""
    with MockWise() as mock:
        for n in range(25):
            mock.sandbox(f"box-{n}")
        shown = succeed("status", environ=mock.default.environ())
    others = ", ".join(f"box-{n}" for n in range(5, 25))
    assert f"sandbox     default (others: {others}, 5 more)" in " ".join(shown.split("\n"))


def test_colours_are_for_terminals(box: Sandbox) -> None:
    """A pipe gets plain text, a terminal colours; a reader that leaves early gets no traceback."""
    token(box)
    assert "\x1b" not in succeed("status", environ=box.environ())
    screen, _ = in_terminal([*MOCKWISE, "status"], {**box.environ(), "NO_COLOR": ""}).communicate(
        timeout=PATIENCE
    )
    assert b"\x1b[32m" in screen
    shell = f"{' '.join(MOCKWISE)} journal | true"
    done = subprocess.run(
        ["sh", "-c", shell], env={**os.environ, **box.environ()}, capture_output=True, text=True, check=True
    )
    assert "Traceback" not in done.stderr
