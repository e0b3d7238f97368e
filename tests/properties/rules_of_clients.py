"""What clients do, what happens to them and to their tokens, and what happens to sandboxes and their clocks."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from mockwise.errors import ConflictError
from mockwise.faults.kinds import RevokeToken, SpoilToken
from mockwise.oauth.credentials import BasicCredentials
from mockwise.oauth.errors import InvalidGrant, OAuthError
from mockwise.oauth.introspection import introspect
from mockwise.oauth.messages import TokenResponse
from mockwise.oauth.revocation import revoke
from mockwise.oauth.token_faults import apply
from mockwise.oauth.token_lookup import TokenQuery
from mockwise.state.options import TokenRepeat
from tests.properties.model import Client, ModelRefreshToken, ModelSandbox, Secret, Token
from tests.properties.sandboxes import LENGTHS, SECRETS, WHICH, SandboxMachine, digest, of

SECRET = st.sampled_from(SECRETS)
REPEAT = st.sampled_from(["new", "reuse", "replace"])
REAL = st.sampled_from([timedelta(microseconds=1), timedelta(), timedelta(minutes=1), timedelta(hours=7)])
FAULTS = st.one_of(
    st.none(),
    st.none(),
    st.just(SpoilToken(expired=True)),
    st.integers(0, 3).map(lambda uses: RevokeToken(uses=uses)),
    LENGTHS.map(lambda after: RevokeToken(after=after)),
)


class ClientRules(SandboxMachine):
    """Rules about clients, tokens and clocks. `b`, `c` and so on say which sandbox, which client."""

    def client(self, box: ModelSandbox, which: int) -> Client:
        """One of a sandbox's; there is one at least."""
        if not box.clients:
            self.make_client(box, self.name("app"), "s1", None)
        return of(box.clients, which)

    def make_client(self, box: ModelSandbox, client_id: str, secret: str, lifetime: timedelta | None) -> None:
        """Add one, unless some sandbox has the id."""
        state = self.state(box)
        options = {"client_id": client_id, "client_secret": secret, "token_lifetime": lifetime}
        if any(it.client_id == client_id for other in self.boxes for it in other.clients):
            with pytest.raises(ConflictError):
                self.registry.add_client(state, **options)  # type: ignore[arg-type]  # because the names are its own
            return
        self.registry.add_client(state, **options)  # type: ignore[arg-type]  # because the names are its own
        box.clients.append(Client(client_id, [Secret(secret)], lifetime))

    # Clocks.

    @rule(b=WHICH, by=LENGTHS, then=REAL)
    def advance(self, b: int, by: timedelta, then: timedelta) -> None:
        """A frozen clock moves and stays frozen; real time passes after it."""
        box = of(self.boxes, b)
        self.state(box).clock.advance(by)
        if box.frozen_at is None:
            box.offset += by
        else:
            box.frozen_at += by
        self.wall_clock.move(then)

    @rule(b=WHICH, back=LENGTHS)
    def set_back(self, b: int, back: timedelta) -> None:
        """The clock may be set to any time; here to one before that it shows."""
        box = of(self.boxes, b)
        time = self.now(box) - min(back, timedelta(days=31))
        self.state(box).clock.set(time)
        box.offset, box.frozen_at = time - self.wall_clock.time, None if box.frozen_at is None else time

    @rule(b=WHICH, verb=st.sampled_from(["freeze", "resume", "reset"]))
    def stop_or_start(self, b: int, verb: Literal["freeze", "resume", "reset"]) -> None:
        """A frozen clock stands; resumed, it runs on from there; reset, it shows the wall's time."""
        box = of(self.boxes, b)
        getattr(self.state(box).clock, verb)()
        now = self.now(box)
        box.frozen_at = now if verb == "freeze" else None
        box.offset = timedelta() if verb == "reset" else now - self.wall_clock.time

    @rule(by=REAL)
    def real_time_passes(self, by: timedelta) -> None:
        """Clocks that run run with it."""
        self.wall_clock.move(by)

    # Sandboxes.

    @rule(repeat=REPEAT, lifetime=LENGTHS, refresh_lifetime=LENGTHS)
    def open(self, repeat: TokenRepeat, lifetime: timedelta, refresh_lifetime: timedelta) -> None:
        """At most three sandboxes at a time."""
        name = of(["one", "two"], len(self.boxes))
        if name in self.registry.names():
            with pytest.raises(ConflictError):
                self.registry.add(name, self.options_of[name])
            return
        self.options_of[name] = self.options_with(
            repeat, max(lifetime, timedelta(seconds=1)), max(refresh_lifetime, timedelta(seconds=1))
        )
        self.registry.add(name, self.options_of[name])
        self.know(name)

    @rule(b=WHICH)
    def drop(self, b: int) -> None:
        """All but the default one can be dropped."""
        box = of(self.boxes, b)
        if box.name == "default":
            with pytest.raises(ConflictError):
                self.registry.drop(box.name)
            return
        self.registry.drop(box.name)
        self.lose(box)

    @rule(b=WHICH)
    def reset(self, b: int) -> None:
        """Reset a sandbox: the model forgets all that it knew of it."""
        box = of(self.boxes, b)
        self.registry.reset(box.name)
        self.lose(box)
        self.know(box.name)

    # Clients.

    @rule(b=WHICH, n=st.integers(0, 3), secret=SECRET, lifetime=st.none() | LENGTHS)
    def add_client(self, b: int, n: int, secret: str, lifetime: timedelta | None) -> None:
        """Client ids are unique in a mock."""
        lifetime = None if lifetime is None else max(lifetime, timedelta(seconds=1))
        self.make_client(of(self.boxes, b), f"client-{n}", secret, lifetime)

    @rule(b=WHICH, c=WHICH, secret=SECRET, overlap=LENGTHS)
    def rotate(self, b: int, c: int, secret: str, overlap: timedelta) -> None:
        """Old secrets work for the overlap; tokens are not touched."""
        box = of(self.boxes, b)
        client = self.client(box, c)
        assert self.state(box).clients.rotate(client.client_id, secret, overlap) == secret
        client.rotate(secret, self.now(box), overlap)

    @rule(b=WHICH, c=WHICH)
    def revoke_client(self, b: int, c: int) -> None:
        """Its tokens die with it."""
        box = of(self.boxes, b)
        client = self.client(box, c)
        self.state(box).clients.revoke(client.client_id)
        client.revoked_at = client.revoked_at or self.now(box)

    # Tokens.

    @rule(b=WHICH, c=WHICH, fault=FAULTS)
    def issue(self, b: int, c: int, fault: RevokeToken | SpoilToken | None) -> None:
        """Client credentials; what a repeated call does is a switch (docs/wise/lifetimes-and-formats.md#lifetimes, UNKNOWN)."""
        box = of(self.boxes, b)
        client = self.client(box, c)
        answer, now = self.ask(box, client, grant_type="client_credentials"), self.now(box)
        if client.revoked_at is not None:
            assert isinstance(answer, OAuthError)
            return
        latest = client.latest
        if box.repeat == "reuse" and latest is not None and latest in box.tokens and latest.live(now):
            token = latest
            assert isinstance(answer, TokenResponse)
            assert answer.text == token.text
            self.check_seconds(answer.fields["expires_in"], token, now)
        else:
            if box.repeat == "replace" and latest is not None:
                latest.end("own", now, "revoked")
            token = client.latest = self.issued(box, client, answer)
        assert isinstance(answer, TokenResponse)
        if fault is not None:
            self.befall(box, token, answer, fault)

    def befall(
        self, box: ModelSandbox, token: Token, answer: TokenResponse, fault: RevokeToken | SpoilToken
    ) -> None:
        """A fault was armed for the token."""
        now = self.now(box)
        apply(self.state(box), answer, fault, now)
        if isinstance(fault, SpoilToken):
            token.ends = min(now, token.ends or now)
        elif fault.after is not None:
            token.doomed_at = now + fault.after
        elif fault.uses is not None:
            token.uses = fault.uses
            if not fault.uses:
                token.end("own", now, "revoked")

    @rule(b=WHICH, t=WHICH)
    def use(self, b: int, t: int) -> None:
        """A call to the API, which may be the last that the token opens."""
        box = of(self.boxes, b)
        if box.tokens:
            token, now = of(box.tokens, t), self.now(box)
            was_live = token.live(now)
            self.call(box, token)
            if was_live:
                token.use(now)

    @rule(b=WHICH, t=WHICH, by_text=st.booleans(), verb=st.sampled_from(["revoke", "expire"]))
    def end_one(self, b: int, t: int, by_text: bool, verb: str) -> None:
        """A token is named by its text or its digest; a time to expire at is a matter of the clock, see `Tokens.status_of`."""
        box = of(self.boxes, b)
        if box.tokens:
            token, now = of(box.tokens, t), self.now(box)
            getattr(self.state(box).tokens, verb)(token.text if by_text else digest(token.text))
            if verb == "revoke":
                token.end("own", now, "revoked")
            else:
                token.ends = min(now, token.ends or now)

    @rule(b=WHICH, c=WHICH, verb=st.sampled_from(["revoke_all", "expire_all"]))
    def end_all(self, b: int, c: int, verb: str) -> None:
        """Of a client, of whatever kind, until now."""
        box = of(self.boxes, b)
        client = self.client(box, c)
        getattr(self.state(box).tokens, verb)(client.client_id)
        for token in box.tokens:
            if token.client is client:
                token.end(verb, self.now(box), "revoked" if verb == "revoke_all" else "expired")

    # What a client may ask on the control host (RFC 7009, RFC 7662).

    @rule(b=WHICH, c=WHICH, t=WHICH)
    def introspect(self, b: int, c: int, t: int) -> None:
        """Active exactly if it is live and the client's own."""
        box = of(self.boxes, b)
        client = self.client(box, c)
        found: list[Token | ModelRefreshToken] = [*box.tokens, *box.links]
        if found and client.revoked_at is None:
            token, now = of(found, t), self.now(box)
            live = token.alive(now) if isinstance(token, ModelRefreshToken) else token.live(now)
            said = introspect(self.state(box), self.token_query(box, client, token.text))
            assert said["active"] == (live and token.client is client)

    @rule(b=WHICH, c=WHICH, t=WHICH)
    def untrigger(self, b: int, c: int, t: int) -> None:
        """A client ends its own tokens; with a refresh token those that were made from it."""
        box = of(self.boxes, b)
        client = self.client(box, c)
        found: list[Token | ModelRefreshToken] = [*box.tokens, *box.links]
        if not found or client.revoked_at is not None:
            return
        token, now = of(found, t), self.now(box)
        with nullcontext() if token.client is client else suppress(InvalidGrant):
            revoke(self.state(box), self.token_query(box, client, token.text))
            assert token.client is client, "another client's token was revoked"
            if isinstance(token, ModelRefreshToken):
                box.end_link(token, now, "revoked")
            else:
                token.end("own", now, "revoked")

    def token_query(self, box: ModelSandbox, client: Client, text: str) -> TokenQuery:
        """A question with what authenticates the client."""
        basic = BasicCredentials(client.client_id, client.secrets[-1].text)
        return TokenQuery(basic, (("token", text),), self.now(box))
