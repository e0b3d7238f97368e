from __future__ import annotations

import logging

import pytest

from mockwise.journal.journal import Exchange, Journal
from tests.state.helpers import Entry, together


def numbers(journal: Journal) -> list[int]:
    """The numbers of the exchanges that are kept."""
    return [kept.number for kept in journal.exchanges()]


def test_exchanges_are_kept_in_order() -> None:
    """What was written first comes first (Journal.exchanges)."""
    journal = Journal(10)
    for number in (1, 2, 3):
        journal.write(Entry(number))
    assert numbers(journal) == [1, 2, 3]


@pytest.mark.parametrize(("size", "kept"), [(0, []), (1, [100]), (3, [98, 99, 100])])
def test_the_journal_is_a_ring(size: int, kept: list[int]) -> None:
    """A full journal forgets the oldest, so that memory stays flat (storage.store)."""
    journal = Journal(size)
    for number in range(1, 101):
        journal.write(Entry(number))
    assert numbers(journal) == kept


def test_numbers_count_from_one_without_gaps() -> None:
    """Exchanges are numbered from 1; threads that ask at once get different numbers (Exchange.number)."""
    journal = Journal(10)
    assert sorted(together(8, lambda _: journal.next_number())) == list(range(1, 9))


def test_clear_forgets_and_counts_on() -> None:
    """A cleared journal is empty, and its numbers go on (Journal.clear)."""
    journal = Journal(10)
    journal.write(Entry(journal.next_number()))
    journal.clear()
    assert numbers(journal) == []
    assert journal.next_number() == 2


def test_a_list_once_read_does_not_change() -> None:
    """Whoever holds the exchanges holds them as they were (Journal.exchanges)."""
    journal = Journal(10)
    journal.write(Entry(1))
    before = journal.exchanges()
    journal.write(Entry(2))
    assert len(before) == 1


def test_watchers_see_each_exchange_from_then_on() -> None:
    """Every watcher is told of each exchange after it came, in order, though the ring is short (Journal.watch)."""
    journal = Journal(1)
    early: list[int] = []
    late: list[int] = []
    journal.write(Entry(1))
    journal.watch(lambda seen: early.append(seen.number))
    journal.write(Entry(2))
    journal.watch(lambda seen: late.append(seen.number))
    journal.write(Entry(3))
    assert (early, late) == ([2, 3], [3])


def test_a_watcher_may_use_the_journal() -> None:
    """A watcher finds the exchange in the journal and may read, watch and clear it (Journal.write)."""
    journal = Journal(10)
    found: list[int] = []

    def nosy(_: Exchange) -> None:
        found.extend(numbers(journal))
        journal.watch(lambda _: None)
        journal.clear()

    journal.watch(nosy)
    journal.write(Entry(1))
    assert found == [1]
    assert numbers(journal) == []


def test_a_failing_watcher_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """A watcher's own mistake is logged; the exchange is kept and the other watchers see it (Journal.write)."""
    journal = Journal(10)
    seen: list[int] = []

    def clumsy(_: Exchange) -> None:
        raise RuntimeError("my own mistake")

    journal.watch(clumsy)
    journal.watch(lambda exchange: seen.append(exchange.number))
    with caplog.at_level(logging.ERROR, "mockwise"):
        journal.write(Entry(1))
    assert numbers(journal) == seen == [1]
    assert "my own mistake" in caplog.text


def test_the_newest_come_first_and_one_by_one() -> None:
    """Whoever wants the last few need not have the others told (Journal.newest_first)."""
    journal = Journal(3)
    asked: list[int] = []

    class CountedEntry(Entry):
        def exchange(self) -> Exchange:
            asked.append(self.number)
            return super().exchange()

    for number in range(1, 5):
        journal.write(CountedEntry(number))
    assert next(journal.newest_first()).number == 4
    assert asked == [4]
    assert [it.number for it in journal.newest_first()] == [4, 3, 2]
    assert journal.count() == 3


def test_of_all_exchanges_the_one_that_is_looked_for_is_told() -> None:
    """Whoever wants one need not have the others told (Journal.find)."""
    journal = Journal(3)
    asked: list[int] = []

    class CountedEntry(Entry):
        def exchange(self) -> Exchange:
            asked.append(self.number)
            return super().exchange()

    for number in range(1, 5):
        journal.write(CountedEntry(number))
    found = journal.find(2)
    assert found is not None
    assert found.number == 2
    assert asked == [2]
    assert journal.find(1) is None  # it has left
    assert asked == [2]


def test_a_watcher_can_stop_watching() -> None:
    """From then on it hears nothing; one that never watched changes nothing (Journal.unwatch)."""
    journal = Journal(10)
    seen: list[int] = []
    heard: list[int] = []

    def watcher(it: Exchange) -> None:
        seen.append(it.number)

    journal.watch(watcher)
    journal.watch(lambda it: heard.append(it.number))
    journal.write(Entry(1))
    journal.unwatch(watcher)
    journal.unwatch(watcher)
    journal.write(Entry(2))
    assert (seen, heard) == ([1], [1, 2])


@pytest.mark.parametrize(("most", "kept"), [(0, []), (9, []), (10, [3]), (29, [2, 3]), (30, [1, 2, 3])])
def test_the_journal_is_bounded_by_bytes_too(most: int, kept: list[int]) -> None:
    """Few long exchanges take as much as many short ones; the oldest leave first (SandboxOptions.journal_bytes)."""
    journal = Journal(10, most_bytes=most)
    for number in (1, 2, 3):
        journal.write(Entry(number, size=10))
    assert numbers(journal) == kept


def test_a_cleared_journal_has_room_again() -> None:
    """What was forgotten takes no bytes (Journal.clear)."""
    journal = Journal(10, most_bytes=25)
    for number in range(1, 5):
        journal.write(Entry(number, size=10))
    journal.clear()
    for number in (5, 6):
        journal.write(Entry(number, size=10))
    assert numbers(journal) == [5, 6]
