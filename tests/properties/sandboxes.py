"""The product beside its model: how both are driven, and what must hold of them after each step."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from mockwise.errors import NotFoundError
from mockwise.oauth.bearer import authenticate_bearer
from mockwise.oauth.client_authentication import authenticate_by_secret
from mockwise.oauth.credentials import BasicCredentials, BearerToken
from mockwise.oauth.errors import InvalidClient, InvalidToken, OAuthError
from mockwise.oauth.jose import Signer
from mockwise.oauth.messages import Peer, TokenRequest, TokenResponse
from mockwise.oauth.server import AuthorizationServer
from mockwise.state.options import SandboxOptions, TokenRepeat
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.users import UserSpec
from tests.oauth.token_endpoint import certificate_of, one_key_pem, presenting
from tests.properties.model import Client, ModelSandbox, Profile, Token, User
from tests.state.helpers import FakeClock, OpenStore

T = TypeVar("T")

URI = "https://app.test/back"
SECRETS = ("s1", "s2", "s3", "s\u00fc\u20ac")
SECOND = timedelta(seconds=1)
LENGTHS = st.sampled_from(
    [
        timedelta(),
        timedelta(microseconds=1),
        SECOND,
        *(n * timedelta(minutes=1) for n in (1, 29, 30, 59)),
        *(n * timedelta(hours=1) for n in (1, 6, 12, 25)),
        *(n * timedelta(days=1) for n in (2, 31, 7300)),
    ]
)
WHICH = st.integers(0, 63)
"""Which of those there are; see `of`."""

# What a refusal says of each cause, and of no other.
WORDS = {
    "expired": "expired",
    "revoked": "was revoked",
    "client revoked": "client of this access token was revoked",
    "refreshed": "a refresh put another one in its place",
    "granted anew": "a new grant put another one in its place",
    "email changed": "changed their e-mail address",
    "user deactivated": "the user was deactivated",
    "account claimed": "claimed the account",
    "disconnected": "disconnected the application",
    "ownership transferred": "has another owner",
    "leak suspected": "a leak was suspected",
    "security enhanced": "switched enhanced security on",
}


def of(items: list[T], which: int) -> T:
    """The item that a drawn number stands for."""
    return items[which % len(items)]


def digest(text: str) -> str:
    """The name that a token goes by: half of its SHA-256 (common.digests)."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def peer_of(client: Client | None) -> Peer:
    """A peer with the client's certificate; who has a personal token needs none."""
    return Peer(on_mtls_host=False) if client is None else presenting(certificate_of(client.client_id))


