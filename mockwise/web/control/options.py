"""How a sandbox may be made otherwise than its mock, and how it is: the options of `SandboxOptions`, in JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, PlainValidator

from mockwise.common.durations import spell
from mockwise.common.rate_limit import RateLimit
from mockwise.faults.base import Fault
from mockwise.faults.schema import read_faults, write_fault
from mockwise.state.options import (
    LONGEST_JOURNAL,
    MTLS,
    BasicEncoding,
    MissingAuthorization,
    SandboxOptions,
    TokenFormat,
    TokenRepeat,
)
from mockwise.state.stubs import Stub
from mockwise.state.users import UserSpec
from mockwise.web.control.faults import TABLES
from mockwise.web.control.shared import RequestBody
from mockwise.web.control.stubs import NewStub, StubView
from mockwise.web.control.users import NewUser

_LIMITS = "off, documented (100/s,1000/min), or figures such as 10/s,100/min: for each client."


def _read_faults(value: object) -> tuple[Fault, ...] | None:
    return None if value is None else read_faults(value)


_Faults = Annotated[
    tuple[Fault, ...] | None,
    PlainValidator(_read_faults, json_schema_input_type=TABLES | None),
]


class NewSandbox(RequestBody):
    """A sandbox to make. What is left out is as the mock's own options say."""

    name: str | None = Field(default=None, description="Without one it gets one.", examples=["jest-1"])
    client_id: str | None = Field(default=None, description="Id of its own client; made up without one.")
    client_secret: str | None = Field(default=None, description="Made up without one.")
    token_lifetime: str | None = Field(default=None, description="12h, 90s, 1h30m, PT12H.", examples=["12h"])
    token_format: TokenFormat | None = Field(default=None, description="What a token looks like.")
    user_token_format: TokenFormat | None = Field(
        default=None, description="What a user's tokens look like; a refresh token is never a jwt or jwe."
    )
    refresh_token_lifetime: str | None = Field(
        default=None, description="How long a refresh token lives.", examples=["7300d"]
    )
    token_repeat: TokenRepeat | None = Field(default=None, description="What a repeated token request does.")
    refresh_rotation: Literal["off", "on"] | None = Field(
        default=None, description="Whether a refresh brings a new refresh token and ends the one before."
    )
    basic_encoding: BasicEncoding | None = Field(
        default=None,
        description="How id and secret are read from HTTP Basic: as they are, form-decoded, or either.",
    )
    client_id_parameter: Literal["required", "optional"] | None = Field(
        default=None, description="Whether the grants of codes need client_id in the body."
    )
    mtls: MTLS | None = Field(default=None, description="Whether clients must use the mTLS host.")
    foreign_certificate: Literal["refuse", "accept"] | None = Field(
        default=None, description="What to do with a certificate that names another client."
    )
    certificate_clock: Literal["real", "sandbox"] | None = Field(
        default=None, description="Which clock judges a certificate's dates above TLS."
    )
    missing_authorization: MissingAuthorization | None = Field(
        default=None, description="The error of a call without Authorization."
    )
    wrong_kind: Literal["forbidden", "unauthorized"] | None = Field(
        default=None,
        description="How to refuse a token of a kind that an operation does not take: 403 or 401.",
    )
    registration_refusal: Literal[401, 400] | None = Field(
        default=None, description="Status of invalid_grant at the grant registration_code."
    )
    refresh_refusal: Literal[400, 401, 403] | None = Field(
        default=None, description="Status of invalid_grant at a refused refresh."
    )
    email_change_refusal: Literal[400, 403] | None = Field(
        default=None, description="Status of invalid_grant after the user changed address."
    )
    taken_email: Literal["whole", "masked"] | None = Field(
        default=None, description="How the 409 of a signup names the address that is taken."
    )
    registration_ends: Literal["claim-code", "claimed"] | None = Field(
        default=None,
        description="When a registration code dies: with the first claim-account code, or when the account is claimed.",
    )
    rate_limit: str | None = Field(default=None, description=_LIMITS, examples=["documented"])
    versions: list[str] | None = Field(
        default=None,
        description="The quarterly versions that are served; paths under another one are 404.",
        examples=[["2026Q3", "2026Q4"]],
    )
    redirect_uri: list[str] | None = Field(
        default=None,
        description="Where the consent page may send users back to, matched exactly.",
        examples=[["https://localhost/callback"]],
    )
    users: list[NewUser] | None = Field(default=None, description="Who has a Wise account from the start.")
    stubs: list[NewStub] | None = Field(
        default=None, description="Answers to operations that the mock does not model."
    )
    faults: _Faults = Field(default=None, description="What goes wrong from the start, and after each reset.")
    unspent_faults: Literal["ignore", "fail"] | None = Field(
        default=None, description="For the pytest fixtures: whether a fault that did not happen fails a test."
    )
    hints: bool | None = Field(default=None, description="Explain refusals in the header x-mockwise-reason.")
    journal_size: int | None = Field(
        default=None, ge=0, le=LONGEST_JOURNAL, description="How many exchanges are remembered."
    )
    journal_bytes: int | None = Field(
        default=None, ge=0, description="How many bytes they take at most, roughly."
    )
    scenario: list[str] | None = Field(
        default=None, description="Days on which things go wrong.", examples=[["outage"]]
    )
    strict: bool | None = Field(
        default=None, description="Be annoying within the documented rules, by the seed."
    )
    seed: int | None = Field(
        default=None, ge=0, description="Repeats exactly what strict and scenarios draw."
    )

    def options(self) -> dict[str, Any]:
        """The options that the body gives, without the name."""
        said = self.model_dump(exclude={"name", "stubs", "faults"}, exclude_none=True)
        if self.stubs is not None:
            said["stubs"] = [stub.options() for stub in self.stubs]
        if self.faults is not None:
            said["faults"] = self.faults
        return said


