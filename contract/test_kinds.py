"""Which kinds of token an operation takes: samples of each class, under both versions of the path.

That a token is let in does not say that the operation is modelled: it is not refused for the token's sake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import httpx

from . import sources
from .grant_requests import ME, error_of, show
from .local_mock import SandboxFactory
from .rulebook import not_applicable, rule
from .target_client import UNKNOWN_TOKEN, TargetClient, bearer, members_of
from .user_link import LinkedUser

if TYPE_CHECKING:
    from .local_mock import LocalSandbox

_CLIENT = (
    *("POST /v1/users/exists", "POST /2026Q3/users/exists"),
    *("POST /v1/user/signup/registration_code", "POST /2026Q3/user/signup/registration_code"),
    *("GET /v3/applications/{client}/subscriptions", "GET /2026Q3/applications/{client}/subscriptions"),
    *("POST /v3/applications/{client}/subscriptions", "POST /2026Q3/applications/{client}/subscriptions"),
    *("POST /v1/settlements", "POST /2026Q3/settlements"),
    *("POST /v2/profiles/{profile}/contacts", "POST /2026Q3/profiles/{profile}/contacts"),
    *("GET /v1/auth/jose/response/public-keys", "GET /2026Q3/auth/jose/response/public-keys"),
    *("POST /v1/auth/jose/playground/jws", "POST /2026Q3/auth/jose/playground/jws"),
    "GET /v3/spend/applications/{client}/spend-controls/rules",
    "GET /2026Q3/spend/applications/{client}/spend-controls/rules",
    *("POST /v1/cases", "POST /2026Q3/cases", "GET /v1/cases/1", "GET /2026Q3/cases/1"),
    *("POST /v1/application/users/1/phone-numbers", "POST /2026Q3/application/users/1/phone-numbers"),
)
_USER = (
    *("GET /v4/multi-currency-account/eligibility", "GET /2026Q3/multi-currency-account/eligibility"),
    *("GET /v3/spend/profiles/{profile}/cards", "GET /2026Q3/spend/profiles/{profile}/cards"),
    *("POST /v1/user/claim-account", "POST /2026Q3/user/claim-account"),
)
_GUIDE = (
    *("POST /v3/profiles/{profile}/quotes", "POST /2026Q3/profiles/{profile}/quotes"),
    *("GET /v2/accounts", "GET /2026Q3/accounts", "GET /v2/accounts/1", "GET /2026Q3/accounts/1"),
    *("POST /v1/accounts", "POST /2026Q3/accounts", "POST /v1/transfers", "POST /2026Q3/transfers"),
    *("POST /v3/profiles/{profile}/batch-groups", "POST /2026Q3/profiles/{profile}/batch-groups"),
    *("GET /v1/transfers/1", "GET /2026Q3/transfers/1"),
)
_REQUIREMENTS = (
    "GET /v1/quotes/{quote}/account-requirements",
    "GET /2026Q3/quotes/{quote}/account-requirements",
)
_WEBHOOKS = ("GET /v3/profiles/{profile}/subscriptions", "GET /2026Q3/profiles/{profile}/subscriptions")
_PERSON = (
    *("GET /v1/me", "GET /2026Q3/me", "GET /v1/users/{user}", "GET /2026Q3/users/{user}"),
    *(
        "GET /v2/profiles",
        "GET /2026Q3/profiles",
        "GET /v2/profiles/{profile}",
        "GET /2026Q3/profiles/{profile}",
    ),
    *("GET /v1/rates", "GET /2026Q3/rates"),
)
_CARD = "spend/profiles/{profile}/cards/c/payment-tokens/t/activation"
_USER_OR_CLIENT = (f"POST /v3/{_CARD}", f"POST /2026Q3/{_CARD}")
_QUOTES = ("POST /v3/quotes", "POST /2026Q3/quotes")
_OPEN = ("GET /v4/comparisons", "GET /2026Q3/comparisons", *_QUOTES)
_READ = ("/v1/me", "/2026Q3/me", "/v2/profiles", "/2026Q3/profiles")


@rule(
    "kinds.client",
    label="DOCUMENTED",
    source=sources.SCHEMES,
    known="operations.md#token-kinds, operations.md#client-credentials-operations",
)
def test_client(new_sandbox: SandboxFactory) -> None:
    """Operations for client-credentials tokens let one in."""
    with new_sandbox() as sandbox:
        _let_in(sandbox, sandbox.wise.access_token, _CLIENT)


@rule(
    "kinds.client-only",
    label="DOCUMENTED",
    source=sources.SCHEMES,
    known="operations.md#token-kinds, operations.md#client-credentials-operations",
)
def test_client_only(new_sandbox: SandboxFactory) -> None:
    """They refuse user tokens and personal tokens."""
    with new_sandbox() as sandbox:
        _refused(sandbox, sandbox.link()["access_token"], _CLIENT)
        _refused(sandbox, sandbox.personal_token(), _CLIENT)


@rule("kinds.user", label="DOCUMENTED", source=sources.SCHEMES, known="operations.md#token-kinds")
def test_user(new_sandbox: SandboxFactory) -> None:
    """Operations for user tokens let one in."""
    with new_sandbox() as sandbox:
        _let_in(
            sandbox, sandbox.link()["access_token"], (*_USER, *_PERSON, *_GUIDE, *_REQUIREMENTS, *_WEBHOOKS)
        )


@rule("kinds.user-only", label="DOCUMENTED", source=sources.SCHEMES, known="operations.md#token-kinds")
def test_user_only(new_sandbox: SandboxFactory) -> None:
    """Those for user tokens alone refuse client-credentials tokens and personal tokens."""
    with new_sandbox() as sandbox:
        _refused(sandbox, sandbox.wise.access_token, _USER)
        _refused(sandbox, sandbox.personal_token(), _USER)


@rule("kinds.person", label="DOCUMENTED", source=sources.SCHEMES, known="operations.md#token-kinds")
def test_person(new_sandbox: SandboxFactory) -> None:
    """Those for user or personal tokens let a personal token in."""
    with new_sandbox() as sandbox:
        _let_in(sandbox, sandbox.personal_token(), _PERSON)


@rule("kinds.personal-guide", label="DOCUMENTED", source=sources.PERSONAL_TOKEN, known="conflicts.md#c14")
def test_personal_guide(new_sandbox: SandboxFactory) -> None:
    """A personal token creates quotes, recipients, transfers and batch groups, and reads recipients and transfers.

    The security schemes of quotes and recipients name user tokens alone; the guide and recorded answers of 2025 have
    personal ones.
    """
    with new_sandbox() as sandbox:
        _let_in(sandbox, sandbox.personal_token(), _GUIDE)


@rule(
    "kinds.personal-requirements", label="OBSERVED", source=sources.RECORDED_BEFORE, known="conflicts.md#c14"
)
def test_personal_requirements(new_sandbox: SandboxFactory) -> None:
    """It reads what a recipient's account needs, too."""
    with new_sandbox() as sandbox:
        _let_in(sandbox, sandbox.personal_token(), _REQUIREMENTS)


