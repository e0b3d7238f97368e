"""`mockwise run`: a mock for as long as a command runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mockwise.cli.run import _wait
from tests.cli.processes import (
    MOCKWISE,
    PATIENCE,
    fail,
    full_pipe,
    in_terminal,
    mockwise,
    succeed,
    wait_until,
)

PRINT = "import json, os; print(json.dumps(dict(os.environ)))"
# Counts SIGINTs, and tells how many when SIGTERM comes, which mockwise hands on after them.
COUNT = """
import signal, sys
seen = []
signal.signal(signal.SIGINT, lambda *_: (seen.append(1), print("interrupted", flush=True)))
signal.signal(signal.SIGTERM, lambda *_: (print("count", len(seen), flush=True), sys.exit(7)))
print("ready", flush=True)
while True:
    signal.pause()
"""


def environment_of(*options: str, **environ: str) -> dict[str, str]:
    """What a command finds in its environment."""
    found: dict[str, str] = json.loads(
        succeed("run", *options, "--", sys.executable, "-c", PRINT, environ=environ)
    )
    return found


def test_the_command_can_get_a_token() -> None:
    """All that it needs is in its environment."""
    answer = json.loads(
        succeed("run", "--token-lifetime", "60s", "--", *MOCKWISE, "token", "--json", environ={})
    )
    assert answer["expires_in"] == 59


def test_templates_name_what_other_programs_call_otherwise() -> None:
    """`--env NAME=TEMPLATE`, as often as needed; braces that hold no name stay, so JSON works."""
    found = environment_of(
        "--env", "WISE_URL={mtls_url}/v1", "--env", 'WISE={"id": "{client_id}", "n": {}}', "--env", "EMPTY="
    )
    assert found["WISE_URL"] == found["MOCKWISE_MTLS_URL"] + "/v1"
    assert found["WISE"] == f'{{"id": "{found["MOCKWISE_CLIENT_ID"]}", "n": {{}}}}'
    assert found["EMPTY"] == ""
    values = " ".join(
        f"{{{name}}}" for name in ("tls_url", "control_url", "ca_file", "cert_file", "key_file")
    )
    secrets = environment_of("--env", f"ALL={values} {{token_url}} {{client_secret}}")
    assert secrets["ALL"].split() == [
        *(
            secrets[f"MOCKWISE_{name}"]
            for name in ("TLS_URL", "CONTROL_URL", "CA_FILE", "CERT_FILE", "KEY_FILE")
        ),
        secrets["MOCKWISE_MTLS_URL"] + "/oauth/token",
        secrets["MOCKWISE_CLIENT_SECRET"],
    ]


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The hosts are gone, and so are the files."""
    found = environment_of(TMPDIR=str(tmp_path))
    assert found["MOCKWISE_CA_FILE"].startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(found["MOCKWISE_CONTROL_URL"] + "/health")


def test_inside_another_run_the_inner_names_win() -> None:
    """Also where the inner mock has no such name; ports of `serve` are not taken from the environment."""
    outer = environment_of(
        "--control-token", "outer", MOCKWISE_SERVE_MTLS_PORT="1", MOCKWISE_SERVE_CONTROL_PORT="1"
    )
    inner = environment_of(**{name: outer[name] for name in outer if name.startswith("MOCKWISE_")})
    assert outer["MOCKWISE_CONTROL_TOKEN"] == "outer"
    assert "MOCKWISE_CONTROL_TOKEN" not in inner
    assert inner["MOCKWISE_MTLS_URL"] != outer["MOCKWISE_MTLS_URL"]
    nested = succeed(
        "run", "--", *MOCKWISE, "run", "--", *MOCKWISE, "run", "--", *MOCKWISE, "token", "--json"
    )
    assert json.loads(nested)["expires_in"] == 43199


@pytest.mark.parametrize(("code", "status"), [("raise SystemExit(7)", 7), ("import os; os.abort()", 128 + 6)])
def test_the_exit_status_is_passed_on(code: str, status: int) -> None:
    """Death by a signal is 128 and its number, as shells say it."""
    assert mockwise("run", "--", sys.executable, "-c", code).returncode == status


def test_a_command_that_cannot_be_run(tmp_path: Path) -> None:
    """127 if it is not there, 126 if it cannot be executed, each with one line."""
    text = tmp_path / "text"
    text.write_text("no program")
    assert "no-such-command cannot be run" in fail("run", "--", "no-such-command", status=127)
    assert f"{text} cannot be run: Permission denied" in fail("run", "--", str(text), status=126)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--env", "U={mtls}"],
            "there is no {mtls}; there are {mtls_url}, {tls_url}, {token_url}, {control_url}",
        ),
        (
            ["--env", "nonsense"],
            "write NAME=TEMPLATE, for example WISE_URL={mtls_url}, instead of 'nonsense'",
        ),
        (["--env", "={mtls_url}"], "write NAME=TEMPLATE"),
        (["--token-lifetime", "soon"], "not a duration: 'soon'"),
    ],
)
def test_a_wrong_option_is_told_and_the_command_does_not_begin(options: list[str], said: str) -> None:
    """Status 2, as of every command."""
    assert said in fail("run", *options, "--", sys.executable, "-c", "print(1)")


