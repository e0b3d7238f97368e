"""Every rule. A new one is a function with its citation in one of the modules here."""

from __future__ import annotations

from mockwise.audit.findings import Rule
from mockwise.audit.rules import connecting, ending, holding, linking, retrying, secrecy

_THEMES = (holding, ending, linking, retrying, secrecy, connecting)

RULES: tuple[Rule, ...] = tuple(
    it for theme in _THEMES for it in vars(theme).values() if isinstance(it, Rule)
)
