"""Events of users' lives, and which tokens die of each (docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from mockwise.common.digests import digest_of
from mockwise.errors import AlreadyExistsError, InvalidValueError, NotFoundError
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.registry import Registry
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import TokenState, TokenSubject
from mockwise.state.users import User, UserSpec

HOURS = timedelta(hours=12)


class LinkedUser:
    """A sandbox with one user who is linked to `app` for both profiles, and to `other`, and has a personal token."""

    def __init__(self, registry: Registry) -> None:
        self.box: SandboxState = registry.default
        self.box.clock.freeze()
        for client_id in ("app", "other"):
            registry.add_client(self.box, client_id=client_id)
        self.user: User = self.box.users.add(UserSpec(email="bea@example.com", business="Bea's"))
        self.person, self.business = (it.profile_id for it in self.box.users.profiles_of(self.user.user_id))
        self.link("person", self.person)
        self.link("business", self.business)
        self.link("elsewhere", self.person, "other")
        subject = TokenSubject(kind="personal", user_id=self.user.user_id)
        self.box.tokens.issue("personal", subject, self.box.clock.now(), None)

    def link(
        self, name: str, profile_id: int | None, client_id: str = "app", user: User | None = None
    ) -> None:
        """A link, and an access token made from it, both of that name."""
        now = self.box.clock.now()
        link = self.box.links.add(
            RefreshGrant(
                digest=digest_of(f"refresh {name}"),
                client_id=client_id,
                user_id=(user or self.user).user_id,
                profile_id=profile_id,
                by_registration=profile_id is None,
                granted_at=now,
                expires_at=now + HOURS,
            )
        )
        self.box.links.add_access_token(link, self.box.tokens.issue(name, link.subject, now, HOURS).digest)

    def dead(self) -> dict[str, RevocationCause | None]:
        """The access tokens that are dead, and what of; their refresh tokens died with them."""
        ended = {}
        for name in ("person", "business", "elsewhere", "personal", "signed up"):
            token = self.box.tokens.get(digest_of(name))
            link = self.box.links.of_text(f"refresh {name}")
            if token is None:
                continue
            status = self.box.tokens.status_of(token)
            if link is not None:
                assert self.box.links.alive(link) is (status.state is TokenState.LIVE)
                assert link.ended_by is status.cause
            if status.state is not TokenState.LIVE:
                ended[name] = status.cause
        return ended


@pytest.fixture
def linked(registry: Registry) -> LinkedUser:
    """A linked user of their own for each test."""
    return LinkedUser(registry)


def test_a_changed_address_ends_all_tokens(linked: LinkedUser) -> None:
    """Facts 2, DOCUMENTED: all tokens are revoked; the user is found under the new address."""
    user = linked.box.user_events.change_email(linked.user.user_id, "bea@new.example")
    assert linked.dead() == dict.fromkeys(
        ("person", "business", "elsewhere", "personal"), RevocationCause.EMAIL_CHANGED
    )
    assert linked.box.users.of_email("bea@example.com") is None
    assert linked.box.users.of_email("BEA@new.example") == user
    assert user.former_emails == ("bea@example.com",)


def test_an_address_that_is_taken_changes_nothing(linked: LinkedUser) -> None:
    """Two users have two addresses."""
    with pytest.raises(AlreadyExistsError):
        linked.box.user_events.change_email(linked.user.user_id, "ann@example.com")
    with pytest.raises(InvalidValueError):
        linked.box.user_events.change_email(linked.user.user_id, "ann")
    assert linked.dead() == {}
    assert linked.box.users.of_email("bea@example.com") == linked.user


def test_a_deactivated_user_has_no_tokens(linked: LinkedUser) -> None:
    """Facts 2, DOCUMENTED; codes that are on their way end too."""
    code = linked.box.codes.issue("authorization", "app", linked.user.user_id)
    user = linked.box.user_events.deactivate(linked.user.user_id)
    assert not user.active
    assert linked.dead() == dict.fromkeys(
        ("person", "business", "elsewhere", "personal"), RevocationCause.USER_DEACTIVATED
    )
    found = linked.box.codes.of_text("authorization", code)
    assert found is not None
    assert found.expires_at == linked.box.clock.now()


def test_enhanced_security_ends_links(linked: LinkedUser) -> None:
    """Facts 2, DOCUMENTED of refresh tokens; a personal token is none."""
    linked.box.user_events.enhance_security(linked.user.user_id)
    assert linked.dead() == dict.fromkeys(
        ("person", "business", "elsewhere"), RevocationCause.SECURITY_ENHANCED
    )


@pytest.mark.parametrize(("profiles", "dead"), [("all", ("person", "business")), ("one", ("business",))])
def test_a_user_disconnects_an_application(linked: LinkedUser, profiles: str, dead: tuple[str, ...]) -> None:
    """Facts 2 and 7.2: that client's links end, for all profiles or one."""
    profile_id = linked.business if profiles == "one" else None
    ended = linked.box.user_events.disconnect(linked.user.user_id, "app", profile_id)
    assert ended == len(dead)
    assert linked.dead() == dict.fromkeys(dead, RevocationCause.DISCONNECTED)


