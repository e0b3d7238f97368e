"""A process that holds a mock forks: pre-fork servers, `multiprocessing` with fork, daemons.

The copy can call the mock, as its clients do. It cannot change it, and says so; and it leaves the mock's files alone.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mockwise import MockWise, Respond, Sandbox
from mockwise.errors import MockwiseError
from mockwise.journal.query import ANY
from mockwise.pki.authority import Authority
from mockwise.real_time import real_now
from mockwise.sandbox.credentials import Credentials
from mockwise.sandbox.forked_clock import ask_time
from tests.forks import run_forking

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")

LOOPS = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])

OTHER = Authority("other", now=real_now)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALLS: dict[str, Callable[[Any], object]] = {
    "add_profile": lambda it: it.add_profile(1, "BUSINESS", "B"),
    "add_user": lambda it: it.add_user("new@example.com"),
    "advance": lambda it: it.advance("1h"),
    "arm": lambda it: it.arm(Respond(503)),
    "assert_requests": lambda it: it.assert_requests(0),
    "assert_token_requests": lambda it: it.assert_token_requests(0),
    "bad_server": lambda it: it.bad_server("expired"),
    "certify": lambda it: it.certify("no request", "laptop"),
    "change_email": lambda it: it.change_email(1, "other@example.com"),
    "claim_account": lambda it: it.claim_account(1),
    "deactivate_user": lambda it: it.deactivate_user(1),
    "disconnect": lambda it: it.disconnect(1),
    "distrust": lambda it: it.distrust(it.new_authority("other")),
    "enhance_security": lambda it: it.enhance_security(1),
    "expire_token": lambda it: it.expire_token("x"),
    "handshakes_since": lambda it: it.handshakes_since(NOW),
    "key_store": lambda it: it.key_store("mockwise"),
    "link_status": lambda it: it.link_status(None),
    "load_authority": lambda it: it.load_authority(OTHER.certificate_pem.decode(), OTHER.key_pem.decode()),
    "new_authority": lambda it: it.new_authority("other"),
    "personal_token": lambda it: it.personal_token(1),
    "play": lambda it: it.play("outage"),
    "profiles": lambda it: it.profiles(1),
    "revoke_link": lambda it: it.revoke_link("x"),
    "revoke_token": lambda it: it.revoke_token("x"),
    "sandbox_named": lambda it: it.sandbox_named("default"),
    "search": lambda it: it.search(ANY),
    "set_time": lambda it: it.set_time(NOW),
    "stub": lambda it: it.stub("GET", "/v9/nothing"),
    "token_status": lambda it: it.token_status(None),
    "transfer_ownership": lambda it: it.transfer_ownership(1, 1),
    "user": lambda it: it.user(1),
    "trust": lambda it: it.trust(it.new_authority("other")),
    "trust_store": lambda it: it.trust_store("mockwise"),
    "unwatch": lambda it: it.unwatch(print),
    "watch": lambda it: it.watch(print),
    "watch_links": lambda it: it.watch_links(user=1).__enter__(),
}
"""How what needs arguments is called."""

WORKS = {
    Sandbox: {
        *(
            "name",
            "mtls_url",
            "tls_url",
            "control_url",
            "token_url",
            "client_id",
            "client_secret",
            "credentials",
        ),
        *("ca_file", "cert_file", "key_file", "ssl_context", "client", "async_client", "environ", "now"),
        *("ca_pem", "trust_store", "credentials_of"),
    },
    Credentials: {
        *(
            "client_id",
            "client_key",
            "client_secret",
            "cert_file",
            "key_file",
            "serial",
            "files",
            "ssl_context",
            "certificate_pem",
            "key_pem",
            "key_store",
        ),
    },
    MockWise: {
        *("mtls_url", "tls_url", "control_url", "ca_file", "default", "settings", "state", "forked"),
        *("ca_pem", "trust_store"),
        *("new_authority", "load_authority"),  # they are their maker's
    },
}
"""What works in a copy; all else changes the mock, or shows what is only in its process."""


def use(thing: object, name: str) -> object:
    """Get an attribute, and call it if it can be called."""
    if name in CALLS:
        return CALLS[name](thing)
    value = getattr(thing, name)
    return value() if callable(value) else value


def be_a_copy(patch: pytest.MonkeyPatch) -> None:
    """Let this thread, but not the mock's, believe that it was forked."""
    own, process = threading.get_ident(), os.getpid()
    patch.setattr(os, "getpid", lambda: 0 if threading.get_ident() == own else process)


