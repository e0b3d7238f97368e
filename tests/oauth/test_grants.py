from __future__ import annotations

import json
from datetime import timedelta

import pytest

from mockwise.oauth.grants import GRANTS
from mockwise.state.options import SandboxOptions, TokenFormat, TokenRepeat
from mockwise.state.tokens import application
from tests.oauth.token_endpoint import HOUR, TICK, TokenEndpoint, basic, certificate_of, presenting
from tests.state.helpers import NOON


def repeating(repeat: TokenRepeat) -> TokenEndpoint:
    """A token endpoint that answers repeated calls so."""
    return TokenEndpoint(SandboxOptions(token_format="uuid", token_repeat=repeat))


def test_the_grants_are_known() -> None:
    """The table holds the grants that are served (docs/wise/token-endpoint.md#request)."""
    assert list(GRANTS) == ["client_credentials", "registration_code", "authorization_code", "refresh_token"]


@pytest.mark.parametrize("kind", ["jwt", "jwe", "uuid", "random"])
def test_the_answer_is_wises(kind: TokenFormat) -> None:
    """The body has Wise's members in Wise's order, whatever the token's format (docs/wise/token-endpoint.md#response)."""
    answer = TokenEndpoint(SandboxOptions(token_format=kind)).ask()
    assert json.dumps(answer.fields) == json.dumps(
        {
            "access_token": answer.text,
            "token_type": "bearer",
            "expires_in": 43199,
            "scope": "transfers",
            "expires_at": "2026-11-23T00:00:00.000Z",
        }
    )


def test_what_only_user_tokens_have_is_absent(endpoint: TokenEndpoint) -> None:
    """A client-credentials answer has no refresh token and no created_at (docs/wise/token-endpoint.md#response; RFC 6749 section 4.4.3)."""
    fields = endpoint.ask().fields
    assert not {"refresh_token", "refresh_token_expires_in", "refresh_token_expires_at", "created_at"} & set(
        fields
    )


def test_expires_at_is_the_end_cut_to_milliseconds(endpoint: TokenEndpoint) -> None:
    """expires_at is the time of issue plus the lifetime, cut to milliseconds (docs/wise/token-endpoint.md#response)."""
    endpoint.box.clock.set(NOON + timedelta(microseconds=521_999))
    assert endpoint.ask().fields["expires_at"] == "2026-11-23T00:00:00.521Z"


@pytest.mark.parametrize(("lifetime", "seconds"), [("60s", 59), ("1s", 0), ("12h", 43199), ("90.5s", 90)])
def test_a_clients_lifetime_goes_before_the_sandboxs(
    endpoint: TokenEndpoint, lifetime: str, seconds: int
) -> None:
    """A client may have a token lifetime of its own, and its tokens die by it (mock-only)."""
    endpoint.registry.add_client(endpoint.box, client_id="own", client_secret="s", token_lifetime=lifetime)
    peer = presenting(certificate_of("own"))
    answer = endpoint.ask(credentials=basic("own:s"), peer=peer)
    assert answer.fields["expires_in"] == seconds
    endpoint.box.clock.set(answer.token.expires_at - TICK)
    endpoint.call(answer.text, peer)
    endpoint.box.clock.advance(TICK)
    assert not endpoint.lives(answer)


def test_the_sandboxs_lifetime_is_everybody_elses() -> None:
    """A sandbox's token lifetime holds for clients without one (mock-only)."""
    endpoint = TokenEndpoint(SandboxOptions(token_format="uuid", token_lifetime=timedelta(seconds=60)))
    answer = endpoint.ask()
    assert answer.fields["expires_in"] == 59
    endpoint.box.clock.advance(timedelta(seconds=60) - TICK)
    assert endpoint.lives(answer)
    endpoint.box.clock.advance(TICK)
    assert not endpoint.lives(answer)


def test_a_running_clock_reads_the_same_figure() -> None:
    """What passes between issue and answer does not show: 12 hours read 43199 in real time too (docs/wise/token-endpoint.md#response)."""
    endpoint = TokenEndpoint()
    endpoint.box.clock.reset()
    assert endpoint.ask().fields["expires_in"] == 43199


def test_new_tokens_all_stay_valid(endpoint: TokenEndpoint) -> None:
    """By default each call gets a token of its own, and all are good: one per worker (docs/wise/lifetimes-and-formats.md#storage)."""
    answers = [endpoint.ask() for _ in range(5)]
    assert len({answer.text for answer in answers}) == 5
    assert all(endpoint.lives(answer) for answer in answers)
    assert endpoint.box.tokens.reusable("app") is None


