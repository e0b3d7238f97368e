"""How `serve` and `run` live and end, whatever becomes of their output, their terminal and their parents."""

from __future__ import annotations

import ctypes
import http.client
import os
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.cli.processes import (
    FREE_PORTS,
    MOCKWISE,
    PATIENCE,
    Served,
    full_pipe,
    mockwise,
    served,
    wait_until,
)
from tests.redis_server import RedisServer


@contextmanager
def serving(folder: Path, stdout: int, stderr: int, *options: str) -> Iterator[Served]:
    """A mock that writes there."""
    ready = folder / "ready.json"
    process = subprocess.Popen(
        [*MOCKWISE, "serve", *FREE_PORTS, "--ready-file", str(ready), *options],
        cwd=folder,
        stdout=stdout,
        stderr=stderr,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    try:
        yield Served(process, ready, Path(os.devnull))
    finally:
        process.kill()
        process.wait(PATIENCE)


def ask_often(mock: Served, times: int) -> None:
    """Requests that are refused, each a line in the output."""
    url = urlsplit(mock.environ["MOCKWISE_TLS_URL"])
    context = ssl.create_default_context(cafile=mock.environ["MOCKWISE_CA_FILE"])
    connection = http.client.HTTPSConnection(url.netloc, context=context, timeout=PATIENCE)
    for _ in range(times):
        connection.request("GET", "/nothing")
        answer = connection.getresponse()
        answer.read()
    connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_output_that_nobody_reads_stops_neither_the_mock_nor_its_end(
    tmp_path: Path, number: signal.Signals
) -> None:
    """From the greeting on; the ready file is there, and nothing is left."""
    with full_pipe() as (_, full), serving(tmp_path, full, full) as mock:
        ask_often(mock, 50)
        assert mock.ask().status_code == 200
        assert mock.stop(number) == 0
    assert sorted(it.name for it in tmp_path.iterdir()) == ["certs"]


def test_a_reader_that_comes_back_is_told_what_it_missed(tmp_path: Path) -> None:
    """Its lines in order, and how many are not there."""
    program = (
        "import sys, mockwise.cli, mockwise.cli.queued_output as output\n"
        "output.QueuedStream.__init__.__defaults__ = (5,)\n"
        "sys.argv[0] = 'mockwise'\n"
        "mockwise.cli.main()\n"
    )
    ready = tmp_path / "ready.json"
    with full_pipe() as (reading, full):
        words = [sys.executable, "-c", program, "serve", *FREE_PORTS, "--ready-file", str(ready)]
        process = subprocess.Popen(words, cwd=tmp_path, stdout=full)
        try:
            mock = Served(process, ready, Path(os.devnull))
            ask_often(mock, 50)
            found = b""
            while b" dropped here\n" not in found:
                found += os.read(reading, 4096)
            assert mock.stop() == 0
        finally:
            process.kill()
            process.wait(PATIENCE)
    assert found.lstrip(b".").startswith(b"mockwise: for testing only")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device here")  # noqa: PTH110  in a decorator
@pytest.mark.parametrize("where", ["/dev/full", "closed", "nobody"])
def test_output_that_cannot_be_written_is_no_end(tmp_path: Path, where: str) -> None:
    """A full disk, no descriptor at all, a pipe without a reader."""
    words = [*MOCKWISE, "serve", *FREE_PORTS, "--ready-file", "ready.json"]
    shell = {"/dev/full": '"$@" >/dev/full 2>&1', "closed": '"$@" >&- 2>&-', "nobody": '"$@" 2>&1 | true'}[
        where
    ]
    script = f"{shell}; exit ${{PIPESTATUS[0]}}"
    process = subprocess.Popen(["bash", "-c", script, "bash", *words], cwd=tmp_path, start_new_session=True)
    try:
        mock = Served(process, tmp_path / "ready.json", Path(os.devnull))
        ask_often(mock, 5)
        assert mock.ask().status_code == 200
        # bash ignores what it waits for, the mock does not
        os.killpg(process.pid, signal.SIGINT if where == "nobody" else signal.SIGTERM)
        process.wait(PATIENCE)
        wait_until(lambda: not (tmp_path / "ready.json").exists())
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


def test_a_standing_trouble_is_told_a_few_times(tmp_path: Path) -> None:
    """The state is lost: each request is answered, the log says it five times and counts the others."""
    (tmp_path / "redis").mkdir()
    state = RedisServer(tmp_path / "redis")
    state.start()
    with served(tmp_path, "--state", state.url) as mock:
        state.stop()
        ask_often(mock, 30)
        assert httpx.get(mock.environ["MOCKWISE_CONTROL_URL"] + "/health").status_code == 200
        assert mock.stop() == 0
        lines = [line for line in mock.out.read_text().splitlines() if "does not answer" in line]
    logged = [line for line in lines if line.startswith("the state at")]
    assert len(logged) <= 5
    assert [
        line for line in lines if line.startswith("... ") and "more in the last 10 s: the state at" in line
    ]


def test_a_closed_terminal_leaves_nothing(tmp_path: Path) -> None:
    """SIGHUP is a usual end, SIGQUIT is not; neither leaves a file."""
    for number, status in ((signal.SIGHUP, 0), (signal.SIGQUIT, 128 + signal.SIGQUIT)):
        with served(tmp_path, environ={"TMPDIR": str(tmp_path)}) as mock:
            assert mock.stop(number) == status
        assert sorted(it.name for it in tmp_path.iterdir()) == ["certs", "out.txt"]


def test_nohup_still_works(tmp_path: Path) -> None:
    """A SIGHUP that is ignored stays so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with served(tmp_path) as mock:
            mock.process.send_signal(signal.SIGHUP)
            assert mock.ask().status_code == 200
            assert mock.stop() == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_it_may_be_told_twice_and_stopped_for_a_while(tmp_path: Path) -> None:
    """Ctrl-Z and `fg`; SIGTERM from somebody who does not wait."""
    with served(tmp_path) as mock:
        mock.process.send_signal(signal.SIGTSTP)
        mock.process.send_signal(signal.SIGCONT)
        assert mock.ask().status_code == 200
        mock.process.send_signal(signal.SIGTERM)
        assert mock.stop() == 0
        assert "Traceback" not in mock.out.read_text()


SIGNALLED_EARLY = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell has it ignored, as behind &
class Looks:
    def find_spec(self, name, *_):
        if name == os.environ["IMPORTED"]:
            os.kill(os.getpid(), int(os.environ["NUMBER"]))
sys.meta_path.insert(0, Looks())
from mockwise.cli import main
main()
"""


@pytest.mark.parametrize(
    ("words", "imported", "number", "status"),
    [
        (["serve", *FREE_PORTS], "mockwise.cli.serve", signal.SIGTERM, 0),
        (["serve", *FREE_PORTS], "mockwise.cli.serve", signal.SIGINT, 0),
        (["serve", *FREE_PORTS], "mockwise.cli.serve", signal.SIGHUP, 0),
        (["run", "--", "true"], "mockwise.cli.run", signal.SIGINT, 130),
        (["run", "--", "true"], "mockwise.cli.app", signal.SIGINT, 130),
    ],
)
def test_a_signal_during_the_imports_is_an_end_without_words(
    tmp_path: Path, words: list[str], imported: str, number: signal.Signals, status: int
) -> None:
    """They take half a second; nothing is there yet that would be left."""
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED_EARLY, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, "NUMBER": str(int(number)), "IMPORTED": imported},
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_mocks_folder_goes_with_the_next_start(tmp_path: Path) -> None:
    """Its keys do not lie about; a living mock's do."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environ = {"TMPDIR": str(temporary)}
    with served(tmp_path, environ=environ) as killed:
        assert killed.stop(signal.SIGKILL) == -signal.SIGKILL
        assert len(list(temporary.iterdir())) == 1
        killed.ready.write_text("stale")
        with served(tmp_path, environ=environ) as alive:
            [folder] = temporary.iterdir()
            assert mockwise("run", "--", "true", environ=environ).returncode == 0
            assert list(temporary.iterdir()) == [folder]
            assert alive.stop() == 0
    assert list(temporary.iterdir()) == []


# What `run` starts: a process that leaves an orphan behind, which ends before it does.
ORPHAN = """
import os, signal, sys, time
reading, writing = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        os.write(writing, str(os.getpid()).encode())
        os._exit(0)
    os._exit(0)