@rule(
    "kinds.personal-webhooks",
    label="DOCUMENTED",
    source=sources.PERSONAL_MIGRATION,
    known="developer-hub.md#personal-tokens",
)
def test_personal_webhooks(new_sandbox: SandboxFactory) -> None:
    """It has the webhook subscriptions of its owner's profiles."""
    with new_sandbox() as sandbox:
        _let_in(sandbox, sandbox.personal_token(), _WEBHOOKS)


@rule("kinds.person-only", label="DOCUMENTED", source=sources.SCHEMES, known="operations.md#token-kinds")
def test_person_only(new_sandbox: SandboxFactory) -> None:
    """Operations for a person refuse client-credentials tokens."""
    with new_sandbox() as sandbox:
        _refused(sandbox, sandbox.wise.access_token, (*_PERSON, *_GUIDE, *_REQUIREMENTS, *_WEBHOOKS))


@rule("kinds.user-or-client", label="DOCUMENTED", source=sources.SCHEMES, known="operations.md#token-kinds")
def test_user_or_client(new_sandbox: SandboxFactory) -> None:
    """The activation of a payment token takes a user token or a client-credentials token, and no personal one."""
    with new_sandbox() as sandbox:
        _let_in(sandbox, sandbox.link()["access_token"], _USER_OR_CLIENT)
        _let_in(sandbox, sandbox.wise.access_token, _USER_OR_CLIENT)
        _refused(sandbox, sandbox.personal_token(), _USER_OR_CLIENT)


