"""Rate limits."""

from __future__ import annotations

import re

from . import sources
from .grant_requests import show
from .local_mock import Staging
from .rulebook import rule
from .target_client import PLAYGROUND, members_of

_GATEWAY = f"{sources.ERRORS}; docs.wise.com/api-reference"


@rule(
    "limits.status",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="token-endpoint.md#errors, errors.md#rate-limits",
)
def test_status(stage: Staging) -> None:
    """Who asks too often is answered with 429 and a JSON object."""
    with stage(rate_limit="1/s") as apart:
        apart.freeze()
        assert apart.wise.ask_token().status_code == 200
        refused = apart.wise.ask_token()
        assert refused.status_code == 429
        assert isinstance(refused.json(), dict)


@rule(
    "limits.retry-after",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="token-endpoint.md#errors, errors.md#headers",
)
def test_retry_after(stage: Staging) -> None:
    """It says in `Retry-After` how many whole seconds to wait."""
    with stage(rate_limit="1/min") as apart:
        apart.freeze()
        apart.wise.ask_token()
        assert re.fullmatch("[1-9][0-9]*", apart.wise.ask_token().headers.get("retry-after", ""))


@rule(
    "limits.limited-by",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="token-endpoint.md#errors, errors.md#headers",
)
def test_limited_by(stage: Staging) -> None:
    """It says in `X-Rate-Limited-By` who limits, for example `wise-public-api`."""
    with stage(rate_limit="1/min") as apart:
        apart.freeze()
        apart.wise.ask_token()
        assert apart.wise.ask_token().headers.get("x-rate-limited-by")


@rule(
    "limits.every-operation",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="errors.md#headers, errors.md#rate-limits",
)
def test_every_operation(stage: Staging) -> None:
    """Calls of the API are limited like token requests, with the same headers."""
    with stage(rate_limit="2/min") as apart:
        apart.freeze()
        assert apart.wise.call(PLAYGROUND).status_code == 200
        refused = apart.wise.call(PLAYGROUND)
        assert refused.status_code == 429
        assert {"retry-after", "x-rate-limited-by", "x-trace-id"} - refused.headers.keys() == set()


@rule("limits.ends", label="INFERRED", source="RFC 9110 section 10.2.3", known="errors.md#headers")
def test_ends(stage: Staging) -> None:
    """Who waited that long is let through."""
    with stage(rate_limit="1/min") as apart:
        apart.freeze()
        apart.wise.ask_token()
        apart.advance(seconds=int(apart.wise.ask_token().headers["retry-after"]))
        assert apart.wise.ask_token().status_code == 200


@rule("limits.each-client", label="DOCUMENTED", source=_GATEWAY, known="errors.md#rate-limits")
def test_each_client(stage: Staging) -> None:
    """The limit is each client's own."""
    with stage(rate_limit="1/min") as apart:
        apart.freeze()
        other = apart.another_client()
        assert [it.ask_token().status_code for it in (apart.wise, other, apart.wise, other)] == [
            200,
            200,
            429,
            429,
        ]


@rule("limits.second", label="DOCUMENTED", source=_GATEWAY, known="errors.md#rate-limits")
def test_second(stage: Staging) -> None:
    """A client may ask 100 times a second, and not more."""
    with stage(rate_limit="documented") as apart:
        apart.freeze()
        token = apart.wise.access_token
        answers = [show(apart.wise, token, PLAYGROUND).status_code for _ in range(100)]
        assert _refused_first(answers) == 100


@rule("limits.minute", label="DOCUMENTED", source=_GATEWAY, known="errors.md#rate-limits")
def test_minute(stage: Staging) -> None:
    """A client may ask 1000 times a minute, and not more."""
    with stage(rate_limit="documented") as apart:
        apart.freeze()
        token = apart.wise.access_token
        answers = []
        for number in range(1000):
            if number % 50 == 49:
                apart.advance(seconds=1)
            answers.append(show(apart.wise, token, PLAYGROUND).status_code)
        assert _refused_first(answers) == 1000


@rule("limits.person", label="DOCUMENTED", source=sources.DIGEST, known="errors.md#rate-limits")
def test_person(stage: Staging) -> None:
    """The user of a personal token may ask 100 times a second, with all their tokens together."""
    with stage(rate_limit="documented") as apart:
        apart.freeze()
        tokens = [apart.personal_token(), apart.personal_token()]
        answers = [show(apart.wise, tokens[number % 2]).status_code for number in range(101)]
        assert _refused_first(answers) == 101


@rule("limits.off", label="mock-only", source=sources.MOCKWISE, known="")
def test_off(stage: Staging) -> None:
    """Unless it is asked for, nobody is limited."""
    with stage() as apart:
        apart.freeze()
        token = apart.wise.access_token
        assert {show(apart.wise, token, PLAYGROUND).status_code for _ in range(150)} == {200}


@rule("limits.error", label="mock-only", source=sources.MOCKWISE, known="errors.md#rate-limits")
def test_error(stage: Staging) -> None:
    """The object has `error` and `error_description`."""
    with stage(rate_limit="1/min") as apart:
        apart.freeze()
        apart.wise.ask_token()
        assert members_of(apart.wise.ask_token()).keys() == {"error", "error_description"}


def _refused_first(statuses: list[int]) -> int | None:
    """Which of the requests was the first to be limited, counted from 1; a list of a thousand is nothing to compare."""
    return next((number for number, status in enumerate(statuses, 1) if status != 200), None)
