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
from typing import Any

from tests.benchmark.children import Child
from tests.benchmark.figures import Bar, Row, Spread
from tests.benchmark.load import Peer, Target, fetch, mock_target, token_request
from tests.benchmark.pki import client_context, write_certificates
from tests.benchmark.session import Session

_IDLE_CLIENTS = 50
_PATIENCE = 60.0  # seconds
_BARS = (Bar("at most", 1.5, "ratio"), Bar("at most", 1.0, "figure"))


def cold(session: Session) -> list[Row]:
    """Row 3: from the command to the first token, and again in the folder that the first start left."""
    write_certificates(session.folder)
    tls = client_context(session.folder / "ca.pem", session.folder / "client.pem")
    first, again, floor = [], [], []
    for number in session.rounds("cold start", thorough=11, quick=3):
        certs = session.folder / f"certs-{number}"
        first.append(_cold_mock(session.folder, certs))
        floor.append(_cold_floor(session.folder, tls))
        again.append(_cold_mock(session.folder, certs))
    return [
        Row(name=name, unit="s", figure=Spread.of(figure), floor=Spread.of(floor), bars=_BARS, note=note)
        for name, figure, note in (
            ("serve to first token, new folder", first, "makes an authority and a signing key"),
            ("serve to first token, kept folder", again, ""),
        )
    ]


def in_process(session: Session) -> list[Row]:
    """Row 4: each time in a fresh process, after imports."""
    jwt: list[dict[str, Any]] = []
    uuid: list[dict[str, Any]] = []
    for _ in session.rounds("start in process", thorough=9, quick=3):
        for token_format, done in (("jwt", jwt), ("uuid", uuid)):
            with Child("tests.benchmark.mocks", "start", token_format) as child:
                done.append(child.read())
    both = [*jwt, *uuid]
    first, fresh, certified = (Bar("at most", limit, "figure") for limit in (150, 2, 10))
    return [
        _in_milliseconds("MockWise() to first token, jwt", [each["token"] for each in jwt], first),
        _in_milliseconds("MockWise() to first token, uuid", [each["token"] for each in uuid], first),
        _in_milliseconds("MockWise() until it serves", [each["serving"] for each in both]),
        _in_milliseconds("a fresh sandbox", [time for each in both for time in each["sandbox"]], fresh),
        _in_milliseconds(
            "a sandbox and its certificate", [time for each in both for time in each["certified"]], certified
        ),
    ]


def stop(session: Session) -> list[Row]:
    """Row 5: from SIGTERM to the end of the process, while clients that once asked say nothing more."""
    figure = []
    for _ in session.rounds(f"stop with {_IDLE_CLIENTS} idle clients", thorough=5, quick=2):
        with (
            _serve(session.folder, session.folder / "certs-stop") as (process, environ),
            ExitStack() as stack,
        ):
            target = mock_target(environ)
            for _ in range(_IDLE_CLIENTS):
                peer = stack.enter_context(Peer(target))
                peer.send()
                peer.read()
            began = time.perf_counter()
            process.terminate()
            process.wait(_PATIENCE)
            figure.append(time.perf_counter() - began)
    name = f"stop with {_IDLE_CLIENTS} idle clients"
    bar = Bar("at most", 0.5, "figure")
    return [Row(name=name, unit="s", figure=Spread.of(figure), bars=(bar,), note="SIGTERM to exit")]


def _in_milliseconds(name: str, samples: list[float], *bars: Bar) -> Row:
    return Row(name=name, unit="ms", figure=Spread.of(samples), bars=bars)


def _cold_mock(folder: Path, certs: Path) -> float:
    began = time.perf_counter()
    with _serve(folder, certs) as (_, environ):
        fetch(mock_target(environ))
        return time.perf_counter() - began


def _cold_floor(folder: Path, tls: ssl.SSLContext) -> float:
    began = time.perf_counter()
    with Child("tests.benchmark.floors", "plain", "200", str(folder)) as child:
        fetch(Target("127.0.0.1", child.read()["port"], tls, token_request("client", "secret")))
        return time.perf_counter() - began


@contextmanager
def _serve(folder: Path, certs: Path) -> Iterator[tuple[subprocess.Popen[bytes], Mapping[str, str]]]:
    """`mockwise serve` as a user starts it, and what its ready file says."""
    ready = folder / "ready.json"
    options = {"--mtls-port": "0", "--tls-port": "0", "--ready-file": str(ready), "--certs": str(certs)}
    words = [word for option in options.items() for word in option]
    process = subprocess.Popen(
        [sys.executable, "-m", "mockwise", "serve", *words],
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