@rule(
    "kinds.open",
    label="DOCUMENTED",
    source=sources.SCHEMES,
    known="operations.md#token-kinds, operations.md#client-credentials-operations",
)
def test_open(new_sandbox: SandboxFactory) -> None:
    """`POST /v3/quotes` and `GET /v4/comparisons` need no token."""
    with new_sandbox() as sandbox:
        _let_in(sandbox, None, _OPEN)


@rule(
    "kinds.currencies-open",
    label="OBSERVED",
    source=sources.PROBED_AGAIN,
    known="operations.md#open-operations",
)
def test_currencies_open(new_sandbox: SandboxFactory) -> None:
    """Nor does `GET /2026Q3/currencies`, though it names user and personal tokens, which open it, too."""
    with new_sandbox() as sandbox:
        for token in (None, sandbox.link()["access_token"], sandbox.personal_token()):
            _let_in(sandbox, token, ("GET /2026Q3/currencies",))


@rule(
    "kinds.quotes-for-nobody", label="OBSERVED", source=sources.PROBED, known="operations.md#open-operations"
)
def test_quotes_for_nobody(new_sandbox: SandboxFactory) -> None:
    """Nor does `GET /v1/quotes`, the older quote without a profile."""
    with new_sandbox() as sandbox:
        _let_in(sandbox, None, ("GET /v1/quotes",))


@rule("kinds.saml", label="DOCUMENTED", source=sources.SAML, known="operations.md#saml-single-sign-on")
def test_saml(new_sandbox: SandboxFactory) -> None:
    """Nor does sign-in by SAML, `POST /2026Q4/login/saml2/sso` and `GET /2026Q4/saml2/metadata`."""
    with new_sandbox() as sandbox:
        _let_in(sandbox, None, ("POST /2026Q4/login/saml2/sso", "GET /2026Q4/saml2/metadata"))


@rule(
    "kinds.quotes",
    label="DOCUMENTED",
    source=sources.SCHEMES,
    known="operations.md#client-credentials-operations",
)
def test_quotes(new_sandbox: SandboxFactory) -> None:
    """`POST /v3/quotes` takes a client-credentials token, for the fees that the partner pays."""
    with new_sandbox() as sandbox:
        _let_in(sandbox, sandbox.wise.access_token, _QUOTES)


@rule(
    "kinds.quotes-dead-token",
    label="INFERRED",
    source="RFC 6750 section 3.1",
    known="operations.md#client-credentials-operations",
)
def test_quotes_dead_token(new_sandbox: SandboxFactory) -> None:
    """A token that nobody issued is refused there all the same."""
    with new_sandbox() as sandbox:
        _refused(sandbox, UNKNOWN_TOKEN, _QUOTES)


@rule("kinds.refusal", label="INFERRED", source=sources.SPRING, known="errors.md#shapes")
def test_refusal(new_sandbox: SandboxFactory) -> None:
    """A token of the wrong kind is told 403 `access_denied`, `Access is denied`."""
    with new_sandbox() as sandbox:
        answer = show(sandbox.wise, sandbox.wise.access_token, ME)
        assert error_of(answer) == (403, "access_denied")
        assert members_of(answer)["error_description"] == "Access is denied"


