"""`mockwise arm` and `disarm`: arms faults in a sandbox, lists the kinds, disarms them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

import typer
from rich.text import Text

from mockwise.cli import output
from mockwise.cli.app import commands
from mockwise.cli.control import Control, Json, with_control
from mockwise.cli.output import AsJson
from mockwise.faults.kinds import FAULTS, Fault
from mockwise.faults.syntax import fields_of, read_words, spell_words
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
        kinds = {it.name: it for it in map(_FaultHelp, FAULTS)}
        if as_json:
            output.print_json({name: it.as_dict() for name, it in kinds.items()})
        else:
            _print_kinds(list(kinds.values()))
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


class _FaultHelp:
    """The description of a kind of fault and of its fields."""

    def __init__(self, kind: type[Fault]) -> None:
        self.name = kind.name
        self.sentence = inspect.cleandoc(kind.__doc__ or "").partition("\n")[0].replace("`", "")
        self.fields = {field: _meaning(kind, field) for field in fields_of(kind.name)}

    def as_dict(self) -> Json:
        """The description as JSON shows it."""
        return {"story": self.sentence, "fields": self.fields | dict(_shared())}


def _print_kinds(kinds: list[_FaultHelp]) -> None:
    for it in kinds:
        _print_kind(it.name, it.sentence, it.fields)
    _print_kind(
        _SHARED,
        "Which requests they are for, and how often they happen: once, unless it is said.",
        dict(_shared()),
    )
    output.line(Text("Examples", "bold"))
    for example in _EXAMPLES:
        output.line(f"  mockwise arm {example}")


def _print_kind(name: str, sentence: str, fields: dict[str, str]) -> None:
    output.line(Text.assemble((f"{name}  ", "bold"), sentence))
    for field, meaning in fields.items():
        output.line(Text.assemble(f"  {field:<13} ", (meaning, "dim")))
    output.line("")


def _shared() -> Iterator[tuple[str, str]]:
    for field in get_type_hints(Fault):
        if field not in {"name", "stage", "reach", "when"}:
            yield field, _meaning(Fault, field)


def _meaning(kind: type[Fault], field: str) -> str:
    hint, meaning = get_args(get_type_hints(kind, include_extras=True)[field])
    choices = [
        str(it) for part in (hint, *get_args(hint)) if get_origin(part) is Literal for it in get_args(part)
    ]
    return f"{'|'.join(choices)}: {meaning}" if choices else str(meaning)
