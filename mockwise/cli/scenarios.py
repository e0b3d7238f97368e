"""`mockwise scenarios`: lists the scenarios, with what happens in each."""

from __future__ import annotations

import textwrap
from datetime import timedelta

from rich.text import Text

from mockwise.cli import output
from mockwise.cli.app import commands
from mockwise.cli.output import AsJson
from mockwise.common.durations import spell
from mockwise.faults.scenarios import SCENARIOS, Scenario

app = commands()

_WIDTH = 88


@app.command()
def scenarios(*, as_json: AsJson = False) -> None:
    """Tell the scenarios that `--scenario` of serve and run takes: what happens, and what a client must do."""
    if as_json:
        listed = [{"name": it.name, "story": it.story, "options": _options(it)} for it in SCENARIOS]
        output.print_json({"scenarios": listed})
        return
    for it in SCENARIOS:
        output.line(Text(it.name, "bold"))
        for line in textwrap.wrap(it.story, _WIDTH):
            output.line(f"  {line}")
        if it.options:
            said = ", ".join(f"{name} {value}" for name, value in _options(it).items())
            output.line(Text(f"  It sets {said}.", "dim"))


def _options(it: Scenario) -> dict[str, str]:
    return {
        name: spell(value) if isinstance(value, timedelta) else str(value)
        for name, value in it.options.items()
    }
