"""Row 6: what a live token costs, in memory and in the time to issue the next one. Its own child, too.

Tokens are issued through the protocol's objects, without HTTP and so without a journal. Memory is the resident set
of the process. The rate is measured in turns: a thousand tokens of a mock that holds 100,000, or a million, a thousand
of one that began with none.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from contextlib import ExitStack

from mockwise.oauth.credentials import BasicCredentials
from mockwise.oauth.jose import Signer
from mockwise.oauth.messages import Peer, TokenRequest
from mockwise.oauth.server import AuthorizationServer
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.storage.memory import MemoryStore
from tests.benchmark.children import Child, obey
from tests.benchmark.cores import core_of
from tests.benchmark.figures import Limit, Row, Spread
from tests.benchmark.resident import resident
from tests.benchmark.session import Session

_BATCH = 1000  # tokens
_COUNTS = (100_000, 1_000_000)


def memory(session: Session) -> list[Row]:
    """Row 6: how much memory a million tokens take."""
    with ExitStack() as stack, core_of("server"):
        full = {count: stack.enter_context(Child("tests.benchmark.memory", str(count))) for count in _COUNTS}
        empty = stack.enter_context(Child("tests.benchmark.memory", "0"))
        empty.read()
        filled = {count: full[count].read() for count in session.each("issue a million tokens", _COUNTS)}
        rates: dict[int, tuple[list[float], list[float]]] = {count: ([], []) for count in _COUNTS}
        for _ in session.rounds("issue rate, full and empty", thorough=41, quick=21):
            for count, (figure, floor) in rates.items():
                figure.append(_BATCH / full[count].ask())
                floor.append(_BATCH / empty.ask())
    return [
        *(_size(count, filled[count]["bytes"]) for count in _COUNTS),
        *(_rate(count, *rates[count]) for count in _COUNTS),
        Row(
            name=f"longest pause on the way to {_COUNTS[-1]:,}",
            unit="ms",
            figure=Spread.of([filled[_COUNTS[-1]]["pause"]]),
            note=f"the slowest {_BATCH:,} tokens",
        ),
    ]


def _size(count: int, size: float) -> Row:
    bar = Limit("at most", 1024, "figure")
    name = f"memory of a live token at {count:,}"
    return Row(name=name, unit="bytes", figure=Spread.of([size]), bars=(bar,), note="resident set")


def _rate(count: int, figure: list[float], floor: list[float]) -> Row:
    return Row(
        name=f"issue rate at {count:,} beside zero",
        unit="tokens / s",
        figure=Spread.of(figure),
        floor=Spread.of(floor),
        bars=(Limit("at least", 0.9, "ratio"),),
        note="processor time, no HTTP",
    )


class Issuer:
    """A mock without a transport, with one client that asks for token after token."""

    def __init__(self) -> None:
        registry = Registry(MemoryStore(), SandboxOptions(token_format="uuid", mtls="optional"))
        self._sandbox = registry.default
        registry.add_client(self._sandbox, client_id="client", client_secret="secret")
        self._server = AuthorizationServer(Signer())
        form = (("grant_type", "client_credentials"),)
        self._request = TokenRequest(
            BasicCredentials("client", "secret"), form, Peer(on_mtls_host=False), self._sandbox.clock.now()
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
    size = resident(os.getpid())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if size is None else size  # bytes on macOS


if __name__ == "__main__":
    main(int(sys.argv[1]))
