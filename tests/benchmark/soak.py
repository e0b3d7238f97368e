"""Whether memory stays flat: two weeks of the sandbox's clock, over TLS, with tokens that are issued, expire and are forgotten.

Each round issues the same number of tokens and moves the clock by six hours. After three days as many are forgotten as
are issued, and the journal has been round its ring. From then on the resident set should stand still.
"""

from __future__ import annotations

import gc
import os

from mockwise import MockWise
from tests.benchmark.children import Child, obey
from tests.benchmark.cores import core_of
from tests.benchmark.figures import Bar, Row, Spread
from tests.benchmark.load import CONNECTIONS, Ring, mock_target
from tests.benchmark.resident import mebibytes
from tests.benchmark.session import Session

_HOURS = 6  # a round
_SETTLED = 16  # rounds; tokens live half a day and are kept a day, and are looked for twice a day
_TOKENS = 2000  # a round


def soak(session: Session) -> list[Row]:
    """The second half of the settled rounds beside the first."""
    sizes: list[float] = []
    with core_of("server"):
        child = Child("tests.benchmark.soak")
    with child, core_of("generator"), Ring(mock_target(child.read())) as ring:
        for _ in session.rounds("soak", thorough=_SETTLED + 40, quick=_SETTLED + 16):
            ring.ask(_TOKENS // CONNECTIONS)
            size = child.ask()
            if size is not None:
                sizes.append(size)
    if not sizes:
        return [
            Row(name="soak", unit="not measured", figure=None, note="there is no /proc to read memory from")
        ]
    settled = sizes[_SETTLED:]
    half = len(settled) // 2
    days = half * _HOURS / 24
    return [
        Row(
            name="memory of a soak, later beside earlier",
            unit="MiB",
            figure=Spread.of(settled[half:]),
            floor=Spread.of(settled[:half]),
            bars=(Bar("at most", 1.05, "ratio"),),
            note=f"{days:g} days after {days:g} days, {_TOKENS:,} tokens each {_HOURS} h",
        )
    ]


def main() -> None:
    """Serve; when asked, let hours pass and tell the resident set in MiB."""
    with MockWise(token_format="uuid") as mock:

        def pass_hours() -> float | None:
            mock.default.advance(hours=_HOURS)
            gc.collect()
            return mebibytes(os.getpid())

        obey(mock.default.environ(), pass_hours)


if __name__ == "__main__":
    main()
