"""`/v1/me`, `/v1/users/{userId}` and the profiles, as Wise documents them (docs/wise/operations.md#endpoints)."""

from __future__ import annotations

from typing import Any

import pytest

from mockwise.state.users import UserSpec
from tests.web.wise.bearers import ann, bearer, profiles
from tests.web.wise_app import ID, WiseApp

USER_KEYS = ["id", "name", "email", "active", "details"]
DETAIL_KEYS = [
    *(
        "firstName",
        "lastName",
        "phoneNumber",
        "dateOfBirth",
        "occupation",
        "avatar",
        "primaryAddress",
        "address",
    )
]
COMMON_KEYS = [
    *("type", "id", "publicId", "userId", "address", "email", "createdAt", "updatedAt", "currentState"),
    "contactDetails",
]
PERSONAL_KEYS = [
    *("avatar", "firstName", "lastName", "preferredName", "dateOfBirth", "phoneNumber", "secondaryAddresses"),
    "fullName",
]


@pytest.mark.parametrize("kind", ["user", "personal"])
@pytest.mark.parametrize("version", ["v1", "2026Q3", "2026Q4"])
def test_a_user_sees_themselves(wise_app: WiseApp, kind: str, version: str) -> None:
    """By the token and by the id it is the same object, with exactly the documented keys."""
    user, token = ann(wise_app), bearer(wise_app, kind)
    me = wise_app.call("GET", f"/{version}/me", token)
    assert (me.status_code, me.headers["content-type"]) == (200, "application/json")
    assert wise_app.call("GET", f"/{version}/users/{user.user_id}", token).text == me.text

    body = me.json()
    assert list(body) == USER_KEYS
    assert (body["id"], body["name"], body["email"], body["active"]) == (
        user.user_id,
        "Ann Example",
        "ann@example.com",
        True,
    )
    assert list(body["details"]) == DETAIL_KEYS
    assert list(body["details"]["address"]) == [
        *("countryCode", "firstLine", "postCode", "city", "state", "occupation")
    ]
    assert (body["details"]["firstName"], body["details"]["lastName"]) == ("Ann", "Example")


def test_a_user_who_was_signed_up_has_no_name_yet(wise_app: WiseApp) -> None:
    """`name` and `details` are null until there is a personal profile, whose name then counts."""
    user = wise_app.box.users.sign_up("new@example.com", ID, "digest")
    token = bearer(wise_app, user=user)
    me = wise_app.call("GET", "/v1/me", token)
    assert me.text == (
        f'{{"id":{user.user_id},"name":null,"email":"new@example.com","active":true,"details":null}}'
    )
    assert wise_app.call("GET", "/v2/profiles", token).text == "[]"

    wise_app.box.users.add_profile(user, "PERSONAL", "Mary Ann Smith")
    me = wise_app.call("GET", "/v1/me", token)
    assert me.json()["name"] == "Mary Ann Smith"
    assert me.json()["details"]["lastName"] == "Ann Smith"


def test_the_profiles_of_a_user(wise_app: WiseApp) -> None:
    """One of each type, with exactly the documented keys; times have no zone."""
    token = bearer(wise_app)
    listed = wise_app.call("GET", "/v2/profiles", token)
    personal, business = listed.json()
    assert list(personal) == [*COMMON_KEYS, *PERSONAL_KEYS]
    assert list(business) == [
        *COMMON_KEYS,
        *(
            "businessName",
            "registrationNumber",
            "descriptionOfBusiness",
            "webpage",
            "companyType",
            "companyRole",
        ),
        *("businessFreeFormDescription", "firstLevelCategory", "secondLevelCategory", "operationalAddresses"),
        "fullName",
    ]
    assert list(personal["address"]) == [
        *("id", "addressFirstLine", "city", "countryIso2Code", "countryIso3Code", "postCode", "stateCode")
    ]
    assert (personal["type"], personal["fullName"]) == ("PERSONAL", "Ann Example")
    assert (business["type"], business["businessName"]) == ("BUSINESS", "Example Bakery Ltd")
    assert personal["createdAt"] == "2026-07-01T12:00:00"
    assert {it["userId"] for it in listed.json()} == {ann(wise_app).user_id}

    for one in listed.json():
        for path in (f"/v2/profiles/{one['id']}", f"/2026Q3/profiles/{one['id']}"):
            assert wise_app.call("GET", path, token).json() == one
    assert wise_app.call("GET", "/2026Q3/profiles", token).text == listed.text


def test_the_profiles_as_they_were(wise_app: WiseApp) -> None:
    """`GET /v1/profiles` has small letters in its types, and a person's keys as OBSERVED."""
    personal, business = wise_app.call("GET", "/v1/profiles", bearer(wise_app, "personal")).json()
    assert (personal["type"], business["type"]) == ("personal", "business")
    assert list(personal["details"]) == [
        *("firstName", "lastName", "dateOfBirth", "phoneNumber", "avatar", "occupation", "occupations"),
        *("primaryAddress", "firstNameInKana", "lastNameInKana", "localizedInformation"),
    ]
    assert list(business["details"]) == [
        *("name", "registrationNumber", "acn", "abn", "arbn", "companyType", "companyRole"),
        *("descriptionOfBusiness", "primaryAddress", "webpage"),
    ]
    assert (personal["details"]["lastName"], business["details"]["name"]) == ("Example", "Example Bakery Ltd")


@pytest.mark.parametrize("path", ["/v1/profiles", "/v2/profiles", "/2026Q3/profiles"])
def test_a_consent_for_one_profile_shows_that_one(wise_app: WiseApp, path: str) -> None:
    """INFERRED from docs/wise/consent-and-revocation.md#authorization-page; a token of all profiles shows all, and nobody else's."""
    wise_app.box.users.add(UserSpec(email="bob@example.com"))
    personal, business = (it.profile_id for it in profiles(wise_app))

    def ids(**subject: Any) -> list[int]:
        return [it["id"] for it in wise_app.call("GET", path, bearer(wise_app, **subject)).json()]

    assert ids() == [personal, business]
    assert ids(profile_id=business) == [business]


def test_the_playground_shows_whose_token_it_is(wise_app: WiseApp) -> None:
    """A user's token is a client's too; personal tokens need no mTLS, and there is nothing to try (INFERRED)."""
    answer = wise_app.call("GET", "/v1/authenticated/playground", bearer(wise_app))
    assert answer.json() == {"clientId": ID, "tokenType": "user", "mtls": False}
    assert (
        wise_app.call("GET", "/v1/authenticated/playground", bearer(wise_app, "personal")).status_code == 403
    )
