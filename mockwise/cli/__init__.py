"""The command line."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run `mockwise`; a mistake of the user's becomes one line and a non-zero status.

    A command begins without garbage collection, until it is imported: what is made meanwhile stays, and to look
    through it again and again is a fifth of the time that it takes.
    """
    gc.disable()
    from mockwise.cli.app import app  # noqa: PLC0415  because `import mockwise.cli` must cost nothing
    from mockwise.core.errors import MockwiseError  # noqa: PLC0415  because of the same

    try:
        app()
    except MockwiseError as error:
        sys.exit(f"mockwise: {error}")
