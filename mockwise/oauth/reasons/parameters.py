"""Why the value of a parameter is not the one that was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from urllib.parse import SplitResult, unquote, urlsplit

from mockwise.oauth.reasons.placeholders import placeholder
from mockwise.oauth.reasons.text_variants import readings
from mockwise.oauth.reasons.tokens import misread
from mockwise.state.sandbox_state import SandboxState

_FEW = 12  # readings that are looked up in the store, which may be another machine
_MOST = 40  # readings that are not
_NOT_SERVED = "This grant_type is not served"
_PORTS = {"http": 80, "https": 443}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NOT_WISES = frozenset({"password", "implicit", "device_code", "token_exchange"})


def unknown_grant_type(text: str, served: Collection[str]) -> str:
    """Why a grant type is not served."""
    these = f"These are: {', '.join(served)}."
    found = misread(text, _FEW, served.__contains__)
    if found is not None:
        return f"{_NOT_SERVED}: it {found.phrase}. Without that it is {found.text}. {found.remedy}"
    plain = re.sub("[^a-z]", "", text.lower())
    for grant in served:
        if plain == grant.replace("_", ""):
            return f"{_NOT_SERVED}: it is spelt otherwise than {grant}; case, blanks and dashes count."
    if text in _NOT_WISES or text.startswith("urn:"):
        return f"{_NOT_SERVED}, nor by Wise. {these}"
    if re.search(r"[;,&=\s]", text):
        return f"{_NOT_SERVED}: it holds more than the name of a grant; parameters are parted by &. {these}"
    word = placeholder(text)
    return f"{_NOT_SERVED}{f': it {word}' if word else ''}. {these}"


def other_client_id(text: str, client_id: str) -> str:
    """Why the `client_id` in the body is not the user of HTTP Basic."""
    found = misread(text, _FEW, client_id.__eq__)
    if found is not None:
        return f"The client_id in the body is not the user of HTTP Basic: it {found.phrase}. {found.remedy}"
    return "The client_id in the body is not the user of HTTP Basic. Send the same in both, or leave it out."


def unknown_client_id(sandbox: SandboxState, text: str) -> str:
    """Why no client has this `client_id`."""
    found = misread(text, _FEW, lambda it: sandbox.clients.get(it) is not None)
    if found is not None:
        return f"No client has this client_id: it {found.phrase}. {found.remedy}"
    word = placeholder(text)
    return f"No client has this client_id{f': it {word}' if word else ''}. Check it."


def unknown_email(sandbox: SandboxState, text: str) -> str:
    """Why no user has this e-mail address."""
    found = misread(text, _FEW, lambda it: sandbox.users.of_email(it) is not None)
    if found is not None:
        return f"No user has this e-mail address: it {found.phrase}. {found.remedy}"
    word = placeholder(text)
    return f"No user has this e-mail address{f': it {word}' if word else ''}. Sign the user up first."


def wrong_registration_code(text: str, right: Callable[[str], bool]) -> str:
    """Why the registration code is not that of the signup."""
    words = "The registration code is not the one of this user's signup by this client"
    found = misread(text, _MOST, right)
    if found is not None:
        return f"{words}: it {found.phrase}. {found.remedy}"
    word = placeholder(text)
    return f"{words}{f': it {word}' if word else ''}."


def other_redirect_uri(sent: str, registered: Sequence[str]) -> str | None:
    """In what alone a redirect URI differs from one that would do; None if it is another one altogether."""
    said = (_difference(sent, right) for right in registered)
    return next((it for it in said if it), None)


def _difference(sent: str, right: str) -> str | None:
    if sent.rstrip("/") == right.rstrip("/"):
        return "a slash at the end"
    if sent.casefold() == right.casefold():
        return "upper and lower case"
    found = next((it for it in readings(sent) if it.oddities and it.text == right), None)
    if found is not None:
        return f"that it {found.phrase}"
    if unquote(sent) == unquote(right):
        return "its percent-encoding"
    try:
        one, other = urlsplit(sent), urlsplit(right)
        ports = one.port, other.port
    except ValueError:
        return None
    return _differing_part(one, other, ports)


def _differing_part(one: SplitResult, other: SplitResult, ports: tuple[int | None, int | None]) -> str | None:
    parts = {
        "its scheme": one.scheme != other.scheme,
        "its host": one.hostname != other.hostname,
        "its port": ports[0] != ports[1],
        "its path": one.path != other.path,
        "its query, the order of which counts": one.query != other.query,
        "its fragment, which it must not have": one.fragment != other.fragment,
    }
    differing = [part for part, differs in parts.items() if differs]
    if differing == ["its port"] and {port or _PORTS.get(one.scheme) for port in ports} == {
        _PORTS.get(one.scheme)
    }:
        return "the port of its scheme, which is written out in one of them"
    if differing == ["its host"] and {one.hostname, other.hostname} <= _LOOPBACK:
        return "the name of this machine: localhost is not 127.0.0.1"
    return differing[0] if len(differing) == 1 else None
