"""Short of file descriptors: who has waited longest makes room, the rest is served, and one line says so."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from mockwise.transport.http.connection_limits import ConnectionLimits
from mockwise.transport.http.write_buffer import PIECE
from mockwise.transport.server import descriptors
from mockwise.transport.server.descriptors import DescriptorGuard, is_shortage
from tests.transport import support
from tests.transport.support import (
    LARGE,
    PATIENCE,
    REQUEST,
    Certificates,
    Receive,
    Scope,
    Send,
    Server,
    exchange,
    read_body,
    respond,
)
from tests.transport.time_steps import Clockwork, by_clockwork


class FakeConnection:
    """A connection that has waited since then, or does not wait, and leaves so many bytes unread."""

    def __init__(self, since: float | None = None, unread: int = 0) -> None:
        self.waits_since = since
        self.unread = unread
        self.gone = False

    def evict(self) -> None:
        """Close the connection, to free its descriptor."""
        self.gone = True


def waiting_connections(
    *since: float | None, limit: int | None = 100
) -> tuple[DescriptorGuard, list[FakeConnection]]:
    """A guard over two listeners, and their connections, which have waited since those times."""
    connections = [FakeConnection(it) for it in since]
    listeners = [
        SimpleNamespace(open_connections=lambda: connections[:2]),
        SimpleNamespace(open_connections=lambda: connections[2:]),
    ]
    return DescriptorGuard(listeners, limit, 1000), connections


def readers(*unread: int) -> tuple[DescriptorGuard, list[FakeConnection]]:
    """A guard that lets a thousand bytes be unread, and connections that have left so many."""
    connections = [FakeConnection(unread=it) for it in unread]
    return DescriptorGuard([SimpleNamespace(open_connections=lambda: connections)], None, 1000), connections


@by_clockwork
async def test_who_reads_nothing_of_too_much_is_parted_with_the_one_who_holds_most_first(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Only as many as it takes, and only who has taken nothing since the last check, a second before."""
    it, connections = readers(200, 500, 300, 900, 0)
    it.check()
    assert not any(connection.gone for connection in connections)
    connections[3].unread -= 1  # reads, slowly
    it.check()
    assert [connection.gone for connection in connections] == [True, True, True, False, False]
    assert [record.getMessage().partition(": ")[0] for record in caplog.records] == [
        "0 MiB of answers wait for clients that do not read them"
    ]


@by_clockwork
async def test_who_holds_most_goes_and_the_rest_stay_as_soon_as_it_fits() -> None:
    """A good client may be slow for a moment."""
    it, connections = readers(200, 900, 300)
    it.check()
    it.check()
    assert [connection.gone for connection in connections] == [False, True, False]


