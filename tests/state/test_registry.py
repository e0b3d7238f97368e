from __future__ import annotations

import gc
import tracemalloc
from contextlib import suppress
from datetime import timedelta

import pytest

from mockwise.common.digests import digest_of
from mockwise.errors import InvalidValueError, MockwiseError
from mockwise.journal.journal import Exchange
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import DEFAULT, Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import ReusableToken, application
from mockwise.state.users import UserSpec
from mockwise.storage.memory import MemoryStore
from tests.state.helpers import NOON, Entry, OpenStore, together

HOUR = timedelta(hours=1)


def live(registry: Registry, name: str | None = None) -> SandboxState:
    """A sandbox that has one of everything."""
    box = registry.add(name, SandboxOptions())
    client = registry.add_client(box)
    text = f"token of {client.client_id}"
    token = box.tokens.issue(text, application(client.client_id), box.clock.now(), HOUR)
    box.tokens.set_reusable(client.client_id, ReusableToken(text, token.digest))
    box.certificates.record(client.client_id, "0a", NOON, NOON)
    box.users.add(UserSpec(email="ma@wise.test"))
    box.clock.advance(HOUR)
    return box


def test_there_is_always_a_default(registry: Registry) -> None:
    """A mock has a sandbox named default from birth (mock-only)."""
    assert registry.names() == [DEFAULT] == ["default"]
    assert registry.get("default") is registry.default


@pytest.mark.parametrize("name", ["a", "x" * 64, "a b", "~!@#$%^&*()", "test_a[1-2]"])
def test_a_sandbox_is_named_in_printable_ascii(registry: Registry, name: str) -> None:
    """A name is 1 to 64 printable ASCII characters (mock-only)."""
    assert registry.add(name, SandboxOptions()).name == name
    assert registry.get(name).name == name


@pytest.mark.parametrize("name", ["", "x" * 65, "a/b", "\u00fc", "a\n", "\x00", "a\x7f"])
def test_another_name_is_refused(registry: Registry, name: str) -> None:
    """A name that a path or a header cannot carry is refused (errors)."""
    with pytest.raises(InvalidValueError, match="1 to 64 printable ASCII characters, without a slash"):
        registry.add(name, SandboxOptions())
    assert registry.names() == ["default"]


def test_a_sandbox_without_a_name_gets_one(registry: Registry) -> None:
    """Names that are made up do not repeat, and the list is in order of birth (mock-only)."""
    names = [registry.add(None, SandboxOptions()).name for _ in range(100)]
    assert registry.names() == ["default", *names]
    assert len(set(names)) == 100


def test_a_name_is_taken_once(registry: Registry) -> None:
    """A taken name is refused with the remedy, and is free again after a drop (errors)."""
    registry.add("mine", SandboxOptions())
    with pytest.raises(MockwiseError, match="'mine' already: take another name or close that one"):
        registry.add("mine", SandboxOptions())
    registry.drop("mine")
    registry.add("mine", SandboxOptions())


def test_one_of_many_threads_gets_the_name(registry: Registry) -> None:
    """A name that many threads take at once is given once (storage.store)."""

    def attempt(_: int) -> bool:
        try:
            registry.add("mine", SandboxOptions())
        except MockwiseError:
            return False
        return True

    assert together(8, attempt).count(True) == 1


def test_an_unknown_name_is_answered_with_the_known(registry: Registry) -> None:
    """Asking for a sandbox that is not there says which are (errors)."""
    registry.add("mine", SandboxOptions())
    with pytest.raises(MockwiseError, match="there is no sandbox 'yours'; there are: default, mine"):
        registry.get("yours")


def test_a_client_id_is_unique_in_a_mock(registry: Registry) -> None:
    """A duplicate client id is refused, and the error names the sandbox that has it (mock-only)."""
    one, other = registry.add("one", SandboxOptions()), registry.add("other", SandboxOptions())
    registry.add_client(one, client_id="app", client_secret="s")
    for box in (one, other):
        with pytest.raises(MockwiseError, match="'app' is taken by sandbox 'one'"):
            registry.add_client(box, client_id="app")
    client = one.clients.get("app")
    assert client is not None
    assert one.clients.verify_secret(client, "s", one.clock.now()) == "right"
    assert other.clients.all() == []


def test_one_of_many_sandboxes_gets_the_client_id(registry: Registry) -> None:
    """A client id that many sandboxes take at once is given once (storage.store)."""
    boxes = [registry.add(None, SandboxOptions()) for _ in range(8)]

    def attempt(number: int) -> bool:
        try:
            registry.add_client(boxes[number], client_id="app")
        except MockwiseError:
            return False
        return True

    won = together(8, attempt)
    assert won.count(True) == 1
    assert registry.of_client("app") is boxes[won.index(True)]


