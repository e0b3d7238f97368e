"""Settings: every option of a mock, in one place, validated, with its meaning.

An option is one field here. The command line's flags, the README's table and `MockWise(...)` follow it; tests say
when one of them does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
)

from mockwise.common.durations import parse_lifetime
from mockwise.common.rate_limit import RateLimit, parse_rate_limit
from mockwise.common.upstream_url import check_upstream
from mockwise.common.versions import check_version
from mockwise.errors import InvalidValueError
from mockwise.faults.base import Fault
from mockwise.faults.scenarios import check_scenario, options_of
from mockwise.option_values import (
    check_control_token,
    check_host,
    check_user_specs,
    number,
    one_or_more,
    problem,
    read_faults,
    read_stubs,
    read_user_spec,
    unknown,
)
from mockwise.state.clients import check_client_id, check_redirect_uri, check_secret
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
from mockwise.storage.location import check_state

_BY_DEFAULT = SandboxOptions()

Host = Annotated[str, AfterValidator(check_host)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseModel):
    """The options of a mock. What a sandbox may have otherwise than its mock is in `SANDBOX_OPTIONS`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Host = Field(default="127.0.0.1", description="Address that the two Wise hosts listen on.")
    public_host: Annotated[tuple[Host, ...], BeforeValidator(one_or_more)] = Field(
        default=(),
        description="Name or address under which others reach the mock, for example a container's name. Joins the "
        "server certificate; the first is used in printed URLs. May be repeated.",
    )
    mtls_port: Port = Field(
        default=0, description="Port of the host that asks for client certificates; 0: a free one."
    )
    tls_port: Port = Field(default=0, description="Port of the host that does not; 0: a free one.")
    control_host: Host = Field(
        default="127.0.0.1",
        description="Address that the control host listens on; another one than this machine's own needs a token.",
    )
    control_port: Port = Field(default=0, description="Port of the control host; 0: a free one.")
    control_token: Annotated[str, AfterValidator(check_control_token)] | None = Field(
        default=None,
        description="What the control host asks for as Authorization: Bearer; none: nothing.",
        repr=False,
    )
    certs: Path | None = Field(
        default=None, description="Folder for the authority's files, kept over restarts; none: temporary."
    )
    state: Annotated[str, AfterValidator(check_state)] | None = Field(
        default=None,
        title="FILE|URL",
        description="Where clients, tokens, users, clock and faults are kept: a file that outlives the mock, or a Redis or "
        "Valkey server (redis://HOST:PORT/0) that makes several mocks one; none: in memory. Needs a certs folder.",
        repr=False,
    )
    client_id: Annotated[str, AfterValidator(check_client_id)] | None = Field(
        default=None, description="Id of the default client; none: made up, and kept in the certs folder."
    )
    client_secret: Annotated[str, AfterValidator(check_secret)] | None = Field(
        default=None,
        description="Secret of the default client; none: made up, and kept in the certs folder.",
        repr=False,
    )
    token_lifetime: Annotated[timedelta, BeforeValidator(parse_lifetime)] = Field(
        default=_BY_DEFAULT.token_lifetime,
        description="How long an access token lives: 12h, 90s, 1h30m, PT12H.",
    )
    token_format: TokenFormat = Field(
        default=_BY_DEFAULT.token_format,
        description="What a token looks like; jwe: five parts, 500 to 800 characters; random varies at each call.",
    )
    user_token_format: TokenFormat = Field(
        default=_BY_DEFAULT.user_token_format,
        description="What a user's access and refresh tokens look like; a refresh token is never a jwt or jwe.",
    )
    refresh_token_lifetime: Annotated[timedelta, BeforeValidator(parse_lifetime)] = Field(
        default=_BY_DEFAULT.refresh_token_lifetime, description="How long a refresh token lives."
    )
    token_repeat: TokenRepeat = Field(
        default=_BY_DEFAULT.token_repeat,
        description="What a repeated call does: a new token beside the old, the same again, or a new one that kills it.",
    )
    refresh_rotation: Literal["off", "on"] = Field(
        default=_BY_DEFAULT.refresh_rotation,
        description="Whether a refresh brings a new refresh token too and ends the one before, for clients that must cope "
        "with it; Wise's stays the same, as recorded in 2026.",
    )
    basic_encoding: BasicEncoding = Field(
        default=_BY_DEFAULT.basic_encoding,
        description="How id and secret are read from HTTP Basic: as they are (raw), form-decoded, or either; strict takes "
        "raw where nothing is said. Only characters other than letters, digits and -._ tell them apart.",
    )
    client_id_parameter: Literal["required", "optional"] = Field(
        default=_BY_DEFAULT.client_id_parameter,
        description="Whether the grants authorization_code and registration_code need client_id in the body, as Wise "
        "documents, beside HTTP Basic.",
    )
    mtls: MTLS = Field(
        default=_BY_DEFAULT.mtls,
        description="Whether clients must use the mTLS host for every call, as Wise enforces per partner.",
    )
    handshake_refusals: Literal["alert", "http"] = Field(
        default="alert",
        description="Refuse a missing, expired, not yet valid or revoked client certificate by TLS alert, or by HTTP 401.",
    )
    foreign_certificate: Literal["refuse", "accept"] = Field(
        default=_BY_DEFAULT.foreign_certificate,
        description="What to do with a certificate that names another client.",
    )
    certificate_clock: Literal["real", "sandbox"] = Field(
        default=_BY_DEFAULT.certificate_clock,
        description="Which clock judges a client certificate's dates above TLS; TLS itself always uses the real one.",
    )
    missing_authorization: MissingAuthorization = Field(
        default=_BY_DEFAULT.missing_authorization,
        description="The error of an API call without Authorization: missing_token, invalid_token, or Spring's older one; "
        "with the first two the token endpoint says invalid_client.",
    )
    wrong_kind: Literal["forbidden", "unauthorized"] = Field(
        default=_BY_DEFAULT.wrong_kind,
        description="Refuse a token of a kind that an operation does not take by 403 access_denied or by 401 invalid_token.",
    )
    registration_refusal: Annotated[Literal[401, 400], BeforeValidator(number)] = Field(
        default=_BY_DEFAULT.registration_refusal,
        description="Status of invalid_grant at the grant registration_code; Wise documents both.",
    )
    refresh_refusal: Annotated[Literal[400, 401, 403], BeforeValidator(number)] = Field(
        default=_BY_DEFAULT.refresh_refusal, description="Status of invalid_grant at a refused refresh."
    )
    email_change_refusal: Annotated[Literal[400, 403], BeforeValidator(number)] = Field(
        default=_BY_DEFAULT.email_change_refusal,
        description="Status of invalid_grant after the user changed their e-mail address; Wise documents both.",
    )
    taken_email: Literal["whole", "masked"] = Field(
        default=_BY_DEFAULT.taken_email,
        description="How the 409 of a signup names the address that is taken; Wise documents both.",
    )
    registration_ends: Literal["claim-code", "claimed"] = Field(
        default=_BY_DEFAULT.registration_ends,
        description="When a registration code dies: with the first claim-account code, or when the account is claimed.",
    )
    rate_limit: Annotated[RateLimit, PlainValidator(parse_rate_limit)] = Field(
        default=_BY_DEFAULT.rate_limit,
        description="off, documented (100/s,1000/min), or figures such as 10/s,100/min: for each client, by the "
        "sandbox's clock.",
    )
    versions: Annotated[
        tuple[Annotated[str, AfterValidator(check_version)], ...], BeforeValidator(one_or_more)
    ] = Field(
        default=_BY_DEFAULT.versions,
        title="VERSION",
        description="The quarterly versions of Wise's API that are served, such as 2026Q4; paths under another one are 404. "
        "May be repeated.",
    )
    redirect_uri: Annotated[
        tuple[Annotated[str, AfterValidator(check_redirect_uri)], ...], BeforeValidator(one_or_more)
    ] = Field(
        default=_BY_DEFAULT.redirect_uri,
        title="URL",
        description="Where the consent page may send users back to, matched exactly. May be repeated.",
    )
    users: Annotated[
        tuple[Annotated[UserSpec, BeforeValidator(read_user_spec)], ...], AfterValidator(check_user_specs)
    ] = Field(
        default=_BY_DEFAULT.users,
        description="Who has a Wise account from the start: email, and if you like first_name, last_name and business.",
    )
    stubs: Annotated[tuple[Stub, ...], BeforeValidator(read_stubs)] = Field(
        default=_BY_DEFAULT.stubs,
        description="Answers to operations that the mock does not model: method, path, and any of status, json, body "
        "and headers.",
    )
    faults: Annotated[tuple[Fault, ...], PlainValidator(read_faults)] = Field(
        default=_BY_DEFAULT.faults,
        description="What goes wrong from the start, and after each reset: tables as `mockwise arm` tells them, or in "
        "Python faults.",
    )
    unspent_faults: Literal["ignore", "fail"] = Field(
        default=_BY_DEFAULT.unspent_faults,
        description="Whether the pytest fixtures fail a test that ends while a fault it armed has not happened.",
    )
    hints: bool = Field(
        default=_BY_DEFAULT.hints, description="Explain each refusal in the header x-mockwise-reason."
    )
    journal_size: Annotated[int, Field(ge=0, le=LONGEST_JOURNAL)] = Field(
        default=_BY_DEFAULT.journal_size, description="How many exchanges a sandbox remembers."
    )
    journal_bytes: Annotated[int, Field(ge=0)] = Field(
        default=_BY_DEFAULT.journal_bytes,
        description="How many bytes these exchanges take at most, roughly; the oldest are forgotten first.",
    )
    scenario: Annotated[
        tuple[Annotated[str, AfterValidator(check_scenario)], ...], BeforeValidator(one_or_more)
    ] = Field(
        default=_BY_DEFAULT.scenario,
        description="A day on which things go wrong, such as outage or flaky, from the sandbox's start and after each "
        "reset; `mockwise scenarios` tells them. May be repeated.",
    )
    strict: bool = Field(
        default=_BY_DEFAULT.strict,
        description="Be annoying within the documented rules: tokens of varying format and length, unknown members, "
        "keys in any order, small delays.",
    )
    seed: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        title="NUMBER",
        description="Repeats exactly what strict and scenarios draw; none: strict draws one and tells it, scenarios take 0.",
    )
    upstream: Annotated[str, AfterValidator(check_upstream)] | None = Field(
        default=None,
        title="URL",
        description="Where calls go that the mock neither models nor has a stub for, once their token is checked; none: "
        "they are answered 501.",
    )
    loop: Literal["auto", "asyncio", "uvloop"] = Field(
        default="auto", description="The event loop; auto: uvloop where it is installed."
    )

    def sandbox_options(self, drawn: int = _BY_DEFAULT.seed) -> SandboxOptions:
        """The part that belongs to a sandbox; `drawn` is the seed of a strict one that was given none.

        What a scenario needs is so unless it was said otherwise.
        """
        own = {field.name: getattr(self, field.name) for field in fields(SandboxOptions)}
        needed = options_of(self.scenario)
        own |= {name: value for name, value in needed.items() if name not in self.model_fields_set}
        if self.seed is None:
            own["seed"] = drawn if self.strict else _BY_DEFAULT.seed
        if self.strict and "basic_encoding" not in self.model_fields_set:
            own["basic_encoding"] = (
                "raw"  # DOCUMENTED are the id as user and the secret as password, and no encoding
            )
        return SandboxOptions(**own)

    def but(self, changes: Mapping[str, Any]) -> Settings:
        """A copy of the settings with changes.

        Raises:
            InvalidValueError: there is no such option, or its value cannot be used.
        """
        return read_settings({**{name: getattr(self, name) for name in self.model_fields_set}, **changes})


