from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest

from mockwise.common.digests import digest_of
from mockwise.errors import MockwiseError
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import IssuedToken, ReusableToken, TokenState, TokenStatus, application
from tests.state.helpers import NOON, FakeClock, together

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
LIVE = TokenStatus(TokenState.LIVE)


def issue(box: SandboxState, text: str = "text", lifetime: timedelta = 12 * HOUR) -> IssuedToken:
    """A token for the client `app`, issued now."""
    return box.tokens.issue(text, application("app"), box.clock.now(), lifetime)


def status_of(box: SandboxState, token: IssuedToken) -> TokenStatus:
    """What became of a token, as the store has it now."""
    now = box.tokens.get(token.digest)
    assert now is not None
    return box.tokens.status_of(now)


def test_a_token_is_known_by_its_digest_only(box: SandboxState) -> None:
    """The text of an issued token is not kept; its name is 32 hex digits of a SHA-256 (state.tokens)."""
    token = issue(box, "the-text")
    assert token.digest == digest_of("the-text") == hashlib.sha256(b"the-text").hexdigest()[:32]
    assert "the-text" not in repr(box.tokens.all())
    assert "the-text" not in repr(ReusableToken("the-text", token.digest))


@pytest.mark.parametrize("text", ["", "\u00fc", "\udcff"])
def test_whatever_a_header_holds_has_a_digest(text: str) -> None:
    """A token that a peer made up can be looked up; it is only unknown (RFC 6750 section 3.1)."""
    assert len(digest_of(text)) == 32


def test_whatever_json_holds_has_a_digest() -> None:
    """A token that the control API is asked for can be looked up; it is only unknown (mock-only)."""
    assert len(digest_of("\ud800")) == 32


def test_tokens_are_numbered_and_listed_in_order(box: SandboxState) -> None:
    """Tokens count up within a sandbox and are listed oldest first (Token)."""
    issued = [issue(box, text) for text in "cab"]
    assert [token.number for token in issued] == [1, 2, 3]
    assert box.tokens.all() == issued


def test_a_token_lives_until_its_last_moment(box: SandboxState) -> None:
    """A token is live for its whole lifetime and dead from its end on, by the sandbox's clock (docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""
    token = issue(box)
    box.clock.freeze()
    box.clock.advance(12 * HOUR - TICK)
    assert status_of(box, token) == LIVE
    box.clock.advance(TICK)
    assert status_of(box, token) == TokenStatus(TokenState.EXPIRED, NOON + 12 * HOUR)


def test_a_frozen_clock_keeps_tokens_alive(box: SandboxState, wall_clock: FakeClock) -> None:
    """While the clock stands still no token expires, however long it takes really (common.clock)."""
    token = issue(box)
    box.clock.freeze()
    wall_clock.move(365 * 24 * HOUR)
    assert status_of(box, token) == LIVE


def test_time_set_back_revives_what_merely_expired(box: SandboxState) -> None:
    """Before its end a token is live again, for expiry is a matter of the clock (common.clock)."""
    token = issue(box)
    box.clock.set(NOON + 13 * HOUR)
    assert status_of(box, token).state is TokenState.EXPIRED
    box.clock.set(NOON + HOUR)
    assert status_of(box, token) == LIVE


def test_a_revoked_token_is_dead_at_any_time(box: SandboxState) -> None:
    """Revocation is no matter of the clock: set back, it does not revive the token (common.clock)."""
    token = issue(box)
    box.clock.set(NOON + HOUR)
    box.tokens.revoke("text")
    box.clock.set(NOON)
    assert status_of(box, token).state is TokenState.REVOKED


def test_revoking_twice_changes_nothing(box: SandboxState) -> None:
    """A token died of its first revocation (Tokens.revoke)."""
    issue(box)
    first = box.tokens.revoke("text")
    box.clock.advance(HOUR)
    assert box.tokens.revoke("text") == first
    assert status_of(box, first) == TokenStatus(TokenState.REVOKED, NOON)


def test_an_expired_token_can_be_had_at_once(box: SandboxState) -> None:
    """Expiring ends a token now, without waiting; a second time changes nothing (mock-only)."""
    token = issue(box)
    box.clock.freeze()
    box.tokens.expire("text")
    assert status_of(box, token) == TokenStatus(TokenState.EXPIRED, NOON)
    box.clock.advance(HOUR)
    box.tokens.expire("text")
    assert status_of(box, token) == TokenStatus(TokenState.EXPIRED, NOON)


def test_a_revoked_token_stays_revoked_when_it_expires(box: SandboxState) -> None:
    """The answer to "why" is what somebody did, rather than what time did after it (Fate)."""
    token = issue(box)
    box.tokens.revoke("text")
    box.tokens.expire("text")
    box.clock.advance(13 * HOUR)
    assert status_of(box, token) == TokenStatus(TokenState.REVOKED, NOON)


@pytest.mark.parametrize(
    ("verb", "state"), [("revoke_all", TokenState.REVOKED), ("expire_all", TokenState.EXPIRED)]
)
def test_all_tokens_of_a_client_end_and_later_ones_live(
    registry: Registry, box: SandboxState, verb: str, state: TokenState
) -> None:
    """A watermark ends what its client was issued until then: no later token, no other client's (mock-only)."""
    registry.add_client(box, client_id="other")
    old = [issue(box, "a"), issue(box, "b")]
    others = box.tokens.issue("o", application("other"), NOON, HOUR)
    getattr(box.tokens, verb)("app")
    new = issue(box, "c")
    assert [status_of(box, token) for token in old] == [TokenStatus(state, NOON)] * 2
    assert status_of(box, others) == status_of(box, new) == LIVE


