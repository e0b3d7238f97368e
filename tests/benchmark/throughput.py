"""Rows 1 and 2: tokens per second over TLS, on kept connections and with a handshake each.

A server has one core and the load generator the other. Beside the rate stands the processor time that the server
spends on a request, which other programs on the machine blur less.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.benchmark.children import Child
from tests.benchmark.cores import core_of
from tests.benchmark.figures import Limit, Row, Spread
from tests.benchmark.load import (
    KeptConnections,
    Load,
    Target,
    api_request,
    client_context,
    fetch,
    mock_target,
    run_with_handshakes,
    token_request,
)
from tests.benchmark.pki import write_certificates
from tests.benchmark.session import Session

_BAR = 0.7
_KEPT = "a second, connections kept"
_NEW = "a second, a connection each"
Runner = Callable[[float], Load]


@dataclass(frozen=True)
class LoadRun:
    """One stretch of load on one server."""

    load: Load
    server_seconds: float

    @property
    def rate(self) -> float:
        """How many requests there were in a second."""
        return self.load.rate

    @property
    def cost(self) -> float:
        """Processor time of the server for each request, in microseconds."""
        return 1e6 * self.server_seconds / self.load.requests

    @property
    def server_share(self) -> float:
        """How much of a core the server used, in percent."""
        return 100 * self.server_seconds / self.load.seconds

    @property
    def generator_share(self) -> float:
        """How much of a core the load generator used, in percent."""
        return 100 * self.load.generator_seconds / self.load.seconds


Turns = tuple[list[LoadRun], list[LoadRun]]
"""A server's stretches and its floor's, taken in turns."""


def keep_alive(session: Session) -> list[Row]:
    """Row 1: requests on connections that are kept alive."""
    with _servers(session, "uuid", "jwt", "plain", "raw") as servers, ExitStack() as stack:
        call = api_request(json.loads(fetch(servers["uuid"][1]))["access_token"])
        runners: dict[str, tuple[Child, Runner]] = {}
        for name, (child, target) in servers.items():
            runners[name] = child, stack.enter_context(KeptConnections(target)).run
        for name in ("uuid", "plain"):
            child, target = servers[name]
            runners[f"{name} call"] = child, stack.enter_context(KeptConnections(target.asking(call))).run
        done = _in_turns(session, "tokens per second, keep-alive", runners)
    tokens = done["uuid"], done["plain"]
    return [
        *_compare("uuid tokens", _KEPT, tokens, judged=True),
        *_compare("jwt tokens", _KEPT, (done["jwt"], done["plain"])),
        *_compare("bearer checks", _KEPT, (done["uuid call"], done["plain call"])),
        *_compare("uuid tokens beside raw ASGI", _KEPT, (done["uuid"], done["raw"])),
        *_shares(tokens),
    ]


def handshakes(session: Session) -> list[Row]:
    """Row 2: tokens that take a handshake each."""
    with _servers(session, "uuid", "plain") as servers:
        runners = {name: (child, _with_handshakes(target)) for name, (child, target) in servers.items()}
        done = _in_turns(session, "tokens per second, a handshake each", runners)
    tokens = done["uuid"], done["plain"]
    return [
        *_compare("uuid tokens, a handshake each", _NEW, tokens, judged=True),
        *_shares(tokens),
    ]


def _with_handshakes(target: Target) -> Runner:
    return lambda seconds: run_with_handshakes(target, seconds)


def _in_turns(
    session: Session, what: str, runners: Mapping[str, tuple[Child, Runner]]
) -> Mapping[str, list[LoadRun]]:
    seconds = 0.4 if session.quick else 1.5
    done: dict[str, list[LoadRun]] = {name: [] for name in runners}
    for _, run in runners.values():
        run(seconds / 2)  # warm
    for _ in session.rounds(what, thorough=9, quick=3):
        for name, (child, run) in runners.items():
            before = child.ask()
            load = run(seconds)
            done[name].append(LoadRun(load, child.ask() - before))
    return done


@contextmanager
def _servers(session: Session, *names: str) -> Iterator[dict[str, tuple[Child, Target]]]:
    """Mocks by their token format and floors by their kind, in processes of their own, and how to ask them."""
    write_certificates(session.folder)
    floor_tls = client_context(session.folder / "ca.pem", session.folder / "client.pem")
    servers: dict[str, tuple[Child, Target]] = {}
    size = 0
    with ExitStack() as stack:
        for name in names:
            if name in {"plain", "raw"}:
                # As many bytes as a uuid token's answer has: the mocks come first.
                child = _start(stack, "tests.benchmark.floors", name, str(size), str(session.folder))
                target = Target(
                    "127.0.0.1", child.read()["port"], floor_tls, token_request("client", "s" * 43)
                )
            else:
                child = _start(stack, "tests.benchmark.mocks", "serve", name)
                target = mock_target(child.read())
                size = size or len(fetch(target))
            servers[name] = child, target
        stack.enter_context(core_of("generator"))
        yield servers


def _start(stack: ExitStack, *command: str) -> Child:
    with core_of("server"):
        return stack.enter_context(Child(*command))


def _compare(name: str, unit: str, turns: Turns, *, judged: bool = False) -> Iterator[Row]:
    """A row for the rate and one for the cost, whose ratio is the other way round."""
    rate = (Limit("at least", _BAR, "ratio"),) if judged else ()
    cost = (Limit("at most", round(1 / _BAR, 2), "ratio"),) if judged else ()
    yield _row(name, unit, turns, lambda stretch: stretch.rate, rate)
    yield _row(
        f"{name}: cost", "µs of the server's core", turns, lambda stretch: stretch.cost, cost, charted=False
    )


def _shares(turns: Turns) -> Iterator[Row]:
    """Who was busy: the server should be, all the time, and the generator less."""
    yield _row("the server's core", "% busy", turns, lambda stretch: stretch.server_share, charted=False)
    yield _row(
        "the generator's core", "% busy", turns, lambda stretch: stretch.generator_share, charted=False
    )


def _row(
    name: str,
    unit: str,
    turns: Turns,
    value: Callable[[LoadRun], float],
    bars: tuple[Limit, ...] = (),
    *,
    charted: bool = True,
) -> Row:
    figure, floor = (Spread.of([value(stretch) for stretch in stretches]) for stretches in turns)
    return Row(name=name, unit=unit, figure=figure, floor=floor, bars=bars, charted=charted)
