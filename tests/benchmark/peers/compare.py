"""The row of peers: first token after a cold start, tokens per second, and memory, each beside `mockwise serve`.

All are started as a user starts them, with their own lines of log, which go to a file or nowhere. For the rate all
servers share one core and the load generator has the other; a stretch of mockwise comes before each stretch of a peer.
What it issues has the peer's format: JWTs beside JWTs, UUIDs beside anything else.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack

from tests.benchmark.cores import core_of
from tests.benchmark.figures import Limit, Row, Spread
from tests.benchmark.load import KeptConnections, Target, fetch, mock_target
from tests.benchmark.peers.install import UnavailablePeer, install
from tests.benchmark.peers.running import PreparedPeer, RunningPeer, running
from tests.benchmark.peers.table import PEERS
from tests.benchmark.pki import write_certificates
from tests.benchmark.resident import mebibytes
from tests.benchmark.session import Session
from tests.benchmark.starts import cold_mock, serve

_CONNECTIONS = 4  # the smallest backlog among the peers holds five
_AHEAD = Limit("at least", 1.0, "ratio")
_FORMATS = ("jwt", "uuid")


class Field:
    """Who takes part; whoever fails leaves it, with a reason."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.absent: list[Row] = []
        self.settled: list[PreparedPeer] = []
        write_certificates(session.folder)
        for peer in session.each("install peers", PEERS):
            work = session.folder / f"peer-{peer.label.replace(', ', '-').replace(' ', '-')}"
            try:
                settled = PreparedPeer(peer, install(peer, session.peers), work, session.folder)
                settled.prepare()
            except UnavailablePeer as absent:
                self._lose(peer.label, absent)
            else:
                self.settled.append(settled)

    def leave(self, settled: PreparedPeer, why: Exception) -> None:
        """Take a peer that failed out of the comparison."""
        self.settled.remove(settled)
        self._lose(settled.name, why)

    def _lose(self, name: str, why: Exception) -> None:
        self.absent.append(Row(name=name, unit="not measured", figure=None, note=str(why)))


def peers(session: Session) -> list[Row]:
    """The row: mockwise is the figure, the peer stands where floors stand elsewhere."""
    field = Field(session)
    rows = [*_rates(field), *_cold_starts(field)]
    return [*rows, *field.absent]


def _rates(field: Field) -> Iterator[Row]:
    with ExitStack() as stack:
        with core_of("server"):
            mocks, mock_memory = _start_mocks(field.session, stack)
            others: dict[str, tuple[PreparedPeer, RunningPeer]] = {}
            for settled in field.session.each("start peers", tuple(field.settled)):
                try:
                    others[settled.name] = settled, stack.enter_context(running(settled))
                except UnavailablePeer as absent:
                    field.leave(settled, absent)
        memory = {name: mebibytes(started.process) for name, (_, started) in others.items()}
        with core_of("generator"):
            done = _in_turns(field, mocks, others)
    for name, (own, theirs, leaves) in done.items():
        settled, started = others[name]
        remarks = (
            "jwt" if _format(started) == "jwt" else "opaque tokens",
            settled.peer.transport,
            settled.peer.note,
            "closes each time" if leaves else "",
        )
        note = f"the peer: {', '.join(filter(None, remarks))}"
        yield _row(
            f"tokens beside {name}", f"a second, {_CONNECTIONS} connections", (own, theirs), note, _AHEAD
        )
    for name, (settled, _) in others.items():
        size = memory[name]
        if size is not None and mock_memory is not None and settled.peer.transport == "plain HTTP":
            yield _row(
                f"memory beside {name}", "MiB", ([mock_memory], [size]), "resident, after the first token"
            )


def _start_mocks(session: Session, stack: ExitStack) -> tuple[dict[str, Target], float | None]:
    """One of each format; their targets, and what the one with the default format takes in MiB."""
    targets, memory = {}, {}
    for each in _FORMATS:
        certs = session.folder / f"certs-beside-peers-{each}"
        process, environ = stack.enter_context(serve(certs, "--token-format", each))
        targets[each] = mock_target(environ)
        fetch(targets[each])
        memory[each] = mebibytes(process.pid)
    return targets, memory["jwt"]


Turns = dict[str, tuple[list[float], list[float], bool]]
"""By peer: mockwise's rates, the peer's, and whether the peer closes its connections."""


def _in_turns(
    field: Field, mocks: dict[str, Target], others: dict[str, tuple[PreparedPeer, RunningPeer]]
) -> Turns:
    seconds = 0.4 if field.session.quick else 1.0
    rates: Turns = {name: ([], [], False) for name in others}
    for target in mocks.values():
        _rate(target, seconds)  # warm
    for turn in field.session.rounds("tokens per second beside peers", thorough=7, quick=3):
        for name, (settled, started) in others.items():
            if name not in rates:
                continue
            try:
                if not turn:
                    _rate(started.target, seconds)  # warm
                mock, _ = _rate(mocks[_format(started)], seconds)
                rate, leaves = _rate(started.target, seconds)
            except (OSError, RuntimeError) as error:
                del rates[name]
                field.leave(settled, RuntimeError(f"fails under load: {str(error)[:80]}"))
            else:
                own, theirs, _ = rates[name]
                rates[name] = [*own, mock], [*theirs, rate], leaves
    return rates


def _rate(target: Target, seconds: float) -> tuple[float, bool]:
    """Tokens a second over connections that live for this stretch, if the server lets them."""
    with KeptConnections(target, _CONNECTIONS) as ring:
        return ring.run(seconds).rate, ring.left


def _format(started: RunningPeer) -> str:
    """Which of mockwise's formats is most like the peer's."""
    return "jwt" if started.token.count(".") == 2 else "uuid"


def _cold_starts(field: Field) -> Iterator[Row]:
    contestants = [settled for settled in field.settled if settled.peer.transport == "plain HTTP"]
    own: dict[str, list[float]] = {settled.name: [] for settled in contestants}
    theirs: dict[str, list[float]] = {settled.name: [] for settled in contestants}
    number = itertools.count()
    for _ in field.session.rounds("cold start beside peers", thorough=5, quick=2):
        for settled in tuple(contestants):
            mock = cold_mock(field.session.folder / f"certs-cold-{next(number)}")
            try:
                with running(settled) as started:
                    theirs[settled.name].append(started.seconds)
                own[settled.name].append(mock)
            except UnavailablePeer as absent:
                contestants.remove(settled)
                field.leave(settled, absent)
    for settled in contestants:
        name = f"cold start beside {settled.name}"
        note = ", ".join(filter(None, ("to the first token", settled.peer.note)))
        yield _row(name, "s", (own[settled.name], theirs[settled.name]), note)


def _row(name: str, unit: str, turns: tuple[list[float], list[float]], note: str, *bars: Limit) -> Row:
    own, theirs = map(Spread.of, turns)
    return Row(name=name, unit=unit, figure=own, floor=theirs, bars=bars, note=note)