class SandboxMachine(RuleBasedStateMachine):
    """A mock whose wall's clock stands still unless it is moved, and what is known of it."""

    def __init__(self) -> None:
        super().__init__()
        self.wall_clock = FakeClock()
        self.store = OpenStore()
        self.server = AuthorizationServer(Signer(one_key_pem))
        self.boxes: list[ModelSandbox] = []
        self.ghosts: set[str] = set()
        """Texts of tokens that are forgotten, or whose sandbox is gone."""
        self.counted = 0
        """How many names were made up."""

    @initialize(repeat=st.sampled_from(["new", "reuse", "replace"]))
    def begin(self, repeat: TokenRepeat) -> None:
        """There is always a default sandbox."""
        self.options_of = {"default": self.options_with(repeat, timedelta(hours=12), timedelta(days=7300))}
        self.registry = Registry(self.store, self.options_of["default"], self.wall_clock)
        self.know("default")

    @staticmethod
    def options_with(repeat: TokenRepeat, lifetime: timedelta, refresh_lifetime: timedelta) -> SandboxOptions:
        """Two users, one of them with a business."""
        return SandboxOptions(
            token_format="uuid",
            token_repeat=repeat,
            token_lifetime=lifetime,
            refresh_token_lifetime=refresh_lifetime,
            redirect_uri=(URI,),
            users=(UserSpec(email="ann@example.com", business="Bakery"), UserSpec(email="bob@example.com")),
        )

    def know(self, name: str) -> None:
        """A sandbox was made: nothing is in it but the users of its options."""
        options = self.options_of[name]
        box = ModelSandbox(name, options.token_repeat, options.token_lifetime, options.refresh_token_lifetime)
        self.boxes.append(box)
        for user in self.state(box).users.all():
            self.know_user(box, User(user.user_id, user.email))

    def know_user(self, box: ModelSandbox, user: User) -> User:
        """A user was made; the ids of user and profiles are the product's to choose."""
        box.users.append(user)
        for it in self.state(box).users.profiles_of(user.user_id):
            box.profiles.append(Profile(it.profile_id, user, it.type == "BUSINESS"))
        return user

    def lose(self, box: ModelSandbox) -> None:
        """A sandbox is gone, with all that was in it."""
        self.boxes.remove(box)
        self.ghosts |= {token.text for token in box.tokens}

    def state(self, box: ModelSandbox) -> SandboxState:
        """The product's side of it."""
        return self.registry.get(box.name)

    def now(self, box: ModelSandbox) -> datetime:
        """The time there, as the model has it."""
        return box.now(self.wall_clock.time)

    def name(self, prefix: str) -> str:
        """A name that was not used before, with that prefix."""
        self.counted += 1
        return f"{prefix}{self.counted}"

    def ask(self, box: ModelSandbox, client: Client, **form: str) -> TokenResponse | OAuthError:
        """Ask for a token with what opens the token endpoint; what comes of it."""
        state = self.state(box)
        basic = BasicCredentials(client.client_id, client.secrets[-1].text)
        request = TokenRequest(basic, tuple(form.items()), peer_of(client), state.clock.now())
        try:
            return self.server.token(state, request)
        except OAuthError as error:
            refusal = error
        assert client.revoked_at is None or "This client was revoked" in refusal.reason
        return refusal

    def issued(
        self, box: ModelSandbox, client: Client, answer: TokenResponse | OAuthError, user: User | None = None
    ) -> Token:
        """A token was to be had: know it."""
        assert isinstance(answer, TokenResponse), answer
        now = self.now(box)
        ends = now + (client.lifetime or box.token_lifetime)
        token = Token(answer.text, answer.token.number, now, ends, client, user)
        assert token.number > max((it.number for it in box.tokens), default=0)
        assert answer.text not in self.ghosts
        box.forget(now)
        box.tokens.append(token)
        self.check_seconds(answer.fields["expires_in"], token, now)
        return token

    def check_seconds(self, told: object, token: Token, now: datetime) -> None:
        """`expires_in` is the whole seconds left, and one less if there is no fraction."""
        assert token.ends is not None
        left = token.ends - max(now, token.born)
        assert told == max(-(-left // SECOND) - 1, 0)

    @invariant()
    def product_and_model_agree(self) -> None:
        """All that must hold; what was forgotten is found out first."""
        self.tokens_are_live_exactly_if_they_should_be()
        self.links_can_be_used_exactly_if_they_should_be()
        self.secrets_open_exactly_if_they_should()
        self.nothing_strays_from_its_sandbox()

    def tokens_are_live_exactly_if_they_should_be(self) -> None:
        """Issued here, not run out, not ended, its client alive; and the refusal names what it died of."""
        for box in self.boxes:
            state, now = self.state(box), self.now(box)
            assert state.clock.now() == now
            for token in list(box.tokens):
                self.check_token(box, state, token, now)

    def check_token(self, box: ModelSandbox, state: SandboxState, token: Token, now: datetime) -> None:
        """Compare one token's record with the model."""
        record = state.tokens.get(digest(token.text))
        if record is None:
            assert token.forgettable, f"{token} is forgotten too early"
            box.tokens.remove(token)
            self.ghosts.add(token.text)
            return
        causes, status = token.causes(now), state.tokens.status_of(record)
        assert (record.number, record.uses_left) == (token.number, token.uses)
        told = status.cause.value if status.cause else status.state.value
        if causes is None:
            assert told == "live", f"{token} should live"
        else:
            at, known = causes
            assert told in known, f"{token} died of {known}"
            assert status.at == at, f"{token} died at {at}"
        if token.uses is None or causes:  # a call would be a use
            self.call(box, token)

    def call(self, box: ModelSandbox, token: Token) -> None:
        """Call the API with a token: let through exactly if it lives, else told what it died of."""
        state, now = self.state(box), self.now(box)
        causes = token.causes(now)
        try:
            caller = authenticate_bearer(state, BearerToken(token.text), peer_of(token.client))
        except InvalidToken as refusal:
            reason = refusal.reason
        else:
            assert causes is None, f"{token} opened the API"
            assert caller.token.number == token.number
            return
        assert causes is not None, f"{token} was refused: {reason}"
        said = {cause for cause, words in WORDS.items() if words in reason}
        assert said, reason
        assert said - ({"revoked"} if len(said) > 1 else set()) <= causes[1], reason

    def links_can_be_used_exactly_if_they_should_be(self) -> None:
        """Granted here, not run out, not ended."""
        for box in self.boxes:
            links, now = self.state(box).links, self.now(box)
            for link in list(box.links):
                record = links.of_text(link.text)
                if record is None:
                    assert link.forgettable, f"{link} is forgotten too early"
                    box.links.remove(link)
                else:
                    assert links.alive(record) == link.alive(now), link

    def secrets_open_exactly_if_they_should(self) -> None:
        """The current secret and those in their overlap, of a client that is not revoked."""
        for box in self.boxes:
            for client in box.clients:
                for secret in SECRETS:
                    self.check_secret(box, client, secret)

    def check_secret(self, box: ModelSandbox, client: Client, secret: str) -> None:
        """Compare what the mock says to a client's secret with the model."""
        now, known = self.now(box), client.knows(secret, self.now(box))
        try:
            authenticate_by_secret(self.state(box), BasicCredentials(client.client_id, secret), now)
        except InvalidClient as refusal:
            reason = refusal.reason
        else:
            assert known
            assert client.revoked_at is None
            return
        had = any(it.text == secret for it in client.secrets)
        assert ("client was revoked" if known else "rotated out" if had else "secret is wrong") in reason
        assert not known or client.revoked_at is not None

    def nothing_strays_from_its_sandbox(self) -> None:
        """A token is good in one sandbox, found there, and forgotten with it; nothing of a dropped one is left."""
        texts = {token.text: box for box in self.boxes for token in box.tokens}
        assert not texts.keys() & self.ghosts
        for text in (*texts, *sorted(self.ghosts)):
            home = texts.get(text)
            found = self.registry.of_token(digest(text))
            assert found is (None if home is None else self.state(home))
            knowing = [it.name for it in self.boxes if self.state(it).tokens.get(digest(text))]
            assert knowing == ([] if home is None else [home.name])
            for box in self.boxes if home is None else ():
                with pytest.raises(NotFoundError):
                    self.state(box).tokens.revoke(text)
        clients = {client.client_id for box in self.boxes for client in box.clients}
        index = {
            key for _, kind, key in self.store.held if kind in {"sandbox-of-client", "sandbox-of-token"}
        }  # state.index
        assert index == clients | {digest(text) for text in texts}
        places = {name for name, _, _ in self.store.held} - {""}  # the mock's own
        assert places <= {box.name for box in self.boxes}, "something is left of a sandbox that is gone"
