"""What users consent to, and what clients get by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from mockwise.errors import ConflictError, InvalidValueError
from mockwise.oauth.errors import InvalidClient, InvalidGrant, OAuthError
from mockwise.oauth.headless_consent import authorize
from mockwise.oauth.messages import TokenResponse
from mockwise.oauth.personal import issue_personal
from tests.properties.model import Client, Code, ModelRefreshToken, ModelSandbox, Profile, Token, User
from tests.properties.rules_of_clients import ClientRules
from tests.properties.sandboxes import URI, WHICH, WORDS, digest, of

HALF_AN_HOUR = timedelta(minutes=30)  # docs/wise/lifetimes-and-formats.md#lifetimes, DOCUMENTED
EMAILS = st.sampled_from(
    ["ann@example.com", "ANN@example.com", "bob@example.com", "eve@a.test", "zoe@a.test"]
)


class GrantRules(ClientRules):
    """Rules about the grants that give a user's tokens."""

    # Consent and its fruits.

    @rule(b=WHICH, c=WHICH, u=WHICH, p=WHICH, at_once=st.booleans())
    def consent(self, b: int, c: int, u: int, p: int, at_once: bool) -> None:
        """A user lets a client act for one of their profiles (docs/wise/consent-and-revocation.md#authorization-page); the code is exchanged now or later."""
        box = of(self.boxes, b)
        client, user = self.client(box, c), of(box.users, u)
        own = [it for it in box.profiles if it.owner is user]
        profile = of(own, p) if own else None
        wanted = None if profile is None else profile.profile_id
        if client.revoked_at is not None or not user.active:
            with pytest.raises(InvalidValueError):
                authorize(self.state(box), client.client_id, user.user_id, wanted)
            return
        given = authorize(self.state(box), client.client_id, user.user_id, wanted)
        box.forget(self.now(box))
        hand = 0 if profile is None else profile.hand
        box.codes.append(Code(given.code, client, user, profile, hand, self.now(box) + HALF_AN_HOUR))
        if at_once:
            self.exchange_code(box, box.codes[-1], client)

    @rule(b=WHICH, k=WHICH, c=WHICH, mistake=st.sampled_from([None, None, None, "uri", "client"]))
    def exchange(self, b: int, k: int, c: int, mistake: str | None) -> None:
        """A code is good once, for half an hour, for its client and redirect URI; a refusal does not use it up."""
        box = of(self.boxes, b)
        if not box.codes:
            return
        code = of(box.codes, k)
        client = self.client(box, c) if mistake == "client" else code.client
        self.exchange_code(box, code, client, URI + "?" if mistake == "uri" else URI)

    def exchange_code(self, box: ModelSandbox, code: Code, client: Client, redirect_uri: str = URI) -> None:
        """Bring a code to the token endpoint."""
        now = self.now(box)
        answer = self.ask(
            box,
            client,
            grant_type="authorization_code",
            client_id=client.client_id,
            code=code.text,
            redirect_uri=redirect_uri,
        )
        right = redirect_uri == URI and client is code.client and client.revoked_at is None
        if right and code.good(now) and not (code.forgettable and isinstance(answer, OAuthError)):
            code.used_at = now
            self.granted(box, answer, client, code.user, code.profile)
        else:
            assert isinstance(answer, InvalidGrant | InvalidClient), f"{code} was good for a token"

    @rule(b=WHICH, u=WHICH, c=WHICH, email=st.none() | EMAILS)
    def register(self, b: int, u: int, c: int, email: str | None) -> None:
        """The registration code, with the address of the signup, until the account is claimed (docs/wise/token-endpoint.md#parameters and docs/wise/operations.md#endpoints)."""
        box = of(self.boxes, b)
        user, client = of(box.users, u), self.client(box, c)
        email = email or user.email
        answer = self.ask(
            box,
            client,
            grant_type="registration_code",
            client_id=client.client_id,
            email=email,
            registration_code=user.code or "none",
        )
        address = {user.email.lower(), user.signup_email.lower(), email.lower()}
        if (
            user.code is not None
            and user.active
            and user.signed_by == client.client_id
            and len(address) == 1
            and client.revoked_at is None
        ):
            self.granted(box, answer, client, user, None, by_registration=True)
        else:
            assert isinstance(answer, InvalidGrant | InvalidClient)

    def granted(
        self,
        box: ModelSandbox,
        answer: TokenResponse | OAuthError,
        client: Client,
        user: User,
        profile: Profile | None,
        *,
        by_registration: bool = False,
    ) -> None:
        """Tokens of a user were to be had: know them."""
        token, now = self.issued(box, client, answer, user=user), self.now(box)
        assert isinstance(answer, TokenResponse)
        subject = answer.token.subject
        assert (subject.client_id, subject.user_id) == (client.client_id, user.user_id)
        assert subject.profile_id == (profile and profile.profile_id)
        text = answer.refresh_token
        assert text is not None
        link = ModelRefreshToken(text, client, user, profile, by_registration, now + box.refresh_lifetime)
        box.grant(link, now)
        token.links.append(link)

    @rule(b=WHICH, r=WHICH, c=WHICH, is_foreign=st.booleans())
    def refresh(self, b: int, r: int, c: int, is_foreign: bool) -> None:
        """The refresh token stays, the access tokens before die at once; a dead link gives none (docs/wise/token-endpoint.md#response and docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""
        box = of(self.boxes, b)
        if not box.links:
            return
        link, now = of(box.links, r), self.now(box)
        client = self.client(box, c) if is_foreign else link.client
        answer = self.ask(box, client, grant_type="refresh_token", refresh_token=link.text)
        if client is link.client and client.revoked_at is None and link.alive(now):
            assert isinstance(answer, TokenResponse)
            assert answer.refresh_token == link.text
            old = [token for token in box.tokens if link in token.links]
            token = self.issued(box, client, answer, user=link.user)
            token.links.append(link)
            for it in old:
                it.end("own", now, "refreshed")
        else:
            assert isinstance(answer, InvalidGrant | InvalidClient), f"{link} was good for a token"
            if client is link.client and client.revoked_at is None:
                cause = link.ended[1] if link.ended else "expired"
                assert WORDS[cause] in answer.reason

    @rule(b=WHICH, u=WHICH, read_only=st.booleans())
    def make_personal(self, b: int, u: int, read_only: bool) -> None:
        """A personal token lives until it is revoked (docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""
        box = of(self.boxes, b)
        user, state, now = of(box.users, u), self.state(box), self.now(box)
        if not user.active:
            with pytest.raises(ConflictError):
                issue_personal(state, user.user_id, read_only=read_only)
            return
        text = issue_personal(state, user.user_id, read_only=read_only)
        record = state.tokens.get(digest(text))
        assert record is not None
        assert record.number > max((it.number for it in box.tokens), default=0)
        box.forget(now)
        box.tokens.append(Token(text, record.number, now, None, user=user))
