"""What is known of sandboxes, in plain Python and from the design alone: the witness that the product is held against.

Nothing of the product is called here. A token is live exactly if it was issued in this sandbox, has not run out, was
not ended, and its client is alive (docs/wise/lifetimes-and-formats.md#lifetimes). What ran out lives again if the clock is set back; what
was ended does not. Of several causes it died of the first in time; of two at once either may be told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

DAY = timedelta(days=1)


@dataclass(eq=False)
class Client:
    """A client and all the secrets that it ever had."""

    client_id: str
    secrets: list[Secret]
    lifetime: timedelta | None = None
    revoked_at: datetime | None = None
    latest: Token | None = None
    """Of the tokens for the application itself, where the options allow only one at a time."""

    def knows(self, secret: str, now: datetime) -> bool:
        """Whether the secret is the current one, or in its overlap."""
        return any(it.text == secret and it.works(now) for it in self.secrets)

    def rotate(self, secret: str, now: datetime, overlap: timedelta) -> None:
        """The secrets before it work for the overlap and no longer; without one they are over for good."""
        for old in self.secrets:
            if overlap:
                old.until = min(old.until or now + overlap, now + overlap)
            else:
                old.over = True
        self.secrets.append(Secret(secret))


@dataclass
class Secret:
    """A secret; the current one has no end."""

    text: str
    until: datetime | None = None
    over: bool = False

    def works(self, now: datetime) -> bool:
        """Whether it opens the token endpoint."""
        return not self.over and (self.until is None or now < self.until)


@dataclass(eq=False)
class User:
    """A user; `code` is the registration code by which `signed_by` gets tokens."""

    user_id: int
    email: str
    active: bool = True
    signed_by: str | None = None
    code: str | None = None
    signup_email: str = ""


@dataclass(eq=False)
class Profile:
    """A profile, which may change hands."""

    profile_id: int
    owner: User
    is_business: bool
    hand: int = 0
    """How often it changed hands."""


@dataclass(eq=False)
class Token:
    """An access token. `ends` is None of a personal one."""

    text: str
    number: int
    born: datetime
    ends: datetime | None
    client: Client | None = None
    user: User | None = None
    links: list[ModelRefreshToken] = field(default_factory=list)
    """The refresh tokens that it was made from, or that took its own one's place."""
    deaths: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    """How it was ended, each way once: when, and what of."""
    doomed_at: datetime | None = None
    uses: int | None = None
    forgettable: bool = False

    def end(self, way: str, now: datetime, cause: str) -> None:
        """End it in one of the ways; a second time changes nothing."""
        self.deaths.setdefault(way, (now, cause))

    def causes(self, now: datetime) -> tuple[datetime, set[str]] | None:
        """When it died and what of (more than one if they came at once); None while it lives."""
        ends = list(self.deaths.values())
        if self.client is not None and self.client.revoked_at is not None:
            ends.append((self.client.revoked_at, "client revoked"))
        if self.doomed_at is not None and self.doomed_at <= now:
            ends.append((self.doomed_at, "revoked"))
        if self.ends is not None and self.ends <= now:
            ends.append((self.ends, "expired"))
        if not ends:
            return None
        first = min(at for at, _ in ends)
        return first, {cause for at, cause in ends if at == first}

    def live(self, now: datetime) -> bool:
        """Whether it opens the API."""
        return self.causes(now) is None

    def use(self, now: datetime) -> None:
        """A call was let through."""
        if self.uses is not None:
            self.uses -= 1
            if self.uses == 0:
                self.end("own", now, "revoked")


@dataclass(eq=False)
class ModelRefreshToken:
    """What the model knows of a refresh token."""

    text: str
    client: Client
    user: User
    profile: Profile | None
    by_registration: bool
    ends: datetime
    ended: tuple[datetime, str] | None = None
    forgettable: bool = False

    def alive(self, now: datetime) -> bool:
        """Whether it can be used."""
        return self.ended is None and now < self.ends

    @property
    def place(self) -> tuple[Client, User, Profile | None]:
        """There is one link for each."""
        return self.client, self.user, self.profile


@dataclass(eq=False)
class Code:
    """What the model knows of an authorization code."""

    text: str
    client: Client
    user: User
    profile: Profile | None
    hand: int
    """How often the profile had changed hands when the user consented."""
    ends: datetime
    used_at: datetime | None = None
    forgettable: bool = False

    def good(self, now: datetime) -> bool:
        """Whether it can be exchanged: once, in its time, by who may still consent."""
        hand = 0 if self.profile is None else self.profile.hand
        return self.used_at is None and now < self.ends and self.user.active and hand == self.hand


@dataclass(eq=False)
class ModelSandbox:
    """What the model knows of a sandbox."""

    name: str
    repeat: str
    token_lifetime: timedelta
    refresh_lifetime: timedelta
    offset: timedelta = timedelta()
    frozen_at: datetime | None = None
    clients: list[Client] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    links: list[ModelRefreshToken] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)

    def now(self, wall_clock: datetime) -> datetime:
        """The time on its clock."""
        return wall_clock + self.offset if self.frozen_at is None else self.frozen_at

    def end_link(
        self, link: ModelRefreshToken, now: datetime, cause: str, *, with_access: bool = True
    ) -> None:
        """End a refresh token and, but for a new grant, the access tokens made from it."""
        if link.ended is None:
            link.ended = (now, cause)
        for token in self.tokens if with_access else ():
            if link in token.links:
                token.end("own", now, cause)

    def grant(self, link: ModelRefreshToken, now: datetime) -> None:
        """A new grant kills the old refresh token; the access tokens made from that live on under the new one."""
        for old in self.links:
            if old.place == link.place and old.ended is None:
                for token in self.tokens:
                    if old in token.links:
                        token.links.append(link)
                self.end_link(old, now, "granted anew", with_access=False)
        self.links.append(link)

    def forget(self, now: datetime) -> None:
        """What ended over a day ago may be forgotten from now on, and a refusal then says so."""
        for token in self.tokens:
            causes = token.causes(now)
            end = causes and min(causes[0], token.ends or causes[0])
            token.forgettable |= end is not None and now - end > DAY
        for link in self.links:
            if not link.alive(now):
                end = min(link.ended[0], link.ends) if link.ended else link.ends
                link.forgettable |= now - end > DAY
        for code in self.codes:
            end = code.ends if now >= code.ends else code.used_at
            code.forgettable |= end is not None and now - end > DAY