FILE_OPTIONS = frozenset({"users", "stubs", "faults"})
"""The options that are lists of tables: a settings file, Python and the control API have them, flags do not."""

SANDBOX_OPTIONS = frozenset({"client_id", "client_secret"} | {field.name for field in fields(SandboxOptions)})
"""The options that a sandbox may have otherwise than its mock."""


def read_settings(options: Mapping[str, Any]) -> Settings:
    """Make settings from options, all of which are checked.

    Raises:
        InvalidValueError: there is no such option, or its value cannot be used; the message names each and what is allowed.
    """
    try:
        return Settings.model_validate(dict(options))
    except ValidationError as error:
        raise InvalidValueError("; ".join(sentence for _, sentence in _problems(error))) from None


def setting_problems(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The options that cannot be used: the name of each, and a sentence that begins with it and says what is allowed."""
    try:
        Settings.model_validate(dict(options))
    except ValidationError as error:
        return _problems(error)
    return []


def sandbox_settings(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """A sandbox's own settings: the mock's with changes, and without the mock's client.

    Raises:
        InvalidValueError: an option that a sandbox does not have, or a value that cannot be used.
    """
    for name in changes:
        if name not in SANDBOX_OPTIONS:
            hint = (
                "It belongs to the whole mock: in pytest, take mockwise_own. "
                if name in Settings.model_fields
                else ""
            )
            raise InvalidValueError(hint + unknown(name, sorted(SANDBOX_OPTIONS), "option of a sandbox"))
    # What is said of the sandbox wins over what its scenario needs, and that over what is said of the mock.
    needed = options_of(
        read_settings({"scenario": changes["scenario"]}).scenario if "scenario" in changes else ()
    )
    return settings.but({"client_id": None, "client_secret": None, **needed, **changes})


def _problems(error: ValidationError) -> list[tuple[str, str]]:
    secret = [name for name, field in Settings.model_fields.items() if not field.repr]
    return [problem(it, sorted(Settings.model_fields), secret) for it in error.errors()]
