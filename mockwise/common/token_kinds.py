"""The kinds of bearer token."""

from __future__ import annotations

from typing import Literal

TokenKind = Literal["client_credentials", "user", "personal"]
"""The kinds that Wise documents (docs/wise/operations.md#token-kinds)."""
