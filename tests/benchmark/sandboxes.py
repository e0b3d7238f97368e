"""Making sandboxes: alone, with a certificate, until the first token, and over the control host. Its own child, too."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import trustme

from mockwise import MockWise
from mockwise.sandbox.handle import Sandbox
from tests.benchmark.children import Child, obey
from tests.benchmark.figures import Limit, Row, Spread
from tests.benchmark.load import fetch, mock_target
from tests.benchmark.session import Session

_BATCH = 25


def sandboxes(session: Session) -> list[Row]:
    """Milliseconds for each way of having one; the floor of a certificate is trustme's own issuing of one."""
    done: dict[str, list[float]] = {}
    module = "tests.benchmark.sandboxes"
    with Child(module, "mock") as mock, Child(module, "bare") as bare:
        for child in (mock, bare):
            child.read()
            child.ask()  # warm
        for _ in session.rounds(f"{_BATCH} sandboxes of each kind", thorough=16, quick=4):
            for child in (mock, bare):
                for name, samples in child.ask().items():
                    done.setdefault(name, []).extend(samples)
    fresh, certified = (Limit("at most", limit, "figure") for limit in (2, 10))
    return [
        _row("a fresh sandbox", done["fresh"], fresh),
        _row(
            "a sandbox with its certificate",
            done["certified"],
            certified,
            bare=done["trustme"],
            note="beside trustme's issuing",
        ),
        _row(
            "a sandbox to its first token, mTLS",
            done["token"],
            note="with its certificate, files and a handshake",
        ),
        _row("a sandbox over the control host", done["control"], note="POST /sandboxes, certificate and all"),
        _row("a sandbox and its end", done["closed"]),
    ]


def _row(
    name: str, samples: list[float], *bars: Limit, bare: list[float] | None = None, note: str = ""
) -> Row:
    floor = None if bare is None else Spread.of(bare)
    return Row(name=name, unit="ms", figure=Spread.of(samples), floor=floor, bars=bars, note=note)


class Maker:
    """Makes sandboxes in all ways, and closes them, so that the last finds as many others as the first."""

    def __init__(self, mock: MockWise, control: httpx.Client) -> None:
        self._mock = mock
        self._control = control
        self._open: list[Sandbox] = []

    def make(self) -> dict[str, list[float]]:
        """A batch of each kind, in turns; milliseconds."""
        ways: dict[str, Callable[[], object]] = {
            "fresh": self._fresh,
            "certified": lambda: self._fresh().cert_file,
            "token": self._token,
            "control": self._over_control,
            "closed": lambda: self._mock.sandbox().close(),
        }
        done: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(_BATCH):
            for name, work in ways.items():
                done[name].append(_milliseconds(work))
            while self._open:
                self._open.pop().close()
        return done

    def _fresh(self) -> Sandbox:
        box = self._mock.sandbox()
        self._open.append(box)
        return box

    def _token(self) -> None:
        fetch(mock_target(self._fresh().environ()))

    def _over_control(self) -> None:
        """The answer is taken to pieces as a client would; the sandbox is dropped with the mock."""
        answer = self._control.post("/sandboxes", json={})
        answer.raise_for_status()
        json.loads(answer.content)


def mocked() -> None:
    """Make batches as long as somebody asks."""
    with MockWise() as mock, httpx.Client(base_url=mock.control_url) as control:
        fetch(mock_target(mock.default.environ()))
        obey({}, Maker(mock, control).make)


def bare() -> None:
    """Issue certificates and write them, with trustme alone."""
    authority = trustme.CA()
    with TemporaryDirectory() as folder:

        def issue() -> None:
            identity = authority.issue_cert("client.test", common_name="client")
            identity.private_key_and_cert_chain_pem.write_to_path(Path(folder) / "bare.pem")

        obey({}, lambda: {"trustme": [_milliseconds(issue) for _ in range(_BATCH)]})


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    {"mock": mocked, "bare": bare}[sys.argv[1]]()
