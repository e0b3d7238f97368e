"""What there is in every mock: the options, the kinds of faults and the rules of the audit; and how this mock was set up."""

from __future__ import annotations

from dataclasses import MISSING
from typing import Any, Literal, Self, get_args, get_origin

from fastapi import APIRouter
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from mockwise.audit.findings import Rule
from mockwise.audit.rules import RULES
from mockwise.faults.declaration import FaultField, describe, summarize
from mockwise.faults.kinds import FAULTS, Fault
from mockwise.settings import OPTIONS, SANDBOX_OPTIONS
from mockwise.web.control.options import SettingsView, description_of, shown
from mockwise.web.control.shared import MockDep

router = APIRouter(tags=["mock"])


class OptionView(BaseModel):
    """An option of a mock or a sandbox."""

    name: str = Field(examples=["token_lifetime"])
    description: str
    default: Any = Field(description="What it is if nothing is said.", examples=["12h"])
    choices: list[str | int] = Field(
        description="What it may be, if there is a list of that.", examples=[["alert", "http"]]
    )
    sandbox: bool = Field(description="Whether it may differ between sandboxes: `POST /sandboxes` takes it.")

    @classmethod
    def of(cls, name: str, it: FieldInfo) -> Self:
        """The view of an option."""
        return cls(
            name=name,
            description=description_of(it),
            default=shown(it.default),
            choices=list(get_args(it.annotation)) if get_origin(it.annotation) is Literal else [],
            sandbox=name in SANDBOX_OPTIONS,
        )


class OptionsView(BaseModel):
    """The options of a mock and of a sandbox, with their defaults."""

    count: int = Field(description="How many there are.")
    options: list[OptionView]


class FaultFieldView(BaseModel):
    """A field of a kind of fault."""

    name: str = Field(examples=["status"])
    description: str
    required: bool = Field(description="Whether it must be said.")
    default: Any = Field(description="What it is if it is not said.")
    own: bool = Field(description="Whether it belongs to this kind, and not to all.")
    choices: list[str] = Field(description="What it may be, if there is a list of that.", examples=[[]])
    allowed: str = Field(description="Its bounds in words, if there are any.", examples=["400 to 599"])

    @classmethod
    def of(cls, it: FaultField) -> Self:
        """The view of a field."""
        required = it.default is MISSING
        return cls(
            name=it.name,
            description=it.help,
            required=required,
            default=None if required else shown(it.default),
            own=it.is_own,
            choices=list(it.choices),
            allowed=it.allowed,
        )


class FaultKindView(BaseModel):
    """A kind of fault, as `POST /sandboxes/{name}/faults` arms it."""

    fault: str = Field(examples=["respond"])
    description: str = Field(description="What happens.")
    fields: list[FaultFieldView]

    @classmethod
    def of(cls, kind: type[Fault]) -> Self:
        """The view of a kind of fault."""
        fields = [FaultFieldView.of(it) for it in describe(kind) if it.in_tables]
        return cls(fault=kind.name, description=summarize(kind), fields=fields)


class FaultKindsView(BaseModel):
    """All kinds of faults."""

    count: int = Field(description="How many there are.")
    faults: list[FaultKindView]


class RuleView(BaseModel):
    """A rule of the audit."""

    rule: str = Field(description="Its name, which does not change.", examples=["tokens-not-held"])
    level: Literal["error", "warning", "note"]
    title: str
    says: str = Field(description="What Wise or the RFC says of that.")
    source: str = Field(description="Where it is said.")
    remedy: str = Field(description="What to change in a client that breaks it.")

    @classmethod
    def of(cls, it: Rule) -> Self:
        """The view of a rule."""
        return cls(
            rule=it.name, level=it.level, title=it.title, says=it.says, source=it.source, remedy=it.remedy
        )


class RulesView(BaseModel):
    """All rules of the audit."""

    count: int = Field(description="How many there are.")
    rules: list[RuleView]


@router.get("/settings", summary="How the mock was set up")
async def settings(mock: MockDep) -> SettingsView:
    """The mock's options without secrets; a sandbox may have been made with others, which `GET /sandboxes` shows."""
    return SettingsView.of(mock)


@router.get("/options", summary="All options")
async def options() -> OptionsView:
    """Lists what a mock can be told; those of a sandbox are marked."""
    return OptionsView(count=len(OPTIONS), options=[OptionView.of(name, it) for name, it in OPTIONS.items()])


@router.get("/faults", summary="All kinds of faults")
async def faults() -> FaultKindsView:
    """Lists what can go wrong, and with which fields it is armed; those that are armed belong to a sandbox."""
    return FaultKindsView(count=len(FAULTS), faults=[FaultKindView.of(it) for it in FAULTS])


@router.get("/audit-rules", summary="All rules of the audit")
async def audit_rules() -> RulesView:
    """Lists what the audit looks for, with where it is said and what to do."""
    return RulesView(count=len(RULES), rules=[RuleView.of(it) for it in RULES])
