"""Long random walks through a sandbox's life, beside a model so small that it can be believed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from mockwise.oauth.messages import TokenResponse
from mockwise.state.options import SandboxOptions, TokenRepeat
from tests.oauth.token_endpoint import TokenEndpoint

STEPS = 150


@dataclass
class Expected:
    """What is known of a token that was issued."""

    answer: TokenResponse
    ends: datetime
    ended: bool = False


class CodeFlow:
    """A state machine over one token endpoint and a model of it: the two must agree."""

    def __init__(self, seed: int, repeat: TokenRepeat) -> None:
        self.random = random.Random(seed)
        self.repeat = repeat
        self.endpoint = TokenEndpoint(SandboxOptions(token_format="uuid", token_repeat=repeat))
        self.tokens: list[Expected] = []

    @property
    def now(self) -> datetime:
        """The time of the sandbox's clock."""
        return self.endpoint.box.clock.now()

    def lives(self, token: Expected) -> bool:
        """Whether the model says that the token is good."""
        return not token.ended and self.now < token.ends

    @property
    def remembered(self) -> list[Expected]:
        """The tokens that were not swept away; those that were, long after their end, stay dead."""
        for token in self.tokens:
            token.ended |= self.endpoint.box.tokens.get(token.answer.token.digest) is None
        return [t for t in self.tokens if self.endpoint.box.tokens.get(t.answer.token.digest) is not None]

    def some_time(self) -> timedelta:
        """From nothing to eight hours."""
        return timedelta(seconds=self.random.choice([0, 1, 59, 3600, 4 * 3600, 8 * 3600]))

    def issue(self) -> None:
        """Ask for a token, and compare it with those before."""
        answer = self.endpoint.ask()
        last = self.tokens[-1] if self.tokens else None
        if self.repeat == "reuse" and last and self.lives(last):
            assert answer.text == last.answer.text
            return
        assert all(answer.text != token.answer.text for token in self.tokens)
        if self.repeat == "replace" and last:
            last.ended = True
        self.tokens.append(Expected(answer, self.now + timedelta(hours=12)))

    def advance(self) -> None:
        """Let time pass on the sandbox's clock."""
        self.endpoint.box.clock.advance(self.some_time())

    def pass_really(self) -> None:
        """Let real time pass, which a frozen clock does not feel."""
        self.endpoint.wall_clock.move(self.some_time())

    def set_back(self) -> None:
        """Set the sandbox's clock back."""
        self.endpoint.box.clock.set(self.now - self.some_time())

    def freeze_or_resume(self) -> None:
        """Stop the clock or let it go on; the time stays."""
        clock, before = self.endpoint.box.clock, self.now
        assert (clock.resume() if clock.frozen else clock.freeze()) == before

    def revoke(self) -> None:
        """Revoke any token that is remembered, dead or alive."""
        if self.remembered:
            token = self.random.choice(self.remembered)
            self.endpoint.box.tokens.revoke(
                self.random.choice([token.answer.text, token.answer.token.digest])
            )
            token.ended = True

    def expire(self) -> None:
        """Expire any token that is remembered."""
        if self.remembered:
            token = self.random.choice(self.remembered)
            self.endpoint.box.tokens.expire(token.answer.text)
            token.ends = min(token.ends, self.now)

    def end_all(self) -> None:
        """Revoke or expire all that there are."""
        tokens = self.endpoint.box.tokens
        self.random.choice([tokens.revoke_all, tokens.expire_all])("app")
        for token in self.tokens:
            token.ended = True

    def rotate(self) -> None:
        """Give the client a new secret, which touches no token."""
        secret = self.endpoint.box.clients.rotate("app")
        self.endpoint.right = type(self.endpoint.right)("app", secret)


@pytest.mark.parametrize("repeat", ["new", "reuse", "replace"])
@pytest.mark.parametrize("seed", range(8))
def test_a_token_is_good_exactly_when_the_model_says_so(seed: int, repeat: TokenRepeat) -> None:
    """A token is live if it was issued, has not expired and was not ended, after any history (state.tokens)."""
    walk = CodeFlow(seed, repeat)
    verbs = [walk.issue] * 4 + [walk.advance, walk.pass_really, walk.set_back, walk.freeze_or_resume]
    verbs += [walk.revoke, walk.expire, walk.end_all, walk.rotate]
    for _ in range(STEPS):
        walk.random.choice(verbs)()
        for token in walk.tokens:
            assert walk.endpoint.lives(token.answer) == walk.lives(token)
    assert len(walk.tokens) > 5
