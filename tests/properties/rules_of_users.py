"""What happens to users, and which tokens die of it (docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule
from msgspec.structs import replace

from mockwise.errors import InvalidValueError, MockwiseError
from mockwise.state import users
from mockwise.state.users import UserSpec
from tests.properties.model import ModelRefreshToken, ModelSandbox, User
from tests.properties.rules_of_grants import EMAILS, GrantRules
from tests.properties.sandboxes import WHICH, digest, of


class UserRules(GrantRules):
    """Rules about users and what happens to them."""

    def know(self, name: str) -> None:
        """A sandbox begins with a client, links of both sorts and a token of each kind, so that much can happen soon."""
        super().know(name)
        b = len(self.boxes) - 1
        self.issue(b, 0, None)
        self.sign_up(b, 0, "new@example.com")
        self.register(b, len(self.boxes[b].users) - 1, 0, None)
        self.consent(b, 0, 0, 0, at_once=True)
        self.make_personal(b, 0, read_only=False)

    # What happens to users (docs/wise/lifetimes-and-formats.md#lifetimes).

    @rule(b=WHICH, email=EMAILS, business=st.booleans())
    def add_user(self, b: int, email: str, business: bool) -> None:
        """An address is one user's."""
        box = of(self.boxes, b)
        if self.is_taken(box, email):
            with pytest.raises(InvalidValueError):
                self.state(box).users.add(UserSpec(email=email))
            return
        made = self.state(box).users.add(UserSpec(email=email, business="Shop" if business else None))
        self.know_user(box, User(made.user_id, email))

    @rule(b=WHICH, c=WHICH, email=EMAILS)
    def sign_up(self, b: int, c: int, email: str) -> None:
        """A client signs a user up, with a registration code."""
        box = of(self.boxes, b)
        client, code = self.client(box, c), self.name("registration-code-")
        if self.is_taken(box, email):
            with pytest.raises(InvalidValueError):
                self.state(box).users.sign_up(email, client.client_id, digest(code))
            return
        made = self.state(box).users.sign_up(email, client.client_id, digest(code))
        user = self.know_user(box, User(made.user_id, email))
        user.signed_by, user.code, user.signup_email = client.client_id, code, email

    @rule(b=WHICH, u=WHICH, email=EMAILS)
    def change_email(self, b: int, u: int, email: str) -> None:
        """All tokens of the user die."""
        box = of(self.boxes, b)
        user = of(box.users, u)
        if self.is_taken(box, email):
            with pytest.raises(InvalidValueError):
                self.state(box).user_events.change_email(user.user_id, email)
            return
        self.state(box).user_events.change_email(user.user_id, email)
        user.email = email
        self.end_links(box, [it for it in box.links if it.user is user], "email changed")
        self.end_personal(box, user, "email changed")

    @rule(b=WHICH, u=WHICH)
    def deactivate(self, b: int, u: int) -> None:
        """All tokens of the user die, and no new ones are given."""
        box = of(self.boxes, b)
        user = of(box.users, u)
        self.state(box).user_events.deactivate(user.user_id)
        user.active = False
        self.end_links(box, [it for it in box.links if it.user is user], "user deactivated")
        self.end_personal(box, user, "user deactivated")

    @rule(b=WHICH, u=WHICH)
    def enhance_security(self, b: int, u: int) -> None:
        """The links of the user end."""
        box = of(self.boxes, b)
        user = of(box.users, u)
        self.state(box).user_events.enhance_security(user.user_id)
        self.end_links(box, [it for it in box.links if it.user is user], "security enhanced")

    @rule(b=WHICH, u=WHICH)
    def begin_claim(self, b: int, u: int) -> None:
        """Once a claim-account code was asked for, the registration code is dead; what came of it lives on."""
        box = of(self.boxes, b)
        user = of(box.users, u)

        def begun(it: users.User) -> users.User:
            return replace(it, registration=it.registration and replace(it.registration, claim_begun=True))

        self.state(box).users.change(user.user_id, begun)
        user.code = None

    @rule(b=WHICH, u=WHICH)
    def claim(self, b: int, u: int) -> None:
        """The registration code is dead, and what came from it."""
        box = of(self.boxes, b)
        user = of(box.users, u)
        with nullcontext() if user.signed_by else pytest.raises(InvalidValueError):
            self.state(box).user_events.claim(user.user_id)
        user.code = user.signed_by = None
        mine = [it for it in box.links if it.user is user and it.by_registration]
        self.end_links(box, mine, "account claimed")

    @rule(b=WHICH, u=WHICH, c=WHICH, p=st.none() | WHICH)
    def disconnect(self, b: int, u: int, c: int, p: int | None) -> None:
        """The user revokes the application, for all profiles or one."""
        box = of(self.boxes, b)
        user, client = of(box.users, u), self.client(box, c)
        profile = None if p is None else of(box.profiles, p)
        wanted = None if profile is None else profile.profile_id
        ended = self.state(box).user_events.disconnect(user.user_id, client.client_id, wanted)
        mine = [it for it in box.links if (it.user, it.client) == (user, client)]
        gone = [it for it in mine if profile is None or it.profile is profile]
        assert ended == self.end_links(box, gone, "disconnected")

    @rule(b=WHICH, p=WHICH, u=WHICH)
    def transfer_ownership(self, b: int, p: int, u: int) -> None:
        """A business changes hands: its links end, and new linking is needed."""
        box = of(self.boxes, b)
        profile, user = of(box.profiles, p), of(box.users, u)
        if not profile.is_business:
            with pytest.raises(MockwiseError):
                self.state(box).user_events.transfer_ownership(profile.profile_id, user.user_id)
            return
        self.state(box).user_events.transfer_ownership(profile.profile_id, user.user_id)
        profile.owner = user
        profile.hand += 1
        self.end_links(box, [it for it in box.links if it.profile is profile], "ownership transferred")

    @rule(b=WHICH, c=WHICH)
    def suspect_leak(self, b: int, c: int) -> None:
        """All links of the client end."""
        box = of(self.boxes, b)
        client = self.client(box, c)
        ended = self.state(box).user_events.suspect_leak(client.client_id)
        mine = [it for it in box.links if it.client is client]
        assert ended == self.end_links(box, mine, "leak suspected")

    def is_taken(self, box: ModelSandbox, email: str) -> bool:
        """Whether a user has that address, in whatever case."""
        return email.lower() in {it.email.lower() for it in box.users}

    def end_links(self, box: ModelSandbox, links: list[ModelRefreshToken], cause: str) -> int:
        """End those that stand; how many there were."""
        standing = [it for it in links if it.ended is None]
        for link in standing:
            box.end_link(link, self.now(box), cause)
        return len(standing)

    def end_personal(self, box: ModelSandbox, user: User, cause: str) -> None:
        """The tokens that a user made themselves, for no client."""
        for token in box.tokens:
            if token.user is user and token.client is None:
                token.end("own", self.now(box), cause)