os.wait()
orphan = os.read(reading, 20).decode()
while os.path.exists(f"/proc/{orphan}"):  # as long as nobody has taken note of its end
    time.sleep(0.01)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("reaped", flush=True)
signal.pause()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="orphans come to nobody else there")
@pytest.mark.parametrize("how", ["subreaper", "first process"])
def test_run_takes_note_of_orphans_and_hands_signals_on(how: str, tmp_path: Path) -> None:
    """As a container's first process, or as one that has asked for orphans; the command's status is its own."""
    words = [*MOCKWISE, "run", "--", sys.executable, "-c", ORPHAN]
    if how == "first process":
        unshare = shutil.which("unshare")
        isolated = [str(unshare), "--pid", "--fork", "--kill-child", "--mount-proc"]
        if (
            unshare is None
            or subprocess.run([*isolated, "true"], capture_output=True, check=False).returncode
        ):
            pytest.skip("no process namespaces may be made here")
        words = [*isolated, *words]
    out = tmp_path / "out.txt"
    with out.open("wb") as file:
        process = subprocess.Popen(words, stdout=file, preexec_fn=_subreaper if how == "subreaper" else None)  # noqa: PLW1509  it is one call
    try:
        wait_until(lambda: "reaped" in out.read_text() or process.poll() is not None)
        told = process.pid
        if how == "first process":  # unshare's child
            told = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())
        os.kill(told, signal.SIGTERM)
        assert process.wait(PATIENCE) == 7
    finally:
        process.kill()
        process.wait(PATIENCE)


