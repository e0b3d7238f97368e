"""Rules of the rate limits for clients and users."""

from __future__ import annotations

import re

from . import sources
from .grant_requests import show
from .local_mock import SandboxFactory
from .rulebook import rule
from .target_client import PLAYGROUND, members_of

_GATEWAY = f"{sources.ERRORS}; docs.wise.com/api-reference"


@rule(
    "limits.status",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="token-endpoint.md#errors, errors.md#rate-limits",
)
def test_status(new_sandbox: SandboxFactory) -> None:
    """Who asks too often is answered with 429 and a JSON object."""
    with new_sandbox(rate_limit="1/s") as sandbox:
        sandbox.freeze()
        assert sandbox.wise.ask_token().status_code == 200
        refused = sandbox.wise.ask_token()
        assert refused.status_code == 429
        assert isinstance(refused.json(), dict)


@rule(
    "limits.retry-after",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="token-endpoint.md#errors, errors.md#headers",
)
def test_retry_after(new_sandbox: SandboxFactory) -> None:
    """It says in `Retry-After` how many whole seconds to wait."""
    with new_sandbox(rate_limit="1/min") as sandbox:
        sandbox.freeze()
        sandbox.wise.ask_token()
        assert re.fullmatch("[1-9][0-9]*", sandbox.wise.ask_token().headers.get("retry-after", ""))


@rule(
    "limits.limited-by",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="token-endpoint.md#errors, errors.md#headers",
)
def test_limited_by(new_sandbox: SandboxFactory) -> None:
    """It says in `X-Rate-Limited-By` who limits, for example `wise-public-api`."""
    with new_sandbox(rate_limit="1/min") as sandbox:
        sandbox.freeze()
        sandbox.wise.ask_token()
        assert sandbox.wise.ask_token().headers.get("x-rate-limited-by")


@rule(
    "limits.every-operation",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="errors.md#headers, errors.md#rate-limits",
)
def test_every_operation(new_sandbox: SandboxFactory) -> None:
    """Calls of the API are limited like token requests, with the same headers."""
    with new_sandbox(rate_limit="2/min") as sandbox:
        sandbox.freeze()
        assert sandbox.wise.call(PLAYGROUND).status_code == 200
        refused = sandbox.wise.call(PLAYGROUND)
        assert refused.status_code == 429
        assert {"retry-after", "x-rate-limited-by", "x-trace-id"} - refused.headers.keys() == set()


@rule("limits.ends", label="INFERRED", source="RFC 9110 section 10.2.3", known="errors.md#headers")
def test_ends(new_sandbox: SandboxFactory) -> None:
    """Who waited that long is let through."""
    with new_sandbox(rate_limit="1/min") as sandbox:
        sandbox.freeze()
        sandbox.wise.ask_token()
        sandbox.advance(seconds=int(sandbox.wise.ask_token().headers["retry-after"]))
        assert sandbox.wise.ask_token().status_code == 200


@rule("limits.each-client", label="DOCUMENTED", source=_GATEWAY, known="errors.md#rate-limits")
def test_each_client(new_sandbox: SandboxFactory) -> None:
    """The limit is each client's own."""
    with new_sandbox(rate_limit="1/min") as sandbox:
        sandbox.freeze()
        other = sandbox.another_client()
        assert [it.ask_token().status_code for it in (sandbox.wise, other, sandbox.wise, other)] == [
            200,
            200,
            429,
            429,
        ]


@rule("limits.second", label="DOCUMENTED", source=_GATEWAY, known="errors.md#rate-limits")
def test_second(new_sandbox: SandboxFactory) -> None:
    """A client may ask 100 times a second, and not more."""
    with new_sandbox(rate_limit="documented") as sandbox:
        sandbox.freeze()
        token = sandbox.wise.access_token
        answers = [show(sandbox.wise, token, PLAYGROUND).status_code for _ in range(100)]
        assert _refused_first(answers) == 100


@rule("limits.minute", label="DOCUMENTED", source=_GATEWAY, known="errors.md#rate-limits")
def test_minute(new_sandbox: SandboxFactory) -> None:
    """A client may ask 1000 times a minute, and not more."""
    with new_sandbox(rate_limit="documented") as sandbox:
        sandbox.freeze()
        token = sandbox.wise.access_token
        answers = []
        for number in range(1000):
            if number % 50 == 49:
                sandbox.advance(seconds=1)
            answers.append(show(sandbox.wise, token, PLAYGROUND).status_code)
        assert _refused_first(answers) == 1000


@rule("limits.person", label="DOCUMENTED", source=sources.DIGEST, known="errors.md#rate-limits")
def test_person(new_sandbox: SandboxFactory) -> None:
    """The user of a personal token may ask 100 times a second, with all their tokens together."""
    with new_sandbox(rate_limit="documented") as sandbox:
        sandbox.freeze()
        tokens = [sandbox.personal_token(), sandbox.personal_token()]
        answers = [show(sandbox.wise, tokens[number % 2]).status_code for number in range(101)]
        assert _refused_first(answers) == 101


@rule("limits.off", label="mock-only", source=sources.MOCKWISE, known="")
def test_off(new_sandbox: SandboxFactory) -> None:
    """Unless it is asked for, nobody is limited."""
    with new_sandbox() as sandbox:
        sandbox.freeze()
        token = sandbox.wise.access_token
        assert {show(sandbox.wise, token, PLAYGROUND).status_code for _ in range(150)} == {200}


@rule("limits.error", label="mock-only", source=sources.MOCKWISE, known="errors.md#rate-limits")
def test_error(new_sandbox: SandboxFactory) -> None:
    """The object has `error` and `error_description`."""
    with new_sandbox(rate_limit="1/min") as sandbox:
        sandbox.freeze()
        sandbox.wise.ask_token()
        assert members_of(sandbox.wise.ask_token()).keys() == {"error", "error_description"}


def _refused_first(statuses: list[int]) -> int | None:
    """Which of the requests was the first to be limited, counted from 1; a list of a thousand is nothing to compare."""
    return next((number for number, status in enumerate(statuses, 1) if status != 200), None)
