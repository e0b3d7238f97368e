"""The kinds of bearer token."""

from __future__ import annotations

from typing import Literal

TokenKind = Literal["client_credentials", "user", "personal"]
"""Facts 6.1."""
