"""How an application makes a user and hands the account over (docs/wise/operations.md#endpoints)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from mockwise.common.digests import digest_of
from mockwise.state.options import SandboxOptions
from tests.web.wise.bearers import ann, bearer
from tests.web.wise_app import AUTH, ID, WiseApp

CODE = "r" * 31 + "\u00e9"
SIGNUP = "/v1/user/signup/registration_code"
CLAIM = "/v1/user/claim-account"
GRANT = {"grant_type": "registration_code", "client_id": ID, "registration_code": CODE}


def sign_up(
    wise_app: WiseApp, email: str = "new.user@domain.com", code: str = CODE, **more: object
) -> httpx.Response:
    """Sign a user up as the client, as its API call does."""
    return wise_app.call("POST", SIGNUP, json={"email": email, "registrationCode": code, **more})


def errors(answer: httpx.Response) -> list[dict[str, Any]]:
    """The errors of a refusal, in shape 4 of docs/wise/errors.md#shapes."""
    assert list(answer.json()) == ["errors"]
    assert answer.headers["x-mockwise-reason"]
    found: list[dict[str, Any]] = answer.json()["errors"]
    assert all(list(it) == ["code", "message", "path", "arguments"] for it in found)
    return found


@pytest.mark.parametrize("path", [SIGNUP, "/2026Q3/user/signup/registration_code"])
def test_an_application_makes_a_user(wise_app: WiseApp, path: str) -> None:
    """The user has no name and no details, and the registration code gets their token (DOCUMENTED)."""
    answer = wise_app.call("POST", path, json={"email": "new.user@domain.com", "registrationCode": CODE})
    user = wise_app.box.users.require("new.user@domain.com")
    assert answer.status_code == 200
    assert answer.text == (
        f'{{"id":{user.user_id},"name":null,"email":"new.user@domain.com","active":true,"details":null}}'
    )
    assert user.registration is not None
    assert (user.registration.client_id, user.registration.digest) == (ID, digest_of(CODE))
    assert CODE not in repr(wise_app.last)

    granted = wise_app.request("POST", "/oauth/token", data=GRANT | {"email": user.email}, auth=AUTH)
    assert granted.status_code == 200
    assert wise_app.call("GET", "/v1/me", granted.json()["access_token"]).text == answer.text


@pytest.mark.parametrize(
    "more",
    [{"language": "EN"}, {"language": "HK"}, {"sendAuthorizationCodeAsEmail": True}, {"unheard": "of"}],
)
def test_a_signup_may_say_more(wise_app: WiseApp, more: dict[str, Any]) -> None:
    """Language, and an e-mail that the mock does not send."""
    assert sign_up(wise_app, **more).status_code == 200


@pytest.mark.parametrize("email", ["new.user@domain.com", "New.User@DOMAIN.com"])
@pytest.mark.parametrize("more", [{}, {"sendAuthorizationCodeAsEmail": True}])
def test_an_address_is_taken_once(wise_app: WiseApp, email: str, more: dict[str, Any]) -> None:
    """409 `NOT_UNIQUE` in the words of the reference (DOCUMENTED)."""
    sign_up(wise_app)
    refused = sign_up(wise_app, email, **more)
    assert refused.status_code == 409
    assert errors(refused) == [
        {
            "code": "NOT_UNIQUE",
            "message": "You're already a member. Please login",
            "path": "email",
            "arguments": ["email", "class com.transferwise.fx.api.ApiRegisterCommand", email],
        }
    ]


def test_the_address_may_be_masked() -> None:
    """409 in the words of the errors guide (DOCUMENTED), a switch."""
    wise_app = WiseApp(SandboxOptions(token_format="uuid", mtls="optional", taken_email="masked"))
    sign_up(wise_app, "mary@wise.com")
    refused = sign_up(wise_app, "mary@wise.com")
    assert refused.status_code == 409
    assert errors(refused)[0]["arguments"] == ["email", "ma********************@wise.com"]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("", ["email", "registrationCode"]),
        ("{}", ["email", "registrationCode"]),
        ("[]", ["email", "registrationCode"]),
        ('{"email":null,"registrationCode":null}', ["email", "registrationCode"]),
        ('{"email":7,"registrationCode":[]}', ["email", "registrationCode"]),
        ('{"email":"nobody"}', ["registrationCode"]),
        ('{"email":"nobody","language":"xx"}', ["registrationCode"]),
        (f'{{"registrationCode":"{"r" * 32}"}}', ["email"]),
    ],
)
def test_what_is_missing_is_named_at_once(wise_app: WiseApp, body: str, paths: list[str]) -> None:
    """400 `NotNull`, one entry a field (DOCUMENTED), before any value is judged."""
    refused = wise_app.call("POST", SIGNUP, content=body.encode())
    assert refused.status_code == 400
    assert errors(refused) == [
        {"code": "NotNull", "message": "must not be null", "path": path, "arguments": []} for path in paths
    ]
    assert all(path in refused.headers["x-mockwise-reason"] for path in paths)


