"""Misbehaviour that a user of the mock arms: what, where, how often. Nothing of it happens unless it was armed.

The stages, in the order of a request: `delay` (it waits), `answer` (something else is answered), `token` (the token
granted is odd), `wire` (the answer goes out oddly). A request takes, of each stage, the first armed fault that fits it,
so that faults armed one after the other happen one after the other: "503, 503, then fine".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Literal

from mockwise.core.errors import BadValue
from mockwise.core.tokens import TokenKind

Stage = Literal["pass", "delay", "answer", "token", "wire"]
Reach = Literal["sandbox", "mock"]
TokenText = Literal["jwt", "uuid", "random", "long", "odd"]
"""What a token can look like: a format, 8 KiB of it, or every sign that RFC 6750 allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, as a fault's `when` may look at it."""

    host: str
    method: str
    path: str
    grant: str | None
    client: str | None
    kind: TokenKind | None
    form: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What all faults share: which requests they are for, and when they are spent.

    Without bounds a fault happens once.
    """

    name: ClassVar[str]
    stage: ClassVar[Stage]
    reach: ClassVar[Reach] = "sandbox"

    host: Literal["mtls", "tls"] | None = None
    """Requests to one of the two hosts."""
    method: str | None = None
    """Requests with this method."""
    path: str | None = None
    """Requests to this path, in which `*` stands for any text; a quarterly version in front does not matter."""
    grant: str | None = None
    """Token requests with this grant_type."""
    client: str | None = None
    """Requests of this client."""
    kind: TokenKind | None = None
    """Requests with a bearer token of this kind."""
    when: Callable[[Request], bool] | None = field(default=None, compare=False)
    """Says of a request whether the fault is for it; in Python alone."""
    times: int | None = None
    """How often it happens: once, unless `lasts` or `share` is said, then without end."""
    share: float | None = None
    """Of the requests that fit, how many it is for: 0.2 is one in five, drawn by `seed`."""
    seed: int = 0
    """Repeats the draws of `share`, and of a delay, exactly."""
    lasts: timedelta | None = None
    """How long it is armed, on the sandbox's clock."""

    def __post_init__(self) -> None:
        if self.times is not None and self.times < 1:
            raise BadValue(f"times: a fault happens at least once: {self.times}")
        if self.share is not None and not 0 < self.share <= 1:
            raise BadValue(f"share: more than 0 and at most 1: {self.share}")
        if self.lasts is not None and self.lasts <= timedelta():
            raise BadValue("lasts: a fault lasts some time")
        self.check()

    @property
    def limit(self) -> int | None:
        """How often it happens; None: without end."""
        return 1 if self.times is None and self.lasts is None and self.share is None else self.times

    def check(self) -> None:
        """Refuse what cannot be done.

        Raises:
            BadValue: it cannot.
        """


@dataclass(frozen=True)
class Pass(Fault):
    """Nothing happens, and nothing of what is armed behind it: `Pass(times=3)` lets three requests through."""

    name = "pass"
    stage = "pass"


@dataclass(frozen=True)
class Delay(Fault):
    """The answer waits, in real time: `seconds`, or drawn between `seconds` and `most`, or log-normal around it.

    With `sigma`, `seconds` is the median and the logarithm's standard deviation is `sigma`.
    """

    name = "delay"
    stage = "delay"

    seconds: float
    most: float | None = field(default=None, kw_only=True)
    sigma: float | None = field(default=None, kw_only=True)

    def check(self) -> None:
        """See `Fault.check`."""
        if not 0 <= self.seconds <= LONGEST_DELAY:
            raise BadValue(f"seconds: 0 to {LONGEST_DELAY:.0f}: {self.seconds}")
        if self.most is not None and not self.seconds <= self.most <= LONGEST_DELAY:
            raise BadValue(f"most: at least seconds, at most {LONGEST_DELAY:.0f}: {self.most}")
        if self.sigma is not None and not 0 <= self.sigma <= MOST_SIGMA:
            raise BadValue(f"sigma: 0 to {MOST_SIGMA:.0f}: {self.sigma}")
        if self.most is not None and self.sigma is not None:
            raise BadValue("most, sigma: a delay is drawn in one way: say one of them")


LONGEST_DELAY = 3600.0
MOST_SIGMA = 5.0