def test_a_copy_works_or_raises_and_never_succeeds_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each public name of the mock, a sandbox and credentials: what does not work raises, with the remedy."""
    with MockWise() as mock, mock.sandbox() as box:
        fresh = box.add_client()
        for it in (box.credentials, mock.default.credentials, fresh):
            assert it.cert_file.exists()
        before = box.now
        with monkeypatch.context() as patch:
            be_a_copy(patch)
            for thing in (box, fresh, mock):
                names = {name for name in dir(thing) if not name.startswith("_")}
                for name in sorted(names - {"close", "stop", "start"}):
                    if name in WORKS[type(thing)]:
                        use(thing, name)
                    else:
                        with pytest.raises(
                            MockwiseError, match=r"a fork of the one.*ask the control host at http"
                        ):
                            use(thing, name)
            for end in (box.close, mock.stop):
                with pytest.raises(MockwiseError, match="a fork of the one"):
                    end()
        assert (box.now - before).total_seconds() < 600
        assert [it.email for it in box.users] == ["ann@example.com"]
        assert mock.sandboxes == ["default", box.name]


def test_with_blocks_that_end_in_a_copy_end_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that leaves by an exception runs through them; the mock, its sandbox and a drill go on."""
    with MockWise() as mock, mock.sandbox() as box, mock.rotate_authority() as drill:
        assert box.cert_file.exists()
        with monkeypatch.context() as patch:
            be_a_copy(patch)
            with ExitStack() as ends:
                for it in (mock, box, drill):
                    ends.push(it)
            with pytest.raises(MockwiseError, match="a fork of the one"):
                drill.switch_server()
            with pytest.raises(MockwiseError, match="a fork of the one"):
                drill.finish()
        assert mock.sandboxes == ["default", box.name]
        assert mock.ca_file.read_text().count("BEGIN") == 2


@LOOPS
def test_the_end_of_a_copy_leaves_the_mock_as_it_was(tmp_path: Path, loop: str) -> None:
    """`sys.exit` in a worker, `stop()` in a worker, and a `with` block that it leaves: files stay, all hosts answer."""
    lines = run_forking(
        "def stop():\n"
        "    try: mock.stop()\n"
        "    except Exception as error: print(type(error).__name__)\n"
        "with MockWise(loop=sys.argv[1]) as mock:\n"
        "    box = mock.sandbox()\n"
        "    print(forked(lambda: None), forked(stop))\n"
        "    if (child := os.fork()) == 0: sys.exit(7)\n"
        "    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "    ca_file = mock.ca_file\n"
        "    print(token(box), token(mock.default), ca_file.exists())\n"
        "print(ca_file.exists())\n",
        loop,
        folder=tmp_path,
    )
    assert lines == ["MockwiseError", "0 0", "7", "200 200 True", "False"]
    assert list(tmp_path.iterdir()) == []


def test_workers_share_what_nobody_had_asked_for_before(tmp_path: Path) -> None:
    """A fresh sandbox, and another client of it: each worker has the parent's certificate, so that it can be revoked."""
    lines = run_forking(
        "import multiprocessing\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "fork = multiprocessing.get_context('fork')\n"
        "with MockWise() as mock, mock.sandbox() as box, mock.sandbox() as gone:\n"
        "    other = box.add_client()\n"
        "    gone.close()\n"
        "    def work(_):\n"
        "        try: return token(box), box.credentials.serial, other.serial\n"
        "        except httpx.TransportError: return 'refused'\n"
        "    def first(results): results.put(work(0))\n"
        "    results = fork.SimpleQueue()\n"
        "    workers = [fork.Process(target=first, args=(results,)) for _ in range(4)]\n"
        "    [it.start() for it in workers]\n"
        "    print({results.get() for _ in workers} == {(200, box.credentials.serial, other.serial)})\n"
        "    with ProcessPoolExecutor(2, mp_context=fork) as pool:\n"
        "        print(len(set(pool.map(work, range(4)))))\n"
        "        box.revoke_certificate()\n"
        "        print(set(pool.map(work, range(4))))\n",
        folder=tmp_path,
    )
    assert lines == ["True", "1", "{'refused'}"]


def test_threads_that_ask_at_the_same_time_are_told_of_the_same_certificate(mockwise: Sandbox) -> None:
    """A certificate of one and a key of the other would be of no use."""
    credentials = mockwise.add_client()

    class Contended:
        """A lock that another thread had until now."""

        def __enter__(self) -> None:
            credentials.renew_certificate()

        def __exit__(self, *_: object) -> None:
            pass

    credentials._lock = Contended()  # type: ignore[assignment]  # it does as one
    first = credentials.serial
    assert [
        it.serial for it in mockwise._state.certificates.all() if it.client_id == credentials.client_id
    ] == [first]


