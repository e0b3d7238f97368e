"""Users and their profiles, as a user token reads them.

The link may be a real person's, and a report shows whatever an `assert` looks at: what is read of a `linked` user is
worked out first, and only names of members and words of Wise's are asserted about.
"""

from __future__ import annotations

import re
from typing import Any

import httpx

from . import sources
from .grant_requests import ME, PROFILES, register, show, sign_up, tokens_of
from .local_mock import Staging
from .rulebook import not_applicable, rule
from .target_client import members_of
from .user_link import Linked, profiles_in

_USER: dict[str, tuple[type, ...]] = {
    "id": (int,),
    "name": (str, type(None)),
    "email": (str,),
    "active": (bool,),
    "details": (dict, type(None)),
}
_DETAILS = {
    "firstName",
    "lastName",
    "phoneNumber",
    "dateOfBirth",
    "occupation",
    "avatar",
    "primaryAddress",
    "address",
}
_USER_ADDRESS = {"countryCode", "firstLine", "postCode", "city", "state", "occupation"}
_PROFILE = {
    *("id", "publicId", "userId", "type", "address", "email", "createdAt", "updatedAt", "currentState"),
    "contactDetails",
}
_ADDRESS = {"id", "addressFirstLine", "city", "countryIso2Code", "countryIso3Code", "postCode", "stateCode"}
_PERSONAL = {
    *("avatar", "firstName", "lastName", "preferredName", "dateOfBirth", "phoneNumber", "secondaryAddresses"),
    "fullName",
}
_BUSINESS = {
    *("businessName", "registrationNumber", "webpage", "companyType", "companyRole", "operationalAddresses"),
}
_OLD_DETAILS = {
    *("firstName", "lastName", "dateOfBirth", "phoneNumber", "avatar", "occupation", "occupations"),
    *("primaryAddress", "firstNameInKana", "lastNameInKana", "localizedInformation"),
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")
_CODE = "0123456789abcdef" * 2


@rule("users.me", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_me(linked: Linked) -> None:
    """`GET /v1/me` gives the user: `id`, `name`, `email`, `active`, `details`."""
    assert linked.me.status_code == 200
    wrong = _wrong(members_of(linked.me))
    assert wrong == []


@rule("users.me-details", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_me_details(linked: Linked) -> None:
    """`details` of a person has name, phone number, date of birth and address."""
    details = members_of(linked.me).get("details")
    if details is None:
        not_applicable("the user has no details")
    missing = (_DETAILS - details.keys()) | (_USER_ADDRESS - details.get("address", {}).keys())
    assert missing == set()
    is_date = re.fullmatch(r"\d{4}-\d\d-\d\d", str(details["dateOfBirth"])) is not None
    assert is_date, "dateOfBirth is no date"


@rule(
    "users.me-quarterly",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="errors.md#versions, operations.md#endpoints",
)
def test_me_quarterly(linked: Linked) -> None:
    """`GET /2026Q3/me` is the same operation."""
    same = _answers_the_same(linked.me, linked.show("/2026Q3/me"))
    assert same, "it answers something else"


@rule("users.by-id", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_by_id(linked: Linked) -> None:
    """`GET /v1/users/{userId}` gives the same object."""
    same = _answers_the_same(linked.me, linked.show(f"/v1/users/{members_of(linked.me).get('id')}"))
    assert same, "it answers something else"


@rule("users.profiles", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_profiles(linked: Linked) -> None:
    """`GET /v2/profiles` gives an array; every profile has the members that all have."""
    assert linked.listed.status_code == 200
    for profile in linked.profiles:
        missing = _PROFILE - profile.keys()
        missing |= _ADDRESS - profile.get("address", {}).keys()
        missing |= {"email", "phoneNumber"} - profile.get("contactDetails", {}).keys()
        assert missing == set()


@rule("users.profile-type", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_profile_type(linked: Linked) -> None:
    """Its `type` is `PERSONAL` or `BUSINESS`; `currentState` is `HIDDEN`, `VISIBLE` or `DEACTIVATED`."""
    for profile in linked.profiles:
        kind, state = profile.get("type"), profile.get("currentState")
        assert kind in {"PERSONAL", "BUSINESS"}
        assert state in {"HIDDEN", "VISIBLE", "DEACTIVATED"}


@rule("users.profile-times", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_profile_times(linked: Linked) -> None:
    """`createdAt` and `updatedAt` have no zone, such as `2023-01-15T10:30:00`."""
    for profile in linked.profiles:
        for name in ("createdAt", "updatedAt"):
            fits = _TIME.fullmatch(str(profile.get(name))) is not None
            assert fits, name


@rule("users.profile-country", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_profile_country(linked: Linked) -> None:
    """`countryIso3Code` is in lower case, `countryIso2Code` in upper case."""
    for profile in linked.profiles:
        address = profile.get("address") or {}
        for name, form in (("countryIso3Code", "[a-z]{3}"), ("countryIso2Code", "[A-Z]{2}")):
            fits = re.fullmatch(form, str(address.get(name))) is not None
            assert fits, name


@rule(
    "users.profiles-quarterly",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="errors.md#versions, operations.md#endpoints",
)
def test_profiles_quarterly(linked: Linked) -> None:
    """`GET /2026Q3/profiles` lists the same."""
    answer = linked.show("/2026Q3/profiles")
    assert answer.status_code == 200
    same = [it.get("id") for it in profiles_in(answer)] == [it.get("id") for it in linked.profiles]
    assert same, "it lists others"


@rule("users.profile", label="DOCUMENTED", source=sources.WISE_SAMPLE_APP, known="operations.md#endpoints")
def test_profile(linked: Linked) -> None:
    """`GET /v2/profiles/{profileId}` gives one of them, as Wise's sample app asks right after linking."""
    profile = linked.profiles[0]
    answer = linked.show(f"{PROFILES}/{profile.get('id')}")
    assert answer.status_code == 200
    same = members_of(answer).get("id") == profile.get("id")
    assert same, "it is another one"
    differing = members_of(answer).keys() ^ profile.keys()
    assert differing == set()


@rule("users.old-profiles", label="OBSERVED", source=sources.RECORDED_BEFORE, known="operations.md#endpoints")
def test_old_profiles(linked: Linked) -> None:
    """`GET /v1/profiles` still answers: `id`, `type` in lower case, `details`."""
    answer = linked.show("/v1/profiles")
    assert answer.status_code == 200
    for profile in profiles_in(answer):
        missing, kind = {"id", "type", "details"} - profile.keys(), profile.get("type")
        if kind == "personal":
            missing |= _OLD_DETAILS - profile.get("details", {}).keys()
        assert missing == set()
        assert kind in {"personal", "business"}


@rule("users.personal", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_personal(stage: Staging) -> None:
    """A personal profile has names, date of birth and phone number besides."""
    with stage() as apart:
        answer = show(apart.wise, apart.link(apart.personal)["access_token"], PROFILES)
        assert [profile["type"] for profile in answer.json()] == ["PERSONAL"]
        assert (_PROFILE | _PERSONAL) - answer.json()[0].keys() == set()


@rule("users.business", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_business(stage: Staging) -> None:
    """A business profile has name, registration number and company type; `companyRole` is one of three."""
    with stage() as apart:
        answer = show(apart.wise, apart.link(apart.business)["access_token"], PROFILES)
        assert [profile["type"] for profile in answer.json()] == ["BUSINESS"]
        assert (_PROFILE | _BUSINESS) - answer.json()[0].keys() == set()
        assert answer.json()[0]["companyRole"] in {"OWNER", "DIRECTOR", "OTHER"}


@rule(
    "users.signed-up",
    label="INFERRED",
    source=f"{sources.OPENAPI}: the answer to the signup",
    known="operations.md#endpoints",
)
def test_signed_up(stage: Staging) -> None:
    """A user who was only signed up has `name` null and `details` null."""
    with stage() as apart:
        assert sign_up(apart.wise, "signed.up@example.com", _CODE).status_code == 200
        given = tokens_of(register(apart.wise, "signed.up@example.com", _CODE))
        user = members_of(show(apart.wise, given["access_token"], ME))
        assert (user["name"], user["details"]) == (None, None)


def _wrong(user: dict[str, Any]) -> list[str]:
    """The members that are missing or not of a type that they may have."""
    return [name for name, types in _USER.items() if name not in user or type(user[name]) not in types]


def _answers_the_same(one: httpx.Response, other: httpx.Response) -> bool:
    return (one.status_code, one.content) == (other.status_code, other.content) and one.status_code == 200
