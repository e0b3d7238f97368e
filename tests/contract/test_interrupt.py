"""Ctrl-C ends everything: the command, the process that tries, and its mock."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console

import mockwise.contract_runner.pytest_process
from mockwise import Sandbox
from mockwise.contract_runner import INTERRUPTED, run_contract
from tests.contract.contract_results import surroundings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")

PATIENCE = 30.0  # seconds after which a test that waits has failed
COMMAND = "import os, sys; from mockwise.contract_runner import run_contract; sys.exit(run_contract(environ=os.environ))"


def mute_target(box: Sandbox, mute: socket.socket) -> dict[str, str]:
    """The environment of a target that accepts and never says a word."""
    url = f"https://127.0.0.1:{mute.getsockname()[1]}"
    return surroundings(**box.environ()) | {"MOCKWISE_MTLS_URL": url}


def test_ctrl_c_ends_the_process_that_tries(mockwise: Sandbox, tmp_path: Path) -> None:
    """Status 130, one line, and the connection of the child is closed when the command has ended."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mute.settimeout(PATIENCE)
        environ = mute_target(mockwise, mute) | {"TMPDIR": str(tmp_path)}
        command = subprocess.Popen(
            [sys.executable, "-c", COMMAND], env=environ, stderr=subprocess.PIPE, text=True
        )
        connection, _ = mute.accept()
        with connection:
            connection.settimeout(PATIENCE)
            command.send_signal(signal.SIGINT)
            _, err = command.communicate(timeout=PATIENCE)
            while connection.recv(4096):
                pass  # what the child had said before it was gone
    assert command.returncode == INTERRUPTED
    assert "interrupted" in err
    assert list(tmp_path.glob("mockwise-contract-*")) == []


def test_a_child_that_does_not_listen_is_ended_all_the_same(
    mockwise: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever ignores the interruption is killed."""
    monkeypatch.setattr(pytest_process, "_PATIENCE", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mute.settimeout(PATIENCE)

        def interrupt() -> None:
            with mute.accept()[0]:
                os.kill(os.getpid(), signal.SIGINT)

        interrupting = threading.Thread(target=interrupt)
        interrupting.start()
        assert run_contract(environ=mute_target(mockwise, mute), err=Console(stderr=True)) == INTERRUPTED
        interrupting.join()
    assert "interrupted" in capsys.readouterr().err


pytest_process = mockwise.contract_runner.pytest_process
