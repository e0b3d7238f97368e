"""The kinds of faults that a test can arm. Nothing of it happens unless it was armed.

A request takes the first armed fault that fits it, and no other, but for a delay, which comes on top: so faults that
are armed one after the other happen one after the other ("503, 503, then fine"), and a 504 can be slow.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import KW_ONLY, field
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias

from pydantic import Field
from typing_extensions import override

from mockwise.common.header_fields import check_header
from mockwise.errors import InvalidValueError
from mockwise.faults.base import Fault, FaultStage, Reach, Request, check_sendable
from mockwise.faults.declaration import Allowed, Duration, Names, fault_kind

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

LONGEST_DELAY: float = 3600
MOST_SIGMA: float = 5
LONGEST_WAIT = timedelta(days=36500)
_LONGEST_RETRY_AFTER = int(LONGEST_WAIT.total_seconds())

RetryAfter: TypeAlias = Annotated[
    int,
    Field(ge=0, le=_LONGEST_RETRY_AFTER),
    Allowed(f"seconds, not negative and at most {_LONGEST_RETRY_AFTER}"),
]
"""What Retry-After says: seconds."""


@fault_kind
class Respond(Fault):
    """Something else is answered, and nothing is done.

    `Respond(503, retry_after=5, times=2)` is two of them. Without `body` and `json` the body is Wise's error shape; `body=""` is an empty one.
    """

    name = "respond"
    stage = "answer"

    status: Annotated[int, Field(ge=400, le=599, description="400 to 599.")]
    _: KW_ONLY
    body: Annotated[str | None, Field(description="The body as it is, for example a page; empty: none.")] = (
        None
    )
    json: Annotated[
        object,
        Field(description="Or the body, to be written as JSON.", examples=[{"error": "server_error"}]),
    ] = None
    content_type: Annotated[
        str | None,
        Field(
            description="What the body is said to be, rightly or wrongly: text/html; empty: nothing is said.",
            examples=["text/html"],
        ),
    ] = None
    headers: Annotated[
        Mapping[str, str],
        Field(
            description="More headers, or others in place of those there are.",
            examples=[{"x-id": "1"}],
        ),
    ] = field(default_factory=dict)
    retry_after: Annotated[RetryAfter | None, Field(description="Retry-After, in seconds.")] = None
    as_date: Annotated[bool, Field(description="Spell Retry-After as a date, on the sandbox's clock.")] = (
        False
    )

    @override
    def check(self) -> None:
        if self.body is not None and self.json is not None:
            raise InvalidValueError("body, json: an answer has one of them")
        for name, value in {**self.headers, "content-type": self.content_type or ""}.items():
            check_header(name, value)
        check_sendable("json", self.json)


@fault_kind
class TooManyRequests(Fault):
    """429, with Retry-After and X-Rate-Limited-By, as Wise's gateway answers (docs/wise/errors.md#headers)."""

    name = "too-many-requests"
    stage = "answer"

    retry_after: Annotated[RetryAfter, Field(description="Retry-After, in seconds.")] = 5
    _: KW_ONLY
    as_date: Annotated[bool, Field(description="Spell Retry-After as a date, on the sandbox's clock.")] = (
        False
    )


@fault_kind
class Delay(Fault):
    """The answer waits, in real time: a fixed time, or one that is drawn evenly or log-normally."""

    name = "delay"
    stage = "delay"

    seconds: Annotated[float, Field(ge=0, le=LONGEST_DELAY, description="How long; with sigma, the median.")]
    _: KW_ONLY
    most: Annotated[float | None, Field(description="Drawn evenly between seconds and this.")] = None
    sigma: Annotated[
        float | None,
        Field(ge=0, le=MOST_SIGMA, description="Drawn log-normally: the logarithm's standard deviation."),
    ] = None

    @override
    def check(self) -> None:
        if self.most is not None and not self.seconds <= self.most <= LONGEST_DELAY:
            raise InvalidValueError(f"most: at least seconds, at most {LONGEST_DELAY}: {self.most}")
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


@fault_kind
class Drop(Fault):
    """The connection ends before the answer, after its headers, or in its body; what was asked for is done.

    An answer without a body is lost as a whole.
    """

    name = "drop"
    stage = "wire"

    at: Annotated[
        Literal["before", "headers", "body"],
        Field(description="Before the answer, after its headers, in its body."),
    ] = "before"
    _: KW_ONLY
    reset: Annotated[bool, Field(description="With a TCP reset instead of a FIN.")] = False


@fault_kind
class Drip(Fault):
    """The body comes in pieces, with some real time between one and the next."""

    name = "drip"
    stage = "wire"

    seconds: Annotated[float, Field(ge=0, le=LONGEST_DELAY, description="Real time between two pieces.")] = (
        0.1
    )
    _: KW_ONLY
    pieces: Annotated[int, Field(ge=2, le=10_000, description="How many; a short body has fewer.")] = 10


@fault_kind
class Garble(Fault):
    """The body is not what it should be, though status and length agree: half of the JSON, no JSON, nothing, a page."""

    name = "garble"
    stage = "wire"

    how: Annotated[
        Literal["truncated", "malformed", "empty", "html", "wrong-type"],
        Field(description="Half of the JSON, broken JSON, nothing, a page, or the JSON called text/html."),
    ] = "truncated"


@fault_kind
class SpoilToken(Fault):
    """A token is granted, and something is wrong with it or with the answer."""

    name = "spoil-token"
    stage = "token"

    _: KW_ONLY
    expired: Annotated[
        bool, Field(description="It is dead on arrival, though the answer does not say so.")
    ] = False
    expires_in: Annotated[
        object,
        Field(description='In place of the seconds: 0, -1, 1000000000000, "43199".', examples=[0, "43199"]),
    ] = None
    token_type: Annotated[
        str | None, Field(description="In place of bearer: Bearer, mac.", examples=["Bearer"])
    ] = None
    text: Annotated[
        TokenText | None,
        Field(
            description="Its text: another format than usual, a JWE of more than 800 characters, 8 KiB, or every sign of "
            "RFC 6750."
        ),
    ] = None
    without: Annotated[
        Names,
        Field(description="Members of the answer that are left out.", examples=[["expires_in", "scope"]]),
    ] = ()
    extra: Annotated[
        Mapping[str, object],
        Field(description="Members more, or others in place of those there are.", examples=[{"foo": 1}]),
    ] = field(default_factory=dict)

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


@fault_kind
class RevokeToken(Fault):
    """The token granted is revoked after some uses, or some time."""

    name = "revoke-token"
    stage = "token"

    _: KW_ONLY
    uses: Annotated[
        int | None,
        Field(ge=0, description="How many calls it opens; it is revoked with the last."),
        Allowed("not negative"),
    ] = None
    after: Annotated[
        Duration | None,
        Field(
            ge=timedelta(),
            le=LONGEST_WAIT,
            description="How long it opens calls, on the sandbox's clock.",
            examples=["5m"],
        ),
        Allowed(f"not negative, and at most {LONGEST_WAIT.days} days"),
    ] = None

    @override
    def check(self) -> None:
        if (self.uses is None) is (self.after is None):
            raise InvalidValueError("uses, after: say one of them")


@fault_kind
class Pass(Fault):
    """Nothing happens, and nothing of what is armed behind it: "fine, fine, then 503"."""

    name = "pass"
    stage = "pass"


FAULTS: tuple[type[Fault], ...] = tuple(Fault.__subclasses__())
"""All kinds of faults, in the order in which they stand here and documents list them."""
