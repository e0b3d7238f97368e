"""Links: what a grant, a refresh and an event do to refresh tokens and to the access tokens made from them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mockwise.common.digests import digest_of
from mockwise.state import refresh_grants as links_module
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.registry import Registry
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import IssuedToken, TokenState, TokenStatus
from tests.state.helpers import NOON

DAY = timedelta(days=1)


@pytest.fixture
def box(registry: Registry) -> SandboxState:
    """The default sandbox, its clock frozen, with a client."""
    box = registry.default
    box.clock.freeze()
    registry.add_client(box, client_id="app")
    registry.add_client(box, client_id="other")
    return box


def grant(
    box: SandboxState, text: str, profile_id: int | None = 3, client_id: str = "app", user_id: int = 1
) -> RefreshGrant:
    """A link with that refresh token."""
    now = box.clock.now()
    return box.links.add(
        RefreshGrant(
            digest=digest_of(text),
            client_id=client_id,
            user_id=user_id,
            profile_id=profile_id,
            by_registration=profile_id is None,
            granted_at=now,
            expires_at=now + 7300 * DAY,
        )
    )


def access(box: SandboxState, link: RefreshGrant, text: str) -> IssuedToken:
    """An access token made from a link, not noted yet."""
    return box.tokens.issue(text, link.subject, box.clock.now(), timedelta(hours=12))


def first(box: SandboxState, link: RefreshGrant, text: str) -> IssuedToken:
    """The first access token of a grant."""
    token = access(box, link, text)
    box.links.add_access_token(link, token.digest)
    return token


def now_of(box: SandboxState, text: str) -> RefreshGrant:
    """The link of a refresh token, as it is now."""
    link = box.links.of_text(text)
    assert link is not None
    return link


def lives(box: SandboxState, token: IssuedToken) -> bool:
    """Whether the token is live now."""
    current = box.tokens.get(token.digest)
    assert current is not None
    return box.tokens.status_of(current).state is TokenState.LIVE


def test_a_refresh_kills_the_access_token_before_it(box: SandboxState) -> None:
    """Facts 2, DOCUMENTED: at once; the refresh token lives on."""
    link = grant(box, "r")
    one = first(box, link, "one")
    two = access(box, link, "two")
    box.links.refresh(link, two.digest)
    assert [lives(box, it) for it in (one, two)] == [False, True]
    dead = box.tokens.get(one.digest)
    assert dead is not None
    assert box.tokens.status_of(dead) == TokenStatus(TokenState.REVOKED, NOON, RevocationCause.REFRESHED)
    assert box.links.alive(now_of(box, "r"))


def test_a_new_grant_kills_the_old_refresh_token_alone(box: SandboxState) -> None:
    """Facts 2, DOCUMENTED: the last access token lives on until it expires or is replaced, by the next refresh."""
    old = grant(box, "old")
    one = first(box, old, "one")
    new = grant(box, "new")
    two = first(box, new, "two")
    assert [box.links.alive(now_of(box, it)) for it in ("old", "new")] == [False, True]
    assert now_of(box, "old").ended_by is RevocationCause.GRANTED_ANEW
    assert [lives(box, it) for it in (one, two)] == [True, True]
    three = access(box, new, "three")
    box.links.refresh(new, three.digest)
    assert [lives(box, it) for it in (one, two, three)] == [False, False, True]


@pytest.mark.parametrize(
    "other", [{"profile_id": 4}, {"profile_id": None}, {"client_id": "other"}, {"user_id": 2}]
)
def test_other_grants_are_left_alone(box: SandboxState, other: dict[str, int]) -> None:
    """Another profile needs its own consent (docs/wise/consent-and-revocation.md#authorization-page); so do another client and another user."""
    grant(box, "r")
    grant(box, "s", **other)  # type: ignore[arg-type]  # because the values fit by name
    assert box.links.alive(now_of(box, "r"))


def test_a_refresh_token_expires(box: SandboxState) -> None:
    """A refresh token expires after 7300 days (docs/wise/conflicts.md#c5)."""
    link = grant(box, "r")
    box.clock.advance(7300 * DAY - timedelta(microseconds=1))
    assert box.links.alive(link)
    box.clock.advance(timedelta(microseconds=1))
    assert not box.links.alive(link)


def test_links_end_with_their_access_tokens(box: SandboxState) -> None:
    """What ends a link ends what was made from it; twice changes nothing (Links.end)."""
    link, other = grant(box, "r"), grant(box, "s", user_id=2)
    one, two = first(box, link, "one"), first(box, other, "two")
    assert box.links.revoke_all("user_id", 1, RevocationCause.DISCONNECTED) == 1
    assert box.links.revoke_all("user_id", 1, RevocationCause.LEAK_SUSPECTED) == 0
    box.links.revoke(link.digest, RevocationCause.LEAK_SUSPECTED)
    assert [lives(box, it) for it in (one, two)] == [False, True]
    assert now_of(box, "r").ended_by is RevocationCause.DISCONNECTED


def test_what_was_swept_meanwhile_is_no_mistake(box: SandboxState) -> None:
    """An access token may be forgotten before its link, and a link before it is ended."""
    link = grant(box, "r")
    first(box, link, "one")
    box.links.revoke("unheard-of", None)
    box.tokens.revoke_if_present("unheard-of", RevocationCause.REFRESHED)
    assert box.links.alive(now_of(box, "r"))


@pytest.mark.parametrize("ended", [True, False])
def test_a_dead_link_is_forgotten_after_a_day(box: SandboxState, ended: bool) -> None:
    """Memory stays flat; reasons survive a while (mock-only)."""
    link = grant(box, "r")
    if ended:
        box.links.revoke(link.digest, None)
        box.clock.advance(DAY + timedelta(minutes=1))
    else:
        box.clock.advance(7301 * DAY + timedelta(minutes=1))
    for user_id in (7, 8, 9):
        grant(box, f"other {user_id}", user_id=user_id)
    assert box.links.of_text("r") is None


def test_a_link_is_remembered_as_long_as_an_access_token_of_it(box: SandboxState) -> None:
    """What ends the link must find that token (state.user_events)."""
    link = grant(box, "r")
    token = box.tokens.issue("long", link.subject, box.clock.now(), 10_000 * DAY)
    box.links.add_access_token(link, token.digest)
    box.clock.advance(7302 * DAY)
    for user_id in (7, 8, 9):
        grant(box, f"other {user_id}", user_id=user_id)
    assert lives(box, token)
    box.links.revoke_all("user_id", 1, RevocationCause.USER_DEACTIVATED)
    assert not lives(box, token)


def test_of_two_grants_at_once_one_stands(box: SandboxState, monkeypatch: pytest.MonkeyPatch) -> None:
    """A grant that finds another one in its way tries again (storage.store)."""
    store = box.links._store
    replace, refusals = store.replace, [False]

    def refused_once(*place: Any) -> bool:
        return refusals.pop() if refusals else replace(*place)

    monkeypatch.setattr(store, "replace", refused_once)
    grant(box, "one")
    grant(box, "two")
    assert [box.links.alive(now_of(box, it)) for it in ("one", "two")] == [False, True]


# Rotation.


def test_a_rotated_refresh_token_leaves_its_place_to_its_heir(box: SandboxState) -> None:
    """The old one is dead, its access tokens are the heir's, which the next refresh kills, and its end stays."""
    link = grant(box, "old")
    token = first(box, link, "access")
    heir = box.links.rotate(link.digest, digest_of("new"))
    assert heir == now_of(box, "new")
    assert (heir.expires_at, heir.access) == (link.expires_at, (token.digest,))
    old = now_of(box, "old")
    assert (old.ended_by, old.access, box.links.alive(old)) == (RevocationCause.ROTATED, (), False)
    assert lives(box, token)
    box.links.refresh(heir, access(box, heir, "next").digest)
    assert not lives(box, token)


def test_a_dead_refresh_token_is_not_rotated(box: SandboxState) -> None:
    """Of two refreshes with the same one the first is served; nor is one that nobody knows."""
    link = grant(box, "old")
    assert box.links.rotate(link.digest, digest_of("new")) is not None
    assert box.links.rotate(link.digest, digest_of("newer")) is None
    assert box.links.rotate(digest_of("unheard-of"), digest_of("newer")) is None
    assert box.links.of_text("newer") is None


def test_what_ends_a_link_ends_the_heir(box: SandboxState) -> None:
    """A new grant, and whatever happens to the user."""
    for end in (
        lambda: grant(box, "again"),
        lambda: box.links.revoke_all("user_id", 1, RevocationCause.DISCONNECTED),
    ):
        link = grant(box, "old")
        heir = box.links.rotate(link.digest, digest_of("new"))
        assert heir is not None
        end()
        assert not box.links.alive(now_of(box, "new"))
        assert now_of(box, "old").ended_by is RevocationCause.ROTATED


def test_a_link_that_changes_meanwhile_is_rotated_as_it_is_then(
    box: SandboxState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rotation that finds another change in its way tries again (storage.store)."""
    link = grant(box, "old")
    store = box.links._store
    replace, tokens = store.replace, ["meanwhile"]

    def overtaken(*place: Any) -> bool:
        if tokens:
            first(box, link, tokens.pop())
        return replace(*place)

    monkeypatch.setattr(store, "replace", overtaken)
    heir = box.links.rotate(link.digest, digest_of("new"))
    assert heir is not None
    assert heir.access == (digest_of("meanwhile"),)
    assert [it.digest for it in box.links.all()] == [link.digest, heir.digest]


def test_a_grant_in_the_midst_of_a_rotation_goes_before_it(
    box: SandboxState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's newer consent is the one that stands (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    link = grant(box, "old")
    store = box.links._store
    put, texts = store.put, ["again"]

    def overtaken(*record: Any) -> None:
        put(*record)
        if texts:
            text = texts.pop()
            monkeypatch.setattr(store, "put", put)
            change_place(box, link, text)

    monkeypatch.setattr(store, "put", overtaken)
    box.links.rotate(link.digest, digest_of("new"))
    assert now_of(box, "new").ended_by is RevocationCause.GRANTED_ANEW


def change_place(box: SandboxState, link: RefreshGrant, text: str) -> None:
    """Let another grant take the place of a link, as far as a grant gets before it ends the link."""
    kind = links_module._CURRENT
    assert box.links._store.replace(
        kind, box.name, links_module._current_key(link), link.digest, digest_of(text)
    )
