"""Scenarios: which there are, and one that begins now."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from mockwise.faults.scenarios import SCENARIOS, Scenario, scenario_named
from mockwise.web.control.errors import documented
from mockwise.web.control.options import shown
from mockwise.web.control.shared import SANDBOX, SandboxDep

router = APIRouter(tags=["scenarios"])


class ScenarioView(BaseModel):
    """A day on which production misbehaves, under a name."""

    name: str = Field(examples=["outage"])
    story: str = Field(description="What happens at Wise, and what a client must do.")
    options: dict[str, Any] = Field(
        description="The options that the sandbox must be made with.", examples=[{"token_lifetime": "1m"}]
    )

    @classmethod
    def of(cls, it: Scenario) -> Self:
        """The view of a scenario."""
        return cls(
            name=it.name,
            story=it.story,
            options={name: shown(value) for name, value in it.options.items()},
        )


class ScenariosView(BaseModel):
    """The scenarios that a sandbox can play, with their stories."""

    count: int = Field(description="How many there are.")
    scenarios: list[ScenarioView]


@router.get("/scenarios", summary="All scenarios")
async def scenarios() -> ScenariosView:
    """Lists what happens in each; they are the same in every mock."""
    return ScenariosView(count=len(SCENARIOS), scenarios=[ScenarioView.of(it) for it in SCENARIOS])


@router.post(
    f"{SANDBOX}/scenarios/{{scenario}}", summary="Play a scenario", responses=documented(400, 404, 409)
)
def play(
    sandbox: SandboxDep, scenario: Annotated[str, Path(description="Its name.", examples=["outage"])]
) -> ScenarioView:
    """It begins now and once. One that needs other options is for a sandbox that was made with it."""
    sandbox.play(scenario)
    return ScenarioView.of(scenario_named(scenario))