def test_expiring_all_does_not_postpone_an_end(box: SandboxState) -> None:
    """What had expired before all were expired ended at its own time (Fate)."""
    token = issue(box, lifetime=HOUR)
    box.clock.advance(2 * HOUR)
    box.tokens.expire_all("app")
    assert status_of(box, token) == TokenStatus(TokenState.EXPIRED, NOON + HOUR)


def test_revoking_all_outweighs_expiring_all(box: SandboxState) -> None:
    """Of a token that was both expired and revoked it is said that it was revoked (Fate)."""
    token = issue(box)
    box.tokens.expire_all("app")
    box.tokens.revoke_all("app")
    assert status_of(box, token).state is TokenState.REVOKED


def test_a_lower_watermark_does_not_revive(box: SandboxState) -> None:
    """A token that was revoked stays so, in whatever order watermarks arrive (storage.store)."""
    token = [issue(box, text) for text in "abc"][-1]
    box.clients.revoke_tokens("app", through=3)
    box.clients.revoke_tokens("app", through=2)
    assert status_of(box, token).state is TokenState.REVOKED


def test_revoking_all_twice_does_not_postpone_an_end(box: SandboxState) -> None:
    """A token died of the first revocation of all, and the refusal tells how long ago (Fate)."""
    token = issue(box)
    box.tokens.revoke_all("app")
    box.clock.advance(HOUR)
    box.tokens.revoke_all("app")
    assert status_of(box, token) == TokenStatus(TokenState.REVOKED, NOON)


def test_revoking_all_again_tells_the_earlier_ends_as_they_were(box: SandboxState) -> None:
    """Each token died of the first mark that covers it, however many came later (Fate)."""
    first = issue(box, "a")
    box.tokens.expire_all("app")
    box.clock.advance(HOUR)
    second = issue(box, "b")
    box.tokens.revoke_all("app")
    for number in range(40):
        box.clock.advance(timedelta(minutes=1))
        issue(box, f"later {number}")
        box.tokens.revoke_all("app")
    assert status_of(box, first) == TokenStatus(TokenState.EXPIRED, NOON)
    client = box.clients.get("app")
    assert client is not None
    assert len(client.tokens_revoked) == 32
    assert status_of(box, second).state is TokenState.REVOKED


def test_a_revoked_clients_tokens_are_dead(box: SandboxState) -> None:
    """With its client a token ends, whatever else became of it (mock-only)."""
    tokens = [issue(box, "a"), issue(box, "b")]
    box.tokens.revoke("a")
    box.clients.revoke("app")
    assert [status_of(box, token) for token in tokens] == [TokenStatus(TokenState.CLIENT_REVOKED, NOON)] * 2


def test_a_token_without_a_client_is_dead(registry: Registry, box: SandboxState) -> None:
    """A token does not outlive its client's record, as when its sandbox is dropped meanwhile (Fate)."""
    token = issue(box)
    registry.reset("default")
    assert box.tokens.status_of(token) == TokenStatus(TokenState.CLIENT_REVOKED)


