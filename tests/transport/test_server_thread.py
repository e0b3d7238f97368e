from __future__ import annotations

import asyncio
import gc
import queue
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from mockwise.transport.server.listener import Listener, bind
from mockwise.transport.server.thread import ServerThread, _log_uncaught
from mockwise.transport.tls.trust import Trust
from tests.transport.support import (
    PATIENCE,
    REQUEST,
    App,
    Certificates,
    Loop,
    Receive,
    Scope,
    Send,
    Server,
    exchange,
    now,
    read_body,
    respond,
)

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application


def connect_peers(server: Server, size: int) -> list[socket.socket]:
    """Idle keep-alive, mute, and refused but lingering connections, `size` of each."""
    good, bare = server.certificates.context(), server.certificates.context(None)
    sockets: list[socket.socket] = []
    for _ in range(size):
        idle = good.wrap_socket(server.connect(), server_hostname="localhost")
        exchange(idle)
        refused = bare.wrap_socket(server.connect(), server_hostname="localhost")
        sockets += [idle, server.connect(), refused]
    server.refusals.wait(size)
    return sockets


def test_a_stop_owes_nothing_to_idle_mute_and_refused_peers(serve: Callable[..., Server]) -> None:
    """The loops would wait 30 and 60 seconds for them; the limit here is generous."""
    server = serve()
    sockets = connect_peers(server, 50)
    begin = time.perf_counter()
    server.server_thread.stop()
    assert time.perf_counter() - begin < 5
    for peer in sockets:
        peer.close()


def test_a_stop_sends_off_who_has_asked_nothing_yet(serve: Callable[..., Server]) -> None:
    """A connection without a request is as idle as one between two."""
    server = serve()
    with server.connect("plain") as quiet, server.connect("plain") as busy:
        assert exchange(busy)["listener"] == "plain"  # who came later is served, so the quiet one is there
        server.server_thread.stop()
        assert quiet.recv(1) == b""


def test_a_stop_leaves_nothing_behind(certificates: Certificates, loop: Loop) -> None:
    """No thread, no open file, no port, no connection."""
    before, threads = open_files(), set(threading.enumerate())
    server = Server(certificates, loop)
    server.server_thread.start()
    for peer in connect_peers(server, 3):
        peer.close()
    server.server_thread.stop()
    gc.collect()
    assert set(threading.enumerate()) <= threads
    assert open_files() <= before
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def open_files() -> set[str]:
    """The open files of this process, where the system shows them, without the test runner's own."""
    folder = Path("/proc/self/fd")
    if not folder.exists():
        return set()
    links = [str(entry.readlink()) for entry in folder.iterdir() if entry.is_symlink()]
    return {link for link in links if link.startswith("socket")}


def test_a_request_under_way_may_finish_while_the_server_stops(serve: Callable[..., Server]) -> None:
    """A stop leaves requests under way a moment."""
    server = serve(grace=PATIENCE)
    release = threading.Event()
    entered = threading.Event()

    async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
        entered.set()
        await asyncio.to_thread(release.wait, PATIENCE)
        await respond(send, b"done")

    server.app.special = slow
    with server.secured() as connection:
        connection.sendall(REQUEST.replace(b"/ ", b"/wait ", 1))
        assert entered.wait(PATIENCE)
        stopping = threading.Thread(target=server.server_thread.stop)
        stopping.start()
        release.set()
        assert read_body(connection) == b"done"
        stopping.join()


