"""A sandbox's clock."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field

from mockwise.common.clock import NOW, read_time
from mockwise.common.durations import parse_duration
from mockwise.state.sandbox_state import SandboxState
from mockwise.web.control.errors import documented
from mockwise.web.control.shared import SANDBOX, RequestBody, SandboxDep, Time

router = APIRouter(prefix=f"{SANDBOX}/clock", tags=["clock"])


class ClockView(BaseModel):
    """What time it is in the sandbox."""

    now: Time
    frozen: bool
    wall: Time = Field(description="The real time.")

    @classmethod
    def of(cls, box: SandboxState) -> Self:
        """Read it."""
        wall = box.clock.wall()
        return cls(now=box.clock.at(wall), frozen=box.clock.frozen, wall=wall)


class Advance(RequestBody):
    """How far forwards."""

    by: str = Field(description="12h, 90s, 1h30m, PT12H.", examples=["12h"])


def _written(time: object) -> object:
    """Of a number it would have to be guessed whether it is seconds or milliseconds."""
    return time if time == NOW else read_time(time)


class SetTime(RequestBody):
    """What time it shall be."""

    time: Annotated[datetime | Literal["now"], BeforeValidator(_written)] = Field(
        description="With a zone; now: the real time.", examples=["2027-01-07T00:00:00Z"]
    )


@router.get("", summary="What time is it there?", responses=documented(404))
def clock(box: SandboxDep) -> ClockView:
    """Tokens, secrets and timestamps follow this clock; TLS certificates the real one."""
    return ClockView.of(box)


@router.post("/advance", summary="Move it forwards", responses=documented(400, 404))
def advance(box: SandboxDep, order: Advance) -> ClockView:
    """A frozen clock moves and stays frozen."""
    box.clock.advance(parse_duration(order.by))
    return ClockView.of(box)


@router.post("/freeze", summary="Stop it", responses=documented(404))
def freeze(box: SandboxDep) -> ClockView:
    """It stands still until it is resumed."""
    box.clock.freeze()
    return ClockView.of(box)


@router.post("/resume", summary="Let it run", responses=documented(404))
def resume(box: SandboxDep) -> ClockView:
    """It runs on from where it stands."""
    box.clock.resume()
    return ClockView.of(box)


@router.post("/set", summary="Set it", responses=documented(400, 404))
def set_time(box: SandboxDep, order: SetTime) -> ClockView:
    """Also backwards; a frozen clock stays frozen there."""
    box.clock.set(order.time)
    return ClockView.of(box)
