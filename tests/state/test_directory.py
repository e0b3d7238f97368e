"""Sandboxes of processes that share their state: who founds, who attaches, and what a killed one leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mockwise.errors import ConflictError, InvalidValueError, NotFoundError
from mockwise.faults.kinds import Respond
from mockwise.state.directory import SANDBOXES, OwnClient, SandboxDirectory, SandboxEntry
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import DEFAULT, Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.shared import SharedState
from mockwise.state.stubs import make_stub
from mockwise.state.users import UserSpec
from mockwise.storage.sqlite import SqliteStore
from mockwise.storage.store import OF_THE_MOCK, Store
from tests.state.helpers import FakeClock

OWN = OwnClient("own", "secret")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store that processes share."""
    store = SqliteStore(tmp_path / "state.db")
    yield store
    store.close()


@pytest.fixture
def first(store: Store, wall_clock: FakeClock) -> Registry:
    """The sandboxes as the first process has them, which lives in the default one."""
    registry = Registry(store, SandboxOptions(), wall_clock)
    registry.add_client(registry.default, client_id=OWN.client_id)
    registry.activate(DEFAULT, OWN)
    return registry


@pytest.fixture
def second(first: Registry, store: Store, wall_clock: FakeClock) -> Registry:
    """The same as a second process has them."""
    assert first.names() == [DEFAULT]
    return Registry(store, SandboxOptions(token_lifetime=timedelta(seconds=60)), wall_clock)


def inhabited(registry: Registry, name: str, options: SandboxOptions | None = None) -> None:
    """Make a sandbox with a client of its own."""
    box = registry.add(name, options or SandboxOptions())
    client = registry.add_client(box)
    registry.activate(name, OwnClient(client.client_id, client.secrets[0].value))


def test_the_second_attaches_to_what_is_there(first: Registry, second: Registry) -> None:
    """Users are not made twice, and each process has its own switches for the default sandbox (state.registry)."""
    assert len(second.default.users.all()) == 1
    assert second.own_client(DEFAULT) == OWN
    assert second.of_client("own") is second.default
    assert second.default.options.token_lifetime == timedelta(seconds=60)
    assert first.default.options.token_lifetime == timedelta(hours=12)


def test_a_sandbox_of_one_is_one_of_the_others(first: Registry, second: Registry) -> None:
    """With its switches, and once only (state.directory)."""
    inhabited(first, "mine", SandboxOptions(mtls="optional", stubs=(make_stub("GET", "/v1/a"),)))
    assert second.names() == [DEFAULT, "mine"]
    box = second.get("mine")
    assert box is second.get("mine")
    assert box.options.mtls == "optional"
    assert len(box.stubs.all()) == 1
    with pytest.raises(ConflictError, match="there is a sandbox 'mine' already"):
        second.add("mine", SandboxOptions())


def test_what_nobody_lives_in_yet_is_nobodys_elses(first: Registry, second: Registry) -> None:
    """It is not ready: others do not see it (state.directory)."""
    first.add("mine", SandboxOptions())
    assert first.names() == [DEFAULT, "mine"]
    assert second.names() == [DEFAULT]
    assert first.own_client("mine") is None
    with pytest.raises(NotFoundError):
        second.get("mine")


def test_what_one_drops_is_gone_for_all(first: Registry, second: Registry) -> None:
    """And twice is once, whoever does it (state.registry)."""
    inhabited(first, "mine")
    assert second.get("mine").name == "mine"
    first.drop("mine")
    with pytest.raises(NotFoundError, match="there is no sandbox 'mine'; there are: default"):
        second.get("mine")
    second.drop("mine")
    assert second.own_client("mine") is None


def test_what_others_dropped_is_forgotten_and_told(
    store: Store, first: Registry, wall_clock: FakeClock
) -> None:
    """Once: when somebody asks for it, or when the next sandbox comes. The default one is never lost."""
    lost: list[str] = []
    second = Registry(store, SandboxOptions(), wall_clock, on_dropped=lost.append)
    names = ["asked-for", "left"]
    for name in names:
        inhabited(first, name)
        second.get(name)
    for name in names:
        first.drop(name)
    assert lost == []
    with pytest.raises(NotFoundError):
        second.get("asked-for")
    assert lost == ["asked-for"]
    store.delete(SANDBOXES, OF_THE_MOCK, DEFAULT)  # as a server that lost its data
    inhabited(first, "next")
    assert second.get("next").name == "next"
    assert lost == ["asked-for", "left"]
    assert second.default.name == DEFAULT


