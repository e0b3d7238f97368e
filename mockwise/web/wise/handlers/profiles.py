"""Users and profiles (docs/wise/operations.md#endpoints). Who they are is the sandbox's; where they live and when they were born is made up.

The made-up values are the same for everybody and never change (mock-only): a stub gives others.
"""

from __future__ import annotations

from mockwise.state.users import Profile, User
from mockwise.web.wise.api_call import Call
from mockwise.web.wise.responses import Response, json_response
from mockwise.web.wise.schemas import (
    Address,
    BusinessProfile,
    ContactDetails,
    OldBusinessDetails,
    OldPersonalDetails,
    OldProfile,
    PersonalProfile,
    UserAddress,
    UserAnswer,
    UserDetails,
)

_STREET, _CITY, _POST_CODE, _COUNTRY, _COUNTRY_3 = "1 Example Street", "London", "E1 6JJ", "GB", "gbr"
_PHONE = "+447700900123"  # of the numbers that are kept free for fiction
_BORN = "1990-01-01"
_COMPANY_TYPE = "LIMITED"


def show_user(call: Call) -> Response:
    """`GET /v1/me` and `GET /v1/users/{userId}`: the token's user. `authorization.check_owner` has judged the id."""
    return json_response(200, user_answer(call, call.user))


def show_profile(call: Call) -> Response:
    """`GET /v2/profiles/{profileId}`. `authorization.check_owner` has judged the id."""
    profile = call.sandbox.users.require_profile(int(call.parameters["profileId"]))
    return json_response(200, _profile(call.user, profile))


def list_profiles(call: Call) -> Response:
    """`GET /v2/profiles`: what the user consented for (INFERRED from docs/wise/consent-and-revocation.md#authorization-page: one profile a consent), or all."""
    return json_response(200, [_profile(call.user, it) for it in _profiles(call)])


def list_profiles_as_before(call: Call) -> Response:
    """`GET /v1/profiles`: OBSERVED for a person; a business as the pages of 2020 have it."""
    return json_response(200, [_old_profile(call.user, it) for it in _profiles(call)])


def user_answer(call: Call, user: User) -> UserAnswer:
    """A user; name and details come with the personal profile."""
    personal = next(
        (it for it in call.sandbox.users.profiles_of(user.user_id) if it.type == "PERSONAL"), None
    )
    return UserAnswer(
        id=user.user_id,
        name=user.name or (personal.name if personal else None),
        email=user.email,
        active=user.active,
        details=_details(user, personal) if personal else None,
    )


def _profiles(call: Call) -> list[Profile]:
    consented = call.caller.token.subject.profile_id
    owned = call.sandbox.users.profiles_of(call.user.user_id)
    return [it for it in owned if consented in {None, it.profile_id}]


def _details(user: User, personal: Profile) -> UserDetails:
    first, last = _names(user, personal)
    return UserDetails(
        first_name=first,
        last_name=last,
        phone_number=_PHONE,
        date_of_birth=_BORN,
        occupation=None,
        avatar=None,
        primary_address=_address_id(personal),
        address=UserAddress(
            country_code=_COUNTRY,
            first_line=_STREET,
            post_code=_POST_CODE,
            city=_CITY,
            state="",
            occupation=None,
        ),
    )


def _profile(user: User, profile: Profile) -> PersonalProfile | BusinessProfile:
    common: dict[str, object] = {
        "type": profile.type,
        "id": profile.profile_id,
        "public_id": profile.public_id,
        "user_id": profile.user_id,
        "address": Address(
            id=_address_id(profile),
            address_first_line=_STREET,
            city=_CITY,
            country_iso2_code=_COUNTRY,
            country_iso3_code=_COUNTRY_3,
            post_code=_POST_CODE,
            state_code=None,
        ),
        "email": user.email,
        "created_at": profile.created_at,
        "updated_at": profile.created_at,
        "current_state": "VISIBLE",
        "contact_details": ContactDetails(email=user.email, phone_number=_PHONE),
        "full_name": profile.name,
    }
    return (_business if profile.type == "BUSINESS" else _personal)(user, profile, common)


def _personal(user: User, profile: Profile, common: dict[str, object]) -> PersonalProfile:
    first, last = _names(user, profile)
    own: dict[str, object] = {
        "avatar": None,
        "first_name": first,
        "last_name": last,
        "preferred_name": None,
        "date_of_birth": _BORN,
        "phone_number": _PHONE,
        "secondary_addresses": [],
    }
    return PersonalProfile.model_validate(common | own)


def _business(_: User, profile: Profile, common: dict[str, object]) -> BusinessProfile:
    own: dict[str, object] = {
        "business_name": profile.name,
        "registration_number": _registration_number(profile),
        "description_of_business": None,
        "webpage": None,
        "company_type": _COMPANY_TYPE,
        "company_role": "OWNER",
        "business_free_form_description": None,
        "first_level_category": None,
        "second_level_category": None,
        "operational_addresses": [],
    }
    return BusinessProfile.model_validate(common | own)


def _old_profile(user: User, profile: Profile) -> OldProfile:
    if profile.type == "BUSINESS":
        business = OldBusinessDetails(
            name=profile.name,
            registration_number=_registration_number(profile),
            acn=None,
            abn=None,
            arbn=None,
            company_type=_COMPANY_TYPE,
            company_role="OWNER",
            description_of_business=None,
            primary_address=_address_id(profile),
            webpage=None,
        )
        return OldProfile(id=profile.profile_id, type="business", details=business)
    first, last = _names(user, profile)
    person = OldPersonalDetails(
        first_name=first,
        last_name=last,
        date_of_birth=_BORN,
        phone_number=_PHONE,
        avatar=None,
        occupation=None,
        occupations=None,
        primary_address=_address_id(profile),
        first_name_in_kana=None,
        last_name_in_kana=None,
        localized_information=[],
    )
    return OldProfile(id=profile.profile_id, type="personal", details=person)


def _names(user: User, profile: Profile) -> tuple[str, str]:
    """Of a user who was only signed up, the name is in the profile."""
    first, _, last = profile.name.partition(" ")
    return user.first_name or first, user.last_name or last


def _address_id(profile: Profile) -> int:
    return profile.profile_id + 10_000_000  # so that it meets no id of a user or a profile


def _registration_number(profile: Profile) -> str:
    return f"{profile.profile_id:08d}"
