"""How a sandbox behaves where Wise leaves room: figures, formats and the switches for what is UNKNOWN.

Each field names its source in the fact sheet; the defaults stand here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

TokenFormat = Literal["jwt", "uuid", "random"]
TokenRepeat = Literal["new", "reuse", "replace"]
LONGEST_JOURNAL = 10_000_000  # exchanges

MTLS = Literal["required", "optional"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The switches of one sandbox."""

    token_lifetime: timedelta = timedelta(hours=12)
    """DOCUMENTED, facts 2: 12 hours "by default"."""

    token_format: TokenFormat = "jwt"  # noqa: S105  because it names a format
    """DOCUMENTED, facts 2: Wise's sandbox gives JWTs since June 2026; UUIDs end on 2027-01-07."""

    token_repeat: TokenRepeat = "new"  # noqa: S105  because it names a policy
    """UNKNOWN, facts 2: what a repeated `client_credentials` call does. `new`: all stay valid. `reuse`: the same
    token with a falling `expires_in`. `replace`: the new one kills the old."""

    mtls: MTLS = "required"
    """DOCUMENTED, facts 3.2: enforced per partner, for all endpoints. `optional`: not yet switched on."""

    foreign_certificate: Literal["refuse", "accept"] = "refuse"
    """UNKNOWN, facts 3.4: whether a certificate whose common name is another client's is refused (401)."""

    certificate_clock: Literal["real", "sandbox"] = "real"
    """Mock-only: `sandbox` also judges the peer certificate's dates by the sandbox's clock, above TLS."""

    missing_authorization: Literal["invalid", "unauthorized"] = "invalid"
    """UNKNOWN, facts 1.4 and 5.1: the answer to a call without `Authorization`. `invalid`: `invalid_client` at the
    token endpoint, `invalid_token` at the API. `unauthorized`: Spring's older body, documented in 2020."""

    hints: bool = True
    """Mock-only: whether refusals carry the header `x-mockwise-reason`."""

    journal_size: int = 10_000
    """Mock-only: how many exchanges are kept; the oldest leave first."""
