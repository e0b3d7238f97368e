"""The name by which a secret text may be kept and shown: tokens and codes are known by it, their texts kept nowhere."""

from __future__ import annotations

import hashlib


def digest_of(text: str) -> str:
    """128 bits of the text's SHA-256, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