@dataclass(frozen=True)
class Respond(Fault):
    """Something else is answered: `Respond(503, retry_after=5, times=2)`.

    Without `body` and `json` the body is Wise's error shape; `body=""` is an empty one.
    """

    name = "respond"
    stage = "answer"

    status: int
    body: str | None = field(default=None, kw_only=True)
    json: object = field(default=None, kw_only=True)
    content_type: str | None = field(default=None, kw_only=True)
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    retry_after: int | None = field(default=None, kw_only=True)
    """Seconds."""
    as_date: bool = field(default=False, kw_only=True)
    """Spell `Retry-After` as a date, on the sandbox's clock (RFC 9110 section 10.2.3)."""

    def check(self) -> None:
        """See `Fault.check`."""
        if self.status not in range(400, 600):
            raise BadValue(f"status: 400 to 599: {self.status}")
        if self.body is not None and self.json is not None:
            raise BadValue("body, json: an answer has one of them")
        if self.retry_after is not None and self.retry_after < 0:
            raise BadValue(f"retry_after: seconds, not negative: {self.retry_after}")
        for name, value in {**self.headers, "content-type": self.content_type or "x"}.items():
            if not (
                name.replace("-", "").isalnum() and name.isascii() and value.isascii() and value.isprintable()
            ):
                raise BadValue(f"headers: {name!r} cannot be sent")
        try:
            json.dumps(self.json)
        except (TypeError, ValueError, RecursionError) as error:
            raise BadValue(f"json: it cannot be written as JSON: {error}") from None


@dataclass(frozen=True)
class TooManyRequests(Fault):
    """429, with `Retry-After` and `X-Rate-Limited-By`, as Wise's gateway answers (facts 5.2)."""

    name = "too-many-requests"
    stage = "answer"

    retry_after: int = 5
    as_date: bool = field(default=False, kw_only=True)

    def check(self) -> None:
        """See `Fault.check`."""
        if self.retry_after < 0:
            raise BadValue(f"retry_after: seconds, not negative: {self.retry_after}")


@dataclass(frozen=True)
class Drop(Fault):
    """The connection ends `before` the answer, after its `headers`, or in its `body`; with a TCP reset if `reset`."""

    name = "drop"
    stage = "wire"

    at: Literal["before", "headers", "body"] = "before"
    reset: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Drip(Fault):
    """The body comes in `pieces`, with `seconds` of real time between one and the next."""

    name = "drip"
    stage = "wire"

    seconds: float = 0.1
    pieces: int = field(default=10, kw_only=True)

    def check(self) -> None:
        """See `Fault.check`."""
        if not 0 <= self.seconds <= LONGEST_DELAY:
            raise BadValue(f"seconds: 0 to {LONGEST_DELAY:.0f}: {self.seconds}")
        if self.pieces not in range(2, 10_001):
            raise BadValue(f"pieces: 2 to 10000: {self.pieces}")


@dataclass(frozen=True)
class Garble(Fault):
    """The body is not what it should be, the status and the length are: half of the JSON, no JSON, nothing, a page."""

    name = "garble"
    stage = "wire"

    how: Literal["truncated", "malformed", "empty", "html", "wrong-type"] = "truncated"
    """`wrong-type` leaves the body as it is and calls it `text/html`."""


@dataclass(frozen=True)
class SpoilToken(Fault):
    """A token is granted, and something is wrong with it or with the answer."""

    name = "spoil-token"
    stage = "token"

    expired: bool = field(default=False, kw_only=True)
    """It is dead on arrival, though the answer does not say so."""
    expires_in: object = field(default=None, kw_only=True)
    """In place of the seconds: 0, -1, 10**12, "43199"."""
    token_type: str | None = field(default=None, kw_only=True)
    """In place of `bearer`: `Bearer`, `mac`."""
    text: TokenText | None = field(default=None, kw_only=True)
    """Its text: 8 KiB of it, every sign that RFC 6750 allows, or a format other than the sandbox's."""
    without: tuple[str, ...] = field(default=(), kw_only=True)
    """Members that are left out."""
    extra: Mapping[str, object] = field(default_factory=dict, kw_only=True)
    """Members more, or others in place of those there are."""

    def check(self) -> None:
        """See `Fault.check`."""
        nothing = (self.expired, self.expires_in, self.token_type, self.text, self.without, dict(self.extra))
        if nothing == (False, None, None, None, (), {}):
            raise BadValue("say what is wrong: expired, expires_in, token_type, text, without or extra")
        try:
            json.dumps([self.expires_in, dict(self.extra)])
        except (TypeError, ValueError, RecursionError) as error:
            raise BadValue(f"expires_in, extra: they cannot be written as JSON: {error}") from None


@dataclass(frozen=True)
class RevokeToken(Fault):
    """The token granted is revoked after so many `uses`, or `after` some time on the sandbox's clock."""

    name = "revoke-token"
    stage = "token"

    uses: int | None = field(default=None, kw_only=True)
    after: timedelta | None = field(default=None, kw_only=True)

    def check(self) -> None:
        """See `Fault.check`."""
        if (self.uses is None) is (self.after is None):
            raise BadValue("uses, after: say one of them")
        if self.uses is not None and self.uses < 0:
            raise BadValue(f"uses: not negative: {self.uses}")
        if self.after is not None and self.after < timedelta():
            raise BadValue("after: not negative")


FAULTS: tuple[type[Fault], ...] = (
    Respond,
    TooManyRequests,
    Delay,
    Drop,
    Drip,
    Garble,
    SpoilToken,
    RevokeToken,
    Pass,
)
"""All of them."""
