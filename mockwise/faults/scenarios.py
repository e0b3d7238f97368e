"""Scenarios: days on which production misbehaves, each under a name.

A scenario is a story, the options of the sandbox it needs, and how it begins. Several can be played at once: options
of later ones win, and they begin in the order in which they were named. What is drawn is drawn by the sandbox's seed.
None of them reaches further than its sandbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from mockwise.common.rate_limit import DOCUMENTED
from mockwise.common.wording import did_you_mean
from mockwise.errors import InvalidValueError
from mockwise.faults.kinds import Delay, Drop, Fault, Respond, RevokeToken, SpoilToken, TooManyRequests

_TOKENS = "/oauth/token"


class ScenarioTarget(Protocol):
    """The methods of a sandbox that scenarios use."""

    @property
    def seed(self) -> int:
        """The seed of what scenarios draw at random."""
        ...

    def arm(self, *faults: Fault) -> object:
        """Arm faults, which happen one after the other."""
        ...

    def advance(self, by: str) -> object:
        """Move the sandbox's clock forward by a duration."""
        ...

    def rotate_secret(self, *, overlap: str, tell: bool) -> object:
        """Replace the client's secret; `tell` says whether the test's credentials show the new one."""
        ...

    def renew_certificate(self, *, valid_until: str) -> object:
        """Replace the client's certificate by one that ends at a given time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named sequence of misbehaviour: its story, the options that it needs, and how it begins."""

    name: str
    story: str
    """What happens at Wise, and what a client must do."""
    options: Mapping[str, object] = field(default_factory=dict)
    """The options that the sandbox must be made with."""
    begin: Callable[[ScenarioTarget], object] = lambda _: None
    """Begins the scenario on a sandbox."""


def _outage(sandbox: ScenarioTarget) -> None:
    sandbox.arm(Respond(503, retry_after=1, times=2, path=_TOKENS), Drop(path=_TOKENS))


def _flaky(sandbox: ScenarioTarget) -> None:
    sandbox.arm(
        Respond(500, share=0.05, seed=sandbox.seed),
        Respond(503, share=0.05, seed=sandbox.seed + 1),
        Drop(share=0.05, seed=sandbox.seed + 2),
        Delay(0.01, most=0.1, share=0.05, seed=sandbox.seed + 3),
    )


def _rotation_day(sandbox: ScenarioTarget) -> None:
    sandbox.rotate_secret(overlap="15m", tell=False)
    sandbox.renew_certificate(valid_until="2d")


def _rate_limited(sandbox: ScenarioTarget) -> None:
    sandbox.arm(
        TooManyRequests(retry_after=2, path=_TOKENS),
        TooManyRequests(retry_after=3, as_date=True, path=_TOKENS),
        TooManyRequests(retry_after=1, kind="client_credentials"),
        TooManyRequests(retry_after=1, kind="user"),
    )


def _format_change(sandbox: ScenarioTarget) -> None:
    sandbox.arm(
        SpoilToken(text="uuid", times=3, path=_TOKENS),
        SpoilToken(text="jwe", path=_TOKENS),
        SpoilToken(text="long-jwe", path=_TOKENS),
    )


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="outage",
        story="The token endpoint is down: twice it answers 503 with Retry-After, then it drops a connection, and then "
        "all is well. A client waits as long as it was told to and asks again, each time a little later, instead of "
        "giving up at the first answer or asking in a loop.",
        begin=_outage,
    ),
    Scenario(
        name="flaky",
        story="About one request in five goes wrong, for ever: 500, 503, a connection that ends without an answer, or "
        "an answer that takes its time. A client repeats what may be repeated, with a pause, and nothing else; it does "
        "not take a 5xx for a dead token.",
        begin=_flaky,
    ),
    Scenario(
        name="short-lived",
        story="Access tokens live for 60 seconds instead of 12 hours. A client goes by expires_in and not by a figure "
        "of its own: it renews a token ahead of its end, and does not ask for one at every call either.",
        options={"token_lifetime": timedelta(seconds=60)},
    ),
    Scenario(
        name="rotation-day",
        story="Credentials are rotated. The client was given a secret that was replaced: on the sandbox's clock it "
        "works for 15 more minutes, and then the new one alone (`newest_secret` in Python) does. Its certificate ends "
        "in two days. A client reads both anew without being built again, and warns of a certificate that is about "
        "to end.",
        options={"certificate_clock": "sandbox"},
        begin=_rotation_day,
    ),
    Scenario(
        name="rate-limited",
        story="Wise's documented limits are on (100 requests a second, 1000 a minute for a client), and a few requests "
        "are answered 429 right away, with Retry-After in seconds and as a date. A client reads both, waits that "
        "long, and keeps its token instead of asking for another.",
        options={"rate_limit": DOCUMENTED},
        begin=_rate_limited,
    ),
    Scenario(
        name="clock-skew",
        story="Wise's clock is ten minutes ahead of the client's. A client counts expires_in from the moment at which "
        "it asked; whoever compares expires_at, or the times in a JWT, with a clock of its own uses a token that is dead.",
        begin=lambda sandbox: sandbox.advance("10m"),
    ),
    Scenario(
        name="revoked-mid-run",
        story="Each of the first two tokens is revoked after its third use, long before its end. A client that gets a "
        "401 drops the token, asks for another one, once, and repeats the call.",
        begin=lambda sandbox: sandbox.arm(RevokeToken(uses=3, times=2, path=_TOKENS)),
    ),
    Scenario(
        name="format-change",
        story="Wise moves from opaque tokens to JWTs: the first three tokens are UUIDs, then come two encrypted JWTs of "
        "five parts, the second of more than 800 characters, and all others are JWTs of three parts. A client neither "
        "parses a token nor checks or cuts its length, and keeps it where any length fits.",
        options={"token_format": "jwt"},
        begin=_format_change,
    ),
)
"""All scenarios, in the order in which documents list them."""

_NAMES = {scenario.name: scenario for scenario in SCENARIOS}


def scenario_named(name: str) -> Scenario:
    """The scenario of that name.

    Raises:
        InvalidValueError: there is none.
    """
    try:
        return _NAMES[name]
    except KeyError:
        raise InvalidValueError(f"there is no scenario {name!r}. {did_you_mean(name, _NAMES)}") from None


def check_scenario(name: str) -> str:
    """Return the name of a scenario; raise if there is none of that name.

    Raises:
        InvalidValueError: there is none of that name.
    """
    return scenario_named(name).name


def options_of(names: Iterable[str]) -> dict[str, object]:
    """The options that these scenarios need together.

    Raises:
        InvalidValueError: there is no scenario of a name.
    """
    return {name: value for it in names for name, value in scenario_named(it).options.items()}
