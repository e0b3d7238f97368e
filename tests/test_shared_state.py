"""Mocks that share their state are one, and a mock that begins with kept state goes on where it ended."""

from __future__ import annotations

import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockwise import InvalidValueError, MockWise, MockwiseError, Respond, Sandbox, StorageError
from mockwise.errors import ConflictError, NotFoundError
from mockwise.state.revocation_causes import RevocationCause
from mockwise.storage.redis import RETRY_PAUSE
from tests.redis_server import RedisServer

Begin = Callable[..., MockWise]
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture(params=["file", "server"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the state is kept: in a file or on Redis."""
    if request.param == "file":
        return str(tmp_path / "state.db")
    server: RedisServer = request.getfixturevalue("empty_redis")
    return server.url


@pytest.fixture
def begin(state: str, tmp_path: Path) -> Iterator[Begin]:
    """Starts a mock with that state and with everybody's certificates."""
    with ExitStack() as stack:

        def started(**options: Any) -> MockWise:
            usual: dict[str, Any] = {"state": state, "certs": tmp_path / "certs", "token_format": "uuid"}
            mock = MockWise(**usual | options)
            stack.callback(mock.stop)
            return mock.start()

        yield started


@pytest.fixture
def one(begin: Begin) -> Sandbox:
    """The default sandbox, as the first mock has it."""
    return begin().default


@pytest.fixture
def two(one: Sandbox, begin: Begin) -> Sandbox:
    """The same, as the second mock has it."""
    assert one.name == "default"
    return begin().default


def ask(box: Sandbox, at: Sandbox | None = None) -> httpx.Response:
    """Ask for a token in a sandbox's name, over a connection of its own, perhaps at another mock."""
    with httpx.Client(verify=box.ssl_context()) as client:
        return client.post((at or box).token_url, auth=(box.client_id, box.client_secret), data=GRANT)


def grant(box: Sandbox, **form: str) -> httpx.Response:
    """Ask for a user's tokens."""
    with httpx.Client(verify=box.ssl_context()) as client:
        return client.post(box.token_url, auth=(box.client_id, box.client_secret), data=form)


def use(token: str, box: Sandbox) -> httpx.Response:
    """Call the API with a token."""
    with httpx.Client(verify=box.ssl_context()) as client:
        return client.get(f"{box.mtls_url}/v2/profiles", headers={"authorization": f"Bearer {token}"})


def token_of(answer: httpx.Response) -> str:
    """The token that was given."""
    return str(answer.json()["access_token"])


def test_a_token_of_one_is_honoured_and_revoked_by_all(one: Sandbox, two: Sandbox) -> None:
    """Two mocks behind a balancer are one."""
    token = token_of(ask(one))
    assert use(token, two).status_code == 403  # let in; an application has no profiles
    two.revoke_token(token)
    refused = use(token, one)
    assert refused.status_code == 401
    assert "was revoked" in refused.headers["x-mockwise-reason"]


def test_the_clock_is_one(one: Sandbox, two: Sandbox) -> None:
    """Twelve hours on one are twelve hours on the other."""
    token = token_of(ask(one))
    two.advance(hours=12)
    assert "expired" in use(token, one).headers["x-mockwise-reason"]
    two.freeze()
    assert one.now == two.now


def test_a_fault_is_spent_once_over_all(one: Sandbox, two: Sandbox) -> None:
    """Three times are three times."""
    one.arm(Respond(503, times=3))
    assert [ask(box).status_code for box in (one, two, one, two, one)] == [503, 503, 503, 200, 200]
    assert [it.happened for it in two.faults] == [3]


def test_a_sandbox_of_one_is_served_by_all(one: Sandbox, two: Sandbox, begin: Begin) -> None:
    """With its client and its certificate; what is closed is closed everywhere."""
    box = begin().sandbox(name="mine")
    assert ask(box, at=two).status_code == 200
    seen = httpx.get(f"{two.control_url}/sandboxes/mine").json()
    assert seen["client_id"] == box.client_id
    assert httpx.delete(f"{one.control_url}/sandboxes/mine").status_code == 204
    assert ask(box, at=two).status_code == 401
    assert httpx.get(f"{two.control_url}/sandboxes/mine").status_code == 404
    with pytest.raises(NotFoundError):
        box.freeze()


def test_what_others_drop_leaves_nothing_behind(begin: Begin) -> None:
    """A fleet serves test suites for days: each mock forgets the sandboxes it took part in, with their files."""
    one, two = begin(), begin()
    for number in range(3):
        box = one.sandbox(f"made-{number}", client_id=f"client-{number}")
        assert ask(box, two.default).status_code == 200
        folder, known = box.cert_file.parent, two._context.registry._sandboxes
        assert set(known) == {"default", box.name}
        httpx.delete(f"{two.default.control_url}/sandboxes/{box.name}").raise_for_status()
    assert folder.exists()  # that one has no reason to look yet
    last = one.sandbox()
    assert not folder.exists()
    assert set(one._context.registry._sandboxes) == {"default", last.name}
    assert set(one._handles) == {"default", last.name}


def test_a_secret_that_one_rotates_is_everybodys(one: Sandbox, two: Sandbox) -> None:
    """The control host of each tells the newest."""
    one.rotate_secret()
    assert ask(two).status_code == 401
    assert two.newest_secret == one.client_secret
    assert ask(one, at=two).status_code == 200


def test_a_certificate_that_one_revokes_is_refused_by_all(one: Sandbox, two: Sandbox) -> None:
    """Its open connections end, and handshakes are refused; a reset gives it back."""
    with httpx.Client(verify=one.ssl_context()) as kept:
        assert kept.get(f"{two.mtls_url}/v1/nothing").status_code == 404
        one.revoke_certificate()
        for _ in range(2):
            with pytest.raises((httpx.TransportError, ssl.SSLError), match=r"(?i)revoked"):
                ask(one, at=two)
        with pytest.raises(httpx.TransportError):
            kept.get(f"{two.mtls_url}/v1/nothing")
    one.reset()
    assert ask(one, at=two).status_code == 200


def test_a_refresh_token_rotates_for_all_mocks(begin: Begin) -> None:
    """What one mock rotated out is dead at the other, and after a restart; its heir works there (refresh_rotation)."""
    mocks = [begin(refresh_rotation="on") for _ in range(2)]
    one, two = (mock.default for mock in mocks)
    consent = one.authorize()
    code = {"client_id": one.client_id, "code": consent.code, "redirect_uri": consent.redirect_uri}
    first = grant(one, grant_type="authorization_code", **code).json()["refresh_token"]
    second = grant(two, grant_type="refresh_token", refresh_token=first).json()["refresh_token"]
    refused = grant(one, grant_type="refresh_token", refresh_token=first)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert "was rotated out" in refused.headers["x-mockwise-reason"]
    for mock in mocks:
        mock.stop()

    again = begin(refresh_rotation="on").default
    assert grant(again, grant_type="refresh_token", refresh_token=first).status_code == 400
    assert grant(again, grant_type="refresh_token", refresh_token=second).status_code == 200
    assert [it.ended_by for it in again.links] == [RevocationCause.ROTATED, RevocationCause.ROTATED, None]


def test_a_secret_is_known_for_anothers_at_all_mocks(one: Sandbox, two: Sandbox) -> None:
    """Whose a secret is, is kept with the clients: also one that was rotated out."""
    other = two.add_client()
    old = other.client_secret
    with httpx.Client(verify=one.ssl_context()) as client:
        for said in ("the secret", "a former secret"):
            answer = client.post(one.token_url, auth=(one.client_id, old), data=GRANT)
            assert f"{said} of another client, '{other.client_id}'" in answer.headers["x-mockwise-reason"]
            other.rotate_secret()


def test_a_restart_goes_on_where_it_ended(begin: Begin) -> None:
    """Clients, secrets, tokens, users, links, faults and the clock are there; a scenario does not begin anew."""
    mock = begin(scenario="outage")
    box = mock.default
    box.disarm()
    token = token_of(ask(box))
    box.rotate_secret()
    box.add_user("bo@example.com")
    box.add_client(client_id="other", client_secret="other's")
    named = mock.sandbox(name="mine", client_id="mine", client_secret="mine's")
    box.arm(Respond(500, times=2))
    assert ask(box).status_code == 500
    box.advance(hours=11)
    now, secret = box.now, box.client_secret
    mock.stop()

    mock = begin(scenario="outage")
    box = mock.default
    assert box.now >= now
    assert box.client_secret == secret
    assert [user.email for user in box.users] == ["ann@example.com", "bo@example.com"]
    assert ask(box).status_code == 500
    assert use(token, box).status_code == 403
    assert mock.sandboxes == ["default", "mine"]
    assert not [it for it in box.faults if not it.spent]
    client_bundle = httpx.get(f"{mock.default.control_url}/sandboxes/mine").json()
    assert client_bundle["client_id"] == named.client_id
    box.reset()
    assert box.client_secret != secret


def test_a_mock_needs_its_certs_to_keep_state(state: str) -> None:
    """Else its clients' certificates would be foreign to the next one."""
    with pytest.raises(InvalidValueError, match=r"state: say certs too \(--certs DIR\)"):
        MockWise(state=state)


def test_a_mock_of_another_authority_is_refused(one: Sandbox, begin: Begin, tmp_path: Path) -> None:
    """It would refuse everybody's certificates."""
    assert one.client_id
    with pytest.raises(ConflictError, match="the kept state belongs to mocks with another authority"):
        begin(certs=tmp_path / "others")


def test_a_secret_that_the_state_does_not_know_is_refused(one: Sandbox, begin: Begin) -> None:
    """A former one is not: it was rotated."""
    first = one.client_secret
    one.rotate_secret()
    assert begin(client_id=one.client_id, client_secret=first).default.client_secret == one.client_secret
    with pytest.raises(ConflictError, match="has another secret in the state that was kept"):
        begin(client_id=one.client_id, client_secret="quite another")


def test_a_mock_may_have_a_default_client_of_its_own(one: Sandbox, begin: Begin) -> None:
    """It is made in the state; the former one stays there."""
    mine = begin(client_id="mine", client_secret="mine").default
    assert ask(mine).status_code == 200
    assert ask(mine, at=one).status_code == 200
    again = begin(client_id=one.client_id).default
    assert again.client_id == one.client_id


@pytest.fixture
def fleet(begin: Begin, tmp_path: Path) -> Iterator[tuple[RedisServer, Sandbox]]:
    """A mock on a server that it may lose."""
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    server.start()
    yield server, begin(state=server.url).default
    server.stop()


def test_lost_state_is_told_on_every_host(
    fleet: tuple[RedisServer, Sandbox],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """503 with a reason, also in the midst of a request, an error in Python; and all is well when it is back."""
    server, box = fleet
    moments = [0.0]
    monkeypatch.setattr("mockwise.storage.redis.monotonic", lambda: sum(moments))
    with httpx.Client(verify=box.ssl_context()) as client:
        server.stop()
        refused = client.post(box.token_url, auth=(box.client_id, box.client_secret), data=GRANT)
        assert refused.status_code == 503
        assert refused.json() == {
            "error": "temporarily_unavailable",
            "error_description": "Service Unavailable",
        }
        assert refused.headers["retry-after"] == "1"
        assert "cannot reach the state" in refused.headers["x-mockwise-reason"]
        assert "does not answer" in caplog.text
        assert "Traceback" not in caplog.text
        told = httpx.get(f"{box.control_url}/sandboxes/default/clock")
        assert (told.status_code, told.json()["error"]) == (503, "state_unreachable")
        with pytest.raises(StorageError, match="does not answer"):
            box.freeze()
        assert ask(box).status_code == 503  # with a handshake of its own
        assert "certificates are judged by what was known" in caplog.text
        server.start()
        moments.append(RETRY_PAUSE)
        assert ask(box).status_code == 401  # it came back empty
        [*_, exchange] = box._context.registry.default.journal.exchanges()
        assert exchange.status == 401


@pytest.fixture
def kept(begin: Begin, tmp_path: Path) -> Iterator[tuple[Sandbox, sqlite3.Connection]]:
    """A mock on a file, and another program that may hold it."""
    box = begin(state=str(tmp_path / "kept.db")).default
    with closing(sqlite3.connect(tmp_path / "kept.db", isolation_level=None)) as other:
        yield box, other


def test_who_needs_no_state_is_answered_while_others_wait_for_it(
    kept: tuple[Sandbox, sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Health, files of the page, its shell and handshakes; who only reads; and then those who waited, too."""
    box, other = kept
    waiting = threading.Semaphore(0)
    pause = time.sleep

    def paused(seconds: float) -> None:
        waiting.release()
        pause(seconds)

    token = token_of(ask(box))
    monkeypatch.setattr("mockwise.storage.sqlite.time.sleep", paused)
    with ThreadPoolExecutor(3) as pool:
        other.execute("BEGIN IMMEDIATE")
        asked = pool.submit(ask, box)
        frozen = pool.submit(httpx.post, f"{box.control_url}/sandboxes/default/clock/freeze")
        advanced = pool.submit(box.advance, hours=1)
        for _ in range(3):
            assert waiting.acquire(timeout=20)
        for path in ("/health", "/static/hub.js", "/login", "/sandboxes/default/clock"):
            assert httpx.get(f"{box.control_url}{path}", follow_redirects=False).status_code < 400
        assert use(token, box).status_code == 403  # it is let in
        assert not (asked.done() and frozen.done() and advanced.done())
        other.execute("ROLLBACK")
        assert asked.result().status_code == 200
        assert frozen.result().status_code == 200
        assert advanced.result() <= box.now


def test_a_request_waits_for_the_state_within_one_bound(
    kept: tuple[Sandbox, sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is 503, which says why, and nothing was done; a stop waits for nobody either."""
    box, other = kept
    monkeypatch.setattr("mockwise.web.wise.request_context.WAIT_LIMIT", 0.05)
    other.execute("BEGIN IMMEDIATE")
    refused = ask(box)
    assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable")
    assert "did not answer within" in refused.headers["x-mockwise-reason"]
    other.execute("ROLLBACK")
    assert ask(box).status_code == 200
    assert httpx.get(f"{box.control_url}/sandboxes/default/tokens").json()["count"] == 1


def test_a_stop_waits_for_nobody_who_waits_for_the_state(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop ends the connections of those who wait for the state."""
    mock = begin(state=str(tmp_path / "kept.db"))
    box = mock.default
    waiting = threading.Event()
    pause = time.sleep

    def paused(seconds: float) -> None:
        waiting.set()
        pause(seconds)

    monkeypatch.setattr("mockwise.storage.sqlite.time.sleep", paused)
    with (
        closing(sqlite3.connect(tmp_path / "kept.db", isolation_level=None)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        other.execute("BEGIN IMMEDIATE")
        asked = pool.submit(ask, box)
        assert waiting.wait(20)
        mock.stop()
        with pytest.raises(httpx.TransportError):
            asked.result()


def test_faults_are_spent_in_the_order_of_arrival(
    kept: tuple[Sandbox, sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever thread is quicker: the one that came first takes the first fault."""
    box, _ = kept
    fault_queue = box._state.fault_queue
    box.arm(Respond(500), Respond(502))
    look, slow, gate = fault_queue._up_to_date, threading.Event(), threading.Event()

    def slowly(now: datetime) -> Any:
        found = look(now)
        if slow.is_set():
            gate.set()  # the second one has looked, and the first has not taken its own yet
        else:
            slow.set()
            gate.wait(20)
        return found

    monkeypatch.setattr(fault_queue, "_up_to_date", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, box)
        assert slow.wait(20)
        second = pool.submit(ask, box)
        assert (first.result().status_code, second.result().status_code) == (500, 502)


class _Late:
    """A lock before which another thread does something."""

    def __init__(self, lock: Any, first: Callable[[], object]) -> None:
        self._lock, self._first = lock, first

    def __enter__(self) -> None:
        self._first()
        self._lock.__enter__()

    def __exit__(self, *error: object) -> None:
        self._lock.__exit__(*error)


def test_a_sandbox_of_another_mock_is_met_once(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many threads ask for it at the same time: it has one journal, and one certificate."""
    made, mock = begin().sandbox(), begin()
    registry = mock._context.registry
    met: list[object] = []

    def quicker(of: Any, ask: Callable[[], object]) -> None:
        lock = of._lock

        def first() -> None:
            monkeypatch.undo()
            met.append(ask())

        monkeypatch.setattr(of, "_lock", _Late(lock, first))

    quicker(registry, lambda: registry.get(made.name))
    assert registry.get(made.name) is met[0]
    quicker(mock, lambda: mock.sandbox_named(made.name))
    assert mock.sandbox_named(made.name) is met[1]


def test_a_file_that_is_deleted_costs_nothing(one: Sandbox, two: Sandbox, state: str) -> None:
    """Both mocks go on with all that it held (storage.sqlite)."""
    token = token_of(ask(one))
    if "://" not in state:
        Path(state).unlink()
    assert use(token, two).status_code == 403
    one.revoke_token(token)
    assert use(token, two).status_code == 401


def test_no_state_is_told_at_the_start(begin: Begin, tmp_path: Path) -> None:
    """And nothing goes on running."""
    with pytest.raises(MockwiseError, match="does not answer"):
        begin(state=f"unix://{tmp_path}/none.sock")
