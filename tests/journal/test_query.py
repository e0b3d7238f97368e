"""Which exchanges a query wants."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mockwise.common.digests import digest_of
from mockwise.errors import InvalidValueError
from mockwise.journal.journal import Exchange, Journal
from mockwise.journal.query import Query, make_query, search
from tests.state.helpers import NOON, Entry, exchange

ONE = replace(exchange(7), token=digest_of("s3cret"), fault="delay+respond", status=503)


@pytest.mark.parametrize(
    ("fits", "misses"),
    [
        ({"method": "post"}, {"method": "GET"}),
        ({"path": "/oauth/token"}, {"path": "/token"}),
        ({"path": "/oauth/*"}, {"path": "/v1/*"}),
        ({"path": "*token"}, {"path": ""}),
        ({"status": 503}, {"status": 500}),
        ({"status": "5xx"}, {"status": "4xx"}),
        ({"status": "503"}, {"status": "0"}),
        ({"client": "app"}, {"client": "ap"}),
        ({"grant": "client_credentials"}, {"grant": "refresh_token"}),
        ({"token": "s3cret"}, {"token": "secret"}),
        ({"token": digest_of("s3cret")}, {"token": digest_of("secret")}),
        ({"token": digest_of("s3cret")[:6].upper()}, {"token": "x"}),
        ({"host": "mtls"}, {"host": "tls"}),
        ({"fault": "respond"}, {"fault": "drop"}),
        ({"fault": "*"}, {"fault": "delay+respond"}),
        ({"since": 6}, {"since": 7}),
        ({"since": "6"}, {"since": "7"}),
        ({"since": NOON}, {"since": NOON + timedelta(microseconds=1)}),
        ({"since": "2026-11-22T12:00:00Z"}, {"since": "2026-11-22T12:00:01+00:00"}),
    ],
)
def test_a_filter_keeps_what_is_so(fits: dict[str, Any], misses: dict[str, Any]) -> None:
    """Each filter alone, as Python writes it and as a URL or a command line does (journal.query)."""
    assert make_query(fits).matches(ONE)
    assert make_query(fits).mismatches(ONE) == []
    assert not make_query(misses).matches(ONE)
    assert make_query(misses).mismatches(ONE) == list(misses)


def test_all_filters_must_agree() -> None:
    """What is not said does not matter; what is said, all of it does."""
    assert make_query({"method": None}) == Query()
    assert Query().matches(ONE)
    both = make_query({"method": "POST", "status": 200})
    assert both.mismatches(ONE) == ["status"]
    assert make_query({"method": "GET", "status": 200}).mismatches(ONE) == ["method", "status"]
    assert str(both) == "method POST, status 200"


def test_nothing_is_like_nothing() -> None:
    """An exchange without a token, a client or a fault fits no filter that names one."""
    bare = replace(ONE, token=None, client_id=None, grant_type=None, fault=None)
    for said in ({"token": "s3cret"}, {"client": "app"}, {"grant": "x"}, {"fault": "*"}):
        assert not make_query(said).matches(bare)


def test_a_quarterly_version_does_not_matter() -> None:
    """As for faults (docs/wise/errors.md#versions); who writes one out means that one."""
    versioned = replace(ONE, path="/2026Q3/oauth/token")
    assert make_query({"path": "/oauth/token"}).matches(versioned)
    assert make_query({"path": "/2026Q3/oauth/token"}).matches(versioned)
    assert not make_query({"path": "/2026Q4/oauth/token"}).matches(versioned)


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"stats": 200}, "there is no filter 'stats'. Did you mean 'status'?"),
        ({"zzz": 200}, "there is no filter 'zzz'. There are: method, path, "),
        ({"status": "40"}, "status: write a status such as 401, or a class such as 4xx, instead of '40'"),
        ({"status": 4010}, "instead of 4010"),
        ({"since": "lunch"}, "since: write the number of an exchange, or a time"),
        ({"since": "2026-11-22T12:00:00"}, "since: the time needs a zone"),
        ({"since": NOON.replace(tzinfo=None)}, "since: the time needs a zone"),
    ],
)
def test_a_mistake_is_named(filters: dict[str, Any], said: str) -> None:
    """A filter that nothing can fit is a mistake, and no empty list."""
    with pytest.raises(InvalidValueError) as caught:
        make_query(filters)
    assert said in str(caught.value)


def test_a_search_counts_all_and_shows_the_newest() -> None:
    """Oldest first; of those that fit, all are counted."""
    journal = Journal(10)
    for number in range(1, 6):
        journal.write(Entry(number))
    wanted = make_query({"since": 2})
    assert (search(journal, wanted).total, [it.number for it in search(journal, wanted).exchanges]) == (
        3,
        [3, 4, 5],
    )
    assert [it.number for it in search(journal, wanted, 2).exchanges] == [4, 5]
    assert search(journal, wanted, 0) == (3, [])


def test_who_wants_any_has_only_those_told_that_are_shown() -> None:
    """Telling an exchange takes its time (Journal.newest_first)."""
    told: list[int] = []

    class FixedEntry(Entry):
        def exchange(self) -> Exchange:
            told.append(self.number)
            return super().exchange()

    journal = Journal(10)
    for number in range(1, 6):
        journal.write(FixedEntry(number))
    assert search(journal, Query(), 1).total == 5
    assert min(told) == 4