@rule(
    "kinds.client-reads-nobody", label="DOCUMENTED", source=sources.SCHEMES, known="operations.md#token-kinds"
)
def test_client_reads_nobody(wise: TargetClient) -> None:
    """A client-credentials token reads neither user nor profiles."""
    for path in _READ:
        assert wise.call(path).status_code in {401, 403}, path


@rule(
    "kinds.user-is-no-application",
    label="DOCUMENTED",
    source=sources.SCHEMES,
    known="operations.md#token-kinds, operations.md#client-credentials-operations",
)
def test_user_is_no_application(linked_user: LinkedUser) -> None:
    """A user token does not open what is the application's: its subscriptions."""
    key = linked_user.wise.target.client_key
    if key is None:
        not_applicable("the client key is not known: set MOCKWISE_CLIENT_KEY")
    assert linked_user.show(f"/v3/applications/{key}/subscriptions").status_code in {401, 403}


@rule("kinds.profile-of-another", label="DOCUMENTED", source=sources.OPENAPI, known="errors.md#shapes")
def test_profile_of_another(new_sandbox: SandboxFactory) -> None:
    """A profile of another user: 403 with `type`, `status`, `code` `unauthorized` and `detail`."""
    with new_sandbox() as sandbox:
        stranger = sandbox.add_user("stranger@example.com")
        for token in (sandbox.link()["access_token"], sandbox.personal_token()):
            answer = show(sandbox.wise, token, f"/v2/profiles/{stranger}")
            assert answer.status_code == 403
            told = members_of(answer)
            assert (told["status"], told["code"]) == (403, "unauthorized")
            assert {"type", "detail"} - told.keys() == set()


@rule(
    "kinds.user-of-another",
    label="INFERRED",
    source=f"{sources.OPENAPI}: as of profiles",
    known="errors.md#shapes, operations.md#endpoints",
)
def test_user_of_another(new_sandbox: SandboxFactory) -> None:
    """Another user is refused as well."""
    with new_sandbox() as sandbox:
        token = sandbox.link()["access_token"]
        assert show(sandbox.wise, token, f"/v1/users/{sandbox.user_id + 1}").status_code == 403


@rule("kinds.before-the-body", label="INFERRED", source=sources.SPRING, known="errors.md#shapes")
def test_before_the_body(new_sandbox: SandboxFactory) -> None:
    """The token is judged before the body: who may not call does not hear what is wrong with it."""
    with new_sandbox() as sandbox:
        token = sandbox.link()["access_token"]
        answer = sandbox.wise.ask("POST", "/v1/users/exists", headers=bearer(token), content=b"{")
        assert answer.status_code == 403


def _let_in(sandbox: LocalSandbox, token: str | None, operations: Iterable[str]) -> None:
    for operation, answer in _called(sandbox, token, operations):
        assert answer.status_code not in {401, 403, 404, 405}, operation


def _refused(sandbox: LocalSandbox, token: str, operations: Iterable[str]) -> None:
    for operation, answer in _called(sandbox, token, operations):
        assert answer.status_code in {401, 403}, operation


def _called(
    sandbox: LocalSandbox, token: str | None, operations: Iterable[str]
) -> Iterator[tuple[str, httpx.Response]]:
    names = {"client": sandbox.wise.target.client_id, "profile": sandbox.personal, "user": sandbox.user_id}
    names["quote"] = "50c27bfe-7ce7-40bd-6411-fdb9e1aa841f"
    for operation in operations:
        method, path = operation.split(" ")
        headers = {} if token is None else bearer(token)
        body: dict[str, str] | None = None if method == "GET" else {}
        yield operation, sandbox.wise.ask(method, path.format(**names), headers=headers, json=body)
