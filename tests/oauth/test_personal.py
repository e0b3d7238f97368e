from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from mockwise.common.digests import digest_of
from mockwise.errors import ConflictError, NotFoundError
from mockwise.oauth.personal import issue_personal
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.tokens import NEVER, TokenState
from tests.oauth.token_endpoint import TokenEndpoint


@pytest.mark.parametrize("read_only", [False, True])
def test_a_personal_token_is_its_users_alone(read_only: bool) -> None:
    """No client, no link; full or read-only (docs/wise/developer-hub.md#credentials, DOCUMENTED)."""
    box = TokenEndpoint().box
    ann = box.users.require("ann@example.com")
    text = issue_personal(box, ann.user_id, read_only=read_only)
    token = box.tokens.get(digest_of(text))
    assert token is not None
    assert (token.kind, token.client_id) == ("personal", None)
    assert (token.subject.user_id, token.subject.read_only) == (ann.user_id, read_only)
    assert str(uuid.UUID(text)) == text
    assert issue_personal(box, ann.user_id) != text


def test_it_lives_until_it_is_revoked() -> None:
    """It has no end of its own (docs/wise/lifetimes-and-formats.md#what-ends-a-token, DOCUMENTED); with the user's account it dies."""
    box = TokenEndpoint().box
    ann = box.users.require("ann@example.com")
    token = box.tokens.get(digest_of(issue_personal(box, ann.user_id)))
    assert token is not None
    assert token.expires_at == NEVER
    box.clock.advance(timedelta(days=20_000))
    assert box.tokens.status_of(token).state is TokenState.LIVE
    box.user_events.deactivate(ann.user_id)
    ended = box.tokens.get(token.digest)
    assert ended is not None
    assert box.tokens.status_of(ended).cause is RevocationCause.USER_DEACTIVATED


def test_only_users_who_are_there_get_one() -> None:
    """Not a deactivated one, and not an id of nobody (mock-only)."""
    box = TokenEndpoint().box
    ann = box.users.require("ann@example.com")
    box.user_events.deactivate(ann.user_id)
    with pytest.raises(ConflictError, match="was deactivated"):
        issue_personal(box, ann.user_id)
    with pytest.raises(NotFoundError, match="no user 1"):
        issue_personal(box, 1)
    assert box.tokens.all() == []
