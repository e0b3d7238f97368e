"""Taking secrets out of a report. In a process of its own, because rules are imported by their own pytest only."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.contract.contract_results import RULES

CODE = (
    "import sys; from contract.recorder import mask; sys.stdout.write(mask(sys.argv[1], set(sys.argv[2:])))"
)


@pytest.mark.parametrize(
    ("text", "secrets", "masked"),
    [
        ("nothing to hide", ["0123456789"], "nothing to hide"),
        ("it is 0123456789.", ["0123456789"], "it is ***."),
        ("it is 01234567...", ["0123456789"], "it is ***..."),
        ("it is ...3456789", ["0123456789"], "it is ...3456789"),  # seven characters are not enough to tell
        ("short pass, long 0123456789", ["pass", "0123456789"], "short ***, long ***"),
        ("0123456789 twice 0123456789", ["0123456789"], "*** twice ***"),
    ],
)
def test_whole_secrets_and_telling_parts_are_masked(text: str, secrets: list[str], masked: str) -> None:
    """What pytest shows is shortened, so that parts are left."""
    command = [sys.executable, "-c", CODE, text, *secrets]
    ended = subprocess.run(command, cwd=RULES.parent, capture_output=True, text=True, check=True)
    assert ended.stdout == masked
