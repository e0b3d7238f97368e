"""The bodies of the modelled operations: keys, their order and their forms as Wise documents them (docs/wise/operations.md#endpoints)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.alias_generators import to_camel

Local = Annotated[datetime, PlainSerializer(lambda time: f"{time:%Y-%m-%dT%H:%M:%S}")]
"""A time without its zone, such as `2023-01-15T10:30:00`."""

Utc = Annotated[datetime, PlainSerializer(lambda time: f"{time:%Y-%m-%dT%H:%M:%SZ}")]
"""A time in whole seconds, such as `2019-10-10T13:55:57Z`."""

Language = Literal["EN", "US", "PT", "ES", "FR", "DE", "IT", "JA", "RU", "PL", "HU", "TR", "RO", "NL", "HK"]


class _Body(BaseModel):
    """A body; what checks and writes it is made at its first use, because most mocks serve few of them."""

    model_config = ConfigDict(defer_build=True)


class _Camel(_Body):
    """A body whose keys are written `likeThis`."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, validate_by_alias=True)


# What clients send.


class EmailQuestion(_Camel):
    """The body of `POST /v1/users/exists`."""

    email: str


class Signup(_Camel):
    """The body of `POST /v1/user/signup/registration_code`."""

    email: str
    registration_code: str = Field(min_length=32)
    language: Language = "EN"
    send_authorization_code_as_email: bool = False


class ClaimRequest(_Camel):
    """The body of `POST /v1/user/claim-account`."""

    registration_code: str


class Delivery(_Body):
    """Where notifications go, in which form."""

    version: str
    url: str
    mtls_enabled: bool | None = None

    @model_serializer(mode="wrap")
    def _what_was_said(self, write: SerializerFunctionWrapHandler) -> dict[str, str | bool]:
        return {name: value for name, value in write(self).items() if value is not None}


class SubscriptionRequest(_Body):
    """The body of `POST /v3/applications/{clientKey}/subscriptions`."""

    name: str
    trigger_on: str
    delivery: Delivery


# What the mock answers.


class EmailAnswer(_Camel):
    """Whether somebody has an account."""

    exists: bool


class ClaimAnswer(_Camel):
    """A code with which the customer takes the account over."""

    claim_account_code: str


class Domain(_Body):
    """What a subscription is for."""

    domain: Literal["application"] = "application"
    id: str


class Creator(_Body):
    """The application that made a subscription."""

    type: Literal["application"] = "application"
    id: str


class SubscriptionAnswer(_Body):
    """A webhook subscription, as Wise answers with it."""

    id: str
    name: str
    trigger_on: str
    delivery: Delivery
    scope: Domain
    created_by: Creator
    created_at: Utc


class UserAddress(_Camel):
    """The address in a user's details."""

    country_code: str
    first_line: str
    post_code: str
    city: str
    state: str
    occupation: str | None


class UserDetails(_Camel):
    """What a user's personal profile says of them."""

    first_name: str
    last_name: str
    phone_number: str
    date_of_birth: str
    occupation: str | None
    avatar: str | None
    primary_address: int
    address: UserAddress


class UserAnswer(_Camel):
    """A user; without name and details if they were only signed up."""

    id: int
    name: str | None
    email: str
    active: bool
    details: UserDetails | None


class Address(_Camel):
    """The address of a profile."""

    id: int
    address_first_line: str
    city: str
    country_iso2_code: str
    country_iso3_code: str
    post_code: str
    state_code: str | None


class ContactDetails(_Camel):
    """How Wise reaches a customer."""

    email: str
    phone_number: str


class _Profile(_Camel):
    """What both types of profile have."""

    type: Literal["PERSONAL", "BUSINESS"]
    id: int
    public_id: str
    user_id: int
    address: Address
    email: str
    created_at: Local
    updated_at: Local
    current_state: Literal["HIDDEN", "VISIBLE", "DEACTIVATED"]
    contact_details: ContactDetails


class PersonalProfile(_Profile):
    """The profile of a person, in version 2."""

    avatar: str | None
    first_name: str
    last_name: str
    preferred_name: str | None
    date_of_birth: str
    phone_number: str
    secondary_addresses: list[Address]
    full_name: str


class BusinessProfile(_Profile):
    """The profile of a business, in version 2."""

    business_name: str
    registration_number: str
    description_of_business: str | None
    webpage: str | None
    company_type: str
    company_role: Literal["OWNER", "DIRECTOR", "OTHER"]
    business_free_form_description: str | None
    first_level_category: str | None
    second_level_category: str | None
    operational_addresses: list[Address]
    full_name: str


class OldPersonalDetails(_Camel):
    """A person, before version 2."""

    first_name: str
    last_name: str
    date_of_birth: str
    phone_number: str
    avatar: str | None
    occupation: str | None
    occupations: str | None
    primary_address: int
    first_name_in_kana: str | None
    last_name_in_kana: str | None
    localized_information: list[str]


class OldBusinessDetails(_Camel):
    """A business, before version 2."""

    name: str
    registration_number: str
    acn: str | None
    abn: str | None
    arbn: str | None
    company_type: str
    company_role: str
    description_of_business: str | None
    primary_address: int
    webpage: str | None


class OldProfile(_Camel):
    """A profile in the answer of `GET /v1/profiles`."""

    id: int
    type: Literal["personal", "business"]
    details: OldPersonalDetails | OldBusinessDetails
