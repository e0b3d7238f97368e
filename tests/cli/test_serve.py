"""`mockwise serve`, as people and scripts use it: a process, its output, its files, its end."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mockwise import Sandbox
from mockwise.cli.serve import Event, next_event
from mockwise.cli.terminal import verb_line
from mockwise.mock import BAD_SERVERS
from tests.cli.processes import FREE_PORTS, MOCKWISE, PATIENCE, Served, fail, served, wait_until


def test_the_printed_line_gets_a_token(tmp_path: Path) -> None:
    """Somebody starts it, reads that it is for testing only, pastes the `curl` line, and has a token."""
    with served(tmp_path) as mock:
        first, *_ = mock.out.read_text().splitlines()
        assert "for testing only" in first
        [line] = mock.lines("curl --noproxy")
        pasted = subprocess.run(["bash", "-c", f"{line} --silent"], capture_output=True, check=True, cwd="/")
        assert json.loads(pasted.stdout)["expires_in"] == 43199
        [shown] = mock.lines("POST /oauth/token")
        assert " 200 " in shown
        assert mock.environ["MOCKWISE_CLIENT_ID"] in shown
        for name in (
            "MTLS_URL",
            "TLS_URL",
            "CONTROL_URL",
            "CLIENT_ID",
            "CLIENT_SECRET",
            "CA_FILE",
            "CERT_FILE",
            "KEY_FILE",
        ):
            assert mock.lines(mock.environ[f"MOCKWISE_{name}"])


@pytest.mark.parametrize("options", [[], ["--control-token", "let-me-in"]])
def test_the_printed_verb_moves_the_clock(tmp_path: Path, options: list[str]) -> None:
    """The greeting's second line works when pasted, also where a control token is asked for."""
    with served(tmp_path, *options) as mock:
        [line] = mock.lines("mockwise advance 12h")
        words = line.replace("mockwise advance", " ".join([*MOCKWISE, "advance"]))
        own = {name: value for name, value in os.environ.items() if not name.startswith("MOCKWISE_")}
        pasted = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=True, env=own)
        assert "(12h ahead)" in pasted.stdout
        assert mock.stop() == 0


