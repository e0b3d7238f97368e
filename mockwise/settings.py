"""Settings: the options of a mock and how they are read. They are those of a sandbox and the mock's own, one field each."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic.fields import FieldInfo

from mockwise.common.urls import check_upstream
from mockwise.common.wording import did_you_mean
from mockwise.errors import InvalidValueError
from mockwise.faults.scenarios import options_of
from mockwise.state.clients import check_client_id, check_secret
from mockwise.state.options import SandboxOptions, item_type, one_or_more
from mockwise.storage.location import check_state

_HOST_NAME = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*")
_LONGEST_HOST_NAME = 253
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 section 2.1


def _check_host(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if len(host) > _LONGEST_HOST_NAME or not _HOST_NAME.fullmatch(host):
            raise InvalidValueError(
                "write a host name or an address, without https:// and without a port"
            ) from None
    return host


def _check_control_token(token: str) -> str:
    if not _BEARER.fullmatch(token):
        raise InvalidValueError(
            "write a token of letters, digits and -._~+/= without blanks, so that a header can carry it"
        )
    return token


Host = Annotated[str, AfterValidator(_check_host)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(SandboxOptions, frozen=True):
    """The options of a mock: its own, and what its sandboxes have unless they are made otherwise."""

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
    control_token: Annotated[str, AfterValidator(_check_control_token)] | None = Field(
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
    handshake_refusals: Literal["alert", "http"] = Field(
        default="alert",
        description="Refuse a missing, expired, not yet valid or revoked client certificate by TLS alert, or by HTTP 401.",
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

    def sandbox_options(self, drawn: int = 0) -> SandboxOptions:
        """The options of a sandbox with these settings; `drawn` is the seed of a strict one that was given none.

        What a scenario needs is so unless it was said otherwise.
        """
        own = {name: getattr(self, name) for name in SandboxOptions.model_fields}
        needed = options_of(self.scenario)
        own |= {name: value for name, value in needed.items() if name not in self.model_fields_set}
        if self.seed is None:
            own["seed"] = drawn if self.strict else 0
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


OPTIONS: Mapping[str, FieldInfo] = {
    name: Settings.model_fields[name]
    for name in sorted(Settings.model_fields, key=SandboxOptions.model_fields.__contains__)
}
"""All options of a mock by their names, in the order in which help and documents list them: its own come first."""

FILE_OPTIONS = frozenset(name for name, option in OPTIONS.items() if item_type(option) not in {None, str})
"""The options that are lists of tables: a settings file, Python and the control API have them, flags do not."""

SANDBOX_OPTIONS = frozenset({"client_id", "client_secret", *SandboxOptions.model_fields})
"""The options that a sandbox may have otherwise than its mock."""

_PLACES = {name: place for place, name in enumerate(OPTIONS)}
_SECRET = frozenset(name for name, option in OPTIONS.items() if not option.repr)


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
            hint = "It belongs to the whole mock: in pytest, take mockwise_own. " if name in OPTIONS else ""
            raise InvalidValueError(f"{hint}{_unknown(name, SANDBOX_OPTIONS, 'option of a sandbox')}")
    # What is said of the sandbox wins over what its scenario needs, and that over what is said of the mock.
    needed = options_of(
        read_settings({"scenario": changes["scenario"]}).scenario if "scenario" in changes else ()
    )
    return settings.but({"client_id": None, "client_secret": None, **needed, **changes})


def _problems(error: ValidationError) -> list[tuple[str, str]]:
    """What cannot be used, in the order in which help lists the options."""
    found = [_problem(it) for it in error.errors()]
    return sorted(found, key=lambda it: _PLACES.get(it[0], len(_PLACES)))


def _problem(found: Mapping[str, Any]) -> tuple[str, str]:
    """An option that cannot be used, as pydantic reports it: its name, and a sentence that says what is allowed."""
    name, place = str(found["loc"][0]), ".".join(map(str, found["loc"]))
    if found["type"] == "extra_forbidden":
        return name, _unknown(place, OPTIONS, "option")
    if found["type"] == "value_error":  # a validator of ours, whose sentence says all
        return name, f"{place}: {found['msg'].removeprefix('Value error, ')}"
    return name, f"{place}: {found['msg']}" + ("" if name in _SECRET else f" (given: {found['input']!r})")


def _unknown(name: str, known: Collection[str], what: str) -> str:
    return f"there is no {what} {name!r}. {did_you_mean(name, sorted(known))}"
