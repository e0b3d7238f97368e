"""`mockwise scenarios`, and scenarios and the strict profile at the command line."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from mockwise.faults.scenarios import SCENARIOS
from tests.cli.processes import fail, mockwise, served, succeed


def test_the_stories_are_told() -> None:
    """One after the other, wrapped, each with what it sets; for programs as JSON."""
    told = succeed("scenarios")
    assert [line for line in told.splitlines() if not line.startswith(" ")] == [it.name for it in SCENARIOS]
    assert "  It sets token_lifetime 1m.\n" in told
    assert max(map(len, told.splitlines())) <= 90
    listed = json.loads(succeed("scenarios", "--json"))["scenarios"]
    assert [(it["name"], it["story"]) for it in listed] == [(it.name, it.story) for it in SCENARIOS]
    assert {"token_lifetime": "1m"} in [it["options"] for it in listed]
    assert {"rate_limit": "documented"} in [it["options"] for it in listed]


def test_serve_plays_them_and_says_so(tmp_path: Path) -> None:
    """The flag may be repeated; the greeting has the stories, and the seed of what is strict."""
    options = ("--certs", str(tmp_path / "certs"), "--scenario", "outage", "--scenario", "short-lived")
    with served(tmp_path, *options, "--strict", "--seed", "7") as mock:
        assert [mock.ask().status_code for _ in range(2)] == [503, 503]
        assert mock.lines("scenario      outage  The token endpoint is down")
        assert mock.lines("scenario      short-lived  ")
        assert mock.lines("strict        --seed 7 repeats it exactly")
        assert mock.stop() == 0
    assert "Did you mean 'outage'?" in fail("serve", "--scenario", "outrage")


def test_run_draws_a_seed_and_tells_it() -> None:
    """Beside the output, so that it is there when the command has failed."""
    command = (sys.executable, "-c", "print('done')")
    done = mockwise("run", "--audit", "off", "--strict", "--", *command)
    assert done.stdout == "done\n"
    assert re.search(r"^mockwise: strict; --seed \d+ repeats it exactly$", done.stderr, re.MULTILINE)
    assert "seed" not in mockwise("run", "--audit", "off", "--scenario", "flaky", "--", *command).stderr
