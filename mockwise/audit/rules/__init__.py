"""Every rule. A new one is a function with its citation in one of the modules here."""

from __future__ import annotations

from mockwise.audit.findings import Rule
from mockwise.audit.rules import leakage, refresh, retrying, tls, token_expiry, token_reuse

_THEMES = (token_reuse, token_expiry, refresh, retrying, leakage, tls)

RULES: tuple[Rule, ...] = tuple(
    it for theme in _THEMES for it in vars(theme).values() if isinstance(it, Rule)
)
