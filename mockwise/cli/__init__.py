"""The command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `mockwise`; a mistake of the user's becomes one line and a non-zero status."""
    from mockwise.cli.app import app  # noqa: PLC0415  because `import mockwise.cli` must cost nothing
    from mockwise.core.errors import MockwiseError  # noqa: PLC0415  because of the same

    try:
        app()
    except MockwiseError as error:
        sys.exit(f"mockwise: {error}")