def test_the_printed_verb_is_short_at_the_usual_port(
    mockwise: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mockwise advance 12h` finds it there."""
    monkeypatch.setattr(Sandbox, "control_url", "http://127.0.0.1:8445")
    assert verb_line(mockwise) == "mockwise advance 12h"


def test_refusals_are_told_with_their_reason(tmp_path: Path) -> None:
    """One readable line each, for HTTP and for the handshake; no secret among them."""
    with served(tmp_path) as mock:
        url = mock.environ["MOCKWISE_MTLS_URL"]
        with pytest.raises(httpx.TransportError):
            httpx.get(url, verify=ssl.create_default_context(cafile=mock.environ["MOCKWISE_CA_FILE"]))
        assert "showed no certificate" in mock.lines("handshake refused: certificate_required")[0]
        mock.environ["MOCKWISE_CLIENT_SECRET"] = "wrong-and-never-shown"
        assert mock.ask().status_code == 401
        assert "The client secret is wrong" in mock.lines(" 401 ")[0]
        assert mock.stop() == 0
        assert "wrong-and-never-shown" not in mock.out.read_text()


def test_what_a_peer_sends_does_not_move_the_cursor(tmp_path: Path) -> None:
    """A path may hold anything."""
    with served(tmp_path) as mock:
        context = ssl.create_default_context(cafile=mock.environ["MOCKWISE_CA_FILE"])
        httpx.get(mock.environ["MOCKWISE_TLS_URL"] + "/%1b[2J", verify=context)
        assert "'/\\x1b[2J'" in mock.lines(" 404 GET ")[0]


def test_lines_are_left_out_rather_than_clients_kept_waiting(tmp_path: Path) -> None:
    """When more waits to be printed than a terminal can take. Without a ready file it serves as well."""
    program = (
        "import sys, mockwise.cli, mockwise.cli.serve as serve\n"
        "serve._MOST_WAITING = 0\n"
        "sys.argv[0] = 'mockwise'\n"
        "mockwise.cli.main()\n"
    )
    out = tmp_path / "out.txt"
    with out.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", program, "serve", *FREE_PORTS], cwd=tmp_path, stdout=file
        )
    try:
        wait_until(lambda: "Ctrl-C" in out.read_text())
        [url] = [line.split()[-1] for line in out.read_text().splitlines() if "TLS host " in line][1:]
        context = ssl.create_default_context(cafile=tmp_path / "certs" / "ca.pem")
        assert httpx.get(url, verify=context).status_code == 404
        process.terminate()
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait(PATIENCE)
    assert " 404 " not in out.read_text()


def test_bad_servers_are_listed_with_their_story(tmp_path: Path) -> None:
    """A line each: what it is called, where it is, what is wrong; the terminal tells of a client that refused."""
    with served(tmp_path, "--bad-servers") as mock:
        lines = {kind: line for kind in BAD_SERVERS for line in mock.lines(f"  {kind} ")}
        assert len(lines) == len(BAD_SERVERS)
        url = lines["expired"].split()[1]
        assert "Its certificate ended yesterday" in lines["expired"]
        with pytest.raises(httpx.ConnectError, match="certificate has expired"):
            httpx.get(url, verify=ssl.create_default_context(cafile=mock.environ["MOCKWISE_CA_FILE"]))
        assert "as it must" in mock.lines("handshake refused: certificate_expired")[0]
        assert mock.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="another system's processes do not tell their limits")
def test_it_takes_as_many_files_as_it_may(tmp_path: Path) -> None:
    """The lower limit is for programs that use select(); a mock with thousands of clients needs more."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
    try:
        with served(tmp_path) as mock:
            limits = Path(f"/proc/{mock.process.pid}/limits").read_text()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    [line] = [line for line in limits.splitlines() if line.startswith("Max open files")]
    assert line.split()[3:5] == [str(hard)] * 2


def test_a_signal_just_before_the_wait_is_noticed_all_the_same() -> None:
    """Its handler runs when the wait is over: so no wait is without an end."""

    class Unlucky(queue.SimpleQueue[Event]):
        naps = iter([queue.Empty()])

        def get(self, block: bool = True, timeout: float | None = None) -> Event:
            assert timeout is not None
            for nap in self.naps:
                raise nap
            return super().get(block, timeout)

    happened = Unlucky()
    happened.put("stop")
    assert next_event(happened) == "stop"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_signal_ends_it_clean(tmp_path: Path, number: signal.Signals, loop: str) -> None:
    """Ctrl-C and SIGTERM end in status 0 although clients are connected; the ready file is gone."""
    with served(tmp_path, "--loop", loop) as mock:
        url = httpx.URL(mock.environ["MOCKWISE_MTLS_URL"])
        with socket.create_connection((url.host, url.port or 0)):
            assert mock.ask().status_code == 200
            assert mock.stop(number) == 0
        assert not mock.ready.exists()
        assert mock.lines("stopped")
        assert "Traceback" not in mock.out.read_text()


def test_the_ready_file_is_its_owners_alone_and_whole(tmp_path: Path) -> None:
    """A stale one goes first; the new one appears at once, when both hosts answer; nothing else is left beside it."""
    (tmp_path / "ready.json").write_text("stale")
    with served(tmp_path) as mock:
        assert mock.ask().status_code == 200
        assert stat.S_IMODE(mock.ready.stat().st_mode) == 0o600
        assert sorted(path.name for path in tmp_path.iterdir()) == ["certs", "out.txt", "ready.json"]


def test_a_restart_keeps_the_settings(tmp_path: Path) -> None:
    """Authority, id, secret and certificate are found again in `certs/`."""
    with served(tmp_path) as mock:
        first = mock.environ
        mock.stop()
    with served(tmp_path) as mock:
        assert mock.environ["MOCKWISE_CLIENT_SECRET"] == first["MOCKWISE_CLIENT_SECRET"]
        assert mock.ask().status_code == 200


def test_options_come_from_variables_too(tmp_path: Path) -> None:
    """`--token-lifetime` is `MOCKWISE_SERVE_TOKEN_LIFETIME`; what is said on the line wins."""
    variables = {"MOCKWISE_SERVE_TOKEN_LIFETIME": "60s", "MOCKWISE_SERVE_TOKEN_FORMAT": "random"}
    with served(tmp_path, "--token-format", "uuid", environ=variables) as mock:
        answer = mock.ask().json()
    assert answer["expires_in"] == 59
    assert len(answer["access_token"]) == 36


@pytest.mark.parametrize(
    ("level", "shown", "hidden"),
    [("warning", " 401 ", " 200 "), ("error", "for testing only", " 401 ")],
)
def test_the_log_level_hides_lines(tmp_path: Path, level: str, shown: str, hidden: str) -> None:
    """`warning` shows refusals only, `error` no exchange; the greeting is always there."""
    with served(tmp_path, "--log-level", level) as mock:
        mock.ask()
        mock.environ["MOCKWISE_CLIENT_SECRET"] = "wrong"
        mock.ask()
        mock.stop()
        assert mock.lines("for testing only")
        text = (
            mock.out.read_text().split("Ctrl-C stops it.")[1] if level == "warning" else mock.out.read_text()
        )
        assert shown in text
        assert hidden not in text


def test_it_serves_on_when_nobody_reads(tmp_path: Path) -> None:
    """`mockwise serve | head -1` closes the pipe: the mock goes on."""
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [*MOCKWISE, "serve", *FREE_PORTS, "--ready-file", str(ready)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        mock = Served(process, ready, Path(os.devnull))
        assert [mock.ask().status_code for _ in range(3)] == [200] * 3
        assert mock.stop() == 0
    finally:
        process.kill()
        process.wait(PATIENCE)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--token-lifetime", "soon"], "token_lifetime: not a duration: 'soon'. Write for example 12h"),
        (["--token-format", "saml"], "token_format: Input should be 'jwt', 'jwe', 'uuid' or 'random'"),
        (["--host", "no.such.host.invalid"], "cannot listen on 'no.such.host.invalid'"),
        (["--certs", "."], "--certs"),
        (["--ready-file", "no/such/folder/r.json"], "--ready-file"),
        (["--nonsense"], "No such option"),
    ],
)
def test_a_mistake_is_one_line_and_a_status(tmp_path: Path, options: list[str], said: str) -> None:
    """No traceback, and nothing left behind but what was there."""
    (tmp_path / "somebody's file").touch()
    done = subprocess.run(
        [*MOCKWISE, "serve", *FREE_PORTS, *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--mtls-port", "--control-port"])
def test_a_taken_port_is_one_line(tmp_path: Path, option: str) -> None:
    """The line names the port and the option."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = fail("serve", *FREE_PORTS, option, port, folder=tmp_path, status=1)
    assert f"port {port}" in line
    assert option in line


def test_help_and_version() -> None:
    """Both answer on standard output with status 0; without a command there is help, and it is a mistake."""
    for options, said in (
        (["--help"], "serve"),
        (["serve", "--help"], "--token-lifetime"),
        (["--version"], "mockwise 0."),
    ):
        done = subprocess.run([*MOCKWISE, *options], capture_output=True, text=True, check=True)
        assert said in done.stdout
    bare = subprocess.run(MOCKWISE, capture_output=True, text=True, check=False)
    assert bare.returncode != 0
    assert "serve" in bare.stdout + bare.stderr
