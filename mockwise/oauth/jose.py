"""The token formats `jwt` and `jwe`. The one file of `oauth` that knows the JOSE library.

The sample in Wise's migration guide is a readable three-part JWT with the header
`{"alg":"RS256","enc":"A256GCM","typ":"JWT"}` and a payload that begins with `sub`, `iss`. The prose says
"encrypted"; the sample is not. The rest of the claims is not known and is ours.

The same guide says that a JWE, an encrypted token, commonly has five parts (docs/wise/lifetimes-and-formats.md#formats ). Nobody but Wise could
decrypt one, so the parts of ours behind the header are random bytes of the right lengths: the store says whether a
token is valid.
"""

from __future__ import annotations

import json
import os
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jws
from joserfc.jwk import RSAKey

_HEADER = {"alg": "RS256", "enc": "A256GCM", "typ": "JWT"}
# The library refuses header names that are not of a signature; Wise's `enc` is one.
_REGISTRY = jws.JWSRegistry(strict_check_header=False)
_KEY_BITS = 2048
# Wise's own API for encrypted payloads takes these (docs/wise/beyond-the-token.md#jose); of its tokens' header no sample is known.
_JWE_HEADER = b'{"alg":"RSA-OAEP-256","enc":"A256GCM","cty":"JWT"}'
_JWE_IV, _JWE_TAG = 12, 16  # bytes, RFC 7518 section 5.3


def new_key_pem() -> bytes:
    """A new RSA private key in PEM; takes some 0.1 s."""
    return bytes(RSAKey.generate_key(_KEY_BITS, auto_kid=False).as_pem(private=True))


class Signer:
    """Signs with a key that is made or read when first needed, once."""

    def __init__(self, key_pem: Callable[[], bytes] = new_key_pem) -> None:
        self._key_pem = key_pem
        self._key: RSAKey | None = None
        self._lock = threading.Lock()

    def key(self) -> RSAKey:
        """The signing key; whoever comes first waits for it.

        Raises:
            ValueError: what was read is no RSA key without a password.
        """
        with self._lock:
            if self._key is None:
                self._key = _read(self._key_pem())
            return self._key

    def sign(self, subject: str, token_id: str, scope: str, issued_at: datetime, expires_at: datetime) -> str:
        """A signed JWT in compact serialization."""
        claims = {
            "sub": subject,
            "iss": "mockwise",
            "iat": int(issued_at.timestamp()),
            "exp": int(expires_at.timestamp()),
            "jti": token_id,
            "scope": scope,
        }
        payload = json.dumps(claims, separators=(",", ":"))
        return jws.serialize_compact(_HEADER, payload, self.key(), registry=_REGISTRY)


def write_jwe(length: int) -> str:
    """What looks like a JWE in compact serialization (RFC 7516 section 7.1), of so many characters, or one less.

    It is not encrypted, and none shorter than 460 characters can be written.
    """
    fixed = [_JWE_HEADER, *(os.urandom(size) for size in (_KEY_BITS // 8, _JWE_IV))]
    end = os.urandom(_JWE_TAG)
    around = len(".".join(map(_base64url, [*fixed, end])))
    text = os.urandom((length - around - 1) * 3 // 4)
    return ".".join(map(_base64url, [*fixed, text, end]))


def _base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _read(pem: bytes) -> RSAKey:
    try:
        # Our own key: whether its numbers make one need not be tried at each start, which takes 40 ms.
        key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")  # noqa: TRY004  because the file's content is wrong, not a caller's type
    return RSAKey(key, key)  # as import_key() makes it, which takes such a key in newer versions only
