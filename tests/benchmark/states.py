"""What kept and shared state cost: tokens with the state in memory, in a file, and on a Redis server that one, two and
four mocks share.

Mocks and Redis have one core together and the load generator the other, so that more mocks cannot be faster here; what
tells is the processor time that a token takes of a mock and of Redis, for each of which a bigger machine has a core.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmark.children import Child
from tests.benchmark.cores import core_of
from tests.benchmark.figures import Row, Spread
from tests.benchmark.load import CONNECTIONS, KeptConnections, mock_target
from tests.benchmark.session import Session

_PATIENCE = 10.0  # seconds
_FLEETS = (1, 2, 4)


@dataclass
class _Fleet:
    """Mocks with one state, and what was measured of them."""

    mocks: list[Child]
    ring: KeptConnections
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    """Microseconds of the mocks' processor time for a token."""
    redis_costs: list[float] = field(default_factory=list)
    """The same of Redis."""


def states(session: Session) -> list[Row]:
    """Tokens per second over kept connections, and their processor time."""
    seconds = 0.4 if session.quick else 1.5
    with ExitStack() as stack:
        with core_of("server"):
            redis = stack.enter_context(_redis(session.folder))
            places = {"memory": (1, ""), "file": (1, str(session.folder / "state.db"))}
            if redis is not None:
                places |= {f"Redis, {n} mock{'s' if n > 1 else ''}": (n, redis.url) for n in _FLEETS}
            fleets = {
                name: _fleet(stack, count, state, session.folder) for name, (count, state) in places.items()
            }
        stack.enter_context(core_of("generator"))
        for fleet in fleets.values():
            fleet.ring.run(seconds / 2)  # warm
        for _ in session.rounds("kept and shared state", thorough=9, quick=3):
            for fleet in fleets.values():
                _measure(fleet, redis, seconds)
    return [*_rows(fleets), *([] if redis else [_absent()])]


def _measure(fleet: _Fleet, redis: _Redis | None, seconds: float) -> None:
    before, redis_before = sum(mock.ask() for mock in fleet.mocks), redis.seconds() if redis else 0.0
    load = fleet.ring.run(seconds)
    spent = sum(mock.ask() for mock in fleet.mocks) - before
    fleet.rates.append(load.rate)
    fleet.costs.append(1e6 * spent / load.requests)
    fleet.redis_costs.append(1e6 * ((redis.seconds() if redis else 0.0) - redis_before) / load.requests)


def _rows(fleets: dict[str, _Fleet]) -> Iterator[Row]:
    floor = fleets["memory"]
    for name, fleet in fleets.items():
        if fleet is floor:
            continue
        of_memory = {"rate": Spread.of(floor.rates), "cost": Spread.of(floor.costs)}
        yield Row(
            name=f"state: {name}",
            unit="tokens a second, one core for all",
            figure=Spread.of(fleet.rates),
            floor=of_memory["rate"],
            note="beside state in memory",
        )
        yield Row(
            name=f"state: {name}: cost",
            unit="µs of the mocks' cores",
            figure=Spread.of(fleet.costs),
            floor=of_memory["cost"],
        )
        if name != "file":
            yield Row(
                name=f"state: {name}: cost", unit="µs of Redis's core", figure=Spread.of(fleet.redis_costs)
            )


def _absent() -> Row:
    return Row(name="state: Redis", unit="not measured", figure=None, note="redis-server is not installed")


def _fleet(stack: ExitStack, count: int, state: str, folder: Path) -> _Fleet:
    command = (
        "tests.benchmark.mocks",
        "serve",
        "uuid",
        *((state, str(folder / "certs-states")) if state else ()),
    )
    mocks = [stack.enter_context(Child(*command)) for _ in range(count)]
    targets = [mock_target(mock.read()) for mock in mocks]
    return _Fleet(mocks, stack.enter_context(KeptConnections.among(targets, CONNECTIONS // count)))


@dataclass
class _Redis:
    """A server of the benchmark's own."""

    url: str
    process: subprocess.Popen[bytes]

    def seconds(self) -> float:
        """Its processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100  # in ticks of Linux, proc(5)


@contextmanager
def _redis(folder: Path) -> Iterator[_Redis | None]:
    program = shutil.which("redis-server")
    if program is None or not Path("/proc/self/stat").exists():
        yield None
        return
    socket = folder / "redis.sock"
    options = (
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    )
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + _PATIENCE
        while not socket.exists() and time.monotonic() < until:
            time.sleep(0.01)
        yield _Redis(f"unix://{socket}?db=0", process)
    finally:
        process.terminate()
        process.wait(_PATIENCE)
