"""Mistakes of whoever calls the control host: one model, one place where they become answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from mockwise.errors import ConflictError, InvalidValueError, MockwiseError, NotFoundError, StorageError
from mockwise.web.control.head import method_of

Code = Literal[
    "bad_value",
    "unauthorized",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "conflict",
    "too_large",
    "invalid_request",
    "internal_error",
    "state_unreachable",
]


class ErrorResponse(BaseModel):
    """What was wrong with a request."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"error": "not_found", "message": "there is no sandbox 'jest'; there are: default"}
        }
    )

    error: Code = Field(description="What kind of mistake it is.")
    message: str = Field(description="One sentence on what is wrong and what to do.")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The entries of these answers in the OpenAPI document."""
    return {status: {"model": ErrorResponse, "description": HTTPStatus(status).phrase} for status in statuses}


def error_response(
    status: int, error: Code, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer that tells of a mistake. What cannot be written in UTF-8 is spelled out."""
    readable = message.encode("utf-8", "backslashreplace").decode()
    return JSONResponse(ErrorResponse(error=error, message=readable).model_dump(), status, headers)


def handle_errors(app: FastAPI) -> None:
    """Answer every mistake in an app's handlers by the one model."""
    app.add_exception_handler(MockwiseError, _misused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _failed)


def kind_of(error: Exception) -> tuple[int, Code]:
    """How a misuse of the mock is answered."""
    match error:
        case NotFoundError():
            return 404, "not_found"
        case ConflictError():
            return 409, "conflict"
        case InvalidValueError():
            return 400, "bad_value"
        case StorageError():
            return 503, "state_unreachable"
        case _:  # the mock cannot do it as it is now
            return 409, "conflict"


async def _misused(_: Request, error: Exception) -> Response:
    return error_response(*kind_of(error), str(error))


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return error_response(422, "invalid_request", "; ".join(map(problem_of, error.errors())))


def problem_of(it: Mapping[str, Any]) -> str:
    """A field and what is allowed there; never what was sent, which may be a secret."""
    place: Sequence[object] = it["loc"]
    if it["type"] == "json_invalid":
        return "the body is not JSON: send an object, as /docs shows"
    if it["type"] == "extra_forbidden":
        return f"{_spelled(place)}: there is no such field; /docs lists those there are"
    if tuple(place) == ("body",) and it["type"] != "value_error":
        return "the body is not what it should be: send a JSON object with Content-Type: application/json, as /docs shows"
    return f"{_spelled(place)}: {str(it['msg']).removeprefix('Value error, ')}"


def _spelled(place: Sequence[object]) -> str:
    return ".".join(map(str, place[1:] if place[0] == "body" and len(place) > 1 else place))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 404:
            return error_response(404, "not_found", "nothing is served at this path: /docs lists what is")
        case 405:
            allowed = ", ".join(sorted(_methods(request)))
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={"allow": allowed})
            message = f"{method_of(request)} is not served here: send {allowed}"
            return error_response(405, "method_not_allowed", message, {"allow": allowed})
        case 413:
            return error_response(413, "too_large", str(error.detail))
        case _:
            return error_response(400, "bad_value", "the body cannot be read: send JSON, as /docs shows")


def _methods(request: Request) -> set[str]:
    """Every method of the path (RFC 9110 section 10.2.1); Starlette knows those of the first route that fits."""
    routes: list[Route] = request.app.state.routes
    fitting = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    methods = {"OPTIONS"}.union(*(route.methods or () for route in fitting))
    return methods | {"HEAD"} if "GET" in methods else methods


async def _failed(_: Request, __: Exception) -> Response:
    """Starlette raises the exception again, and the server logs it."""
    message = "mockwise itself failed; its log has the details: please report it"
    return error_response(
        500, "internal_error", message, {"connection": "close"}
    )  # which the server does next
