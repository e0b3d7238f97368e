"""The actions for faults and scenarios."""

from __future__ import annotations

import shlex

from mockwise.errors import InvalidValueError
from mockwise.faults.scenarios import SCENARIOS, scenario_named
from mockwise.faults.schema import read_fault, write_fault
from mockwise.faults.syntax import spell_words
from mockwise.web.dashboard.action_results import ActionResult
from mockwise.web.dashboard.fault_forms import python_line, read_table
from mockwise.web.dashboard.form_action import FormAction


def scenarios() -> list[tuple[str, str, bool]]:
    """The name of each scenario, its description, and whether it needs a sandbox of its own."""
    return [(it.name, it.story, bool(it.options)) for it in SCENARIOS]


def arm(it: FormAction) -> ActionResult:
    """Arm a fault behind those that are armed already."""
    fault = read_fault(read_table(it.fields))
    (armed,) = it.sandbox.arm(fault)
    table = write_fault(armed.fault)
    return ActionResult(
        said=f"The fault {fault.name} is armed as number {armed.number}.",
        equivalents=it.equivalents(
            "POST",
            "/faults",
            table,
            verb=("arm", *shlex.split(spell_words(table))),
            python=python_line(fault),
        ),
    )


def disarm(it: FormAction) -> ActionResult:
    """Disarm a fault, or all."""
    text = it.text("number")
    if text is None:
        count = it.sandbox.disarm()
        return ActionResult(
            said=f"{count} faults were disarmed." if count != 1 else "One fault was disarmed.",
            equivalents=it.equivalents("DELETE", "/faults", verb=("disarm",), python="box.disarm()"),
        )
    if not text.isdecimal():
        raise InvalidValueError("number: write the number of a fault, as the list shows it")
    it.sandbox.disarm(int(text))
    return ActionResult(
        said=f"The fault number {int(text)} is disarmed.",
        equivalents=it.equivalents(
            "DELETE", f"/faults/{int(text)}", verb=("disarm", text), python=f"box.disarm({int(text)})"
        ),
    )


def play(it: FormAction) -> ActionResult:
    """Begin a scenario: here, or in a sandbox that is made for it if it needs other options."""
    scenario = scenario_named(it.whole("scenario"))
    if not scenario.options:
        it.sandbox.play(scenario.name)
        return ActionResult(
            said=f"The scenario {scenario.name} has begun. {scenario.story}",
            equivalents=it.equivalents(
                "POST", None, {"scenario": [scenario.name]}, python=f"box.play({scenario.name!r})"
            ),
        )
    made = it.mock.sandbox(scenario=[scenario.name])
    return ActionResult(
        said=f"The scenario {scenario.name} has begun in a sandbox of its own, {made.name}: this is it. {scenario.story}",
        equivalents=it.equivalents(
            "POST",
            None,
            {"scenario": [scenario.name]},
            python=f"box = mock.sandbox(scenario={scenario.name!r})",
        ),
        goes_to=made.name,
    )
