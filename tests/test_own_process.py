"""A process of the mock's own, and one of its user's."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from mockwise.common.own_process import own_process, set_aside


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_a_collection_finds_in_use_is_looked_at_once() -> None:
    """In a process of the mock's own, until the mock ends."""
    with own_process():
        gc.collect()
        aside = gc.get_freeze_count()
        kept = [[number] for number in range(1000)]
        gc.collect(1)
        assert gc.get_freeze_count() <= aside  # only a full one looks at everything
        gc.collect()
        assert gc.get_freeze_count() >= len(kept)
        assert not any(it is kept for it in gc.get_objects())
    gc.unfreeze()
    before = gc.get_freeze_count()
    gc.collect()
    assert gc.get_freeze_count() == before


def test_what_is_set_aside_is_so_in_a_process_of_the_mocks_own_alone() -> None:
    """A test's own process collects as its owner wants it."""
    kept = [object()]
    gc.unfreeze()
    before = gc.get_freeze_count()
    set_aside()
    assert gc.get_freeze_count() == before
    with own_process():
        set_aside()
        assert not any(it is kept for it in gc.get_objects())


def test_threads_take_shorter_turns_until_the_end() -> None:
    """And then as long ones as before."""
    before = sys.getswitchinterval()
    with own_process():
        assert sys.getswitchinterval() < before
    assert sys.getswitchinterval() == before
