"""The options of a sandbox: how it behaves where Wise leaves room. Each is one field, and declared nowhere else.

The keyword arguments of `MockWise(...)` and `sandbox(...)`, the pytest marker, the flags and their help, the variables, the
keys of the settings file, the members of `POST /sandboxes` and the README's table follow from the fields. A description
is for users; the text below a field names its source in docs/wise.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, PlainValidator
from pydantic.fields import FieldInfo

from mockwise.common.durations import parse_lifetime
from mockwise.common.rate_limit import OFF, RateLimit, parse_rate_limit
from mockwise.common.urls import check_redirect_uri
from mockwise.common.versions import VERSIONS, check_version
from mockwise.faults.base import Fault
from mockwise.faults.scenarios import check_scenario
from mockwise.faults.schema import read_faults
from mockwise.state.stubs import Stub, read_stubs
from mockwise.state.users import UserSpec, check_user_specs, read_user_spec

TokenFormat = Literal["jwt", "jwe", "uuid", "random"]
TokenRepeat = Literal["new", "reuse", "replace"]
MTLS = Literal["required", "optional"]
MissingAuthorization = Literal["missing_token", "invalid", "unauthorized"]
BasicEncoding = Literal["either", "raw", "form"]

LONGEST_JOURNAL = 10_000_000  # exchanges


def _number(value: object) -> object:
    """Digits as a number, since a flag or a variable is text."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def one_or_more(value: object) -> object:
    """A single text as a list of it, so that a list of one may be written plainly."""
    return (value,) if isinstance(value, str) else value


def item_type(option: FieldInfo) -> object:
    """The type of the items of an option that is a list; None: it is no list."""
    if get_origin(option.annotation) is not tuple:
        return None
    item = get_args(option.annotation)[0]
    return get_args(item)[0] if get_origin(item) is Annotated else item


