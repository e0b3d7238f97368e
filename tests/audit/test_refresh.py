"""Whether a client looks after the links of its users (docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""

from __future__ import annotations

from typing import Any

import pytest

from mockwise.state.revocation_causes import RevocationCause
from tests.audit.journal_builder import HOUR, JournalBuilder, levels, only


def test_a_token_older_than_six_hours_is_a_note() -> None:
    """Refreshing every six hours is recommended."""
    builder = JournalBuilder()
    builder.refresh("t", "link")
    builder.call("t", 5 * HOUR)
    builder.call("t", 7 * HOUR)
    assert levels(builder.findings) == {"refresh-late": "note"}
    assert [it.number for it in only(builder.findings).evidence] == [3]


def test_a_refresh_that_was_tried_is_not_late() -> None:
    """It failed, and the older token is used while it lives; nor does the rule speak of refusals and applications."""
    builder = JournalBuilder()
    builder.refresh("t", "link")
    builder.ask(6 * HOUR, link="link", grant_type="refresh_token")
    builder.call("t", 7 * HOUR)
    builder.refresh("u", "other")
    builder.call("u", 7 * HOUR, status=401)
    builder.fetch("a")
    builder.call("a", 7 * HOUR)
    assert builder.broken == []


def race(builder: JournalBuilder, gap: float = 0.01, **second: Any) -> None:
    """Two refreshes of one link."""
    builder.refresh("one", "link", 0, connection="c1", open_connections=2)
    builder.refresh("two", "link", gap, **{"connection": "c2", "open_connections": 2, **second})


def test_racing_refreshes_are_a_warning() -> None:
    """The first brought a token that nobody could use."""
    builder = JournalBuilder()
    race(builder)
    builder.call("two", 1, connection="c2", open_connections=2)
    assert levels(builder.findings) == {"racing-refreshes": "warning"}
    assert [it.number for it in only(builder.findings).evidence] == [1, 2]


def test_a_token_that_is_used_after_the_other_refresh_was_lost() -> None:
    """A token that is used, and refused, after another worker's refresh was lost to the race."""
    builder = JournalBuilder()
    race(builder)
    builder.call("one", 1, connection="c1", open_connections=2, status=401)
    assert builder.broken == ["racing-refreshes"]


@pytest.mark.parametrize("second", [{"connection": "c1"}, {"gap": 5.0}, {"open_connections": 1}])
def test_refreshes_one_after_the_other_do_not_race(second: dict[str, Any]) -> None:
    """By one worker, or with time between them."""
    builder = JournalBuilder()
    race(builder, **second)
    assert builder.broken == []


def test_a_token_that_had_its_use_was_not_lost() -> None:
    """A token that was used between the two refreshes was not lost to a race."""
    builder = JournalBuilder()
    builder.refresh("one", "link", 0, connection="c1", open_connections=2)
    builder.call("one", 0, connection="c1", open_connections=2)
    builder.refresh("two", "link", 0.01, connection="c2", open_connections=2)
    assert builder.broken == []


def test_an_old_refresh_token_after_a_new_grant_is_a_warning() -> None:
    """A refresh token is dead after a new grant (DOCUMENTED): using it is a warning."""
    builder = JournalBuilder()
    builder.replaced("old", 10)
    builder.ask(20, link="old", grant_type="refresh_token", status=400)
    assert levels(builder.findings) == {"old-refresh-token-used": "warning"}


def test_a_refresh_token_that_was_rotated_out_is_a_note() -> None:
    """Wise does not rotate today (OBSERVED), so that it is no more than a note (docs/wise/conflicts.md#c6)."""
    builder = JournalBuilder()
    builder.replaced("old", 10, RevocationCause.ROTATED)
    builder.ask(20, link="old", grant_type="refresh_token", status=400)
    assert levels(builder.findings) == {"rotated-refresh-token-used": "note"}
    assert only(builder.findings).what == "1 with a refresh token that an earlier refresh had replaced"


def test_a_refresh_token_that_died_otherwise_is_none() -> None:
    """Nobody told the client; and one that is used before its end is right."""
    builder = JournalBuilder()
    builder.replaced("revoked", 10, None)
    builder.replaced("changed", 10, RevocationCause.EMAIL_CHANGED)
    builder.replaced("later", 100)
    for link in ("revoked", "changed", "later", "unknown"):
        builder.ask(20, link=link, grant_type="refresh_token", status=400, fingerprint=link)
    builder.replaced("spoiled", 10)
    builder.ask(20, link="spoiled", grant_type="refresh_token", status=503)
    builder.ask(20, link="spoiled", grant_type="authorization_code", status=400)
    assert builder.broken == []
