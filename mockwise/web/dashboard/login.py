"""The login of the dashboard of a mock with a control token: a form for the token, and a cookie for its session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response

from mockwise.web.control.guesses import Guesses, address_of
from mockwise.web.dashboard import render
from mockwise.web.dashboard.sessions import Sessions, cookie_name, cookie_of

LOGIN_PATH, LOGOUT_PATH, HUB_PATH, STATIC_PATH = "/login", "/logout", "/hub", "/static"
OPEN_PATHS = frozenset({LOGIN_PATH, LOGOUT_PATH})

_SEE_OTHER = 303

router = APIRouter(include_in_schema=False)


def is_page(path: str) -> bool:
    """Whether a path is a page of the dashboard."""
    return path in {"/", HUB_PATH} or path.startswith(f"{HUB_PATH}/")


def login_page(*, wrong: bool = False) -> Response:
    """The login form, which says nothing of the mock."""
    return render.page("login.html", 401, wrong=wrong)


def is_from_here(headers: Headers) -> bool:
    """Whether a form was sent by a page of this host: the guard has compared an `Origin` if there is one."""
    return "origin" in headers or headers.get("sec-fetch-site") == "same-origin"


def foreign() -> Response:
    """The refusal of a form that does not say which page sent it, as another site's may not."""
    return render.page(
        "problem.html",
        403,
        title="Not allowed",
        message="This form does not say which page sent it, so another site may have: use the hub's own page, or the API.",
    )


@router.get(LOGIN_PATH)
async def ask(request: Request) -> Response:
    """The login form; a redirection to the dashboard if the mock has no control token."""
    sessions: Sessions = request.app.state.sessions
    return login_page() if sessions.needed else RedirectResponse("/", _SEE_OTHER)


@router.post(LOGIN_PATH)
async def login(request: Request, token: Annotated[str, Form()] = "") -> Response:
    """Begin a session for a browser that sent the right token."""
    if not is_from_here(request.headers):
        return foreign()
    sessions: Sessions = request.app.state.sessions
    key = sessions.begin(token)
    if key is None:
        if not sessions.needed:
            return RedirectResponse("/", _SEE_OTHER)
        guesses: Guesses = request.app.state.guesses
        await guesses.wrong(address_of(request.scope))
        return await run_in_threadpool(login_page, wrong=True)
    answer = RedirectResponse("/", _SEE_OTHER)
    answer.set_cookie(cookie_name(request.headers["host"]), key, httponly=True, samesite="strict", path="/")
    return answer


@router.post(LOGOUT_PATH)
async def logout(request: Request) -> Response:
    """End the session of a browser, and delete its cookie."""
    if not is_from_here(request.headers):
        return foreign()
    sessions: Sessions = request.app.state.sessions
    host = request.headers["host"]
    sessions.end(cookie_of(request.headers.get("cookie"), host))
    answer = RedirectResponse(LOGIN_PATH, _SEE_OTHER)
    answer.delete_cookie(cookie_name(host), httponly=True, samesite="strict", path="/")
    return answer
