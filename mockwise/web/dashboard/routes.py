"""The routes of the dashboard: its page, the parts of it that change, and its forms."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response
from typing_extensions import override

from mockwise.audit.findings import counted
from mockwise.audit.timeline import timeline
from mockwise.errors import MockwiseError, NotFoundError
from mockwise.sandbox.handle import Sandbox
from mockwise.sandbox.mock_controls import MockControls
from mockwise.state.registry import DEFAULT
from mockwise.web.access import HUB_PATH, STATIC_PATH, foreign, is_from_here
from mockwise.web.control.errors import kind_of
from mockwise.web.control.head import is_head
from mockwise.web.control.shared import MockDep, SandboxDep
from mockwise.web.dashboard import fault_actions, render
from mockwise.web.dashboard.action_results import ActionResult, ActionResults
from mockwise.web.dashboard.actions import act
from mockwise.web.dashboard.change_events import change_events
from mockwise.web.dashboard.fault_forms import fault_forms
from mockwise.web.dashboard.files import download
from mockwise.web.dashboard.form_action import FormAction, segment
from mockwise.web.dashboard.snapshot import sandbox_choice, snapshot
from mockwise.web.dashboard.snippets import PASSWORD, snippets

_SANDBOX_PATH = f"{HUB_PATH}/{{name}}"
_OUTCOME = "mockwise-outcome"
_ASKED_BY_SCRIPT = "x-hub"
_SEE_OTHER = 303

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _Page(APIRoute):
    """A route that answers errors of the mock with a page."""

    @override
    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except MockwiseError as error:
                title = "Not there" if isinstance(error, NotFoundError) else "That did not work"
                return render.page("problem.html", kind_of(error)[0], title=title, message=str(error))

        return handled


router = APIRouter(include_in_schema=False, route_class=_Page)


@router.get("/")
async def root() -> Response:
    """Redirects to the dashboard of the default sandbox."""
    return RedirectResponse(f"{HUB_PATH}/{DEFAULT}", _SEE_OTHER)


@router.get(HUB_PATH)
async def choose(sandbox: str = DEFAULT) -> Response:
    """Redirects to the dashboard of the sandbox that was chosen."""
    return RedirectResponse(_page_of(sandbox), _SEE_OTHER)


@router.get(STATIC_PATH + "/{name}")
async def static(name: str) -> Response:
    """A file of the page."""
    return render.asset(name)


# What reads the state, which may take its time, or ten thousand tokens or exchanges is no coroutine: it runs in a
# thread and not in the event loop.


@router.get(_SANDBOX_PATH)
def hub(request: Request, mock: MockDep, sandbox: SandboxDep) -> Response:
    """The dashboard of a sandbox, with the result of the action before it."""
    outcomes: ActionResults = request.app.state.outcomes
    outcome = outcomes.take(request.cookies.get(_OUTCOME))
    answer = _whole(request, mock, sandbox, outcome)
    if outcome is not None:
        answer.delete_cookie(_OUTCOME, path=HUB_PATH, httponly=True, samesite="strict")
    return answer


@router.get(f"{_SANDBOX_PATH}/live")
def live(mock: MockDep, sandbox: SandboxDep) -> Response:
    """The parts of the page that change."""
    return render.page("live.html", sandbox=sandbox.name, **snapshot(mock, sandbox))


@router.get(f"{_SANDBOX_PATH}/audit")
def audit(request: Request, mock: MockDep, sandbox: SandboxDep) -> Response:
    """What the clients do wrong, and the life of each token: a page of its own, or its part of the page."""
    report = sandbox.report()
    picture = timeline(report.record, f"The life of each token of the sandbox {sandbox.name}")
    return render.page(
        "parts/audit.html" if _ASKED_BY_SCRIPT in request.headers else "audit.html",
        sandbox=sandbox.name,
        sandboxes=sandbox_choice(mock.sandboxes),
        asks_token=request.app.state.sessions.needed,
        report=report,
        counts=counted(report.findings),
        picture=picture,
    )


@router.get(f"{_SANDBOX_PATH}/events", response_class=EventSourceResponse)
async def events(request: Request, mock: MockDep, sandbox: SandboxDep) -> AsyncGenerator[ServerSentEvent]:
    """Server-sent events that say when to load the changing parts again."""
    if is_head(request):
        return
    async with aclosing(change_events(sandbox.name, mock, request.app.state.streams)) as told:
        async for event in told:
            yield event


@router.get(f"{_SANDBOX_PATH}/exchanges/{{number}}")
def exchange(request: Request, mock: MockDep, sandbox: SandboxDep, number: int) -> Response:
    """The page of one exchange with all that the journal has of it."""
    it = sandbox.journal.find(number)
    if it is None:
        raise NotFoundError(
            f"the journal of sandbox {sandbox.name!r} does not hold exchange {number} (any more)"
        )
    return render.page(
        "exchange.html",
        sandbox=sandbox.name,
        sandboxes=sandbox_choice(mock.sandboxes),
        asks_token=request.app.state.sessions.needed,
        it=it,
    )


@router.get(f"{_SANDBOX_PATH}/files/{{file}}")
def file(sandbox: SandboxDep, file: str) -> Response:
    """A file to download: a certificate, a key or a store."""
    return download(sandbox, file)


@router.post(f"{_SANDBOX_PATH}/do/{{action}}")
async def do(request: Request, mock: MockDep, sandbox: SandboxDep, action: str) -> Response:
    """Performs a form's action. A script gets the result; without scripts the page that follows shows it."""
    if not is_from_here(request.headers):
        return foreign()
    fields = await _read(request)
    asks_token: bool = request.app.state.sessions.needed
    outcome = await run_in_threadpool(
        act, action, FormAction(mock=mock, sandbox=sandbox, fields=fields, asks_token=asks_token)
    )
    by_script = _ASKED_BY_SCRIPT in request.headers
    if by_script and outcome.goes_to is None:
        return render.page("parts/outcome.html", outcome.status, outcome=outcome)
    if outcome.wrong:
        return await run_in_threadpool(
            lambda: _whole(request, mock, mock.sandbox_named(sandbox.name), outcome)
        )
    place = _page_of(outcome.goes_to or sandbox.name)
    answer = Response(headers={"x-hub-goes-to": place}) if by_script else RedirectResponse(place, _SEE_OTHER)
    outcomes: ActionResults = request.app.state.outcomes
    answer.set_cookie(
        _OUTCOME, outcomes.keep(outcome), max_age=60, path=HUB_PATH, httponly=True, samesite="strict"
    )
    return answer


async def _read(request: Request) -> dict[str, str]:
    """The fields of a form; the text of a file."""
    async with request.form(max_files=1, max_fields=100) as form:
        return {
            name: (await value.read()).decode("utf-8", "replace") if isinstance(value, UploadFile) else value
            for name, value in form.multi_items()
        }


def _whole(request: Request, mock: MockControls, sandbox: Sandbox, outcome: ActionResult | None) -> Response:
    return render.page(
        "hub.html",
        200 if outcome is None else outcome.status,
        sandbox=sandbox.name,
        sandboxes=sandbox_choice(mock.sandboxes),
        mtls_url=mock.mtls_url,
        tls_url=mock.tls_url,
        asks_token=request.app.state.sessions.needed,
        outcome=outcome,
        snippets=snippets(sandbox.environ({}), sandbox.name),
        password=PASSWORD,
        fault_forms=fault_forms(),
        scenarios=fault_actions.scenarios(),
        version=request.app.version,
        **snapshot(mock, sandbox),
    )


def _page_of(sandbox: str) -> str:
    return f"{HUB_PATH}/{segment(sandbox)}"