class SeedView(BaseModel):
    """A user that the sandbox is made with."""

    email: str = Field(examples=["ann@example.com"])
    first_name: str | None = Field(description="null: made up.")
    last_name: str | None = Field(description="null: made up.")
    business: str | None = Field(examples=["Example Bakery Ltd"])

    @classmethod
    def of(cls, it: UserSpec) -> Self:
        """The view of a user that an option describes."""
        return cls(email=it.email, first_name=it.first_name, last_name=it.last_name, business=it.business)


class Options(BaseModel):
    """The options that a sandbox was made with."""

    token_lifetime: str = Field(examples=["12h"])
    token_format: TokenFormat
    user_token_format: TokenFormat
    refresh_token_lifetime: str = Field(examples=["7300d"])
    token_repeat: TokenRepeat
    refresh_rotation: Literal["off", "on"]
    basic_encoding: BasicEncoding
    client_id_parameter: Literal["required", "optional"]
    mtls: MTLS
    foreign_certificate: Literal["refuse", "accept"]
    certificate_clock: Literal["real", "sandbox"]
    missing_authorization: MissingAuthorization
    wrong_kind: Literal["forbidden", "unauthorized"]
    registration_refusal: Literal[401, 400]
    refresh_refusal: Literal[400, 401, 403]
    email_change_refusal: Literal[400, 403]
    taken_email: Literal["whole", "masked"]
    registration_ends: Literal["claim-code", "claimed"]
    rate_limit: str = Field(description=_LIMITS, examples=["off"])
    versions: list[str] = Field(examples=[["2026Q3", "2026Q4"]])
    redirect_uri: list[str] = Field(examples=[["https://localhost/callback"]])
    users: list[SeedView]
    stubs: list[StubView]
    faults: list[dict[str, Any]] = Field(description="As they can be armed again.")
    unspent_faults: Literal["ignore", "fail"]
    hints: bool
    journal_size: int
    journal_bytes: int
    scenario: list[str] = Field(examples=[["outage"]])
    strict: bool
    seed: int

    @classmethod
    def of(cls, options: SandboxOptions) -> Self:
        """The view of a sandbox's options."""
        return cls.model_validate({name: _in_words(getattr(options, name)) for name in cls.model_fields})


_SAID: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (timedelta, spell),
    (RateLimit, str),
    (UserSpec, SeedView.of),
    (Stub, StubView.of),
    (Fault, write_fault),
)


def _in_words(value: object) -> object:
    if isinstance(value, tuple):
        return [_in_words(it) for it in value]
    return next((say(value) for kind, say in _SAID if isinstance(value, kind)), value)
