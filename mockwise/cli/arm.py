"""`mockwise arm` and `disarm`: arms faults in a sandbox, lists the kinds, disarms them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.text import Text

from mockwise.cli import output
from mockwise.cli.app import commands
from mockwise.cli.control import Control, Json, with_control
from mockwise.cli.output import AsJson
from mockwise.faults.declaration import FaultField, describe, summarize
from mockwise.faults.kinds import FAULTS, Fault
from mockwise.faults.syntax import read_words, spell_words
from mockwise.journal.lines import printable

app = commands()

_EXAMPLES = (
    "respond status=503 retry_after=5 times=2 path=/oauth/token",
    "too-many-requests as_date=true path='/v1/*'",
    "delay seconds=0.2 sigma=0.5 lasts=15m",
    "drop at=body share=0.2 seed=7",
    "spoil-token without=expires_in,scope",
    "spoil-token expires_in='\"43199\"'",
    "revoke-token uses=3",
)
_SHARED = "All of them"


@app.command()
@with_control
def arm(
    mock: Control,
    *,
    fault: Annotated[
        str | None,
        typer.Argument(metavar="FAULT", help="Which; without it, all are told.", show_default=False),
    ] = None,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE", help="What is said of it.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Arm a fault, or tell those there are: mockwise arm respond status=503 times=2."""
    if fault is None:
        if as_json:
            output.print_json({kind.name: _help_as_json(kind) for kind in FAULTS})
        else:
            _print_kinds()
        return
    armed = mock.do("/faults", read_words(fault, words or ()))
    if as_json:
        output.print_json(armed)
    for it in armed["faults"] if not as_json else ():
        output.line(printable(f"armed as number {it['number']}: {spell_words(it['fault'])}"))


@app.command()
@with_control
def disarm(
    mock: Control,
    *,
    number: Annotated[
        int | None,
        typer.Argument(
            metavar="NUMBER", help="As `mockwise status` shows it; without it, all.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Disarm a fault, or all."""
    done = mock.delete("faults") if number is None else mock.delete("faults", str(number))
    if as_json:
        output.print_json(done)
    else:
        output.line("disarmed " + ("1 fault" if done["disarmed"] == 1 else f"{done['disarmed']} faults"))


def fault_row(it: Json) -> tuple[str | Text, ...]:
    """The row of an armed fault in a table of `status`."""
    often = f"{it['happened']} of {it['limit']}" if it["limit"] else f"{it['happened']} times"
    ended = "disarmed" if it["disarmed"] else "spent"
    state = Text(ended, "dim") if it["spent"] else Text("armed", "yellow")
    return str(it["number"]), state, often, spell_words(it["fault"]) + (" when=..." if it["when"] else "")


def _help_as_json(kind: type[Fault]) -> Json:
    return {
        "story": _sentence(kind),
        "fields": {it.name: _meaning(it) for it in describe(kind) if it.in_tables},
    }


def _sentence(kind: type[Fault]) -> str:
    return summarize(kind).replace("`", "")


def _print_kinds() -> None:
    for kind in FAULTS:
        _print_fields(kind.name, _sentence(kind), [it for it in describe(kind) if it.is_own])
    _print_fields(
        _SHARED,
        "Which requests they are for, and how often they happen: once, unless it is said.",
        [it for it in describe(Fault) if it.in_tables],
    )
    output.line(Text("Examples", "bold"))
    for example in _EXAMPLES:
        output.line(f"  mockwise arm {example}")


def _print_fields(name: str, sentence: str, fields: Iterable[FaultField]) -> None:
    output.line(Text.assemble((f"{name}  ", "bold"), sentence))
    for it in fields:
        output.line(Text.assemble(f"  {it.name:<13} ", (_meaning(it), "dim")))
    output.line("")


def _meaning(it: FaultField) -> str:
    return f"{'|'.join(it.choices)}: {it.help}" if it.choices else it.help