def test_a_mock_that_cannot_start_is_no_status_of_the_commands() -> None:
    """125, as env(1) and timeout(1) have it; the command does not begin."""
    line = fail("run", "--host", "no.such.host.invalid", "--", sys.executable, "-c", "print(1)", status=125)
    assert "cannot listen on 'no.such.host.invalid'" in line


def test_the_command_calls_the_mock_past_any_proxy() -> None:
    """NO_PROXY names the mock's hosts beside those that were there, in both spellings."""
    code = "import os; print(os.environ['NO_PROXY'], os.environ['no_proxy'])"
    said = succeed("run", "--", sys.executable, "-c", code, environ={"NO_PROXY": "a.example", "no_proxy": ""})
    assert said == "a.example,127.0.0.1,localhost,::1 a.example,127.0.0.1,localhost,::1\n"


def test_signals_are_handed_on_once(tmp_path: Path) -> None:
    """Also when our whole group is signalled, as `timeout` and CI do; the command's status is ours."""
    out = tmp_path / "out.txt"
    with out.open("wb") as file:
        process = subprocess.Popen(
            [*MOCKWISE, "run", "--", sys.executable, "-c", COUNT], stdout=file, start_new_session=True
        )
    try:
        wait_until(lambda: "ready" in out.read_text())
        os.killpg(process.pid, signal.SIGINT)
        wait_until(lambda: "interrupted" in out.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 7
    finally:
        process.kill()
        process.wait(PATIENCE)
    assert out.read_text().split() == ["ready", "interrupted", "count", "1"]


@pytest.mark.parametrize("presses", [1, 0])
def test_ctrl_c_at_a_terminal_reaches_the_command_once(presses: int) -> None:
    """The terminal sends it to both of us; SIGTERM, which comes to us alone, is handed on."""
    program = "import os\nprint(os.getppid())\n" + COUNT
    with in_terminal([*MOCKWISE, "run", "--", sys.executable, "-c", program], {}) as terminal:
        assert terminal.stdin is not None
        assert terminal.stdout is not None
        ours = int(terminal.stdout.readline())
        assert terminal.stdout.readline().split() == [b"ready"]
        for _ in range(presses):
            terminal.stdin.write(b"\x03")
            terminal.stdin.flush()
            assert b"interrupted" in terminal.stdout.readline()
        os.kill(ours, signal.SIGTERM)
        assert terminal.stdout.readline().split() == [b"count", b"%d" % presses]
        assert terminal.wait(PATIENCE) == 7


def test_a_signal_that_is_ignored_stays_so() -> None:
    """Under nohup the command is not ended by what nohup keeps away."""
    code = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    done = subprocess.run(
        ["nohup", *MOCKWISE, "run", "--", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout == "True\n"


def test_a_signal_before_the_command_is_its_end(tmp_path: Path) -> None:
    """Somebody who gives up while the mock starts has no command started, and nothing left behind."""
    program = (
        "import os, signal, mockwise.bootstrap as bootstrap, mockwise.mock as mock\n"
        "inner = bootstrap.load_or_create\n"
        "def outer(*words):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return inner(*words)\n"
        "mock.load_or_create = outer\n"
        "import sys\n"
        "sys.argv = ['mockwise', 'run', '--', 'echo', 'begun']\n"
        "from mockwise.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + 15, "", "")
    assert list(tmp_path.iterdir()) == []


def test_where_there_are_no_process_groups_the_command_is_waited_for_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where there are no process groups, as on Windows, only the command itself is waited for."""
    monkeypatch.delattr(os, "killpg")
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"]) as child:
        assert _wait(child) == 7


def test_a_signal_ends_what_cannot_start_and_cannot_say_so(tmp_path: Path) -> None:
    """Nobody reads the line that says why; a signal is an end all the same."""
    with full_pipe() as (_, full):
        process = subprocess.Popen(
            [*MOCKWISE, "run", "--certs", "certs", "--mtls-port", "1", "--host", "203.0.113.1", "--", "true"],
            cwd=tmp_path,
            stderr=full,
        )
        try:
            wait_until((tmp_path / "certs").exists)
            wait_until(lambda: _has_ended_by(process, signal.SIGTERM))
            assert process.returncode in {
                128 + signal.SIGTERM,
                -signal.SIGTERM,
            }  # the last one may come very late
        finally:
            process.kill()
            process.wait(PATIENCE)


def _has_ended_by(process: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    """Send a signal, and say whether that was the end; one that comes while the mock starts is for the command."""
    process.send_signal(number)
    return process.poll() is not None
