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
from .local_mock import SandboxFactory
from .rulebook import not_applicable, rule
from .target_client import members_of
from .user_link import LinkedUser, profiles_in

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
def test_me(linked_user: LinkedUser) -> None:
    """`GET /v1/me` gives the user: `id`, `name`, `email`, `active`, `details`."""
    assert linked_user.me.status_code == 200
    wrong = _wrong(members_of(linked_user.me))
    assert wrong == []


@rule("users.me-details", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_me_details(linked_user: LinkedUser) -> None:
    """`details` of a person has name, phone number, date of birth and address."""
    details = members_of(linked_user.me).get("details")
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
def test_me_quarterly(linked_user: LinkedUser) -> None:
    """`GET /2026Q3/me` is the same operation."""
    same = _answers_the_same(linked_user.me, linked_user.show("/2026Q3/me"))
    assert same, "it answers something else"


@rule("users.by-id", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_by_id(linked_user: LinkedUser) -> None:
    """`GET /v1/users/{userId}` gives the same object."""
    same = _answers_the_same(
        linked_user.me, linked_user.show(f"/v1/users/{members_of(linked_user.me).get('id')}")
    )
    assert same, "it answers something else"


@rule("users.profiles", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_profiles(linked_user: LinkedUser) -> None:
    """`GET /v2/profiles` gives an array; every profile has the members that all have."""
    assert linked_user.listed.status_code == 200
    for profile in linked_user.profiles:
        missing = _PROFILE - profile.keys()
        missing |= _ADDRESS - profile.get("address", {}).keys()
        missing |= {"email", "phoneNumber"} - profile.get("contactDetails", {}).keys()
        assert missing == set()


@rule("users.profile-type", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_profile_type(linked_user: LinkedUser) -> None:
    """Its `type` is `PERSONAL` or `BUSINESS`; `currentState` is `HIDDEN`, `VISIBLE` or `DEACTIVATED`."""
    for profile in linked_user.profiles:
        kind, state = profile.get("type"), profile.get("currentState")
        assert kind in {"PERSONAL", "BUSINESS"}
        assert state in {"HIDDEN", "VISIBLE", "DEACTIVATED"}


@rule("users.profile-times", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_profile_times(linked_user: LinkedUser) -> None:
    """`createdAt` and `updatedAt` have no zone, such as `2023-01-15T10:30:00`."""
    for profile in linked_user.profiles:
        for name in ("createdAt", "updatedAt"):
            fits = _TIME.fullmatch(str(profile.get(name))) is not None
            assert fits, name


@rule("users.profile-country", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_profile_country(linked_user: LinkedUser) -> None:
    """`countryIso3Code` is in lower case, `countryIso2Code` in upper case."""
    for profile in linked_user.profiles:
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
def test_profiles_quarterly(linked_user: LinkedUser) -> None:
    """`GET /2026Q3/profiles` lists the same."""
    answer = linked_user.show("/2026Q3/profiles")
    assert answer.status_code == 200
    same = [it.get("id") for it in profiles_in(answer)] == [it.get("id") for it in linked_user.profiles]
    assert same, "it lists others"


@rule("users.profile", label="DOCUMENTED", source=sources.WISE_SAMPLE_APP, known="operations.md#endpoints")
def test_profile(linked_user: LinkedUser) -> None:
    """`GET /v2/profiles/{profileId}` gives one of them, as Wise's sample app asks right after linking."""
    profile = linked_user.profiles[0]
    answer = linked_user.show(f"{PROFILES}/{profile.get('id')}")
    assert answer.status_code == 200
    same = members_of(answer).get("id") == profile.get("id")
    assert same, "it is another one"
    differing = members_of(answer).keys() ^ profile.keys()
    assert differing == set()


@rule("users.old-profiles", label="OBSERVED", source=sources.RECORDED_BEFORE, known="operations.md#endpoints")
def test_old_profiles(linked_user: LinkedUser) -> None:
    """`GET /v1/profiles` still answers: `id`, `type` in lower case, `details`."""
    answer = linked_user.show("/v1/profiles")
    assert answer.status_code == 200
    for profile in profiles_in(answer):
        missing, kind = {"id", "type", "details"} - profile.keys(), profile.get("type")
        if kind == "personal":
            missing |= _OLD_DETAILS - profile.get("details", {}).keys()
        assert missing == set()
        assert kind in {"personal", "business"}


@rule("users.personal", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_personal(new_sandbox: SandboxFactory) -> None:
    """A personal profile has names, date of birth and phone number besides."""
    with new_sandbox() as sandbox:
        answer = show(sandbox.wise, sandbox.link(sandbox.personal)["access_token"], PROFILES)
        assert [profile["type"] for profile in answer.json()] == ["PERSONAL"]
        assert (_PROFILE | _PERSONAL) - answer.json()[0].keys() == set()


@rule("users.business", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_business(new_sandbox: SandboxFactory) -> None:
    """A business profile has name, registration number and company type; `companyRole` is one of three."""
    with new_sandbox() as sandbox:
        answer = show(sandbox.wise, sandbox.link(sandbox.business)["access_token"], PROFILES)
        assert [profile["type"] for profile in answer.json()] == ["BUSINESS"]
        assert (_PROFILE | _BUSINESS) - answer.json()[0].keys() == set()
        assert answer.json()[0]["companyRole"] in {"OWNER", "DIRECTOR", "OTHER"}


@rule(
    "users.signed-up",
    label="INFERRED",
    source=f"{sources.OPENAPI}: the answer to the signup",
    known="operations.md#endpoints",
)
def test_signed_up(new_sandbox: SandboxFactory) -> None:
    """A user who was only signed up has `name` null and `details` null."""
    with new_sandbox() as sandbox:
        assert sign_up(sandbox.wise, "signed.up@example.com", _CODE).status_code == 200
        given = tokens_of(register(sandbox.wise, "signed.up@example.com", _CODE))
        user = members_of(show(sandbox.wise, given["access_token"], ME))
        assert (user["name"], user["details"]) == (None, None)


def _wrong(user: dict[str, Any]) -> list[str]:
    """The members that are missing or not of a type that they may have."""
    return [name for name, types in _USER.items() if name not in user or type(user[name]) not in types]


def _answers_the_same(one: httpx.Response, other: httpx.Response) -> bool:
    return (one.status_code, one.content) == (other.status_code, other.content) and one.status_code == 200