def test_a_refused_client_leaves_its_id_free(registry: Registry, box: SandboxState) -> None:
    """Options that cannot be used take no id (errors)."""
    with pytest.raises(InvalidValueError):
        registry.add_client(box, client_id="new", token_lifetime="0s")
    assert registry.of_client("new") is None
    registry.add_client(registry.add("other", SandboxOptions()), client_id="new")


def test_a_bad_client_id_is_refused_before_it_is_taken(registry: Registry, box: SandboxState) -> None:
    """An id that Basic cannot carry is refused (RFC 7617 section 2)."""
    with pytest.raises(InvalidValueError):
        registry.add_client(box, client_id="a:b")
    assert registry.of_client("a:b") is None


def test_a_request_finds_its_sandbox(registry: Registry) -> None:
    """A client id and a token lead to their sandbox, an unknown one to none (mock-only)."""
    one, other = live(registry), live(registry)
    for box in (one, other):
        client_id = box.clients.all()[0].client_id
        assert registry.of_client(client_id) is box
        assert registry.of_token(digest_of(f"token of {client_id}")) is box
    assert registry.of_client("unheard-of") is None
    assert registry.of_token(digest_of("unheard-of")) is None


def test_a_dropped_sandbox_is_forgotten_whole() -> None:
    """Dropping leaves nothing in the store and frees client ids; twice changes nothing (storage.store)."""
    store = OpenStore()
    registry = Registry(store, SandboxOptions())
    before = set(store.held)
    box = live(registry, "mine")
    client_id = box.clients.all()[0].client_id
    assert len(store.held) >= len(before) + 8
    registry.drop("mine")
    registry.drop("mine")
    assert store.held == before
    assert registry.names() == ["default"]
    assert registry.of_client(client_id) is None
    assert registry.of_token(digest_of(f"token of {client_id}")) is None
    registry.add_client(registry.default, client_id=client_id)


def test_thousands_of_sandboxes_come_and_go_without_growth() -> None:
    """A long parallel test run leaves memory as it was (mock-only)."""
    registry = Registry(MemoryStore(), SandboxOptions())

    def come_and_go(times: int) -> int:
        for _ in range(times):
            registry.drop(live(registry).name)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = come_and_go(200)
        assert come_and_go(3000) - before < 50_000  # bytes; a record each would be ten times as much
    finally:
        tracemalloc.stop()


def test_reset_empties_and_keeps_name_and_switches(registry: Registry) -> None:
    """A reset sandbox is as new, under its name and options, and its client ids are free (Registry.reset)."""
    options = SandboxOptions(mtls="optional")
    box = registry.add("mine", options)
    registry.add_client(box, client_id="app")
    box.tokens.issue("text", application("app"), NOON, HOUR)
    box.clock.freeze()
    new = registry.reset("mine")
    assert registry.get("mine") is new
    assert (new.name, new.options) == ("mine", options)
    assert new.clients.all() == []
    assert new.tokens.all() == []
    assert not new.clock.frozen
    assert registry.of_client("app") is registry.of_token(digest_of("text")) is None
    registry.add_client(registry.default, client_id="app")


def test_reset_keeps_who_watches(registry: Registry) -> None:
    """The journal of a reset sandbox is empty, goes on counting, and is watched as before (Registry.reset)."""
    seen: list[Exchange] = []
    box = registry.add("mine", SandboxOptions())
    box.journal.watch(seen.append)
    box.journal.write(Entry(box.journal.next_number()))
    new = registry.reset("mine")
    assert new.journal.exchanges() == []
    new.journal.write(Entry(new.journal.next_number()))
    assert [entry.number for entry in seen] == [1, 2]


def test_reset_leaves_other_sandboxes_alone(registry: Registry) -> None:
    """Emptying one sandbox touches no other (mock-only)."""
    one, other = live(registry, "one"), live(registry, "other")
    registry.reset("one")
    assert other.clients.all()
    assert registry.of_client(other.clients.all()[0].client_id) is other
    assert one.clients.all() == []


def test_default_is_the_one_that_was_reset(registry: Registry) -> None:
    """After a reset the default sandbox is the new one, journal included (mock-only)."""
    new = registry.reset("default")
    assert registry.default is new


def test_default_cannot_be_lost(registry: Registry) -> None:
    """There is always a default sandbox (mock-only)."""
    with suppress(MockwiseError):
        registry.drop("default")
    assert registry.get("default") is registry.default


def test_resetting_an_unknown_sandbox_is_answered_with_the_known(registry: Registry) -> None:
    """Resetting a sandbox that is not there says which are (errors)."""
    with pytest.raises(MockwiseError, match="there are: default"):
        registry.reset("mine")


@pytest.mark.parametrize("name", [".", "..", "..."])
def test_a_name_is_more_than_dots(registry: Registry, name: str) -> None:
    """Clients of HTTP fold such a segment of a path away (RFC 3986 section 5.2.4)."""
    with pytest.raises(InvalidValueError, match="more than dots"):
        registry.add(name, SandboxOptions())
