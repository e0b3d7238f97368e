"""`POST /v1/user/signup/registration_code`: how a client makes a user."""

from __future__ import annotations

from typing import Any

import httpx

from . import sources
from .grant_requests import SIGNUP, sign_up
from .local_mock import SandboxFactory
from .rulebook import rule

_EMAIL = "signed.up@example.com"
_CODE = "0123456789abcdef" * 2  # of 32 characters, the fewest
_LANGUAGES = ("EN", "US", "PT", "ES", "FR", "DE", "IT", "JA", "RU", "PL", "HU", "TR", "RO", "NL", "HK")
_ALSO_AT = "/2026Q3/user/signup/registration_code"


@rule("signup.answer", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_answer(new_sandbox: SandboxFactory) -> None:
    """An address and a code of 32 characters make a user: `id`, `name` null, `email`, `active` true, `details` null."""
    with new_sandbox() as sandbox:
        answer = sign_up(sandbox.wise, _EMAIL, _CODE)
        assert answer.status_code == 200
        user = answer.json()
        assert type(user.pop("id")) is int
        assert user == {"name": None, "email": _EMAIL, "active": True, "details": None}


@rule(
    "signup.quarterly",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="errors.md#versions, operations.md#endpoints",
)
def test_quarterly(new_sandbox: SandboxFactory) -> None:
    """`POST /2026Q3/user/signup/registration_code` is the same operation."""
    with new_sandbox() as sandbox:
        sent = {"email": _EMAIL, "registrationCode": _CODE}
        assert sandbox.wise.call(_ALSO_AT, "POST", json=sent).status_code == 200


@rule("signup.exists", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_exists(new_sandbox: SandboxFactory) -> None:
    """Then `POST /v1/users/exists` answers `{"exists": true}`."""
    with new_sandbox() as sandbox:
        assert sign_up(sandbox.wise, _EMAIL, _CODE).status_code == 200
        answer = sandbox.wise.call("/v1/users/exists", "POST", json={"email": _EMAIL})
        assert answer.json() == {"exists": True}


@rule(
    "signup.taken",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="errors.md#shapes, operations.md#endpoints",
)
def test_taken(new_sandbox: SandboxFactory) -> None:
    """An address that somebody has: 409 `NOT_UNIQUE`, `You're already a member. Please login`, at `email`."""
    with new_sandbox() as sandbox:
        flaw = _flaws(sign_up(sandbox.wise, sandbox.email, _CODE), 409)[0]
        assert (flaw["code"], flaw["path"]) == ("NOT_UNIQUE", "email")
        assert (
            flaw["message"]
            .replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
            .startswith("You're already a member.")
        )


@rule("signup.taken-arguments", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_taken_arguments(new_sandbox: SandboxFactory) -> None:
    """Its `arguments` are `email`, a class of Wise's and the address; an older guide leaves the class out."""
    with new_sandbox() as sandbox:
        flaw = _flaws(sign_up(sandbox.wise, sandbox.email, _CODE), 409)[0]
        name = "class com.transferwise.fx.api.ApiRegisterCommand"
        assert flaw["arguments"] == ["email", name, sandbox.email]


@rule("signup.missing", label="DOCUMENTED", source=sources.ERRORS, known="operations.md#endpoints")
def test_missing(new_sandbox: SandboxFactory) -> None:
    """Without its fields: 400 with `NotNull`, `must not be null` for `email` and `registrationCode` each."""
    with new_sandbox() as sandbox:
        flaws = _flaws(sandbox.wise.call(SIGNUP, "POST", json={}), 400)
        assert {flaw.pop("path") for flaw in flaws} == {"email", "registrationCode"}
        assert flaws == [{"code": "NotNull", "message": "must not be null", "arguments": []}] * 2


@rule("signup.short", label="DOCUMENTED", source=sources.ERRORS, known="operations.md#endpoints")
def test_short(new_sandbox: SandboxFactory) -> None:
    """A code of 31 characters: 400 `Size`, `size must be between 32 and 2147483647`."""
    with new_sandbox() as sandbox:
        assert _flaws(sign_up(sandbox.wise, _EMAIL, _CODE[1:]), 400) == [
            {
                "code": "Size",
                "message": "size must be between 32 and 2147483647",
                "path": "registrationCode",
                "arguments": ["2147483647", "32"],
            }
        ]


@rule("signup.no-address", label="DOCUMENTED", source=sources.ERRORS, known="operations.md#endpoints")
def test_no_address(new_sandbox: SandboxFactory) -> None:
    """What is no address: 422 `ERROR`, `Please provide a valid email`, shortened as in Wise's example."""
    with new_sandbox() as sandbox:
        assert _flaws(sign_up(sandbox.wise, "mail@w", _CODE), 422) == [
            {
                "code": "ERROR",
                "message": "Please provide a valid email",
                "path": "email",
                "arguments": ["email", "ma...@w"],
            }
        ]


@rule("signup.languages", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_languages(new_sandbox: SandboxFactory) -> None:
    """`language` may be one of fifteen."""
    with new_sandbox() as sandbox:
        for language in _LANGUAGES:
            address = f"{language.lower()}@example.com"
            assert sign_up(sandbox.wise, address, _CODE, language=language).status_code == 200, language


@rule(
    "signup.other-language",
    label="INFERRED",
    source=f"{sources.OPENAPI}: it lists fifteen",
    known="operations.md#endpoints",
)
def test_other_language(new_sandbox: SandboxFactory) -> None:
    """A signup in another language is refused."""
    with new_sandbox() as sandbox:
        assert 400 <= sign_up(sandbox.wise, _EMAIL, _CODE, language="XX").status_code < 500


def _flaws(answer: httpx.Response, status: int) -> list[dict[str, Any]]:
    """The errors in a refusal."""
    assert answer.status_code == status
    flaws: list[dict[str, Any]] = answer.json()["errors"]
    return flaws
