"""The environment of this process, for the commands that hand it on. Options are read from it by Typer alone."""

from __future__ import annotations

import os


def environment() -> dict[str, str]:
    """A copy of this process's environment variables."""
    return dict(os.environ)
