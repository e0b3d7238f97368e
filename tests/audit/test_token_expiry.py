"""Whether a client knows when its tokens end (docs/wise/lifetimes-and-formats.md#what-ends-a-token), and takes a 401 for what it is (RFC 6750 section 3.1)."""

from __future__ import annotations

import pytest

from mockwise.state.tokens import TokenState
from tests.audit.journal_builder import HOUR, LIFE, JournalBuilder, levels, only

AGAIN = "dead-token-used-again"


def test_a_token_that_is_over_by_any_clock_is_a_warning() -> None:
    """Sixty real seconds have passed, and the client could have known."""
    builder = JournalBuilder()
    builder.fetch("t", life=59)
    builder.call("t", 70, status=401)
    assert levels(builder.findings) == {"expired-token-used": "warning"}
    assert only(builder.findings).what == "1 call carried a token that was over by any clock"


def test_a_call_that_was_on_its_way_is_none() -> None:
    """A call is forgiven one second after the end of its token: it was on its way."""
    builder = JournalBuilder()
    builder.fetch("t", life=59)
    builder.call("t", 60, status=401)
    assert builder.broken == []


def test_a_renewal_after_a_401_is_a_note_where_the_clock_was_moved() -> None:
    """The client may go by the machine's clock."""
    builder = JournalBuilder()
    builder.fetch("t")
    builder.die("t", LIFE, TokenState.EXPIRED)
    builder.call("t", 13 * HOUR, wall=1, status=401)
    builder.fetch("u", 13 * HOUR, wall=1)
    assert levels(builder.findings) == {"renewed-after-401": "note"}


def test_a_token_that_died_early_is_met_by_a_401() -> None:
    """Nobody can know that it was revoked, or expired by hand; nor is a fault to blame on the client."""
    builder = JournalBuilder()
    builder.fetch("t")
    builder.die("t", 10)
    builder.call("t", 20, status=401)
    builder.fetch("u", 21)
    builder.call("u", 13 * HOUR, wall=22, status=401, fault="Respond")
    assert builder.broken == []


def test_a_lifetime_that_was_not_told_cannot_be_kept() -> None:
    """An answer without `expires_in` (RFC 6749 section 5.1: it is only recommended)."""
    builder = JournalBuilder()
    builder.fetch("t", response_body="{}")
    builder.call("t", 24 * HOUR, status=401)
    assert builder.broken == []


@pytest.mark.parametrize("link", [None, "link"])
def test_a_token_with_less_than_a_fifth_of_its_life_left_is_a_note(link: str | None) -> None:
    """Applications' and users': renewal is advised when 80 % of the lifetime has elapsed (docs/wise/lifetimes-and-formats.md#storage, D26o)."""
    builder = JournalBuilder()
    builder.fetch("t", link=link, life=10_000)
    for seconds in (7_990, 8_010, 8_020):
        builder.call("t", seconds, wall=1)
    assert levels(builder.findings) == {"renewed-late": "note"}
    assert [it.number for it in only(builder.findings).evidence] == [3, 4]
    assert only(builder.findings).what == "2 calls carried a token with less than a fifth of its life left"


@pytest.mark.parametrize("link", [None, "link"])
def test_a_token_whose_renewal_was_tried_is_not_renewed_late(link: str | None) -> None:
    """It failed, and the older token is used while it lives; another user's renewal is none."""
    builder = JournalBuilder()
    builder.fetch("t", link=link, life=10_000)
    builder.ask(7_000, link="another" if link else None)
    builder.ask(8_000, link=link)
    builder.call("t", 9_000)
    assert builder.broken == []
    if link:
        del builder.exchanges[2]
        assert builder.broken == ["renewed-late"]


@pytest.mark.parametrize("state", [TokenState.REVOKED, TokenState.EXPIRED, TokenState.CLIENT_REVOKED])
def test_a_dead_token_used_again_and_again_is_an_error(state: TokenState) -> None:
    """Three refusals, and no thought of another token."""
    builder = JournalBuilder()
    builder.fetch("t")
    builder.die("t", 10, state)
    for number in range(3):
        builder.call("t", 11 + number, status=401)
    assert levels(builder.findings) == {AGAIN: "error"}
    assert only(builder.findings).what == "3 calls carried a token that was dead, and were refused"


def test_twice_is_not_again_and_again() -> None:
    """A test that looks at a refusal looks at it."""
    builder = JournalBuilder()
    builder.fetch("t")
    builder.die("t", 10)
    for number in range(2):
        builder.call("t", 11 + number, status=401)
    assert builder.broken == []


def test_calls_that_were_on_their_way_in_a_pool_are_none() -> None:
    """Each connection is refused, one of the tasks asks for another token, and all go on."""
    builder = JournalBuilder()
    builder.fetch("t")
    for number in range(3):
        builder.call("t", 1, connection=f"c{number}", open_connections=3)
    builder.die("t", 2)
    for number in range(9):
        builder.call("t", 3, connection=f"c{number % 3}", open_connections=3, status=401)
    builder.fetch("u", 3, open_connections=3)
    for number in range(9):
        builder.call("t", 3.1, connection=f"c{number % 3}", open_connections=3, status=401)
    assert AGAIN not in builder.broken


def test_a_pool_that_nobody_repaired_is_none() -> None:
    """Who shares a token, and is refused once each, cannot be told from who repeats."""
    builder = JournalBuilder()
    builder.fetch("t")
    builder.die("t", 2)
    for number in range(9):
        builder.call("t", 3, connection=f"c{number % 3}", open_connections=3, status=401)
    assert AGAIN not in builder.broken


def test_the_worker_of_an_own_connection_can_be_told() -> None:
    """Each has a token of its own, and one of them does not look at its refusals."""
    builder = JournalBuilder()
    for number in range(2):
        builder.fetch(f"t{number}", connection=f"c{number}", open_connections=2)
    builder.die("t1", 2)
    for number in range(3):
        builder.call("t0", 3 + number, connection="c0", open_connections=2)
        builder.call("t1", 3 + number, connection="c1", open_connections=2, status=401)
    assert builder.broken == [AGAIN]


def test_a_new_token_beside_the_dead_one_does_not_excuse_it_for_long() -> None:
    """It asked for another, and goes on with the old one."""
    builder = JournalBuilder()
    builder.fetch("t")
    builder.die("t", 2)
    builder.call("t", 3, status=401)
    builder.fetch("u", 4)
    for number in range(3):
        builder.call("t", 100 + number, status=401)
    assert builder.broken == [AGAIN]


def test_a_personal_token_is_judged_too() -> None:
    """It belongs to no client, and was never fetched."""
    builder = JournalBuilder()
    builder.fetch("t", client_id=None)
    builder.exchanges.clear()
    builder.die("t", 2)
    for number in range(3):
        builder.call("t", 3 + number, client_id=None, status=401)
    assert builder.broken == [AGAIN]
    assert only(builder.findings).client_id is None