def test_a_business_gets_another_owner(linked: LinkedUser) -> None:
    """Facts 2, DOCUMENTED: access and refresh tokens of the business are dead, and the profile is the other's."""
    ann = linked.box.users.require("ann@example.com")
    profile = linked.box.user_events.transfer_ownership(linked.business, ann.user_id)
    assert profile.user_id == ann.user_id
    assert profile in linked.box.users.profiles_of(ann.user_id)
    assert linked.dead() == {"business": RevocationCause.OWNERSHIP_TRANSFERRED}


def test_a_person_does_not_change_hands(linked: LinkedUser) -> None:
    """Only a business has an owner."""
    ann = linked.box.users.require("ann@example.com")
    with pytest.raises(InvalidValueError, match="only a business changes hands"):
        linked.box.user_events.transfer_ownership(linked.person, ann.user_id)


def test_a_suspected_leak_ends_a_clients_links(linked: LinkedUser) -> None:
    """Facts 2, DOCUMENTED: of one client, for all users."""
    assert linked.box.user_events.suspect_leak("app") == 2
    assert linked.dead() == dict.fromkeys(("person", "business"), RevocationCause.LEAK_SUSPECTED)


def test_a_claimed_account_is_its_users_own(linked: LinkedUser) -> None:
    """Facts 2 and 7.2, DOCUMENTED: the registration code is dead, and with it what came from it."""
    user = linked.box.users.sign_up("new@example.com", "app", digest_of("c" * 32))
    assert user.name is None
    assert linked.box.users.profiles_of(user.user_id) == []
    linked.link("signed up", None, user=user)
    assert linked.box.user_events.claim(user.user_id).registration is None
    assert linked.dead() == {"signed up": RevocationCause.ACCOUNT_CLAIMED}
    with pytest.raises(InvalidValueError, match="nothing to claim"):
        linked.box.user_events.claim(user.user_id)


@pytest.mark.parametrize(
    "event",
    [
        lambda box: box.user_events.change_email(7, "a@b.example"),
        lambda box: box.user_events.deactivate(7),
        lambda box: box.user_events.enhance_security(7),
        lambda box: box.user_events.claim(7),
        lambda box: box.user_events.disconnect(7, "app"),
        lambda box: box.user_events.transfer_ownership(7, 7),
        lambda box: box.users.require("nobody@example.com"),
    ],
)
def test_nobody_is_there(linked: LinkedUser, event: Callable[[SandboxState], object]) -> None:
    """Who is not there is named, and so is who is."""
    with pytest.raises(NotFoundError, match=r"no user .*; its users: ann@example.com, bea@example.com"):
        event(linked.box)


def test_no_profile_is_there(linked: LinkedUser) -> None:
    """Events of profiles that nobody has are refused."""
    with pytest.raises(NotFoundError, match=r"has no profile 7; its profiles: 3\d+, "):
        linked.box.user_events.transfer_ownership(7, linked.user.user_id)
