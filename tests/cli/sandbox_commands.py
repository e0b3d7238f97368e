"""Commands that speak to one sandbox, as tests call them."""

from __future__ import annotations

import json
from typing import Any

from mockwise import Sandbox
from tests.cli.processes import fail, succeed


def said(sandbox: Sandbox, *words: str) -> str:
    """What a command prints that speaks to this sandbox."""
    return succeed(*words, environ=sandbox.environ())


def told(sandbox: Sandbox, *words: str) -> Any:
    """The JSON that a command prints."""
    return json.loads(said(sandbox, *words, "--json"))


def refused(sandbox: Sandbox, *words: str, status: int = 2) -> str:
    """The one line with which a command fails."""
    return fail(*words, environ=sandbox.environ(), status=status)