def test_live_tokens_of_a_client_are_counted(box: SandboxState) -> None:
    """As many as are live one by one, whatever the others died of."""

    def counted() -> int:
        live = [it for it in box.tokens.all() if it.client_id == "app" and status_of(box, it) == LIVE]
        assert box.tokens.count_live("app") == len(live)
        return len(live)

    issue(box, "ended with all")
    box.tokens.expire_all("app")
    assert counted() == 0
    for text in ("revoked", "used up", "to be revoked", "later", "lives"):
        issue(box, text)
    issue(box, "short", HOUR)
    box.tokens.issue("another's", application("other"), NOON, 12 * HOUR)
    box.tokens.revoke("revoked")
    box.tokens.limit_uses(digest_of("used up"), 0)
    box.tokens.revoke_at(digest_of("to be revoked"), NOON)
    box.tokens.revoke_at(digest_of("later"), NOON + HOUR)
    assert counted() == 3
    box.clock.advance(HOUR)
    assert counted() == 1
    box.tokens.revoke_all("app")
    assert counted() == 0
    issue(box, "fresh")
    assert counted() == 1
    box.clients.revoke("app")
    assert counted() == box.tokens.count_live("nobody") == 0


def test_a_token_is_named_by_text_digest_or_its_beginning(box: SandboxState) -> None:
    """Text, digest and an unambiguous beginning of the digest, in any case, all name a token (mock-only)."""
    names: list[Callable[[IssuedToken], str]] = [
        lambda _: "text",
        lambda token: token.digest,
        lambda token: token.digest.upper(),
        lambda token: token.digest[:6],
    ]
    for name in names:
        token = issue(box)
        issue(box, "bystander")
        assert box.tokens.revoke(name(token)).digest == token.digest
        assert status_of(box, token).state is TokenState.REVOKED
        assert status_of(box, issue(box, "bystander")) == LIVE


@pytest.mark.parametrize("verb", ["revoke", "expire"])
def test_an_ambiguous_name_is_refused(box: SandboxState, verb: str) -> None:
    """A beginning that several digests share ends none of them (errors)."""
    tokens = [issue(box, f"text-{number}") for number in range(17)]
    first = next(digit for digit in "0123456789abcdef" if sum(t.digest[0] == digit for t in tokens) > 1)
    with pytest.raises(MockwiseError, match=r"\d+ tokens have a digest that begins so. Write more of it"):
        getattr(box.tokens, verb)(first)
    assert all(status_of(box, token) == LIVE for token in tokens)


@pytest.mark.parametrize("verb", ["revoke", "expire"])
@pytest.mark.parametrize("name", ["", "unheard-of", "f" * 32, "f" * 33])
def test_an_unknown_name_is_refused_without_echo(box: SandboxState, verb: str, name: str) -> None:
    """A name without a token is refused; a token's text might be mistyped, so it is not repeated (state.tokens)."""
    issue(box)
    with pytest.raises(MockwiseError, match="knows no such token") as caught:
        getattr(box.tokens, verb)(name)
    assert not name or name not in str(caught.value)


def test_another_sandboxs_token_is_unknown(registry: Registry, box: SandboxState) -> None:
    """A sandbox cannot see or end the tokens of another (mock-only)."""
    token = issue(box)
    other = registry.add("other", SandboxOptions())
    assert other.tokens.get(token.digest) is None
    with pytest.raises(MockwiseError, match="sandbox 'other' knows no such token"):
        other.tokens.revoke("text")
    assert status_of(box, token) == LIVE


def test_the_latest_token_is_remembered_by_client(box: SandboxState) -> None:
    """The newest token of a client is kept for handing out again (docs/wise/lifetimes-and-formats.md#lifetimes: UNKNOWN, a switch)."""
    assert box.tokens.reusable("app") is None
    for text in "ab":
        box.tokens.set_reusable("app", ReusableToken(text, digest_of(text)))
    assert box.tokens.reusable("app") == ReusableToken("b", digest_of("b"))
    assert box.tokens.reusable("other") is None


def test_tokens_issued_at_once_have_numbers_of_their_own(box: SandboxState) -> None:
    """Threads that get tokens at once share no number, and every token lives (storage.store)."""
    issued = together(8, lambda n: [issue(box, f"{n}-{i}") for i in range(50)])
    tokens = [token for several in issued for token in several]
    assert {token.number for token in tokens} == set(range(1, 401))
    assert all(status_of(box, token) == LIVE for token in tokens)
