"""Settings: every option of a mock, in one place, validated, with its meaning.

An option is one field here. The command line's flags, the README's table and `MockWise(...)` follow it; tests say
when one of them does not.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mockwise.core.clients import check_client_id, check_secret
from mockwise.core.durations import parse_lifetime
from mockwise.core.errors import BadValue
from mockwise.core.policy import LONGEST_JOURNAL, MTLS, Policy, TokenFormat, TokenRepeat

_BY_DEFAULT = Policy()

Port = Annotated[int, Field(ge=0, le=65535)]


_HOST_NAME = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*")
_LONGEST_HOST_NAME = 253
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 section 2.1


def _check_host(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if len(host) > _LONGEST_HOST_NAME or not _HOST_NAME.fullmatch(host):
            raise BadValue("write a host name or an address, without https:// and without a port") from None
    return host


def _check_control_token(token: str) -> str:
    if not _BEARER.fullmatch(token):
        raise BadValue(
            "write a token of letters, digits and -._~+/= without blanks, so that a header can carry it"
        )
    return token


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Settings(BaseModel):
    """The options of a mock. What a sandbox may have otherwise than its mock is in `SANDBOX_OPTIONS`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", description="Address that the two Wise hosts listen on.")
    public_host: Annotated[
        tuple[Annotated[str, AfterValidator(_check_host)], ...], BeforeValidator(_one_or_more)
    ] = Field(
        default=(),
        description="Name or address under which others reach the mock, for example a container's name. Joins the "
        "server certificate; the first is used in printed URLs. May be repeated.",
    )
    mtls_port: Port = Field(
        default=0, description="Port of the host that asks for client certificates; 0: a free one."
    )
    tls_port: Port = Field(default=0, description="Port of the host that does not; 0: a free one.")
    control_host: str = Field(
        default="127.0.0.1",
        description="Address that the control host listens on; another one than this machine's own needs a token.",
    )
    control_port: Port = Field(default=0, description="Port of the control host; 0: a free one.")
    control_token: Annotated[str, AfterValidator(_check_control_token)] | None = Field(
        default=None,
        description="What the control host asks for as Authorization: Bearer; none: nothing.",
        repr=False,
    )
    certs: Path | None = Field(
        default=None, description="Folder for the authority's files, kept over restarts; none: temporary."
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
        default=_BY_DEFAULT.token_format, description="What a token looks like; random varies at each call."
    )
    token_repeat: TokenRepeat = Field(
        default=_BY_DEFAULT.token_repeat,
        description="What a repeated call does: a new token beside the old, the same again, or a new one that kills it.",
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
    missing_authorization: Literal["invalid", "unauthorized"] = Field(
        default=_BY_DEFAULT.missing_authorization,
        description="The error of a call without Authorization: invalid_client and invalid_token, or Spring's older one.",
    )
    hints: bool = Field(
        default=_BY_DEFAULT.hints, description="Explain each refusal in the header x-mockwise-reason."
    )
    journal_size: Annotated[int, Field(ge=0, le=LONGEST_JOURNAL)] = Field(
        default=_BY_DEFAULT.journal_size, description="How many exchanges a sandbox remembers."
    )
    loop: Literal["auto", "asyncio", "uvloop"] = Field(
        default="auto", description="The event loop; auto: uvloop where it is installed."
    )

    def policy(self) -> Policy:
        """The part that belongs to a sandbox."""
        return Policy(**{field.name: getattr(self, field.name) for field in fields(Policy)})

    def but(self, changes: Mapping[str, Any]) -> Settings:
        """The same with changes.

        Raises:
            BadValue: there is no such option, or its value cannot be used.
        """
        return read_settings({**self.model_dump(exclude_unset=True), **changes})


SANDBOX_OPTIONS = frozenset({"client_id", "client_secret"} | {field.name for field in fields(Policy)})
"""The options that a sandbox may have otherwise than its mock."""


def read_settings(options: Mapping[str, Any]) -> Settings:
    """Validate options.

    Raises:
        BadValue: there is no such option, or its value cannot be used; the message names each and what is allowed.
    """
    try:
        return Settings.model_validate(dict(options))
    except ValidationError as error:
        raise BadValue("; ".join(sentence for _, sentence in _problems(error))) from None


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
        BadValue: an option that a sandbox does not have, or a value that cannot be used.
    """
    for name in changes:
        if name not in SANDBOX_OPTIONS:
            hint = (
                "It belongs to the whole mock: in pytest, take mockwise_own. "
                if name in Settings.model_fields
                else ""
            )
            raise BadValue(hint + _unknown(name, sorted(SANDBOX_OPTIONS), "option of a sandbox"))
    return settings.but({"client_id": None, "client_secret": None, **changes})


def _problems(error: ValidationError) -> list[tuple[str, str]]:
    return [
        (str(e["loc"][0]), _spell(".".join(map(str, e["loc"])), e["type"], e["msg"], e["input"]))
        for e in error.errors()
    ]


def _spell(place: str, kind: str, message: str, given: object) -> str:
    if kind == "extra_forbidden":
        return _unknown(place, sorted(Settings.model_fields), "option")
    if kind == "value_error":  # a validator of ours, whose sentence says all
        return f"{place}: {message.removeprefix('Value error, ')}"
    hidden = "secret" in place or place == "control_token"
    return f"{place}: {message}" + ("" if hidden else f" (given: {given!r})")


def _unknown(name: str, known: list[str], what: str) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"there is no {what} {name!r}. " + (
        f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}"
    )