def test_replace_kills_the_one_before() -> None:
    """With `replace` the newest token alone is good (docs/wise/lifetimes-and-formats.md#what-ends-a-token, UNKNOWN, a switch)."""
    endpoint = repeating("replace")
    answers = [endpoint.ask() for _ in range(3)]
    assert [endpoint.lives(answer) for answer in answers] == [False, False, True]


def test_replace_kills_also_what_had_run_out() -> None:
    """Else it would live again if the clock were set back (docs/wise/lifetimes-and-formats.md#lifetimes, UNKNOWN, a switch)."""
    endpoint = repeating("replace")
    first = endpoint.ask()
    endpoint.box.clock.advance(timedelta(hours=13))
    endpoint.ask()
    endpoint.box.clock.reset()
    assert not endpoint.lives(first)


def test_replace_leaves_other_clients_alone() -> None:
    """A client's new token kills its own old one only (docs/wise/lifetimes-and-formats.md#what-ends-a-token, UNKNOWN, a switch)."""
    endpoint = repeating("replace")
    endpoint.registry.add_client(endpoint.box, client_id="other", client_secret="s")
    peer = presenting(certificate_of("other"))
    others = endpoint.ask(credentials=basic("other:s"), peer=peer)
    endpoint.ask()
    endpoint.ask()
    assert endpoint.call(others.text, peer).token.client_id == "other"


def test_reuse_hands_out_the_same_with_less_left() -> None:
    """With `reuse` a live token is handed out again with a falling expires_in (docs/wise/lifetimes-and-formats.md#lifetimes, UNKNOWN, a switch)."""
    endpoint = repeating("reuse")
    first = endpoint.ask()
    endpoint.box.clock.advance(HOUR)
    second = endpoint.ask()
    assert second.text == first.text
    assert second.fields["expires_in"] == 43199 - 3600
    assert second.fields["expires_at"] == first.fields["expires_at"]
    endpoint.box.clock.set(first.token.expires_at - TICK)
    third = endpoint.ask()
    assert (third.text, third.fields["expires_in"]) == (first.text, 0)


def test_reuse_never_promises_more_than_the_lifetime() -> None:
    """With a clock that was set back before the issue, expires_in stays within the lifetime (docs/wise/token-endpoint.md#response)."""
    endpoint = repeating("reuse")
    first = endpoint.ask()
    endpoint.box.clock.set(NOON - 24 * HOUR)
    again = endpoint.ask()
    assert (again.text, again.fields["expires_in"]) == (first.text, 43199)


@pytest.mark.parametrize("end", ["expiry", "revoke", "expire", "revoke_all", "expire_all"])
@pytest.mark.parametrize("repeat", ["reuse", "replace"])
def test_after_the_end_there_is_a_new_one(repeat: TokenRepeat, end: str) -> None:
    """A token that is dead, of whatever, is not handed out again, and died when it did (docs/wise/lifetimes-and-formats.md#what-ends-a-token, a switch)."""
    endpoint = repeating(repeat)
    first = endpoint.ask()
    if end == "expiry":
        endpoint.box.clock.advance(12 * HOUR)
    else:
        getattr(endpoint.box.tokens, end)("app" if end.endswith("_all") else first.text)
    assert not endpoint.lives(first)
    status = endpoint.box.tokens.status_of
    died = status(endpoint.box.tokens.get(first.token.digest) or first.token)
    endpoint.box.clock.advance(timedelta(seconds=1))
    second = endpoint.ask()
    assert second.text != first.text
    assert second.fields["expires_in"] == 43199
    assert endpoint.lives(second)
    assert status(endpoint.box.tokens.get(first.token.digest) or first.token) == died


def test_reuse_survives_that_the_old_token_was_forgotten() -> None:
    """A token that was swept is not missed: there is a new one (storage.store)."""
    endpoint = repeating("reuse")
    endpoint.registry.add_client(endpoint.box, client_id="busy", client_secret="s")
    first = endpoint.ask()
    endpoint.box.clock.advance(timedelta(days=3))
    for number in range(2500):
        endpoint.box.tokens.issue(str(number), application("busy"), endpoint.box.clock.now(), HOUR)
    assert endpoint.box.tokens.get(first.token.digest) is None
    assert endpoint.ask().text != first.text


def test_an_answered_token_finds_its_sandbox(endpoint: TokenEndpoint) -> None:
    """A token leads to the sandbox that issued it (mock-only)."""
    assert endpoint.registry.of_token(endpoint.ask().token.digest) is endpoint.box
