"""Checks of the client id and the secret: what is odd about their form. No text repeats a part of the secret."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mockwise.doctor.check import Check, failed, passed

_QUOTED = re.compile(r"([\"'`]).*\1", re.DOTALL)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_VARIABLE = re.compile(r"\$\{?\w+\}?")


def examine_credentials(
    client_id: str | None, secret: str | None, owner: str | None, sources: tuple[str, str]
) -> Iterator[Check]:
    """Check id and secret.

    Args:
        client_id: the id.
        secret: the secret.
        owner: the common name of the client certificate, if there is one.
        sources: the options or variables that id and secret came from.
    """
    yield _id(client_id, secret, owner, sources[0])
    yield _secret(client_id, secret, sources[1])


def _id(client_id: str | None, secret: str | None, owner: str | None, source: str) -> Check:
    code = "client.id"
    if not client_id:
        return failed(code, "no client id was given", f"set {source}")
    if ":" in client_id:
        cause = "the client id has a colon, which HTTP Basic cannot carry (RFC 7617 section 2)"
        return failed(code, cause, f"copy the id anew into {source}")
    if not client_id.isprintable() or " " in client_id or client_id.strip("\"'") != client_id:
        cause = "the client id has a blank, a line break, a quote or a character that cannot be seen"
        return failed(code, cause, f"copy the id anew into {source}", presumed=True)
    if owner is not None and owner == secret:
        cause = "the secret is the common name of the certificate: id and secret are swapped"
        return failed(code, cause, "swap the two", presumed=True)
    return passed(code, f"{client_id!r}")


def _secret(client_id: str | None, secret: str | None, source: str) -> Check:
    code = "client.secret"
    if not secret:
        return failed(code, "no secret was given", f"set {source}")
    odd = [it for it in _ODDITIES if it.applies(secret, client_id or "")]
    if not odd:
        return passed(code, "nothing about its form is odd")
    remedy = f"if it was not made so, set {source} anew: {'; '.join(it.remedy for it in odd)}"
    return failed(code, f"the secret {', '.join(it.said for it in odd)}", remedy, presumed=True)


@dataclass(frozen=True)
class _Oddity:
    """Something odd about a secret: whether it is so, what is said, and what to do. It gets secret and client id."""

    applies: Callable[[str, str], bool]
    said: str
    remedy: str


_ODDITIES = (
    _Oddity(
        lambda secret, _: secret[-1] in "\r\n",
        "ends in a line break",
        "read it from its file with $(cat FILE), which leaves line breaks away",
    ),
    _Oddity(
        lambda secret, _: secret[-1] not in "\r\n" and secret.strip() != secret,
        "begins or ends in white space",
        "leave that away",
    ),
    _Oddity(
        lambda secret, _: any(sign.isspace() for sign in secret.strip()),
        "has a blank or a line break within",
        "copy nothing but the secret",
    ),
    _Oddity(
        lambda secret, _: any(not sign.isprintable() and not sign.isspace() for sign in secret),
        "has a character that cannot be seen",
        "copy it as plain text",
    ),
    _Oddity(
        lambda secret, _: _QUOTED.fullmatch(secret.strip()) is not None,
        "stands in quotes",
        "leave them away: files for variables, such as Docker's, keep them",
    ),
    _Oddity(
        lambda secret, _: _PERCENT.search(secret) is not None,
        "looks percent-encoded",
        "decode it: HTTP Basic takes it as it is",
    ),
    _Oddity(
        lambda secret, _: not secret.isascii(),
        "is not ASCII",
        "see that every program sends it in UTF-8",
    ),
    _Oddity(
        lambda secret, _: _VARIABLE.fullmatch(secret.strip()) is not None,
        "is the name of a variable",
        "let the shell put in its value: no single quotes around it",
    ),
    _Oddity(
        lambda secret, client_id: secret.strip() == client_id,
        "is the client id",
        "the secret stands beside the id in Developer Hub",
    ),
    _Oddity(
        lambda secret, client_id: _is_basic(secret.strip(), client_id),
        "is id and secret together, as HTTP Basic sends them",
        "take what follows the colon after base64 -d",
    ),
)


def _is_basic(text: str, client_id: str) -> bool:
    try:
        return b64decode(text.removeprefix("Basic "), validate=True).startswith(f"{client_id}:".encode())
    except ValueError:  # also of text that is not ASCII
        return False
