"""A token as the server gave it, and how long it may be used.

Nothing is assumed of a token's length or format, as Wise asks (docs/wise/lifetimes-and-formats.md#formats), but that it fits into a header.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")  # RFC 6749 appendix A.12, without the space: RFC 6750 §2.1


@dataclass(frozen=True, slots=True)
class Token:
    """A token with what the token endpoint said of it (docs/wise/token-endpoint.md#response); what the server left out, or sent as nonsense, is None.

    Only the tokens of users have a refresh token and `created_at`. The refresh token must be kept by the application,
    as carefully as a password; all else may be asked for again.
    """

    access_token: str = field(repr=False)
    token_type: str = "bearer"
    expires_in: int | None = None
    """Whole seconds, counted from the request."""
    scope: str | None = None
    expires_at: datetime | None = None
    created_at: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_token_expires_in: int | None = None
    """Whole seconds, counted from the request."""
    refresh_token_expires_at: datetime | None = None

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read the JSON of an answer; unknown fields are ignored (RFC 6749 §5.1).

        Raises:
            ValueError: there is no token in it, or none that can be sent as a bearer token.
        """
        if not isinstance(answer, dict):
            raise ValueError("it is not a JSON object")  # noqa: TRY004  because it is a value from outside
        text, kind = answer.get("access_token"), answer.get("token_type", "bearer")
        if not isinstance(text, str) or not text:
            raise ValueError("it has no access_token")
        if not _HEADER_SAFE.fullmatch(text):
            raise ValueError("its access_token has characters that no header may carry")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise ValueError("its token_type is not bearer, and a token of another type must not be used")
        scope, refresh_token = answer.get("scope"), answer.get("refresh_token")
        return cls(
            access_token=text,
            token_type=kind,
            expires_in=_seconds(answer.get("expires_in")),
            scope=scope if isinstance(scope, str) else None,
            expires_at=_instant(answer.get("expires_at")),
            created_at=_instant(answer.get("created_at")),
            refresh_token=refresh_token if isinstance(refresh_token, str) and refresh_token else None,
            refresh_token_expires_in=_seconds(answer.get("refresh_token_expires_in")),
            refresh_token_expires_at=_instant(answer.get("refresh_token_expires_at")),
        )


@dataclass(frozen=True, slots=True)
class CachedToken:
    """A token and when to renew it. Both times are on the client's clock; None if unknown until a 401 comes."""

    token: Token
    renew_at: float | None
    ends_at: float | None

    @classmethod
    def of(cls, token: Token, sent_at: float, leeway: float | None) -> Self:
        """The token of a request that was sent at `sent_at`.

        Its time runs from when the request was sent, because the server began to count before it answered. The
        leeway is at most half of what is left, so that a token that lives shorter than the leeway is used at all;
        None: a fifth.
        """
        if token.expires_in is not None:
            ends_at = sent_at + token.expires_in
        else:
            ends_at = sent_at if token.expires_at is None else token.expires_at.timestamp()
        if ends_at <= sent_at:  # unknown; or our clock, or theirs, is wrong
            return cls(token, None, None)
        return cls(token, ends_at - _bounded(leeway, ends_at - sent_at), ends_at)

    @classmethod
    def kept(cls, token: Token, now: float, leeway: float | None) -> Self:
        """A token that an application had stored for an unknown time: its own `expires_at` says when it ends.

        Without one it is taken for new; if it is not, a 401 will show it.
        """
        if token.expires_at is None:
            return cls.of(token, now, leeway)
        ends_at = token.expires_at.timestamp()
        life = ends_at - now if token.expires_in is None else token.expires_in
        return cls(token, ends_at - _bounded(leeway, life), ends_at)

    def fresh(self, now: float) -> bool:
        """Whether it need not be renewed yet."""
        return self.renew_at is None or now < self.renew_at

    def alive(self, now: float) -> bool:
        """Whether it can still be used, though it is time to renew it."""
        return self.ends_at is None or now < self.ends_at

    def postponed(self, now: float) -> CachedToken:
        """The same token, to be renewed after half of the time that is left, because a renewal has just failed."""
        return CachedToken(
            self.token, None if self.ends_at is None else (now + self.ends_at) / 2, self.ends_at
        )


def _bounded(leeway: float | None, life: float) -> float:
    """How long before its end a token of such a life is renewed (docs/wise/lifetimes-and-formats.md#storage, D26o: when 80 % of it has elapsed)."""
    return life / 5 if leeway is None else min(leeway, life / 2)


def _seconds(value: object) -> int | None:
    """A lifetime: a positive number, also as a string, as some servers send it."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return int(number) if math.isfinite(number) and number >= 1 else None


def _instant(value: object) -> datetime | None:
    """An ISO 8601 timestamp with a zone."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None
