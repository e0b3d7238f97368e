"""Whether a client keeps its tokens (docs/wise/lifetimes-and-formats.md#lifetimes), and no alarm where it does."""

from __future__ import annotations

import pytest

from mockwise.state.tokens import TokenState
from tests.audit.journal_builder import HOUR, LIFE, JournalBuilder, only

RULE = "tokens-not-held"


def test_a_fetch_for_each_call_is_an_error() -> None:
    """One connection, a token for each call (docs/wise/lifetimes-and-formats.md#lifetimes: valid for 12 hours)."""
    builder = JournalBuilder()
    for number in range(3):
        builder.fetch(f"t{number}", number)
        builder.call(f"t{number}", number)
    finding = only(builder.findings)
    assert (finding.rule, finding.level, finding.client_id) == (RULE, "error", "app")
    assert [it.number for it in finding.evidence] == [1, 3, 5]
    assert finding.what == "3 live tokens were held at the same time, and at most 1 can have been in use"


def test_two_fetches_over_one_connection_are_one_too_many() -> None:
    """The connection proves that it was one client."""
    builder = JournalBuilder()
    builder.fetch("a")
    builder.fetch("b", 1)
    assert builder.broken == [RULE]


def test_new_connections_for_each_request_do_not_hide_it() -> None:
    """One that opens a connection per request, as careless scripts do."""
    builder = JournalBuilder()
    for number in range(3):
        builder.fetch(f"t{number}", number, connection=f"f{number}")
        builder.call(f"t{number}", number, connection=f"c{number}")
    assert builder.broken == [RULE]


def test_a_client_that_started_anew_once_is_none() -> None:
    """A process that fetches one token and ends, and another one after it."""
    builder = JournalBuilder()
    for number in range(2):
        builder.fetch(f"t{number}", number, connection=f"f{number}")
        builder.call(f"t{number}", number, connection=f"f{number}")
    assert builder.broken == []


