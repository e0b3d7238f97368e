"""Row 6: what a live token costs, in memory and in the time to issue the next one. Its own child, too.

Tokens are issued through the protocol's objects, without HTTP and so without a journal. Memory is the resident set
of the process. The rate is measured in turns: a thousand tokens of a mock that holds as many as it was told to, a
thousand of one that began with none.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from pathlib import Path

from mockwise.core.policy import Policy
from mockwise.core.registry import Registry
from mockwise.core.store import MemoryStore
from mockwise.oauth.credentials import Basic
from mockwise.oauth.jose import Signer
from mockwise.oauth.messages import Peer, TokenRequest
from mockwise.oauth.server import AuthorizationServer
from tests.benchmark.children import Child, obey
from tests.benchmark.figures import Bar, Row, Spread
from tests.benchmark.session import Session

_BATCH = 1000  # tokens
_MANY, _FEWER = 1_000_000, 100_000


def memory(session: Session) -> list[Row]:
    """Row 6."""
    count = _FEWER if session.quick else _MANY
    with Child("tests.benchmark.memory", str(count)) as full, Child("tests.benchmark.memory", "0") as empty:
        empty.read()
        for _ in session.rounds(f"issue {count:,} tokens", thorough=1, quick=1):
            filled = full.read()
        figure, floor = [], []
        for _ in session.rounds("issue rate, full and empty", thorough=25, quick=15):
            figure.append(_BATCH / full.ask())
            floor.append(_BATCH / empty.ask())
    return [
        Row(
            name=f"memory of a live token at {count:,}",
            unit="bytes",
            figure=Spread.of([filled["bytes"]]),
            bars=(Bar("at most", 1024, "figure"),),
            note="resident set",
        ),
        Row(
            name=f"issue rate at {count:,} beside zero",
            unit="tokens / s",
            figure=Spread.of(figure),
            floor=Spread.of(floor),
            bars=(Bar("at least", 0.9, "ratio"),),
            note="processor time, no HTTP",
        ),
        Row(
            name=f"longest pause on the way to {count:,}",
            unit="ms",
            figure=Spread.of([filled["pause"]]),
            note=f"the slowest {_BATCH:,} tokens: the sweep",
        ),
    ]


class Issuer:
    """A mock without a transport, with one client that asks for token after token."""

    def __init__(self) -> None:
        registry = Registry(MemoryStore(), Policy(token_format="uuid", mtls="optional"))
        self._sandbox = registry.default
        registry.add_client(self._sandbox, client_id="client", client_secret="secret")
        self._server = AuthorizationServer(Signer())
        form = (("grant_type", "client_credentials"),)
        self._request = TokenRequest(
            Basic("client", "secret"), form, Peer(on_mtls_host=False), self._sandbox.clock.now()
        )

    def issue(self) -> float:
        """Issue a batch; returns the seconds of processor time that it took."""
        began = time.process_time()
        for _ in range(_BATCH):
            self._server.token(self._sandbox, self._request)
        return time.process_time() - began


def main(count: int) -> None:
    """Issue `count` tokens, tell how it went, and go on when asked."""
    issuer = Issuer()
    issuer.issue()  # warm
    gc.collect()
    before = _resident()
    pause = max((issuer.issue() for _ in range(count // _BATCH)), default=0.0)
    gc.collect()
    grown = _resident() - before
    obey({"bytes": grown / max(count, 1), "pause": 1000 * pause}, issuer.issue)


def _resident() -> int:
    """The resident set in bytes; where /proc is missing, the largest that it ever was."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main(int(sys.argv[1]))
