"""The kinds of faults that a test can arm. Nothing of it happens unless it was armed.

A request takes the first armed fault that fits it, and no other, but for a delay, which comes on top: so faults that
are armed one after the other happen one after the other ("503, 503, then fine"), and a 504 can be slow.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Literal

from typing_extensions import override

from mockwise.common.header_fields import check_header
from mockwise.errors import InvalidValueError
from mockwise.faults.base import Fault, FaultStage, Reach, Request, check_sendable

__all__ = [
    "FAULTS",
    "Delay",
    "Drip",
    "Drop",
    "Fault",
    "FaultStage",
    "Garble",
    "Pass",
    "Reach",
    "Request",
    "Respond",
    "RevokeToken",
    "SpoilToken",
    "TokenText",
    "TooManyRequests",
]

TokenText = Literal["jwt", "jwe", "uuid", "random", "long-jwe", "long", "odd"]
"""What a token can look like: a format, a JWE of more than 800 characters, 8 KiB, or every sign that RFC 6750 allows."""

LONGEST_DELAY = 3600.0
MOST_SIGMA = 5.0
LONGEST_WAIT = timedelta(days=36500)


@dataclass(frozen=True)
class Pass(Fault):
    """Nothing happens, and nothing of what is armed behind it: "fine, fine, then 503"."""

    name = "pass"
    stage = "pass"


@dataclass(frozen=True)
class Delay(Fault):
    """The answer waits, in real time: a fixed time, or one that is drawn evenly or log-normally."""

    name = "delay"
    stage = "delay"

    seconds: Annotated[float, "How long; with sigma, the median."]
    most: Annotated[float | None, "Drawn evenly between seconds and this."] = field(
        default=None, kw_only=True
    )
    sigma: Annotated[float | None, "Drawn log-normally: the logarithm's standard deviation."] = field(
        default=None, kw_only=True
    )

    @override
    def check(self) -> None:
        if not 0 <= self.seconds <= LONGEST_DELAY:
            raise InvalidValueError(f"seconds: 0 to {LONGEST_DELAY:.0f}: {self.seconds}")
        if self.most is not None and not self.seconds <= self.most <= LONGEST_DELAY:
            raise InvalidValueError(f"most: at least seconds, at most {LONGEST_DELAY:.0f}: {self.most}")
        if self.sigma is not None and not 0 <= self.sigma <= MOST_SIGMA:
            raise InvalidValueError(f"sigma: 0 to {MOST_SIGMA:.0f}: {self.sigma}")
        if self.most is not None and self.sigma is not None:
            raise InvalidValueError("most, sigma: a delay is drawn in one way: say one of them")

    def drawn(self, nth: int) -> float:
        """The seconds of the n-th time; the same seed draws the same."""
        draws = random.Random(f"{self.seed} {nth}")  # noqa: S311  because the same seed must draw the same
        if self.most is not None:
            return draws.uniform(self.seconds, self.most)
        if self.sigma is not None:
            return min(self.seconds * math.exp(self.sigma * draws.gauss(0, 1)), LONGEST_DELAY)
        return self.seconds


@dataclass(frozen=True)
class Respond(Fault):
    """Something else is answered, and nothing is done.

    `Respond(503, retry_after=5, times=2)` is two of them. Without `body` and `json` the body is Wise's error shape; `body=""` is an empty one.
    """

    name = "respond"
    stage = "answer"

    status: Annotated[int, "400 to 599."]
    body: Annotated[str | None, "The body as it is, for example a page; empty: none."] = field(
        default=None, kw_only=True
    )
    json: Annotated[object, "Or the body, to be written as JSON."] = field(default=None, kw_only=True)
    content_type: Annotated[
        str | None, "What the body is said to be, rightly or wrongly: text/html; empty: nothing is said."
    ] = field(default=None, kw_only=True)
    headers: Annotated[Mapping[str, str], "More headers, or others in place of those there are."] = field(
        default_factory=dict, kw_only=True
    )
    retry_after: Annotated[int | None, "Retry-After, in seconds."] = field(default=None, kw_only=True)
    as_date: Annotated[bool, "Spell Retry-After as a date, on the sandbox's clock."] = field(
        default=False, kw_only=True
    )

    @override
    def check(self) -> None:
        if self.status not in range(400, 600):
            raise InvalidValueError(f"status: 400 to 599: {self.status}")
        if self.body is not None and self.json is not None:
            raise InvalidValueError("body, json: an answer has one of them")
        _check_wait(self.retry_after)
        for name, value in {**self.headers, "content-type": self.content_type or ""}.items():
            check_header(name, value)
        check_sendable("json", self.json)


@dataclass(frozen=True)
class TooManyRequests(Fault):
    """429, with Retry-After and X-Rate-Limited-By, as Wise's gateway answers (docs/wise/errors.md#headers)."""

    name = "too-many-requests"
    stage = "answer"

    retry_after: Annotated[int, "Retry-After, in seconds."] = 5
    as_date: Annotated[bool, "Spell Retry-After as a date, on the sandbox's clock."] = field(
        default=False, kw_only=True
    )

    @override
    def check(self) -> None:
        _check_wait(self.retry_after)


