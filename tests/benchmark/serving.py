"""What the terminal costs: `mockwise serve` with its line for each exchange, beside a `MockWise()` that nobody watches."""

from __future__ import annotations

from contextlib import ExitStack

from tests.benchmark.children import Child
from tests.benchmark.cores import core_of
from tests.benchmark.figures import Row, Spread
from tests.benchmark.load import KeptConnections, mock_target
from tests.benchmark.session import Session
from tests.benchmark.starts import serve


def lines(session: Session) -> list[Row]:
    """Tokens per second over kept connections, the lines going nowhere."""
    seconds = 0.4 if session.quick else 1.5
    rates: dict[str, list[float]] = {"serve": [], "quiet": []}
    with ExitStack() as stack:
        with core_of("server"):
            _, environ = stack.enter_context(serve(session.folder / "certs-lines", "--token-format", "uuid"))
            quiet = stack.enter_context(Child("tests.benchmark.mocks", "serve", "uuid"))
            targets = {"serve": mock_target(environ), "quiet": mock_target(quiet.read())}
        stack.enter_context(core_of("generator"))
        rings = {name: stack.enter_context(KeptConnections(target)) for name, target in targets.items()}
        for ring in rings.values():
            ring.run(seconds / 2)  # warm
        for _ in session.rounds("serve with its lines", thorough=9, quick=3):
            for name, done in rates.items():
                done.append(rings[name].run(seconds).rate)
    return [
        Row(
            name="serve beside MockWise()",
            unit="a second, connections kept",
            figure=Spread.of(rates["serve"]),
            floor=Spread.of(rates["quiet"]),
            note="uuid tokens; what a line for each exchange costs",
        )
    ]