def test_a_name_that_is_taken_again_is_another_sandbox(first: Registry, second: Registry) -> None:
    """Its switches are the new ones (state.directory)."""
    inhabited(first, "mine")
    old = second.get("mine")
    first.drop("mine")
    inhabited(first, "mine", SandboxOptions(mtls="optional"))
    assert second.get("mine") is not old
    assert second.get("mine").options.mtls == "optional"


def test_a_reset_keeps_the_journal_of_each_process(first: Registry, second: Registry) -> None:
    """Whoever watches it goes on to (state.registry)."""
    inhabited(first, "mine")
    journal = second.get("mine").journal
    own = first.own_client("mine")
    first.reset("mine")
    assert own is not None
    first.activate("mine", own)
    assert second.get("mine").journal is journal


def test_resets_leave_nothing_behind(first: Registry) -> None:
    """Memory stays flat, however often a sandbox is emptied (state.directory)."""
    for _ in range(50):
        first.reset(DEFAULT)
    assert len(first._directory._ours) == 1


def test_what_a_killed_process_founded_is_founded_anew(store: Store, wall_clock: FakeClock) -> None:
    """Nothing of it is left: not its users, nor its client ids (state.directory)."""
    killed = Registry(store, SandboxOptions(), wall_clock)
    killed.add_client(killed.default, client_id="app")
    killed.default.users.add(UserSpec(email="half@made.test"))
    registry = Registry(store, SandboxOptions(), wall_clock, patience=0)
    assert [user.email for user in registry.default.users.all()] == ["ann@example.com"]
    assert registry.of_client("app") is None
    registry.add_client(registry.default, client_id="app")


def test_a_killed_drop_is_finished_by_who_takes_the_name(
    store: Store, first: Registry, wall_clock: FakeClock
) -> None:
    """What was cleared and not removed has a name that can be had again (state.directory)."""
    inhabited(first, "mine")
    SandboxDirectory(store, 0).deactivate("mine")
    second = Registry(store, SandboxOptions(), wall_clock, patience=0)
    assert second.names() == [DEFAULT]
    box = second.add("mine", SandboxOptions())
    assert box.clients.all() == []


def test_the_second_waits_for_the_first_to_move_in(store: Store, wall_clock: FakeClock) -> None:
    """Processes that start at one time agree on one that seeds the sandbox (state.directory)."""
    first = Registry(store, SandboxOptions(), wall_clock)
    found: list[Registry] = []
    other = threading.Thread(
        target=lambda: found.append(Registry(store, SandboxOptions(), wall_clock, patience=60))
    )
    other.start()
    first.activate(DEFAULT, OWN)
    other.join()
    assert len(found[0].default.users.all()) == 1
    assert found[0].own_client(DEFAULT) == OWN


def test_an_id_that_a_killed_process_took_can_be_used(first: Registry) -> None:
    """It was taken for this sandbox, and no client has it (state.registry)."""
    first._index.claim_client("app", DEFAULT)
    assert first.add_client(first.default, client_id="app").client_id == "app"
    assert first.of_client("app") is first.default