def test_a_request_that_does_not_finish_is_cancelled(
    serve: Callable[..., Server], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """After its moment its task is cancelled; that is no error of the app, and nothing is logged."""
    server = serve(grace=0.01)

    async def stubborn(_scope: Scope, _receive: Receive, _send: Send) -> None:
        server.app.entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            server.app.left.set()

    server.app.special = stubborn
    with server.secured() as connection:
        connection.sendall(REQUEST)
        assert server.app.entered.wait(PATIENCE)
        server.server_thread.stop()
        assert server.app.left.is_set()
    assert not caplog.records
    assert capfd.readouterr().err == ""


def test_a_waiting_app_hears_that_its_peer_has_gone(server: Server) -> None:
    """`http.disconnect` comes when the client leaves."""
    with server.secured() as connection:
        connection.sendall(REQUEST.replace(b"/ ", b"/wait ", 1))
        assert server.app.entered.wait(PATIENCE)
    assert server.app.left.wait(PATIENCE)


def test_stopping_twice_and_from_many_threads_changes_nothing(serve: Callable[..., Server]) -> None:
    """Stopping is idempotent: twice and from many threads it is done once."""
    server = serve()
    threads = [threading.Thread(target=server.server_thread.stop) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    server.server_thread.stop()
    server.server_thread.hang_up(1)  # nobody is there any more


def test_the_app_may_stop_its_own_server(serve: Callable[..., Server]) -> None:
    """In the server's thread a stop only begins; the answer still leaves."""
    server = serve(grace=PATIENCE)

    async def last(_scope: Scope, _receive: Receive, send: Send) -> None:
        server.server_thread.hang_up(1)  # nobody's serial, but callable from here
        server.server_thread.stop()
        await respond(send, b"bye")

    server.app.special = last
    with server.secured() as connection:
        connection.sendall(REQUEST.replace(b"/ ", b"/wait ", 1))
        assert read_body(connection) == b"bye"
    server.server_thread.stop()


def test_a_server_thread_that_never_started_gives_its_ports_back(
    certificates: Certificates, loop: Loop
) -> None:
    """Its sockets are its own from the beginning."""
    server = Server(certificates, loop)
    server.server_thread.hang_up(1)
    server.server_thread.stop()
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_an_error_at_the_start_is_raised_where_the_start_was_called(
    certificates: Certificates, loop: Loop
) -> None:
    """A host that cannot answer fails the start, and nothing of the others is left."""
    good, broken = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
    address = good.getsockname()
    trust = Trust(certificates.authority, certificates.server)
    app = cast("ASGI3Application", App())
    listeners = [Listener("good", app, good, trust, "required"), Listener("broken", app, broken)]
    server_thread = ServerThread(listeners, now=now, on_refusal=print, loop=loop)
    broken.close()
    with pytest.raises((OSError, ValueError)):
        server_thread.start()
    server_thread.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_an_error_of_the_server_thread_itself_is_not_hidden(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the start nobody waits for it, so it goes where a thread's errors go, and the server is closed."""
    heard: queue.Queue[threading.ExceptHookArgs] = queue.Queue()
    monkeypatch.setattr(threading, "excepthook", heard.put)
    times = iter([now()])
    sock = bind("127.0.0.1", 0)
    listener = Listener("plain", cast("ASGI3Application", App()), sock)
    server_thread = ServerThread([listener], now=lambda: next(times), on_refusal=print, loop=loop)
    server_thread.start()
    assert heard.get(timeout=PATIENCE).exc_type is RuntimeError  # what a coroutine makes of StopIteration
    server_thread.stop()
    assert sock.fileno() == -1


def test_a_stop_waits_for_a_start_that_is_under_way(certificates: Certificates, loop: Loop) -> None:
    """Whichever thread is first, nothing is left running."""
    before = set(threading.enumerate())
    server = Server(certificates, loop)
    starting = threading.Thread(target=server.server_thread.start)
    starting.start()
    while not [thread for thread in set(threading.enumerate()) - before if thread.name == "mockwise"]:
        pass
    server.server_thread.stop()
    starting.join(PATIENCE)
    assert set(threading.enumerate()) <= before


def test_a_listener_may_come_later(server: Server) -> None:
    """From any thread; it can be connected to at once. In the server's own thread too, where nothing may wait."""
    app = cast("ASGI3Application", server.app)
    late, later = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
    server.server_thread.add(Listener("late", app, late))
    server.ports |= {"late": late.getsockname()[1], "later": later.getsockname()[1]}

    async def add_one_more(_scope: Scope, _receive: Receive, send: Send) -> None:
        server.app.special = None
        server.server_thread.add(Listener("later", app, later))
        await respond(send, b"{}")

    server.app.special = add_one_more
    for name, seen in (("late", None), ("later", "later")):
        with server.connect(name) as raw:
            assert exchange(raw).get("listener") == seen
            raw.close()


def test_a_listener_that_comes_with_the_stop_is_too_late(serve: Callable[..., Server]) -> None:
    """Its port is given back like the others'."""
    server = serve(grace=PATIENCE)
    late = bind("127.0.0.1", 0)

    async def last(_scope: Scope, _receive: Receive, send: Send) -> None:
        server.server_thread.stop()
        server.server_thread.add(Listener("late", cast("ASGI3Application", server.app), late))
        await respond(send, b"bye")

    server.app.special = last
    with server.secured() as connection:
        connection.sendall(REQUEST)
        assert read_body(connection) == b"bye"
    server.server_thread.stop()
    assert late.fileno() == -1


def test_a_listener_that_cannot_answer_is_told_to_who_adds_it(server: Server) -> None:
    """Nothing of it is left, and the others go on."""
    broken = replace(server.certificates.server, key_pem=server.certificates.foreign_authority.key_pem)
    sock = bind("127.0.0.1", 0)
    trust = Trust(server.certificates.authority, broken)
    with pytest.raises(ssl.SSLError, match="KEY_VALUES_MISMATCH"):
        server.server_thread.add(Listener("broken", cast("ASGI3Application", server.app), sock, trust))
    assert sock.fileno() == -1
    assert server.get()["listener"] == "required"


@pytest.mark.parametrize("name", ["required", "plain", "hang"])
def test_who_appears_while_the_server_stops_is_sent_off(server: Server, name: str) -> None:
    """Connections that uvloop has taken before are made also after the listener is closed."""
    server.bad("hang")
    assert server.get()  # by then the bad one is there too
    for host in server.server_thread._servers:  # the moment in between cannot be hit from outside
        host.stopping = True
    with server.connect(name) as raw, suppress(ConnectionError):
        assert raw.recv(1) == b""
    assert not server.refusals.all


@pytest.mark.parametrize("name", ["required", "plain", "hang"])
def test_a_stop_is_quick_also_with_clients_just_taken(serve: Callable[..., Server], name: str) -> None:
    """Clients that have begun to speak at the very moment: it would be waited for a second."""
    seconds = []
    for _ in range(7):
        server = serve()
        server.bad("hang")
        peers = [server.connect(name) for _ in range(20)]
        for peer in peers:
            peer.sendall(b"x" * 10)
        begin = time.perf_counter()
        server.server_thread.stop()
        seconds.append(time.perf_counter() - begin)
        for peer in peers:
            peer.close()
    assert sorted(seconds)[3] < 0.5


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), ssl.SSLError("noise")])
def test_how_peers_leave_is_not_logged(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """A connection that breaks is no error of the server's."""
    with asyncio.Runner() as runner:
        _log_uncaught(runner.get_loop(), {"message": "broken", "exception": error})
        assert not caplog.records
        _log_uncaught(runner.get_loop(), {"message": "broken", "exception": RuntimeError("a bug")})
        assert "a bug" in caplog.text


PROGRAM = """
import gc, sys, tempfile
from pathlib import Path
from tests.transport.support import Certificates, Server
from tests.transport.test_server_thread import connect_peers

with tempfile.TemporaryDirectory() as folder:
    server = Server(Certificates(Path(folder)), sys.argv[1])
    server.server_thread.start()
    peers = connect_peers(server, 5)
    server.server_thread.stop()
    for peer in peers:
        peer.close()
gc.collect()
print("stopped")
"""


def test_a_program_that_serves_and_stops_says_nothing_on_stderr(loop: Loop) -> None:
    """No warning of unclosed or pending things, even where Python looks for them."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", PROGRAM, loop],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert (done.stdout, done.stderr, done.returncode) == ("stopped\n", "", 0)


def test_a_stop_does_not_wait_for_an_app_that_never_comes_back(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function of a user's may wait for anything; its thread is left behind."""
    monkeypatch.setattr("mockwise.transport.server.thread._MOST_PATIENCE", 0.01)
    entered, release = threading.Event(), threading.Event()

    async def stuck(_scope: Scope, _receive: Receive, _send: Send) -> None:
        entered.set()
        release.wait(PATIENCE)

    server = serve()
    server.app.special = stuck
    try:
        with server.connect("plain") as peer:
            peer.sendall(REQUEST.replace(b"/ ", b"/wait ", 1))
            assert entered.wait(PATIENCE)
            server.server_thread.stop()
            assert not release.is_set()
            with pytest.raises(OSError):  # noqa: PT011  refused; not every system does so before they are closed
                server.connect().recv(1)
    finally:
        release.set()
    server.server_thread.stop()