def test_a_copys_client_has_a_token_of_its_own_and_the_mocks_clock(tmp_path: Path) -> None:
    """Made before the fork or after it; what the parent does to the clock afterwards is seen."""
    lines = run_forking(
        "from mockwise.client import WiseAuth\n"
        "import threading\n"
        "with MockWise(control_token='secret') as mock, mock.sandbox() as box:\n"
        "    auth = WiseAuth(box.client_id, box.client_secret, clock=lambda: box.now.timestamp())\n"
        "    def call():\n"
        "        with httpx.Client(base_url=box.mtls_url, verify=box.ssl_context(), auth=auth) as client:\n"
        "            client.get('/v1/profiles')\n"
        "    auth._thread_entry()._lock.acquire()\n"  # as another thread may hold it at the fork
        "    call()\n"
        "    read, write = os.pipe()\n"
        "    ready, tell = os.pipe()\n"
        "    if (child := os.fork()) == 0:\n"
        "        call()\n"
        "        before = box.now\n"
        "        with box.client() as own: own.get('/v1/profiles')\n"
        "        os.write(tell, b'x')\n"
        "        os.read(read, 1)\n"
        "        call()\n"
        "        print((box.now - before).total_seconds() // 3600, flush=True)\n"
        "        os._exit(0)\n"
        "    os.read(ready, 1)\n"
        "    box.advance('13h')\n"
        "    os.write(write, b'x')\n"
        "    os.waitpid(child, 0)\n"
        "    print([it.status for it in box.token_requests])\n",
        folder=tmp_path,
    )
    assert lines == ["13.0", "[200, 200, 200, 200]"]


@LOOPS
def test_a_copy_that_lives_keeps_no_port_and_no_connection_open(tmp_path: Path, loop: str) -> None:
    """A revoked certificate's connection ends for its client, and when the mock stops its ports are free."""
    lines = run_forking(
        "import signal, socket, ssl\n"
        "mock = MockWise(loop=sys.argv[1]).start()\n"
        "port = httpx.URL(mock.mtls_url).port\n"
        "context = mock.default.ssl_context()\n"
        "mute = socket.create_connection(('127.0.0.1', port), timeout=20)\n"
        "client = context.wrap_socket(socket.create_connection(('127.0.0.1', port), timeout=20),\n"
        "    server_hostname='localhost')\n"
        "client.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\n"
        "client.recv(65536)\n"
        "if (child := os.fork()) == 0:\n"
        "    open(os.devnull).close()\n"
        "    signal.pause()\n"
        "mock.default.revoke_certificate()\n"
        "print(client.recv(1))\n"
        "mock.stop()\n"
        "print(mute.recv(1))\n"
        "try: socket.create_connection(('127.0.0.1', port), timeout=20)\n"
        "except OSError as error: print(type(error).__name__)\n"
        "os.kill(child, signal.SIGKILL)\n",
        loop,
        folder=tmp_path,
    )
    assert lines == ["b''", "b''", "ConnectionRefusedError"]


def test_a_mock_in_a_copy_is_its_own(tmp_path: Path) -> None:
    """A worker that makes one has all of it; also with the one object that was made, but not started, before."""
    lines = run_forking(
        "made = MockWise()\n"
        "def work():\n"
        "    with made, MockWise() as mine:\n"
        "        mine.default.advance('1h')\n"
        "        print(token(made.sandbox()), token(mine.sandbox()), mine.forked)\n"
        "with MockWise() as mock:\n"
        "    print(forked(work), mock.ca_file.exists())\n",
        folder=tmp_path,
    )
    assert lines == ["200 200 False", "0 True"]
    assert list(tmp_path.iterdir()) == []


def test_a_daemon_outlives_the_process_of_its_mock(tmp_path: Path) -> None:
    """Forked twice, as daemons are: what asks for the time is told that there is no mock any more."""
    lines = run_forking(
        "mock = MockWise().start()\n"
        "read, write = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    if os.fork(): os._exit(0)\n"
        "    os.setsid(), os.close(write)\n"
        "    os.read(read, 1)\n"
        "    try: mock.default.now\n"
        "    except Exception as error: print(type(error).__name__, 'works as long as that one runs' in str(error))\n"
        "    sys.exit(0)\n"
        "os.wait()\n"
        "mock.stop()\n",
        folder=tmp_path,
    )
    assert lines == ["MockwiseError True"]


def test_the_time_of_a_sandbox_that_is_gone(mockwise: Sandbox) -> None:
    """The control host's own sentence."""
    with pytest.raises(MockwiseError, match="there is no sandbox 'gone'"):
        ask_time(mockwise.control_url, None, "gone")