def test_an_id_that_another_takes_at_the_same_moment_stays_theirs(
    first: Registry, second: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found it claimed and unused; one of them is told (errors)."""
    first._index.claim_client("app", DEFAULT)
    claim = first._claim

    def slow(client_id: str, sandbox: SandboxState) -> bool:
        free = claim(client_id, sandbox)
        second.add_client(second.default, client_id="app", client_secret="theirs")
        return free

    monkeypatch.setattr(first, "_claim", slow)
    with pytest.raises(ConflictError, match="was taken at the same moment by another mock"):
        first.add_client(first.default, client_id="app", client_secret="ours")
    assert first.of_client("app") is first.default
    theirs = first.default.clients.get("app")
    assert theirs is not None
    assert theirs.secrets[0].value == "theirs"


def test_two_that_reset_at_once_are_told(first: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them did it (errors)."""
    monkeypatch.setattr(SandboxDirectory, "create", lambda *_: None)
    with pytest.raises(ConflictError, match="another mock resets or drops the sandbox 'default': try again"):
        first.reset(DEFAULT)


def test_a_sandbox_that_cannot_be_seeded_is_not_there(
    first: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name is free (state.registry)."""

    def fail(_: SandboxState) -> None:
        raise InvalidValueError("it cannot be filled")

    with monkeypatch.context() as patch:
        patch.setattr(SandboxState, "seed", fail)
        with pytest.raises(InvalidValueError):
            first.add("mine", SandboxOptions())
    assert first.names() == [DEFAULT]
    inhabited(first, "mine")


def test_a_function_cannot_be_shared(first: Registry) -> None:
    """Neither armed, nor among the switches (storage.codec)."""
    fault = Respond(503, when=lambda _: True)
    with pytest.raises(InvalidValueError, match="a function lives in one process alone"):
        first.default.fault_queue.arm(fault)
    with pytest.raises(InvalidValueError, match="a function lives in one process alone"):
        first.add("mine", SandboxOptions(faults=(fault,)))
    assert first.names() == [DEFAULT]


def test_one_authority_stands_behind_all(store: Store, first: Registry, second: Registry) -> None:
    """Else a certificate of one would be foreign to another (errors)."""
    SharedState(store, first).require_same_ca("one")
    SharedState(store, second).require_same_ca("one")
    with pytest.raises(ConflictError, match=r"give all of them the same certs folder \(--certs\)"):
        SharedState(store, second).require_same_ca("two")


def test_a_fault_is_spent_once_over_all(first: Registry, second: Registry) -> None:
    """Whoever takes it, and a draw goes on where the other stopped (faults.queue)."""
    from tests.faults.test_queue import happens

    first.default.fault_queue.arm(Respond(503, times=3))
    boxes = (first.default, second.default)
    assert [happens(boxes[n % 2])[0] for n in range(5)] == ["respond"] * 3 + [""] * 2
    first.default.fault_queue.arm(Respond(503, share=0.5, seed=3))
    shared = [happens(boxes[n % 2])[0] for n in range(40)]
    first.default.fault_queue.disarm()
    first.default.fault_queue.arm(Respond(503, share=0.5, seed=3))
    assert [happens(first.default)[0] for _ in range(40)] == shared


def test_which_certificates_are_revoked_is_known_to_all(
    store: Store, first: Registry, second: Registry, wall_clock: FakeClock
) -> None:
    """And that it changed; a reset forgets them (state.certificates)."""
    theirs = SharedState(store, second)
    first.default.certificates.record("own", "0a", wall_clock(), wall_clock() + timedelta(days=1))
    before = theirs.revocations()
    first.default.certificates.revoke("0a")
    assert theirs.revocations() > before
    assert theirs.revoked_serials() == {10}
    first.add("just founded", SandboxOptions())
    assert SharedState(store, first).revoked_serials() == {10}
    before = theirs.revocations()
    first.reset(DEFAULT)
    assert theirs.revocations() > before
    first.activate(DEFAULT, OWN)
    assert theirs.revoked_serials() == set()


def test_who_was_slower_attaches(
    store: Store, wall_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking and creating, another process created and activated the sandbox (state.directory)."""
    create = SandboxDirectory.create

    def slower(*asked: Any) -> SandboxEntry | None:
        monkeypatch.undo()
        first = Registry(store, SandboxOptions(), wall_clock)
        first.activate(DEFAULT, OWN)
        return create(*asked)

    monkeypatch.setattr(SandboxDirectory, "create", slower)
    second = Registry(store, SandboxOptions(), wall_clock)
    assert second.own_client(DEFAULT) == OWN
    assert len(second.default.users.all()) == 1


def test_what_is_dropped_while_it_is_looked_at_has_revoked_nothing(
    store: Store, first: Registry, second: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was named a moment ago (state.registry)."""
    inhabited(first, "mine")
    names = second.names()
    first.drop("mine")
    monkeypatch.setattr(second, "names", lambda: names)
    assert SharedState(store, second).revoked_serials() == set()
