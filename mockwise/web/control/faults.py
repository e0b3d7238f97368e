"""The faults of a sandbox: armed, listed and disarmed."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, Field, PlainValidator

from mockwise.faults.kinds import Fault
from mockwise.faults.queue import ArmedFaultRecord
from mockwise.faults.schema import FaultTable, read_faults, write_fault
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.shared import MOST, SANDBOX, Before, Limit, SandboxDep, Time, page_of

router = APIRouter(prefix=f"{SANDBOX}/faults", tags=["faults"], route_class=ListRoute)

_EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "twice 503, then fine": [
        {"fault": "respond", "status": 503, "retry_after": 5, "times": 2, "path": "/oauth/token"}
    ],
    "a token that says odd things of itself": [
        {"fault": "spoil-token", "expires_in": "43199", "without": ["scope"]}
    ],
    "a bad quarter of an hour": [
        {"fault": "delay", "seconds": 0.2, "sigma": 0.5, "lasts": "15m"},
        {"fault": "drop", "at": "body", "share": 0.2, "seed": 7, "lasts": "15m"},
    ],
}

TABLES: Any = FaultTable | list[FaultTable]
"""One fault or a list of them, as the document describes it."""


class FaultView(BaseModel):
    """A fault that is armed, or was."""

    number: int = Field(description="Counts up within the sandbox, from 1: its name.")
    fault: dict[str, Any] = Field(
        description="As it can be armed again.", examples=[{"fault": "respond", "status": 503, "times": 2}]
    )
    when: bool = Field(description="Whether a function in Python has a say too.")
    armed_at: Time = Field(description="On the sandbox's clock.")
    happened: int = Field(description="How often, so far.")
    limit: int | None = Field(description="How often at most; null: there is no end.")
    spent: bool = Field(
        description="Whether it cannot happen any more: it did, its time is over, or it was disarmed."
    )
    disarmed: bool = Field(description="Whether that is because it was disarmed.")

    @classmethod
    def of(cls, it: ArmedFaultRecord) -> Self:
        """The view of a fault's record."""
        return cls(
            number=it.number,
            fault=write_fault(it.fault),
            when=it.fault.when is not None,
            armed_at=it.armed_at,
            happened=it.happened,
            limit=it.fault.limit,
            spent=it.spent,
            disarmed=it.disarmed,
        )


class Faults(BaseModel):
    """Faults of a sandbox, oldest first."""

    count: int = Field(description="How many there are.")
    faults: list[FaultView] = Field(description="The newest of them, oldest first.")


class Disarmed(BaseModel):
    """How many faults were disarmed by a call."""

    disarmed: int = Field(description="How many faults were armed until now.")


@router.get("", summary="All faults", responses=documented(404))
def faults(sandbox: SandboxDep, limit: Limit = MOST, before: Before = None) -> Faults:
    """Lists the faults that are armed, and those that were spent of late."""
    known = sandbox.faults
    shown = page_of(known, limit, before, lambda it: it.number, "fault")
    return Faults(count=len(known), faults=[FaultView.of(it) for it in shown])


@router.post("", status_code=201, summary="Arm faults", responses=documented(404))
def arm(
    sandbox: SandboxDep,
    body: Annotated[
        tuple[Fault, ...],
        PlainValidator(read_faults, json_schema_input_type=TABLES),
        Body(openapi_examples={name: {"value": tables} for name, tables in _EXAMPLES.items()}),
    ],
) -> Faults:
    """One or a list, behind those that are armed; each happens once unless it says otherwise, and is gone then.

    A request takes the first fault that fits it, and a delay on top. One that is wrong keeps all from being armed.
    """
    return Faults(count=len(body), faults=[FaultView.of(it) for it in sandbox.arm(*body)])


@router.delete("", summary="Disarm all faults", responses=documented(404))
def disarm_all(sandbox: SandboxDep) -> Disarmed:
    """They stay in the list for a while, spent."""
    return Disarmed(disarmed=sandbox.disarm())


@router.delete("/{number}", summary="Disarm a fault", responses=documented(404))
def disarm(
    sandbox: SandboxDep, number: Annotated[int, Path(description="The fault's number.", examples=[1])]
) -> Disarmed:
    """Disarms one fault; to name one that is spent already is no mistake."""
    return Disarmed(disarmed=sandbox.disarm(number))
