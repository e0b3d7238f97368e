"""The OAuth grants with which a token is requested (docs/wise/token-endpoint.md#parameters). A grant's fields are what it sends; one without a repr is a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import ClassVar

from mockwise.client.errors import GrantRefused, LinkBroken, TokenError


@dataclass(frozen=True, slots=True)
class Grant:
    """Base class of the grants: the parameters of a token request.

    Raises:
        ValueError: a field is empty.
    """

    grant_type: ClassVar[str]
    names_client: ClassVar[bool] = False
    """Whether the client's id is in the form too."""
    replaces: ClassVar[bool] = False
    """Whether a new token by this grant ends the one before."""
    refusals: ClassVar[Mapping[str, tuple[type[TokenError], str]]] = {}
    """The error codes that mean this grant itself is no good: the class of the error, and what to do."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value:
                raise ValueError(f"{name}: at least one character")

    def form(self, client_id: str) -> dict[str, str]:
        """The body of the token request."""
        named = {"client_id": client_id} if self.names_client else {}
        return {"grant_type": self.grant_type} | named | asdict(self)

    @property
    def secrets(self) -> list[str]:
        """The values that no message may show."""
        return [getattr(self, one.name) for one in fields(self) if not one.repr]


@dataclass(frozen=True, slots=True)
class ClientCredentials(Grant):
    """The grant of a client that asks in its own name."""

    grant_type: ClassVar[str] = "client_credentials"


@dataclass(frozen=True, slots=True)
class AuthorizationCode(Grant):
    """The code that came back to `redirect_uri` from the user's consent: good once, for half an hour (docs/wise/lifetimes-and-formats.md#lifetimes)."""

    grant_type: ClassVar[str] = "authorization_code"
    names_client: ClassVar[bool] = True
    refusals: ClassVar[Mapping[str, tuple[type[TokenError], str]]] = {
        "invalid_grant": (
            GrantRefused,
            (
                "the code is wrong, over or used up, or was made for another redirect_uri; "
                "send the user to the authorization page again"
            ),
        )
    }

    code: str = field(repr=False)
    redirect_uri: str
    """As it was registered with Wise, to the letter, query and all."""


@dataclass(frozen=True, slots=True)
class RegistrationCode(Grant):
    """The code that the partner invented at the signup of a user: good until the user takes the account over."""

    grant_type: ClassVar[str] = "registration_code"
    names_client: ClassVar[bool] = True
    refusals: ClassVar[Mapping[str, tuple[type[TokenError], str]]] = {
        "invalid_grant": (
            GrantRefused,
            (
                "the e-mail address or the registration code is wrong, or the user has taken the account over; "
                "then send the user to the authorization page"
            ),
        )
    }

    email: str = field(repr=False)
    registration_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefreshToken(Grant):
    """The refresh token of a user who has linked the account. At Wise each use ends the access token before, and it stays the same (docs/wise/token-endpoint.md#response and docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""

    _broken: ClassVar[tuple[type[TokenError], str]] = (
        LinkBroken,
        (
            "the refresh token is dead, and the user's link with it; ask the user to link the account again "
            "(UserAuth.relink() takes the new refresh token)"
        ),
    )
    grant_type: ClassVar[str] = "refresh_token"
    replaces: ClassVar[bool] = True
    refusals: ClassVar[Mapping[str, tuple[type[TokenError], str]]] = {
        "invalid_grant": _broken,
        "invalid_token": _broken,
    }

    refresh_token: str = field(repr=False)
