"""The audit of a sandbox: which of Wise's rules its clients break, as data, as a page, and for CI services."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from mockwise.audit.auditing import Report
from mockwise.audit.junit import as_junit
from mockwise.audit.page import as_page
from mockwise.audit.report_json import as_json
from mockwise.audit.style import STYLE
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.shared import SANDBOX, MockDep, SandboxDep

router = APIRouter(tags=["audit"], route_class=ListRoute)
_AUDIT = f"{SANDBOX}/audit"

# The page has a style of its own and nothing else: what a client wrote into it could do nothing.
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"


class EvidenceView(BaseModel):
    """An exchange that a finding rests on."""

    number: int = Field(description="Its number in the journal.")
    line: str


class FindingView(BaseModel):
    """A rule that a client breaks."""

    sandbox: str
    rule: str = Field(description="Its name, which does not change.", examples=["tokens-not-held"])
    level: Literal["error", "warning", "note"]
    title: str
    what: str = Field(description="What this client did.")
    says: str = Field(description="What Wise or the RFC says of that.")
    source: str = Field(description="Where it is said.")
    remedy: str = Field(description="What to change.")
    client_id: str | None
    evidence: list[EvidenceView] = Field(description="The first exchanges that show it, and the last.")


class Counts(BaseModel):
    """How many findings there are of each level."""

    error: int
    warning: int
    note: int


class AuditedSandbox(BaseModel):
    """A sandbox that was audited, and how much there was to judge."""

    name: str
    exchanges: int
    tokens: int


class Audit(BaseModel):
    """The findings of an audit, and how many there are."""

    counts: Counts
    sandboxes: list[AuditedSandbox]
    findings: list[FindingView] = Field(description="The worst first.")


# These are no coroutines, so that ten thousand exchanges are judged in a thread and not in the event loop.


@router.get(_AUDIT, summary="The audit", responses=documented(404))
def audit(sandbox: SandboxDep) -> Audit:
    """Which of Wise's rules the clients break, as far as the journal goes."""
    return Audit.model_validate(as_json([sandbox.report()]))


@router.get("/audit", summary="The audit of all sandboxes")
def audit_all(mock: MockDep) -> Audit:
    """Which of Wise's rules the clients of each sandbox break, as far as the journals go."""
    return Audit.model_validate(as_json(mock.reports()))


_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "HTML, all in one.", "content": {"text/html": {"schema": {"type": "string"}}}}
}
_JUNIT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A test case for each rule.",
        "content": {"application/xml": {"schema": {"type": "string"}}},
    }
}


def _page(reports: Sequence[Report]) -> Response:
    return Response(as_page(reports), media_type="text/html", headers={"content-security-policy": _POLICY})


@router.get(
    f"{_AUDIT}/page",
    summary="The audit as a page",
    response_class=Response,
    responses=_PAGE | documented(404),
)
def page(sandbox: SandboxDep) -> Response:
    """The findings as HTML, with a time line of each token's life."""
    return _page([sandbox.report()])


@router.get(
    "/audit/page", summary="The audit of all sandboxes as a page", response_class=Response, responses=_PAGE
)
def page_of_all(mock: MockDep) -> Response:
    """The findings in every sandbox as HTML."""
    return _page(mock.reports())


@router.get(
    f"{_AUDIT}/junit",
    summary="The audit as JUnit XML",
    response_class=Response,
    responses=_JUNIT | documented(404),
)
def junit(sandbox: SandboxDep) -> Response:
    """For CI services: errors are failures."""
    return Response(as_junit([sandbox.report()]), media_type="application/xml")


@router.get(
    "/audit/junit",
    summary="The audit of all sandboxes as JUnit XML",
    response_class=Response,
    responses=_JUNIT,
)
def junit_of_all(mock: MockDep) -> Response:
    """For CI services: errors are failures."""
    return Response(as_junit(mock.reports()), media_type="application/xml")