@dataclass(frozen=True)
class Drop(Fault):
    """The connection ends before the answer, after its headers, or in its body; what was asked for is done.

    An answer without a body is lost as a whole.
    """

    name = "drop"
    stage = "wire"

    at: Annotated[
        Literal["before", "headers", "body"], "Before the answer, after its headers, in its body."
    ] = "before"
    reset: Annotated[bool, "With a TCP reset instead of a FIN."] = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Drip(Fault):
    """The body comes in pieces, with some real time between one and the next."""

    name = "drip"
    stage = "wire"

    seconds: Annotated[float, "Real time between two pieces."] = 0.1
    pieces: Annotated[int, "How many; a short body has fewer."] = field(default=10, kw_only=True)

    @override
    def check(self) -> None:
        if not 0 <= self.seconds <= LONGEST_DELAY:
            raise InvalidValueError(f"seconds: 0 to {LONGEST_DELAY:.0f}: {self.seconds}")
        if self.pieces not in range(2, 10_001):
            raise InvalidValueError(f"pieces: 2 to 10000: {self.pieces}")


@dataclass(frozen=True)
class Garble(Fault):
    """The body is not what it should be, though status and length agree: half of the JSON, no JSON, nothing, a page."""

    name = "garble"
    stage = "wire"

    how: Annotated[
        Literal["truncated", "malformed", "empty", "html", "wrong-type"],
        "Half of the JSON, broken JSON, nothing, a page, or the JSON called text/html.",
    ] = "truncated"


@dataclass(frozen=True)
class SpoilToken(Fault):
    """A token is granted, and something is wrong with it or with the answer."""

    name = "spoil-token"
    stage = "token"

    expired: Annotated[bool, "It is dead on arrival, though the answer does not say so."] = field(
        default=False, kw_only=True
    )
    expires_in: Annotated[object, 'In place of the seconds: 0, -1, 1000000000000, "43199".'] = field(
        default=None, kw_only=True
    )
    token_type: Annotated[str | None, "In place of bearer: Bearer, mac."] = field(default=None, kw_only=True)
    text: Annotated[
        TokenText | None,
        "Its text: another format than usual, a JWE of more than 800 characters, 8 KiB, or every sign of RFC 6750.",
    ] = field(default=None, kw_only=True)
    without: Annotated[tuple[str, ...], "Members of the answer that are left out."] = field(
        default=(), kw_only=True
    )
    extra: Annotated[Mapping[str, object], "Members more, or others in place of those there are."] = field(
        default_factory=dict, kw_only=True
    )

    @override
    def check(self) -> None:
        said = (self.expired, self.expires_in, self.token_type, self.text, self.without, dict(self.extra))
        if said == (False, None, None, None, (), {}):
            raise InvalidValueError(
                "say what is wrong: expired, expires_in, token_type, text, without or extra"
            )
        check_sendable("expires_in", self.expires_in)
        check_sendable("extra", dict(self.extra))
        check_sendable("without", self.without)


@dataclass(frozen=True)
class RevokeToken(Fault):
    """The token granted is revoked after some uses, or some time."""

    name = "revoke-token"
    stage = "token"

    uses: Annotated[int | None, "How many calls it opens; it is revoked with the last."] = field(
        default=None, kw_only=True
    )
    after: Annotated[timedelta | None, "How long it opens calls, on the sandbox's clock."] = field(
        default=None, kw_only=True
    )

    @override
    def check(self) -> None:
        if (self.uses is None) is (self.after is None):
            raise InvalidValueError("uses, after: say one of them")
        if self.uses is not None and self.uses < 0:
            raise InvalidValueError(f"uses: not negative: {self.uses}")
        if self.after is not None and not timedelta() <= self.after <= LONGEST_WAIT:
            raise InvalidValueError(f"after: not negative, and at most {LONGEST_WAIT.days} days")


def _check_wait(seconds: int | None) -> None:
    longest = int(LONGEST_WAIT.total_seconds())
    if seconds is not None and not 0 <= seconds <= longest:
        raise InvalidValueError(f"retry_after: seconds, not negative and at most {longest}: {seconds}")


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
"""All kinds of faults, in the order in which documents list them."""
