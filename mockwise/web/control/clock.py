"""A sandbox's clock: read, moved, stopped and set."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field

from mockwise.common.clock import NOW, read_time
from mockwise.sandbox.time import ClockReading
from mockwise.web.control.errors import documented
from mockwise.web.control.shared import SANDBOX, RequestBody, SandboxDep, Time

router = APIRouter(prefix=f"{SANDBOX}/clock", tags=["clock"])


class ClockView(BaseModel):
    """What time it is in the sandbox."""

    now: Time
    frozen: bool
    wall: Time = Field(description="The real time.")

    @classmethod
    def of(cls, it: ClockReading) -> Self:
        """The view of what a sandbox's clock shows."""
        return cls(now=it.now, frozen=it.frozen, wall=it.wall)


class Advance(RequestBody):
    """How far the clock is to be moved forwards."""

    by: str = Field(description="12h, 90s, 1h30m, PT12H.", examples=["12h"])


def _written(time: object) -> object:
    """A time as text; a number is refused, since it may mean seconds or milliseconds."""
    return time if time == NOW else read_time(time)


class SetTime(RequestBody):
    """What time it shall be."""

    time: Annotated[datetime | Literal["now"], BeforeValidator(_written)] = Field(
        description="With a zone; now: the real time.", examples=["2027-01-07T00:00:00Z"]
    )


@router.get("", summary="What time is it there?", responses=documented(404))
def clock(sandbox: SandboxDep) -> ClockView:
    """Tokens, secrets and timestamps follow this clock; TLS certificates the real one."""
    return ClockView.of(sandbox.clock)


@router.post("/advance", summary="Move it forwards", responses=documented(400, 404))
def advance(sandbox: SandboxDep, body: Advance) -> ClockView:
    """A frozen clock moves and stays frozen."""
    sandbox.advance(body.by)
    return ClockView.of(sandbox.clock)


@router.post("/freeze", summary="Stop it", responses=documented(404))
def freeze(sandbox: SandboxDep) -> ClockView:
    """It stands still until it is resumed."""
    sandbox.freeze()
    return ClockView.of(sandbox.clock)


@router.post("/resume", summary="Let it run", responses=documented(404))
def resume(sandbox: SandboxDep) -> ClockView:
    """It runs on from where it stands."""
    sandbox.resume()
    return ClockView.of(sandbox.clock)


@router.post("/set", summary="Set it", responses=documented(400, 404))
def set_time(sandbox: SandboxDep, body: SetTime) -> ClockView:
    """Also backwards; a frozen clock stays frozen there."""
    sandbox.set_time(body.time)
    return ClockView.of(sandbox.clock)
