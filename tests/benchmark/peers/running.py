"""A peer at work: started, asked for its first token, and ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.benchmark.load import Target, client_context, fetch, token_request
from tests.benchmark.peers.install import InstalledPeer, UnavailablePeer, reason, run, spelled
from tests.benchmark.peers.table import PeerMock

_PATIENCE = 60.0  # seconds until the first token
_GRACE = 5.0  # seconds for ending, before it is killed
_CALLBACK = "http://localhost/callback"
_NOT_YET = (OSError, RuntimeError, HTTPException, KeyError, ValueError)


@dataclass(frozen=True)
class PreparedPeer:
    """A peer that is installed and prepared, and can be started time and again."""

    peer: PeerMock
    installed: InstalledPeer
    work: Path
    certs: Path

    @property
    def name(self) -> str:
        """The peer's label with its version."""
        return self.peer.label.replace(self.peer.package, f"{self.peer.package} {self.installed.version}")

    def words(self, port: int) -> tuple[list[str], list[list[str]], dict[str, str]]:
        """Its commands and their environment."""
        places = {
            "bin": self.installed.bin,
            "home": self.installed.home,
            "work": self.work,
            "here": Path(__file__).parent,
            "certs": self.certs,
            "port": port,
        }
        return spelled(self.peer, {name: str(place) for name, place in places.items()})

    def prepare(self) -> None:
        """Do what has to be done once.

        Raises:
            Absent: it failed.
        """
        self.work.mkdir()
        _, commands, environment = self.words(0)
        for words in commands:
            run(words, folder=self.work, environment=environment)


@dataclass(frozen=True)
class RunningPeer:
    """A peer that has given its first token."""

    process: int
    """Its id."""
    target: Target
    token: str
    seconds: float
    """From its command to its first token."""


@contextmanager
def running(settled: PreparedPeer) -> Iterator[RunningPeer]:
    """Start a peer, and end it afterwards with whatever it started.

    Raises:
        Absent: it gave no token.
    """
    port = _free_port()
    words, _, environment = settled.words(port)
    log = settled.work / "log"
    began = time.perf_counter()
    with log.open("w") as output:
        try:
            process = subprocess.Popen(
                words,
                cwd=settled.work,
                env=environment,
                stdin=subprocess.PIPE,  # open as long as this program lives
                stdout=output,
                stderr=output,
                start_new_session=True,  # so that Ctrl-C is for the benchmark, which ends it
            )
        except OSError as error:
            raise UnavailablePeer(f"it does not start: {error.strerror}") from None
    try:
        request, token = _first_token(settled, port, process, log)
        seconds = time.perf_counter() - began
        yield RunningPeer(process.pid, _target(settled, port, request), token, seconds)
    finally:
        _end(process)


def _first_token(
    settled: PreparedPeer, port: int, process: subprocess.Popen[bytes], log: Path
) -> tuple[bytes, str]:
    """Ask until there is a token; returns the request for the next one, too."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return _ask(settled, port)
        except _NOT_YET as error:
            if process.poll() is not None:
                said = reason(log.read_text(errors="replace"))
                raise UnavailablePeer(f"it ended before it gave a token: {said}") from None
            if time.monotonic() > deadline:
                raise UnavailablePeer(f"no token within {_PATIENCE:g} s: {reason(str(error))}") from None
        time.sleep(0.001)


def _ask(settled: PreparedPeer, port: int) -> tuple[bytes, str]:
    peer, host = settled.peer, f"localhost:{port}"
    if peer.linked:
        return _link(peer, port)
    request = token_request(peer.client_id, peer.client_secret, path=peer.path, host=host)
    return request, json.loads(fetch(_target(settled, port, request)))["access_token"]


def _link(peer: PeerMock, port: int) -> tuple[bytes, str]:
    """A user's consent, a code, a token; the returned request refreshes it."""
    host = f"localhost:{port}"
    asked = {"client_id": peer.client_id, "response_type": "code", "redirect_uri": _CALLBACK}
    query = urlencode({**asked, "scope": "openid offline_access"})
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    form = {"content-type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"/oauth2/authorize?{query}", "sub=ann", form)
    location = connection.getresponse().headers["location"] or ""
    connection.close()
    code = parse_qs(urlsplit(location).query)["code"][0]
    redeem = {"grant_type": "authorization_code", "code": code, "redirect_uri": _CALLBACK}
    words = {"path": peer.path, "host": host}
    first = token_request(peer.client_id, peer.client_secret, form=urlencode(redeem).encode(), **words)
    answer = json.loads(fetch(Target("127.0.0.1", port, None, first)))
    refresh = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    again = token_request(peer.client_id, peer.client_secret, form=urlencode(refresh).encode(), **words)
    return again, answer["access_token"]


def _target(settled: PreparedPeer, port: int, request: bytes) -> Target:
    tls = None
    if settled.peer.transport != "plain HTTP":
        tls = client_context(settled.certs / "ca.pem", settled.certs / "client.pem")
    return Target("127.0.0.1", port, tls, request)


def _free_port() -> int:
    """Nobody has it now; another program may be quicker, which shows as a peer that does not start."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # It is the leader of its own session, and so of a group that holds what it started.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