class SandboxOptions(BaseModel, frozen=True, extra="forbid"):
    """The options of one sandbox, all of them checked."""

    token_lifetime: Annotated[timedelta, BeforeValidator(parse_lifetime)] = Field(
        default=timedelta(hours=12),
        description="How long an access token lives: 12h, 90s, 1h30m, PT12H.",
        examples=["12h"],
    )
    """DOCUMENTED, docs/wise/lifetimes-and-formats.md#lifetimes: 12 hours "by default"."""

    token_format: TokenFormat = Field(
        default="jwt",
        description="What a token looks like; jwe: five parts, 500 to 800 characters; random varies at each call.",
    )
    """DOCUMENTED, docs/wise/lifetimes-and-formats.md#formats: Wise's sandbox gives JWTs since June 2026; UUIDs end on 2027-01-07. `jwe`:
    DOCUMENTED, docs/wise/lifetimes-and-formats.md#formats (6a): "typically 500-800+ characters", "JWE commonly has 5 parts"."""

    user_token_format: TokenFormat = Field(
        default="uuid",
        description="What a user's access and refresh tokens look like; a refresh token is never a jwt or jwe.",
    )
    """OBSERVED, docs/wise/lifetimes-and-formats.md#formats: user access tokens are UUIDs still."""

    refresh_token_lifetime: Annotated[timedelta, BeforeValidator(parse_lifetime)] = Field(
        default=timedelta(days=7300), description="How long a refresh token lives.", examples=["7300d"]
    )
    """docs/wise/conflicts.md#c5: observed 7300 days; documented "up to 20 years", older pages 10 years and three months."""

    token_repeat: TokenRepeat = Field(
        default="new",
        description="What a repeated call does: a new token beside the old, the same again, or a new one that kills it.",
    )
    """UNKNOWN, docs/wise/lifetimes-and-formats.md#lifetimes: what a repeated `client_credentials` call does. `new`: all stay valid. `reuse`: the same
    token with a falling `expires_in`. `replace`: the new one kills the old."""

    refresh_rotation: Literal["off", "on"] = Field(
        default="off",
        description="Whether a refresh brings a new refresh token too and ends the one before, for clients that must cope "
        "with it; Wise's stays the same, as recorded in 2026.",
    )
    """docs/wise/conflicts.md#c6: recordings of 2026 show no change of the refresh token, samples of 2020 another one. `on`:
    each refresh brings a new refresh token, and the one before is dead at once (RFC 6749 section 6)."""

    basic_encoding: BasicEncoding = Field(
        default="either",
        description="How id and secret are read from HTTP Basic: as they are (raw), form-decoded, or either; strict takes "
        "raw where nothing is said. Only characters other than letters, digits and -._ tell them apart.",
    )
    """UNKNOWN, docs/wise/developer-hub.md#encoding-of-the-secret-in-http-basic i: whether id and secret go into Basic as they are (RFC 7617) or form-encoded first (RFC 6749
    section 2.3.1)."""

    client_id_parameter: Literal["required", "optional"] = Field(
        default="required",
        description="Whether the grants authorization_code and registration_code need client_id in the body, as Wise "
        "documents, beside HTTP Basic.",
    )
    """DOCUMENTED, docs/wise/token-endpoint.md#parameters: `client_id` is among the parameters of the grants `authorization_code` and
    `registration_code`. Whether Wise refuses them without it is UNKNOWN."""

    mtls: MTLS = Field(
        default="required",
        description="Whether clients must use the mTLS host for every call, as Wise enforces per partner.",
    )
    """DOCUMENTED, docs/wise/mtls.md#when-it-is-required: enforced per partner, for all endpoints. `optional`: not yet switched on."""

    foreign_certificate: Literal["refuse", "accept"] = Field(
        default="refuse", description="What to do with a certificate that names another client."
    )
    """UNKNOWN, docs/wise/mtls.md#refusals: whether a certificate whose common name is another client's is refused (401)."""

    certificate_clock: Literal["real", "sandbox"] = Field(
        default="real",
        description="Which clock judges a client certificate's dates above TLS; TLS itself always uses the real one.",
    )
    """Mock-only: `sandbox` also judges the peer certificate's dates by the sandbox's clock, above TLS."""

    missing_authorization: MissingAuthorization = Field(
        default="missing_token",
        description="The error of an API call without Authorization: missing_token, invalid_token, or Spring's older one; "
        "with the first two the token endpoint says invalid_client.",
    )
    """The answer to a call without `Authorization`. At the API: `missing_token`, OBSERVED on production (docs/wise/errors.md#missing-token);
    `invalid`: `invalid_token`; `unauthorized`: Spring's older body, documented in 2020. At the token endpoint, where it
    is UNKNOWN (docs/wise/token-endpoint.md#errors): `unauthorized` is the same body, the other two `invalid_client`."""

    wrong_kind: Literal["forbidden", "unauthorized"] = Field(
        default="forbidden",
        description="Refuse a token of a kind that an operation does not take by 403 access_denied or by 401 invalid_token.",
    )
    """UNKNOWN, docs/wise/errors.md#shapes: the answer to a token of a kind that an operation does not take. `forbidden`: 403
    `access_denied` (INFERRED, Spring's default). `unauthorized`: 401 `invalid_token`."""

    registration_refusal: Annotated[Literal[401, 400], BeforeValidator(_number)] = Field(
        default=401,
        description="Status of invalid_grant at the grant registration_code; Wise documents both.",
    )
    """docs/wise/conflicts.md#c1: the status of `invalid_grant` at the grant `registration_code`. 401 in the reference,
    400 in the guides."""

    refresh_refusal: Annotated[Literal[400, 401, 403], BeforeValidator(_number)] = Field(
        default=400, description="Status of invalid_grant at a refused refresh."
    )
    """docs/wise/conflicts.md#c2: the status of `invalid_grant` at a failed refresh is not documented; 400 by RFC 6749."""

    email_change_refusal: Annotated[Literal[400, 403], BeforeValidator(_number)] = Field(
        default=400,
        description="Status of invalid_grant after the user changed their e-mail address; Wise documents both.",
    )
    """docs/wise/token-endpoint.md#errors: the status of the next token request after a user changed their e-mail address."""

    taken_email: Literal["whole", "masked"] = Field(
        default="whole",
        description="How the 409 of a signup names the address that is taken; Wise documents both.",
    )
    """DOCUMENTED both, docs/wise/operations.md#endpoints: what the 409 of a signup says of the address. `whole` as in the reference, `masked`
    as in the errors guide."""

    registration_ends: Literal["claim-code", "claimed"] = Field(
        default="claim-code",
        description="When a registration code dies: with the first claim-account code, or when the account is claimed.",
    )
    """docs/wise/lifetimes-and-formats.md#lifetimes: when a registration code dies: once the client asked for a claim-account code, or when the
    user has claimed the account."""

    rate_limit: Annotated[RateLimit, PlainValidator(parse_rate_limit)] = Field(
        default=OFF,
        description="off, documented (100/s,1000/min), or figures such as 10/s,100/min: for each client, by the "
        "sandbox's clock.",
        examples=["documented"],
    )
    """DOCUMENTED, docs/wise/errors.md#rate-limits: 100 requests a second and 1000 a minute for a client; off unless asked for."""

    versions: Annotated[
        tuple[Annotated[str, AfterValidator(check_version)], ...], BeforeValidator(one_or_more)
    ] = Field(
        default=VERSIONS,
        title="VERSION",
        description="The quarterly versions of Wise's API that are served, such as 2026Q4; paths under another one are 404. "
        "May be repeated.",
        examples=[["2026Q3", "2026Q4"]],
    )
    """2026Q3 and 2026Q4 are DOCUMENTED and OBSERVED
    (docs/wise/errors.md#order-of-checks and docs/wise/errors.md#versions); whether a preview answers calls is UNKNOWN."""

    redirect_uri: Annotated[
        tuple[Annotated[str, AfterValidator(check_redirect_uri)], ...], BeforeValidator(one_or_more)
    ] = Field(
        default=("https://localhost/callback",),
        title="URL",
        description="Where the consent page may send users back to, matched exactly. May be repeated.",
        examples=[["https://localhost/callback"]],
    )
    """The redirect URIs that are registered for a client unless it has its own (docs/wise/developer-hub.md#credentials: matched exactly)."""

    users: Annotated[
        tuple[Annotated[UserSpec, BeforeValidator(read_user_spec)], ...], AfterValidator(check_user_specs)
    ] = Field(
        default=(UserSpec(email="ann@example.com", business="Example Bakery Ltd"),),
        description="Who has a Wise account from the start: email, and if you like first_name, last_name and business.",
    )
    """Mock-only."""

    stubs: Annotated[tuple[Stub, ...], PlainValidator(read_stubs)] = Field(
        default=(),
        description="Answers to operations that the mock does not model: method, path, and any of status, json, body "
        "and headers.",
    )
    """Mock-only."""

    faults: Annotated[tuple[Fault, ...], PlainValidator(read_faults)] = Field(
        default=(),
        description="What goes wrong from the start, and after each reset: tables as `mockwise arm` tells them, or in "
        "Python faults.",
    )
    """Mock-only."""

    unspent_faults: Literal["ignore", "fail"] = Field(
        default="fail",
        description="Whether the pytest fixtures fail a test that passes though a fault that it armed, and that had to happen, "
        "did not. Those of options and scenarios, and those with a share or a time, are not asked for.",
    )
    """Mock-only."""

    hints: bool = Field(default=True, description="Explain each refusal in the header x-mockwise-reason.")
    """Mock-only."""

    journal_size: Annotated[int, Field(ge=0, le=LONGEST_JOURNAL)] = Field(
        default=10_000, description="How many exchanges a sandbox remembers."
    )
    """Mock-only."""

    journal_bytes: Annotated[int, Field(ge=0)] = Field(
        default=64 * 1024 * 1024,
        description="How many bytes these exchanges take at most, roughly; the oldest are forgotten first.",
    )
    """Mock-only."""

    scenario: Annotated[
        tuple[Annotated[str, AfterValidator(check_scenario)], ...], BeforeValidator(one_or_more)
    ] = Field(
        default=(),
        description="A day on which things go wrong, such as outage or flaky, from the sandbox's start and after each "
        "reset; `mockwise scenarios` tells them. May be repeated.",
        examples=[["outage"]],
    )
    """Mock-only."""

    strict: bool = Field(
        default=False,
        description="Be annoying within the documented rules: tokens of varying format and length, unknown members, "
        "keys in any order, small delays.",
    )
    """DOCUMENTED, docs/wise/lifetimes-and-formats.md#formats: callers must not assume size or format of a token. RFC 6749 section 5.1: they must ignore
    members that they do not know. RFC 8259 section 4: an object has no order."""

    seed: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        title="NUMBER",
        description="Repeats exactly what strict and scenarios draw; none: strict draws one and tells it, scenarios take 0.",
    )
    """Mock-only."""