def _subreaper() -> None:
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


# What `run` starts: a client that does not keep its token, which the audit tells.
ASK_THRICE = """
import base64, http.client, os, ssl
from urllib.parse import urlsplit
name = {key.removeprefix("MOCKWISE_"): value for key, value in os.environ.items()}
context = ssl.create_default_context(cafile=name["CA_FILE"])
context.load_cert_chain(name["CERT_FILE"], name["KEY_FILE"])
basic = base64.b64encode(f"{name['CLIENT_ID']}:{name['CLIENT_SECRET']}".encode()).decode()
headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
body = f"grant_type=client_credentials&client_id={name['CLIENT_ID']}"
connection = http.client.HTTPSConnection(urlsplit(name["MTLS_URL"]).netloc, context=context)
for _ in range(3):
    connection.request("POST", "/oauth/token", body, headers)
    connection.getresponse().read()
raise SystemExit(3)
"""


def test_run_is_ended_by_a_signal_although_nobody_reads_what_it_tells(tmp_path: Path) -> None:
    """The audit waits for its reader as any program does; but a signal is an end."""
    with full_pipe() as (_, full):
        process = subprocess.Popen(
            [*MOCKWISE, "run", "--html", "page.html", "--", sys.executable, "-c", ASK_THRICE],
            cwd=tmp_path,
            stderr=full,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        try:
            wait_until(
                lambda: [it.name for it in tmp_path.iterdir()] == ["page.html"]
            )  # the mock is gone by now
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 128 + signal.SIGTERM
        finally:
            process.kill()
            process.wait(PATIENCE)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device here")  # noqa: PTH110  in a decorator
def test_a_report_that_cannot_be_written_loses_nothing_else(tmp_path: Path) -> None:
    """The other one is written, the audit is printed, the command's status is told; ours says that something failed."""
    done = mockwise(
        *("run", "--junit", "/dev/full", "--html", "page.html", "--", sys.executable, "-c", ASK_THRICE),
        folder=tmp_path,
    )
    assert done.returncode == 125
    assert "Audit: " in done.stderr
    assert (
        "mockwise: /dev/full cannot be written: No space left on device: make room, or name another file. "
        "The command itself ended with status 3\n" in done.stderr
    )
    assert "<html" in (tmp_path / "page.html").read_text()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device here")  # noqa: PTH110  in a decorator
@pytest.mark.parametrize("where", ["/dev/full", "closed", "nobody"])
def test_what_a_command_prints_to_nowhere_is_no_traceback(where: str) -> None:
    """A full disk is one line; nobody who reads, and no descriptor, are an end without words."""
    shell = {"/dev/full": '"$@" >/dev/full', "closed": '"$@" >&-', "nobody": '"$@" | true'}[where]
    for command in ("scenarios", "--help"):
        done = subprocess.run(
            ["bash", "-c", f"{shell}; exit ${{PIPESTATUS[0]}}", "bash", *MOCKWISE, command],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        if where == "/dev/full":
            said = "mockwise: standard output cannot be written: No space left on device\n"
            assert (done.returncode, done.stderr) == (1, said)
        else:
            assert done.stderr == ""


def test_the_journal_is_followed_into_a_pipe_that_closes(tmp_path: Path) -> None:
    """`mockwise journal --follow | head -1` ends with the next line, without words."""
    with served(tmp_path) as mock:
        for form in ([], ["--json"]):
            mock.ask()
            process = subprocess.Popen(
                [*MOCKWISE, "journal", "--follow", "--limit", "1", *form],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **mock.environ},
            )
            assert process.stdout is not None
            assert process.stderr is not None
            with process:
                assert process.stdout.readline()
                process.stdout.close()
                while process.poll() is None:
                    mock.ask()
                assert process.stderr.read() == b""