@by_clockwork
async def test_answers_within_the_limit_may_wait_as_long_as_they_like(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A debugger may have stopped the client."""
    it, connections = readers(400, 600)
    for _ in range(5):
        it.check()
    assert not any(connection.gone for connection in connections)
    assert not caplog.records


@by_clockwork
async def test_too_much_that_is_read_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Connections that read what they were sent are not closed, however slowly they read."""
    it, connections = readers(4000, 6000)
    for _ in range(5):
        it.check()
        for connection in connections:
            connection.unread -= 1
    assert not any(connection.gone for connection in connections)
    assert not caplog.records


@pytest.mark.parametrize("listener", ["none", "plain"])
def test_answers_that_nobody_reads_do_not_fill_the_memory(
    serve: Callable[..., Server], listener: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where TLS lies between; who does not read is cut off, until the rest fits, and others are served."""
    told = threading.Event()
    monkeypatch.setattr(descriptors._LOG, "warning", lambda *_: told.set())
    server = serve(limits=ConnectionLimits(unread=LARGE))
    with ExitStack() as stack:
        deaf = [stack.enter_context(deaf_client(server, listener)) for _ in range(3)]
        assert told.wait(PATIENCE)
        server.get(name=None, listener="none")
        got = [len(all_there_is(it)) for it in deaf]
    assert {size < LARGE for size in got} == {True, False}


@pytest.mark.parametrize("listener", ["none", "plain"])
def test_a_long_answer_is_written_only_as_fast_as_its_client_reads(server: Server, listener: str) -> None:
    """What is written waits in the buffers of TLS and TCP; the next request on the connection waits as well."""
    written: list[int] = []
    stuck = threading.Event()

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/large":
            await server.app.echo(scope, receive, send)
            return
        connection = scope["extensions"]["mockwise.connection"]
        sending = asyncio.create_task(respond(send, bytes(LARGE)))
        while not (sending.done() or connection.unread):  # noqa: ASYNC110  for what no event tells
            await asyncio.sleep(0)
        written.append(connection.unread)
        stuck.set()
        await sending

    server.app.special = large
    with deaf_client(server, listener, requests=2) as deaf:
        assert stuck.wait(PATIENCE)
        server.get(name=None, listener="none")
        assert len(written) == 1
        assert written[0] <= 6 * PIECE  # one more than each of three buffers may hold
        assert len(all_there_is(deaf)) >= LARGE


@pytest.mark.parametrize("reads", [True, False])
def test_a_request_is_not_begun_before_its_client_takes_the_answer_to_the_last(
    server: Server, *, reads: bool
) -> None:
    """Nor at all if the client goes away instead."""
    begun: list[str] = []
    stuck = threading.Event()

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/large":
            await server.app.echo(scope, receive, send)
            return
        begun.append(scope["path"])
        await respond(send, b"")
        scope["extensions"]["mockwise.connection"].write(bytes(LARGE))
        stuck.set()

    server.app.special = large
    with deaf_client(server, "plain", requests=2) as deaf:
        assert stuck.wait(PATIENCE)
        server.get(name=None, listener="none")
        assert len(begun) == 1
        if reads:
            all_there_is(deaf)
            assert len(all_there_is(deaf)) > 0
    server.server_thread.stop()
    assert len(begun) == 1 + reads


@contextmanager
def deaf_client(server: Server, listener: str, requests: int = 1) -> Iterator[socket.socket]:
    """A client that asks for much and does not read it, with a small buffer of the system's."""
    with socket.socket() as raw:
        raw.settimeout(PATIENCE)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", server.ports[listener]))
        with ExitStack() as stack:
            it = raw
            if listener != "plain":
                context = server.certificates.context(None)
                it = stack.enter_context(context.wrap_socket(raw, server_hostname="localhost"))
            it.sendall(REQUEST.replace(b"/ ", b"/large ", 1) * requests)
            yield it


def all_there_is(connection: socket.socket) -> bytes:
    """What comes until the answer is whole or the connection ends, in whatever way."""
    data = bytearray()
    with suppress(OSError):
        while len(data) < LARGE and (more := connection.recv(1 << 20)):
            data += more
    return bytes(data)


def numbered(fileno: int) -> asyncio.Transport:
    """A connection with that file descriptor."""
    return asyncio.Transport({"socket": SimpleNamespace(fileno=lambda: fileno)})


@by_clockwork
async def test_there_is_room_until_four_fifths_are_taken(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody has to go, and nothing is said."""
    it, connections = waiting_connections(1.0, 2.0)
    it.connection_opened(numbered(78))
    await asyncio.sleep(0)
    assert not [connection for connection in connections if connection.gone]
    assert not caplog.records


@by_clockwork
async def test_the_longest_waiting_go_first_and_those_being_served_stay(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At most half of those that wait: the last to come may be a good client."""
    it, connections = waiting_connections(5.0, None, 1.0, 4.0, 2.0, 3.0)
    it.connection_opened(numbered(79))
    it.connection_opened(numbered(80))
    await asyncio.sleep(0)
    assert [connection.waits_since for connection in connections if connection.gone] == [1.0, 2.0]
    (told,) = caplog.records
    assert (told.name, told.levelno) == ("mockwise", logging.WARNING)
    assert told.getMessage().startswith("80 of the 100 file descriptors of this process are taken")


@by_clockwork
async def test_no_more_go_than_are_needed() -> None:
    """A sixteenth of the limit more than brings it down to the mark."""
    it, connections = waiting_connections(*(float(number) for number in range(50)))
    it.connection_opened(numbered(81))
    await asyncio.sleep(0)
    assert sum(connection.gone for connection in connections) == 2 + 6


@by_clockwork
async def test_the_log_gets_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """An attack on the descriptors is none on the disk."""
    loop = cast("Clockwork", asyncio.get_running_loop())
    it, _ = waiting_connections()
    for _ in range(100):
        it.connection_opened(numbered(95))
        it.ran_out()
    assert len(caplog.records) == 1
    loop.now += 60
    it.ran_out()
    assert caplog.messages[1].startswith("all of the 100 file descriptors")


@by_clockwork
async def test_the_processs_own_limit_counts_unless_another_is_given(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It may change while the server runs, and there may be none."""
    soft = [1 << 20]
    numbers = SimpleNamespace(RLIMIT_NOFILE=0, RLIM_INFINITY=-1, getrlimit=lambda _which: (soft[0], 1 << 20))
    monkeypatch.setattr(descriptors, "resource", numbers)
    it, _ = waiting_connections(limit=None)
    for limit, told in ((1 << 20, 0), (-1, 0), (10, 1)):
        soft[0] = limit
        it.connection_opened(numbered(9))
        assert len(caplog.records) == told
    monkeypatch.setattr(descriptors, "resource", None)  # Windows
    it.connection_opened(numbered(9))
    assert len(caplog.records) == 1


@by_clockwork
async def test_a_look_finds_out_whether_one_is_left(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """For uvloop turns clients away without a word when there is none."""
    it, _ = waiting_connections()
    for number, told in ((0, 0), (errno.ENOENT, 0), (errno.EMFILE, 1)):

        def opened(*_: object, number: int = number) -> int:
            if number:
                raise OSError(number, "")
            return os.dup(0)

        with monkeypatch.context() as patched:
            patched.setattr(os, "open", opened)
            it.check()
        assert len(caplog.records) == told


def test_other_errors_are_no_shortage() -> None:
    """Too many files of the process, or of the whole machine; nothing else."""
    errors = [OSError(errno.EMFILE, ""), OSError(errno.ENFILE, ""), OSError(errno.ECONNRESET, ""), None]
    assert [is_shortage(error) for error in errors] == [True, True, False, False]


@pytest.fixture
def narrow(serve: Callable[..., Server]) -> Server:
    """A server that takes each connection for one too many."""
    return serve(limits=ConnectionLimits(descriptors=1))


@pytest.mark.parametrize("listener", ["plain", "required", "hang"])
def test_who_waits_makes_room_on_every_kind_of_listener(narrow: Server, listener: str) -> None:
    """Idle connections of HTTP, mute ones of TLS, and those of a server that never answers."""
    narrow.bad("hang")
    with ExitStack() as stack:
        # uvloop counts in milliseconds: two that come in the same one are equally old.
        both = [stack.enter_context(narrow.connect(listener)) for _ in range(2)]
        ended, _, _ = select.select(both, [], [], PATIENCE)
        assert len(ended) == 1
    if listener == "required":
        assert "ran short of file descriptors" in narrow.refusals.wait().reason


TAKEN = "file descriptors of this process are taken"
PROGRAM = """
import resource, sys, tempfile, time
from pathlib import Path
from tests.transport.support import Certificates, Server

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
with tempfile.TemporaryDirectory() as folder:
    server = Server(Certificates(Path(folder)), sys.argv[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]), hard))
    hog = []
    server.server_thread.start()
    print(server.ports["plain"], server.ports["none"], server.certificates.ca, flush=True)
    for line in sys.stdin:
        if line == "hog\\n":
            try:
                while True:
                    hog.append(open("/dev/null"))
            except OSError:
                print("taken", flush=True)
        else:
            while hog:
                hog.pop().close()
            print("given back", flush=True)
    server.server_thread.stop()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("quiet", ["plain", "tls"])
def test_a_crowd_beyond_the_limit_of_open_files_keeps_nobody_from_being_served(
    loop: support.Loop, quiet: str
) -> None:
    """Twice as many idle connections as there may be descriptors; then the process itself takes all that are left.

    In both cases good clients are served, one line is logged, and not a single traceback.
    """
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, loop, "128"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert running.stdin
    assert running.stdout
    assert running.stderr
    with running, ExitStack() as crowded:
        plain, tls, _ = running.stdout.readline().split()
        port = {"plain": int(plain), "tls": int(tls)}[quiet]
        for number in range(256):
            with suppress(ConnectionError):
                crowded.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            if number % 16 == 0:
                served(int(plain))
        running.stdin.write("hog\n")
        running.stdin.flush()
        assert running.stdout.readline() == "taken\n"
        for _ in range(5):
            with suppress(ConnectionError):
                crowded.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
        assert TAKEN in running.stderr.readline()
        running.stdin.write("give back\n")
        running.stdin.flush()
        assert running.stdout.readline() == "given back\n"
        served(int(plain))
        said = running.communicate(timeout=60)[1]
    assert said == ""
    assert running.returncode == 0


def served(port: int) -> None:
    """A good client gets its answer; one that is turned away at the door comes again, as clients do."""
    for _ in range(100):
        with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), PATIENCE) as good:
            assert exchange(good)["listener"] == "plain"
            return
    raise AssertionError("never served")


def test_a_stop_while_descriptors_are_short_says_nothing_of_it(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Short of descriptors, asyncio goes on to accept after a while, though the listeners may be closed by then."""
    short = threading.Event()
    after = 0.05
    accept = socket.socket.accept

    def accepted(sock: socket.socket) -> tuple[socket.socket, object]:
        if short.is_set():
            raise OSError(errno.EMFILE, "")
        return accept(sock)

    monkeypatch.setattr(socket.socket, "accept", accepted)
    monkeypatch.setattr(asyncio.constants, "ACCEPT_RETRY_DELAY", after)  # type: ignore[attr-defined]
    server = Server(certificates, "asyncio", grace=PATIENCE)
    server.server_thread.start()

    async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
        short.set()
        with server.connect("plain"):
            while not caplog.records:  # noqa: ASYNC110  that all descriptors are taken
                await asyncio.sleep(0)
        server.server_thread.stop()
        await asyncio.sleep(2 * after)
        await respond(send, b"done")

    server.app.special = slow
    with server.secured() as connection:
        connection.sendall(REQUEST)
        assert read_body(connection) == b"done"
    server.server_thread.stop()
    assert [record.name for record in caplog.records] == ["mockwise"]
