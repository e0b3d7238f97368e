"""Reads and checks values of options, and words the messages about those that cannot be used."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from mockwise.errors import InvalidValueError
from mockwise.faults.base import Fault
from mockwise.state.stubs import Stub, make_stub
from mockwise.state.users import UserSpec, is_address

_HOST_NAME = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*")
_LONGEST_HOST_NAME = 253
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 section 2.1


def check_host(host: str) -> str:
    """Let a host name or address through.

    Raises:
        InvalidValueError: it is none.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if len(host) > _LONGEST_HOST_NAME or not _HOST_NAME.fullmatch(host):
            raise InvalidValueError(
                "write a host name or an address, without https:// and without a port"
            ) from None
    return host


def check_control_token(token: str) -> str:
    """Let a token through that a header can carry.

    Raises:
        InvalidValueError: it is none.
    """
    if not _BEARER.fullmatch(token):
        raise InvalidValueError(
            "write a token of letters, digits and -._~+/= without blanks, so that a header can carry it"
        )
    return token


def number(value: object) -> object:
    """Digits as a number, since a flag or a variable is text."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def check_user_specs(specs: tuple[UserSpec, ...]) -> tuple[UserSpec, ...]:
    """Return the users to make; raise for addresses that cannot be used.

    Raises:
        InvalidValueError: an address is none, or two have the same.
    """
    for spec in specs:
        if not is_address(spec.email):
            raise InvalidValueError(f"an e-mail address has an @ with text on both sides: {spec.email!r}")
    if len({spec.email.lower() for spec in specs}) < len(specs):
        raise InvalidValueError("two users have one e-mail address")
    return specs


def read_stubs(value: object) -> object:
    """Answers to operations, from tables.

    Raises:
        InvalidValueError: one cannot be answered.
    """
    if not isinstance(value, list | tuple):
        raise InvalidValueError(
            "stubs is a list of tables with method, path, and any of status, json, body and headers"
        )
    return tuple(it if isinstance(it, Stub) else _read_stub(it) for it in value)


def read_faults(value: object) -> tuple[Fault, ...]:
    """Faults to arm: one or a list, each a fault or its table.

    Raises:
        InvalidValueError: one cannot be armed.
    """
    from mockwise.faults.schema import read_faults as read  # noqa: PLC0415  because most mocks are made without

    return read(value)


def _read_stub(table: object) -> Stub:
    allowed = ("method", "path", "status", "json", "body", "headers")
    if not (isinstance(table, dict) and {"method", "path"} <= set(table) <= set(allowed)):
        raise InvalidValueError(
            f"a stub is a table with method, path, and any of status, json, body and headers; {_given(table)}"
        )
    try:
        return make_stub(**table)
    except (TypeError, AttributeError):
        raise InvalidValueError(
            f"in a stub, status is a number, headers a table of texts, the rest text; {_given(table)}"
        ) from None


def _given(table: object) -> str:
    """What was given instead, without values: they may be secrets."""
    if isinstance(table, dict):
        return f"this one has {', '.join(map(str, table)) or 'nothing'}"
    return f"this is a {type(table).__name__}"


def read_user_spec(value: object) -> object:
    """Let the table of a user through.

    Raises:
        InvalidValueError: it has a key that users have not.
    """
    known = {field.name for field in fields(UserSpec)}
    if isinstance(value, dict) and not set(value) <= known:
        raise InvalidValueError(f"a user has {', '.join(sorted(known))}; {_given(value)}")
    return value


def one_or_more(value: object) -> object:
    """A single text as a list of it, so that a list of one may be written plainly."""
    return (value,) if isinstance(value, str) else value


def problem(found: Mapping[str, Any], known: list[str], secret: Collection[str]) -> tuple[str, str]:
    """An option that cannot be used, as pydantic reports it: its name, and a sentence that says what is allowed.

    Values of the options in `secret` are not quoted.
    """
    name, place = str(found["loc"][0]), ".".join(map(str, found["loc"]))
    if found["type"] == "extra_forbidden":
        return name, unknown(place, known, "option")
    if found["type"] == "value_error":  # a validator of ours, whose sentence says all
        return name, f"{place}: {found['msg'].removeprefix('Value error, ')}"
    return name, f"{place}: {found['msg']}" + ("" if name in secret else f" (given: {found['input']!r})")


def unknown(name: str, known: list[str], what: str) -> str:
    """A sentence on a name that is none, with the one that was meant, or all there are."""
    near = difflib.get_close_matches(name, known, 1)
    return f"there is no {what} {name!r}. " + (
        f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}"
    )