@pytest.mark.parametrize("code", ["", "r" * 31])
def test_a_registration_code_has_32_characters(wise_app: WiseApp, code: str) -> None:
    """A registration code of another length than 32 is refused with 400 `Size` (DOCUMENTED)."""
    refused = sign_up(wise_app, code=code)
    assert refused.status_code == 400
    assert errors(refused) == [
        {
            "code": "Size",
            "message": "size must be between 32 and 2147483647",
            "path": "registrationCode",
            "arguments": ["2147483647", "32"],
        }
    ]


@pytest.mark.parametrize(
    ("email", "shown"),
    [("max@w", "ma...@w"), ("nobody", "no..."), ("", "..."), ("a b@c.d", "a ...@c.d"), ("@b.c", "...@b.c")],
)
def test_what_is_no_address_is_422(wise_app: WiseApp, email: str, shown: str) -> None:
    """422 `ERROR`, with a shortened address among the arguments (DOCUMENTED by one example)."""
    refused = sign_up(wise_app, email)
    assert refused.status_code == 422
    assert errors(refused) == [
        {
            "code": "ERROR",
            "message": "Please provide a valid email",
            "path": "email",
            "arguments": ["email", shown],
        }
    ]


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"language": "en"}, "language"),
        ({"language": None}, "language"),
        ({"sendAuthorizationCodeAsEmail": "perhaps"}, "sendAuthorizationCodeAsEmail"),
        ({"sendAuthorizationCodeAsEmail": []}, "sendAuthorizationCodeAsEmail"),
    ],
)
def test_a_value_that_is_not_on_the_list_is_422(wise_app: WiseApp, more: dict[str, Any], path: str) -> None:
    """The list of languages is DOCUMENTED, the refusal INFERRED; nobody is made."""
    refused = sign_up(wise_app, **more)
    assert refused.status_code == 422
    assert [(it["code"], it["path"]) for it in errors(refused)] == [("ERROR", path)]
    assert wise_app.box.users.of_email("new.user@domain.com") is None


@pytest.fixture
def customer(wise_app: WiseApp) -> str:
    """The token of a user whom the application signed up."""
    sign_up(wise_app)
    return bearer(wise_app, user=wise_app.box.users.require("new.user@domain.com"))


@pytest.mark.parametrize("path", [CLAIM, "/2026Q3/user/claim-account"])
def test_a_claim_code_is_had_for_the_registration_code(wise_app: WiseApp, customer: str, path: str) -> None:
    """It lives five minutes, and a new one may be had at any time (docs/wise/lifetimes-and-formats.md#lifetimes); the journal sees none."""
    codes = []
    for _ in range(2):
        answer = wise_app.call("POST", path, customer, json={"registrationCode": CODE})
        assert (answer.status_code, list(answer.json())) == (200, ["claimAccountCode"])
        codes.append(answer.json()["claimAccountCode"])
        assert codes[-1] not in repr(wise_app.last)
        assert wise_app.last.response_body == '{"claimAccountCode":"***"}'
    assert len(set(codes)) == 2

    user = wise_app.box.users.require("new.user@domain.com")
    assert user.registration is not None
    assert user.registration.claim_begun
    for text in codes:
        code = wise_app.box.codes.of_text("claim", text)
        assert code is not None
        assert (code.client_id, code.user_id) == (ID, user.user_id)
        assert code.expires_at - code.issued_at == timedelta(minutes=5)


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"registrationCode":null}', '{"registration_code":"x"'])
def test_a_claim_without_the_code_is_400(wise_app: WiseApp, customer: str, body: str) -> None:
    """As at the signup (INFERRED)."""
    refused = wise_app.call("POST", CLAIM, customer, content=body.encode())
    assert refused.status_code == 400
    assert [(it["code"], it["path"]) for it in errors(refused)] == [("NotNull", "registrationCode")]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("wrong", "not the registration code"),
        ("another client", "Another client signed"),
        ("never signed up", "No client signed"),
        ("claimed", "claimed already"),
    ],
)
def test_a_claim_with_the_wrong_code_is_422(wise_app: WiseApp, customer: str, case: str, words: str) -> None:
    """INFERRED: Wise documents no error. No code is given, and the account stays as it was."""
    token, code = customer, CODE
    user = wise_app.box.users.require("new.user@domain.com")
    if case == "wrong":
        code = "x" * 32
    elif case == "another client":
        wise_app.registry.add_client(wise_app.box, client_id="other")
        token = bearer(wise_app, user=user, client_id="other")
    elif case == "never signed up":
        token = bearer(wise_app, user=ann(wise_app))
    else:
        wise_app.box.user_events.claim(user.user_id)
    before = wise_app.box.users.require(user.user_id)

    refused = wise_app.call("POST", CLAIM, token, json={"registrationCode": code})
    assert refused.status_code == 422
    assert [(it["code"], it["path"]) for it in errors(refused)] == [("ERROR", "registrationCode")]
    assert words in refused.headers["x-mockwise-reason"]
    assert wise_app.box.users.require(user.user_id) == before
