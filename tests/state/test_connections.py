from __future__ import annotations

from dataclasses import dataclass

from mockwise.state.connections import ConnectionTracker


@dataclass
class FakeConnection:
    """A connection with an id, open until it is closed."""

    id: str
    is_open: bool = True


def test_the_number_is_that_of_open_connections_this_one_included() -> None:
    """A new connection is counted with those that are open still; the same one only once (Presence.seen)."""
    connections = ConnectionTracker()
    one, two = FakeConnection("1"), FakeConnection("2")
    assert [connections.count_open("app", it) for it in (one, one, two, one)] == [1, 1, 2, 2]
    one.is_open = False
    assert connections.count_open("app", FakeConnection("3")) == 2
    assert connections.count_open("other", two) == 1
    assert connections.count_open(None, two) == 1


def test_the_highest_number_is_exact() -> None:
    """Between new connections nobody is looked for, so a number may be late, but never higher than once it was."""
    connections = ConnectionTracker()
    lines = [FakeConnection(str(number)) for number in range(20)]
    seen = []
    for line in lines:
        seen.append(connections.count_open("app", line))
        line.is_open = False
    assert seen == [1] * 20


def test_those_who_have_left_are_forgotten() -> None:
    """Names that anybody may make up do not fill the memory."""
    connections = ConnectionTracker()
    stays = FakeConnection("stays")
    connections.count_open("stays", stays)
    for number in range(1000):
        gone = FakeConnection(str(number))
        connections.count_open(f"client {number}", gone)
        gone.is_open = False
    assert connections.count_open("stays", FakeConnection("another")) == 2
    assert len(connections._known) < 300  # because nothing else shows it


def test_a_name_that_no_client_can_have_is_not_remembered() -> None:
    """It may be as long as a body (Presence.seen)."""
    connections = ConnectionTracker()
    line = FakeConnection("1")
    assert connections.count_open(None, line) == 1
    assert connections.count_open("x" * 65, line) == 1
    assert set(connections._known) == {None}  # because nothing else shows it
