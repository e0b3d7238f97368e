"""The text of a token. Nothing here decides whether it is valid: the store does."""

from __future__ import annotations

import os
import secrets
import string
from datetime import datetime
from random import Random
from typing import assert_never

from mockwise.faults.kinds import TokenText
from mockwise.oauth.jose import Signer, write_jwe
from mockwise.oauth.wise_wire import SCOPE
from mockwise.state.options import TokenFormat

# Alphabets that real servers use, all within RFC 6750's b64token; Wise: assume neither size nor format.
_ALPHABETS = (
    string.digits,
    "0123456789abcdef",
    string.ascii_uppercase + "234567",
    string.ascii_letters + string.digits,
    string.ascii_letters + string.digits + "-_",
    string.ascii_letters + string.digits + "-._~+/",
)
_SHORTEST, _LONGEST = 40, 1024
_LONG = 8192
_JWE_LENGTHS = {
    "jwe": (501, 800),
    "long-jwe": (802, 1600),
}  # docs/wise/lifetimes-and-formats.md#formats (6a): "500-800+"; or one less
_FORMATS: tuple[TokenFormat, ...] = ("jwt", "jwe", "uuid", "random")
_ANY = secrets.SystemRandom()


def any_format(draw: Random) -> TokenFormat:
    """A token format, drawn from all of them."""
    return draw.choice(_FORMATS)


def write_token(
    kind: TokenText,
    subject: str,
    issued_at: datetime,
    expires_at: datetime,
    signer: Signer,
    *,
    draw: Random = _ANY,
) -> str:
    """A fresh token text in the format asked for; `draw` has a say in its form, and none in what cannot be guessed."""
    match kind:
        case "uuid":
            return _uuid4()
        case "random":
            return _random(draw)
        case "long":
            return secrets.token_urlsafe(_LONG * 3 // 4)
        case "odd":
            return "".join(_ANY.sample(_ALPHABETS[-1], len(_ALPHABETS[-1]))) + "=="
        case "jwe" | "long-jwe":
            return write_jwe(draw.randint(*_JWE_LENGTHS[kind]))
        case "jwt":
            return signer.sign(subject, _uuid4(), SCOPE, issued_at, expires_at)
        case never:
            assert_never(never)


def new_refresh_token(kind: TokenFormat, draw: Random = _ANY) -> str:
    """A fresh refresh token: a UUID (OBSERVED, docs/wise/token-endpoint.md#response), or of random length and alphabet where the tokens are."""
    return _random(draw) if kind == "random" else _uuid4()


def new_personal_token() -> str:
    """A fresh personal token: a UUID."""
    return _uuid4()


def _random(draw: Random) -> str:
    alphabet = draw.choice(_ALPHABETS)
    length = draw.randint(_SHORTEST, _LONGEST)
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _uuid4() -> str:
    """What `str(uuid.uuid4())` writes (RFC 9562 section 5.4), at a third of its cost: each token needs it."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
