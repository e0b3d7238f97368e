"""Reading the `Authorization` header. Says what is there, not whether it is right."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_plus

from mockwise.oauth.reasons.authorization import no_scheme, other_scheme, unreadable_basic


@dataclass(frozen=True, slots=True)
class BasicCredentials:
    """HTTP Basic credentials (RFC 7617), as they came."""

    user: str
    password: str = field(repr=False)

    def form_decoded(self) -> BasicCredentials:
        """User and password form-decoded, for a client that form-encodes them first (RFC 6749 section 2.3.1)."""
        user, password = self.user, self.password
        if not ("%" in password or "+" in password or "%" in user or "+" in user):
            return self
        return BasicCredentials(unquote_plus(self.user), unquote_plus(self.password))


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A bearer token (RFC 6750 section 2.1)."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class InvalidAuthorization:
    """A header that holds no credentials of a known scheme; the problem is a sentence to show."""

    problem: str
    scheme: str
    """The authentication scheme, in lower case; empty if none is named, as when a token is sent alone."""


_LONGEST_CACHED = 4096  # characters; the longest tokens have less than half of it

Credentials = BasicCredentials | BearerToken | InvalidAuthorization | None
"""What the header holds; None if there is none."""


def read_authorization(values: tuple[str, ...]) -> Credentials:
    """The credentials among all values of the header, as they came."""
    if sum(map(len, values)) <= _LONGEST_CACHED:
        return _read_usual(values)
    return _read(values)


def _read(values: tuple[str, ...]) -> Credentials:
    if not values:
        return None
    if len(values) > 1:
        named = next(filter(None, (_split(it)[0] for it in values)), "")
        return InvalidAuthorization("The Authorization header was sent more than once.", named)
    scheme, rest = _split(values[0])
    match scheme:
        case "basic":
            return _read_basic(rest)
        case "bearer":
            return (
                BearerToken(rest)
                if rest
                else InvalidAuthorization("The Authorization header has nothing after Bearer.", scheme)
            )
        case "":
            return InvalidAuthorization(no_scheme(values[0]), scheme)
        case _:
            return InvalidAuthorization(other_scheme(values[0]), scheme)


_read_usual = lru_cache(maxsize=256)(_read)  # a client sends the same header with each call


def _split(value: str) -> tuple[str, str]:
    """The scheme in lower case, and what follows it. One word is a scheme only if it is one of the two in use."""
    first, _, rest = value.strip().partition(" ")
    scheme = first.lower()
    return (scheme if rest or scheme in {"basic", "bearer"} else ""), rest.strip()


def _read_basic(encoded: str) -> BasicCredentials | InvalidAuthorization:
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return InvalidAuthorization(unreadable_basic(encoded), "basic")
    user, colon, password = text.partition(":")
    if not colon:
        return InvalidAuthorization(unreadable_basic(encoded), "basic")
    return BasicCredentials(user, password)
