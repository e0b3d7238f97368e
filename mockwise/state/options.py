"""How a sandbox behaves where Wise leaves room: figures, formats and the switches for what is UNKNOWN.

Each field names its source in docs/wise; the defaults stand here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from mockwise.common.rate_limit import OFF, RateLimit
from mockwise.common.versions import VERSIONS
from mockwise.faults.base import Fault
from mockwise.state.stubs import Stub
from mockwise.state.users import UserSpec

TokenFormat = Literal["jwt", "jwe", "uuid", "random"]
TokenRepeat = Literal["new", "reuse", "replace"]
LONGEST_JOURNAL = 10_000_000  # exchanges

MTLS = Literal["required", "optional"]
MissingAuthorization = Literal["missing_token", "invalid", "unauthorized"]
BasicEncoding = Literal["either", "raw", "form"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """The options of one sandbox: how it behaves where Wise leaves room."""

    token_lifetime: timedelta = timedelta(hours=12)
    """DOCUMENTED, docs/wise/lifetimes-and-formats.md#lifetimes: 12 hours "by default"."""

    token_format: TokenFormat = "jwt"  # noqa: S105  because it names a format
    """DOCUMENTED, docs/wise/lifetimes-and-formats.md#formats: Wise's sandbox gives JWTs since June 2026; UUIDs end on 2027-01-07. `jwe`:
    DOCUMENTED, docs/wise/lifetimes-and-formats.md#formats (6a): "typically 500-800+ characters", "JWE commonly has 5 parts"."""

    user_token_format: TokenFormat = "uuid"  # noqa: S105  because it names a format
    """OBSERVED, docs/wise/lifetimes-and-formats.md#formats: user access tokens are UUIDs still."""

    refresh_token_lifetime: timedelta = timedelta(days=7300)
    """docs/wise/conflicts.md#c5: observed 7300 days; documented "up to 20 years", older pages 10 years and three months."""

    token_repeat: TokenRepeat = "new"  # noqa: S105  because it names an answer
    """UNKNOWN, docs/wise/lifetimes-and-formats.md#lifetimes: what a repeated `client_credentials` call does. `new`: all stay valid. `reuse`: the same
    token with a falling `expires_in`. `replace`: the new one kills the old."""

    refresh_rotation: Literal["off", "on"] = "off"
    """docs/wise/conflicts.md#c6: recordings of 2026 show no change of the refresh token, samples of 2020 another one. `on`:
    each refresh brings a new refresh token, and the one before is dead at once (RFC 6749 section 6)."""

    basic_encoding: BasicEncoding = "either"
    """UNKNOWN, docs/wise/developer-hub.md#encoding-of-the-secret-in-http-basic i: whether id and secret go into Basic as they are (RFC 7617) or form-encoded first (RFC 6749
    section 2.3.1)."""

    client_id_parameter: Literal["required", "optional"] = "required"
    """DOCUMENTED, docs/wise/token-endpoint.md#parameters: `client_id` is among the parameters of the grants `authorization_code` and
    `registration_code`. Whether Wise refuses them without it is UNKNOWN."""

    mtls: MTLS = "required"
    """DOCUMENTED, docs/wise/mtls.md#when-it-is-required: enforced per partner, for all endpoints. `optional`: not yet switched on."""

    foreign_certificate: Literal["refuse", "accept"] = "refuse"
    """UNKNOWN, docs/wise/mtls.md#refusals: whether a certificate whose common name is another client's is refused (401)."""

    certificate_clock: Literal["real", "sandbox"] = "real"
    """Mock-only: `sandbox` also judges the peer certificate's dates by the sandbox's clock, above TLS."""

    missing_authorization: MissingAuthorization = "missing_token"
    """The answer to a call without `Authorization`. At the API: `missing_token`, OBSERVED on production (docs/wise/errors.md#missing-token);
    `invalid`: `invalid_token`; `unauthorized`: Spring's older body, documented in 2020. At the token endpoint, where it
    is UNKNOWN (docs/wise/token-endpoint.md#errors): `unauthorized` is the same body, the other two `invalid_client`."""

    wrong_kind: Literal["forbidden", "unauthorized"] = "forbidden"
    """UNKNOWN, docs/wise/errors.md#shapes: the answer to a token of a kind that an operation does not take. `forbidden`: 403
    `access_denied` (INFERRED, Spring's default). `unauthorized`: 401 `invalid_token`."""

    registration_refusal: Literal[401, 400] = 401
    """docs/wise/conflicts.md#c1: the status of `invalid_grant` at the grant `registration_code`. 401 in the reference,
    400 in the guides."""

    refresh_refusal: Literal[400, 401, 403] = 400
    """docs/wise/conflicts.md#c2: the status of `invalid_grant` at a failed refresh is not documented; 400 by RFC 6749."""

    email_change_refusal: Literal[400, 403] = 400
    """docs/wise/token-endpoint.md#errors: the status of the next token request after a user changed their e-mail address."""

    taken_email: Literal["whole", "masked"] = "whole"
    """DOCUMENTED both, docs/wise/operations.md#endpoints: what the 409 of a signup says of the address. `whole` as in the reference, `masked`
    as in the errors guide."""

    registration_ends: Literal["claim-code", "claimed"] = "claim-code"
    """docs/wise/lifetimes-and-formats.md#lifetimes: when a registration code dies: once the client asked for a claim-account code, or when the
    user has claimed the account."""

    rate_limit: RateLimit = OFF
    """DOCUMENTED, docs/wise/errors.md#rate-limits: 100 requests a second and 1000 a minute for a client; off unless asked for."""

    versions: tuple[str, ...] = VERSIONS
    """The quarterly versions that are served; a path under another is 404. 2026Q3 and 2026Q4 are DOCUMENTED and OBSERVED
    (docs/wise/errors.md#order-of-checks and docs/wise/errors.md#versions); whether a preview answers calls is UNKNOWN."""

    redirect_uri: tuple[str, ...] = ("https://localhost/callback",)
    """The redirect URIs that are registered for a client unless it has its own (docs/wise/developer-hub.md#credentials: matched exactly)."""

    users: tuple[UserSpec, ...] = (UserSpec(email="ann@example.com", business="Example Bakery Ltd"),)
    """Mock-only: who has a Wise account from the start."""

    stubs: tuple[Stub, ...] = ()
    """Mock-only: answers to operations that are not modelled."""

    faults: tuple[Fault, ...] = ()
    """Mock-only: what is armed from the start, and after each reset."""

    unspent_faults: Literal["ignore", "fail"] = "ignore"
    """Mock-only: what the pytest fixtures do about faults that were armed and did not happen."""

    hints: bool = True
    """Mock-only: whether refusals carry the header `x-mockwise-reason`."""

    journal_size: int = 10_000
    """Mock-only: how many exchanges are kept; the oldest leave first."""

    journal_bytes: int = 64 * 1024 * 1024
    """Mock-only: how many bytes they take at most, roughly."""

    scenario: tuple[str, ...] = ()
    """Mock-only: what is played when the sandbox is made and when it is reset."""

    strict: bool = False
    """DOCUMENTED, docs/wise/lifetimes-and-formats.md#formats: callers must not assume size or format of a token. RFC 6749 section 5.1: they must ignore
    members that they do not know. RFC 8259 section 4: an object has no order."""

    seed: int = 0
    """Mock-only: repeats what the strict profile and the scenarios draw, exactly."""
