"""Why a token or a code is not known."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress

from mockwise.common.digests import digest_of
from mockwise.oauth.reasons.kinds import kind_of
from mockwise.oauth.reasons.placeholders import placeholder
from mockwise.oauth.reasons.text_variants import Reading, blemish, readings
from mockwise.state.sandbox_state import SandboxState

_FEW = 16  # readings that are looked up in the store, which may be another machine
_UUID_BEGUN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{0,4}(-[0-9a-f]{0,4}){0,2}(-[0-9a-f]{0,11})?", re.IGNORECASE)
_SCHEME = re.compile(r"bearer[\s:]", re.IGNORECASE)
_LAST_PARTS = {3: 342, 5: 22}
"""How long the last part of a whole JWT is at least, by how many it has: an RS256 signature, or a JWE's tag."""

_ELSEWHERE: Mapping[tuple[str, str], str] = {
    (
        "access token",
        "a refresh token",
    ): "Exchange it at the token endpoint (grant_type=refresh_token), and send the "
    "access_token of the answer.",
    (
        "access token",
        "an authorization code",
    ): "Exchange it at the token endpoint (grant_type=authorization_code), and "
    "send the access_token of the answer.",
    (
        "access token",
        "a client secret",
    ): "Exchange it at the token endpoint, by HTTP Basic, and send the access_token of the answer.",
    ("refresh token", "an access token of a user"): "Send the refresh_token that came with it.",
    (
        "refresh token",
        "an access token",
    ): "A client-credentials token has no refresh token: ask for a new one instead.",
    ("refresh token", "an authorization code"): "Exchange it with grant_type=authorization_code.",
    ("authorization code", "a refresh token"): "Send it with grant_type=refresh_token.",
    (
        "authorization code",
        "a claim-account code",
    ): "It goes to the consent page, as claim_account_code; send the code that comes back from there.",
}
"""What to do with one thing in the place of another."""


def unknown_access_token(sandbox: SandboxState, text: str) -> str:
    """Why a bearer token is not known."""
    twice = _SCHEME.match(text)
    why = (
        "Bearer stands twice in the header. Write it once."
        if twice
        else _found(sandbox, "access token", text, lambda it: sandbox.tokens.is_known(digest_of(it)))
        or _gone(sandbox, text)
        or _cut(text)
        or _restarted(text)
    )
    return f"This mock did not issue the access token{_why(why, text, ' Get a new one.')}"


def unknown_refresh_token(sandbox: SandboxState, text: str) -> str:
    """Why a refresh token is not known."""
    why = _found(sandbox, "refresh token", text, lambda it: sandbox.links.of_text(it) is not None) or _cut(
        text
    )
    return f"No such refresh token was given out{_why(why, text)}"


def unknown_code(sandbox: SandboxState, text: str) -> str:
    """Why an authorization code is not known."""
    codes = sandbox.codes
    why = _found(
        sandbox, "authorization code", text, lambda it: codes.of_text("authorization", it) is not None
    )
    return f"No such code was given out{_why(why, text)}"


def unknown_claim_code(sandbox: SandboxState, text: str) -> str:
    """Why a claim-account code is not known."""
    codes = sandbox.codes
    why = _found(sandbox, "claim-account code", text, lambda it: codes.of_text("claim", it) is not None)
    return f"No such claim-account code was given out{_why(why, text)}"


def misread(text: str, most: int, known: Callable[[str], bool]) -> Reading | None:
    """The first reading of a text, but for the text itself, that is known."""
    return next((it for it in readings(text, most) if it.oddities and known(it.text)), None)


def _found(sandbox: SandboxState, role: str, text: str, known: Callable[[str], bool]) -> str | None:
    kind = kind_of(sandbox, text)
    if kind is not None:
        return f"it is {kind}. {_ELSEWHERE.get((role, kind), f'Send the {role}.')}"
    reading = misread(text, _FEW, known)
    if reading is not None:
        return f"it {reading.phrase}. Without that it is known. {reading.remedy}"
    word = placeholder(text)
    return None if word is None else f"it {word}. Look where it is put into the request."


def _gone(sandbox: SandboxState, text: str) -> str | None:
    gone = sandbox.tokens.is_gone(digest_of(text))
    return (
        "it is of a sandbox that was closed or reset. Get a new one from a sandbox that is there."
        if gone
        else None
    )


def _cut(text: str) -> str | None:
    """Whether the end of the token is missing."""
    text = text.strip()
    if _UUID_BEGUN.fullmatch(text):
        return "it is cut short: it begins like a UUID, and its end is missing. Look for a field that is too short."
    parts = text.split(".")
    if not text.startswith("eyJ") or len(parts[-1]) >= _LAST_PARTS.get(len(parts), len(text) + 1):
        return None
    return (
        "it is cut short: it begins like a JWT, and its end is missing. Wise's may have 800 characters and more; look for a "
        "column, a variable or a buffer that is too short."
    )


def _restarted(text: str) -> str | None:
    """Whether mockwise signed the token: then it is of a mock that is gone, or of another one."""
    with suppress(ValueError, IndexError, AttributeError):
        payload = text.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if claims.get("iss") == "mockwise":
            return (
                "a mockwise signed it that was started anew since, without --state, or is another one, or closed or reset "
                "the sandbox. Get a new one."
            )
    return None


def _why(why: str | None, text: str, otherwise: str = "") -> str:
    """What is to be said behind the first words."""
    if why is not None:
        return f": {why}"
    odd = blemish(text)
    return f", or it was forgotten long after its end.{otherwise}" + (
        "" if odd is None else f" Besides, what was sent {odd}."
    )