def test_a_token_for_each_worker_is_as_wise_wants_it() -> None:
    """Eight workers with a connection each (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    builder = JournalBuilder()
    for number in range(8):
        builder.fetch(f"t{number}", number, connection=f"c{number}", open_connections=number + 1)
    for number in range(8):
        builder.call(f"t{number}", 10 + number, connection=f"c{number}", open_connections=8)
    assert builder.broken == []


def test_workers_may_share_one_connection() -> None:
    """Eight threads, one pool: each token is used again after all were fetched."""
    builder = JournalBuilder()
    for number in range(8):
        builder.fetch(f"t{number}", number)
        builder.call(f"t{number}", number)
    for number in range(8):
        builder.call(f"t{number}", 10 + number)
    assert builder.broken == []


def test_more_tokens_than_workers_are_an_error_still() -> None:
    """Two workers that both fetch for each call."""
    builder = JournalBuilder()
    for number in range(6):
        where = f"c{number % 2}"
        builder.fetch(f"t{number}", number, connection=where, open_connections=2)
        builder.call(f"t{number}", number, connection=where, open_connections=2)
    assert builder.broken == [RULE]


@pytest.mark.parametrize("share", [0.5, 0.75, 0.99])
def test_a_renewal_ahead_of_the_end_is_none(share: float) -> None:
    """The older token lives on for a while (docs/wise/lifetimes-and-formats.md#lifetimes), and longest if it is renewed after half of its life."""
    builder = JournalBuilder()
    for number in range(5):
        builder.fetch(f"t{number}", number * share * LIFE)
        builder.call(f"t{number}", number * share * LIFE + 1)
    assert builder.broken == []


def test_a_renewal_by_the_real_clock_is_none() -> None:
    """The sandbox's clock stands still, and the client does not know."""
    builder = JournalBuilder()
    for number in range(3):
        builder.fetch(f"t{number}", 0, wall=number * 40.0, life=60)
    assert builder.broken == []


def test_tokens_that_died_are_not_held() -> None:
    """Revoked by hand, or refused for whatever reason: the client needs another."""
    builder = JournalBuilder()
    for number in range(4):
        builder.fetch(f"t{number}", number * 10)
        builder.die(f"t{number}", number * 10 + 5)
    for number in range(4, 8):
        builder.fetch(f"t{number}", number * 10)
        builder.call(f"t{number}", number * 10 + 1, status=401)
    assert builder.broken == []


def test_answers_that_a_fault_spoiled_bring_no_token() -> None:
    """The client may not have got it."""
    builder = JournalBuilder()
    for number in range(5):
        builder.fetch(f"t{number}", number * HOUR, fault="garble")
    assert builder.broken == []


@pytest.mark.parametrize("fault", ["delay", "drip", "delay+drip"])
def test_answers_that_a_fault_held_up_bring_theirs(fault: str) -> None:
    """The client got it, later."""
    builder = JournalBuilder()
    for number in range(5):
        builder.fetch(f"t{number}", number * HOUR, fault=fault)
    assert builder.broken == ["tokens-not-held"]


def test_a_token_that_is_handed_out_again_is_one_token() -> None:
    """`token_repeat="reuse"` (docs/wise/lifetimes-and-formats.md#what-ends-a-token, UNKNOWN): asking shortly before its end brings the same one."""
    builder = JournalBuilder()
    for number in range(5):
        builder.fetch("same", number)
    assert builder.broken == []


def test_tokens_of_others_do_not_count() -> None:
    """Clients are judged one by one, and users have a token each."""
    builder = JournalBuilder()
    for number in range(5):
        builder.fetch(f"t{number}", client_id=f"app {number}")
        builder.fetch(f"u{number}", link=f"link {number}")
    assert builder.broken == []


def test_a_lifetime_that_cannot_be_read_is_that_of_the_token() -> None:
    """An upstream, or an answer that was cut short."""
    for body in ("", "[]", '{"expires_in": "soon"}', '{"expires_in": 1e300}'):
        builder = JournalBuilder()
        for number in range(3):
            builder.fetch(f"t{number}", number, response_body=body)
        assert builder.broken == [RULE]


def test_a_token_that_is_used_by_turns_is_a_note() -> None:
    """A pool may do that on purpose; Wise recommends a token per worker (docs/wise/lifetimes-and-formats.md#storage)."""
    builder = JournalBuilder()
    builder.fetch("t")
    for number in range(6):
        builder.call("t", number, connection=f"c{number % 3}", open_connections=3)
    finding = only(builder.findings)
    assert (finding.rule, finding.level) == ("token-shared", "note")
    assert finding.what == "1 token went over up to 3 connections by turns"


def test_workers_that_share_a_pool_share_no_token() -> None:
    """Each has its own, which goes over whichever connection is free."""
    builder = JournalBuilder()
    for number in range(4):
        builder.fetch(f"t{number}", connection=f"c{number}", open_connections=4)
    for number in range(20):
        builder.call(f"t{number % 4}", connection=f"c{number * 7 % 5 % 4}", open_connections=4)
    assert builder.broken == []


def test_a_token_that_moves_to_a_new_connection_is_none() -> None:
    """Connections end, and tokens live longer; users have one token for all."""
    builder = JournalBuilder()
    builder.fetch("t")
    builder.refresh("u", "link")
    for number in range(6):
        builder.call("t", number, connection=f"c{number // 2}")
        builder.call("u", number, connection=f"c{number % 3}")
    assert builder.broken == []


def test_a_token_of_which_nothing_is_known_is_not_judged() -> None:
    """The sandbox forgot it, and its answer did not say how long it lives."""
    builder = JournalBuilder()
    for number in range(4):
        builder.fetch(f"t{number}", number)
    builder.lives.clear()
    assert builder.broken == []


def test_an_expired_token_is_not_held() -> None:
    """By hand, all at once."""
    builder = JournalBuilder()
    for number in range(4):
        builder.fetch(f"t{number}", number)
        builder.die(f"t{number}", number, TokenState.EXPIRED)
    assert builder.broken == []
