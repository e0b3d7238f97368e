"""Rows 3, 4 and 5: how long until the first token, and until it is over."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmark.children import Child
from tests.benchmark.figures import Limit, Row, Spread
from tests.benchmark.load import Peer, Target, client_context, fetch, mock_target, token_request
from tests.benchmark.pki import write_certificates
from tests.benchmark.session import Session

_IDLE_CLIENTS = 50
_PATIENCE = 60.0  # seconds
_BARS = (Limit("at most", 1.5, "ratio"), Limit("at most", 1.0, "figure"))


def cold(session: Session) -> list[Row]:
    """Row 3: from the command to the first token, and again in the folder that the first start left."""
    write_certificates(session.folder)
    tls = client_context(session.folder / "ca.pem", session.folder / "client.pem")
    first, again, floor = [], [], []
    for number in session.rounds("cold start", thorough=11, quick=3):
        certs = session.folder / f"certs-{number}"
        first.append(cold_mock(certs))
        floor.append(_cold_floor(session.folder, tls))
        again.append(cold_mock(certs))
    return [
        Row(name=name, unit="s", figure=Spread.of(figure), floor=Spread.of(floor), bars=_BARS, note=note)
        for name, figure, note in (
            ("serve to first token, new folder", first, "makes an authority and a signing key"),
            ("serve to first token, kept folder", again, ""),
        )
    ]


def in_process(session: Session) -> list[Row]:
    """Row 4: each time in a fresh process, after imports."""
    write_certificates(session.folder)
    commands = {
        "jwt": ("tests.benchmark.mocks", "start", "jwt"),
        "bare": ("tests.benchmark.floors", "start", "200", str(session.folder)),
        "uuid": ("tests.benchmark.mocks", "start", "uuid"),
    }
    done: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for _ in session.rounds("start in process", thorough=15, quick=5):
        for name, command in commands.items():
            with Child(*command) as child:
                done[name].append(child.read())
    bar = (Limit("at most", 150, "figure"),)
    return [
        Row(
            name=f"MockWise() {what}",
            unit="ms",
            figure=Spread.of([each["token"] for each in done[name]]),
            floor=Spread.of([each["token"] for each in done["bare"]]),
            bars=bar,
            note=note,
        )
        for what, name, note in (
            ("to first token, jwt", "jwt", "makes an authority and a signing key, the bare server nothing"),
            ("to first token, uuid", "uuid", "makes an authority, the bare server nothing"),
        )
    ] + [
        Row(
            name="MockWise() until it serves",
            unit="ms",
            figure=Spread.of([each["serving"] for name in ("jwt", "uuid") for each in done[name]]),
        )
    ]


def stop(session: Session) -> list[Row]:
    """Row 5: from SIGTERM to the end of the process, while clients that once asked say nothing more."""
    write_certificates(session.folder)
    tls = client_context(session.folder / "ca.pem", session.folder / "client.pem")
    figure, floor = [], []
    for _ in session.rounds(f"stop with {_IDLE_CLIENTS} idle clients", thorough=9, quick=3):
        with serve(session.folder / "certs-stop") as (process, environ), _idle_clients(mock_target(environ)):
            began = time.perf_counter()
            process.terminate()
            process.wait(_PATIENCE)
            figure.append(time.perf_counter() - began)
        with Child("tests.benchmark.floors", "plain", "200", str(session.folder)) as child:
            target = Target("127.0.0.1", child.read()["port"], tls, token_request("client", "secret"))
            with _idle_clients(target):
                began = time.perf_counter()
                child.end()
                floor.append(time.perf_counter() - began)
    return [
        Row(
            name=f"stop with {_IDLE_CLIENTS} idle clients",
            unit="s",
            figure=Spread.of(figure),
            floor=Spread.of(floor),
            bars=(Limit("at most", 0.5, "figure"),),
            note="SIGTERM to exit; the bare server is told not to wait for its clients",
        )
    ]


@contextmanager
def _idle_clients(target: Target) -> Iterator[None]:
    """Clients that once asked and say nothing more."""
    with ExitStack() as stack:
        for _ in range(_IDLE_CLIENTS):
            peer = stack.enter_context(Peer(target))
            peer.send()
            peer.read()
        yield


def cold_mock(certs: Path) -> float:
    """Seconds from the command to the first token."""
    began = time.perf_counter()
    with serve(certs) as (_, environ):
        fetch(mock_target(environ))
        return time.perf_counter() - began


def _cold_floor(folder: Path, tls: ssl.SSLContext) -> float:
    began = time.perf_counter()
    with Child("tests.benchmark.floors", "plain", "200", str(folder)) as child:
        fetch(Target("127.0.0.1", child.read()["port"], tls, token_request("client", "secret")))
        return time.perf_counter() - began


@contextmanager
def serve(certs: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], Mapping[str, str]]]:
    """`mockwise serve` as a user starts it, and what its ready file says."""
    ready = certs.with_suffix(".ready.json")
    options = {f"--{host}-port": "0" for host in ("mtls", "tls", "control")}
    options |= {"--ready-file": str(ready), "--certs": str(certs)}
    words = [word for option in options.items() for word in option]
    process = subprocess.Popen(
        [sys.executable, "-m", "mockwise", "serve", *words, *more],
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the benchmark, which ends it
    )
    try:
        while not ready.exists():
            if process.poll() is not None:
                raise RuntimeError("mockwise serve ended before it was ready")
            time.sleep(0.001)
        yield process, json.loads(ready.read_bytes())
        process.terminate()
        process.wait(_PATIENCE)
    finally:
        process.kill()
        process.wait()
        ready.unlink(missing_ok=True)
