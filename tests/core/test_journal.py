from __future__ import annotations

import logging
from functools import partial

import pytest

from mockwise.core.journal import Exchange, Journal
from tests.core.tools import exchange, together


def numbers(journal: Journal) -> list[int]:
    """The numbers of the exchanges that are kept."""
    return [kept.number for kept in journal.exchanges()]


def test_exchanges_are_kept_in_order() -> None:
    """What was written first comes first (Journal.exchanges)."""
    journal = Journal(10)
    for number in (1, 2, 3):
        journal.write(partial(exchange, number))
    assert numbers(journal) == [1, 2, 3]


@pytest.mark.parametrize(("size", "kept"), [(0, []), (1, [100]), (3, [98, 99, 100])])
def test_the_journal_is_a_ring(size: int, kept: list[int]) -> None:
    """A full journal forgets the oldest, so that memory stays flat (core.store)."""
    journal = Journal(size)
    for number in range(1, 101):
        journal.write(partial(exchange, number))
    assert numbers(journal) == kept


def test_numbers_count_from_one_without_gaps() -> None:
    """Exchanges are numbered from 1; threads that ask at once get different numbers (Exchange.number)."""
    journal = Journal(10)
    assert sorted(together(8, lambda _: journal.next_number())) == list(range(1, 9))


def test_clear_forgets_and_counts_on() -> None:
    """A cleared journal is empty, and its numbers go on (Journal.clear)."""
    journal = Journal(10)
    journal.write(partial(exchange, journal.next_number()))
    journal.clear()
    assert numbers(journal) == []
    assert journal.next_number() == 2


def test_a_list_once_read_does_not_change() -> None:
    """Whoever holds the exchanges holds them as they were (Journal.exchanges)."""
    journal = Journal(10)
    journal.write(partial(exchange, 1))
    before = journal.exchanges()
    journal.write(partial(exchange, 2))
    assert len(before) == 1


def test_watchers_see_each_exchange_from_then_on() -> None:
    """Every watcher is told of each exchange after it came, in order, though the ring is short (Journal.watch)."""
    journal = Journal(1)
    early: list[int] = []
    late: list[int] = []
    journal.write(partial(exchange, 1))
    journal.watch(lambda seen: early.append(seen.number))
    journal.write(partial(exchange, 2))
    journal.watch(lambda seen: late.append(seen.number))
    journal.write(partial(exchange, 3))
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
    journal.write(partial(exchange, 1))
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
        journal.write(partial(exchange, 1))
    assert numbers(journal) == seen == [1]
    assert "my own mistake" in caplog.text
