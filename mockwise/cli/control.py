"""The HTTP client of a mock's control host. Every failure is one line with its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import Parameter
from typing import Annotated, Any, Self
from urllib.parse import quote

import httpx
import typer
from httpx_sse import EventSource, SSEError

from mockwise.cli.inject_options import Command, inject_options, parameter
from mockwise.cli.urls import DEFAULT_CONTROL_URL
from mockwise.common.host_urls import check_url
from mockwise.errors import InvalidValueError, MockwiseError

Json = dict[str, Any]
"""An object of the control API, as its OpenAPI document describes it."""

_PATIENCE = httpx.Timeout(30.0, connect=5.0)
_UNAUTHORIZED = 401
_BAD_VALUE = {400, 422}
"""Statuses that mean that something on the command line cannot be used."""
_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")


class Control:
    """A client of the control API for one sandbox. Use it in a `with` block.

    Every method raises `MockwiseError` if the host cannot be reached or refuses; the message says what to do.
    """

    def __init__(self, url: str, token: str | None, sandbox: str) -> None:
        self._url = check_url(url, "--control", ("http", "https"), DEFAULT_CONTROL_URL)
        self._sandbox = path_of("sandboxes", sandbox)
        self.page = url.rstrip("/") + path_of("hub", sandbox)
        """The URL of the sandbox's dashboard."""
        if token and not _HEADER_SAFE.fullmatch(token):
            raise InvalidValueError(
                "--control-token: no header can carry that: write the token without blanks"
            )
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # A control host is called without a proxy.
        self._client = httpx.Client(base_url=url, headers=headers, timeout=_PATIENCE, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def mock(self, path: str, /, **query: object) -> Json:
        """GET a path of the mock, and return its JSON."""
        return self._ask("GET", path, params=query)

    def read(self, path: str = "", /, **query: object) -> Json:
        """GET a path of the sandbox, and return its JSON."""
        return self._ask("GET", self._sandbox + path, params=query)

    def text(self, path: str) -> str:
        """GET a path of the sandbox that is not JSON, and return its text."""
        return self._answer("GET", self._sandbox + path).text

    def do(self, path: str, body: Json | None = None) -> Json:
        """POST to a path of the sandbox, and return its JSON."""
        return self._ask("POST", self._sandbox + path, body=body)

    def delete(self, *parts: str, **query: object) -> Json:
        """DELETE a path of the sandbox, given by its parts, and return the JSON."""
        return self._ask("DELETE", self._sandbox + path_of(*parts), params=query)

    def make_sandbox(self, body: Json) -> Json:
        """Make a sandbox, and return what its own client needs."""
        return self._ask("POST", "/sandboxes", body=body)

    def drop_sandbox(self, name: str) -> None:
        """Drop the sandbox of that name."""
        self._ask("DELETE", path_of("sandboxes", name))

    def change_authority(self, path: str, body: Json | None = None) -> Json:
        """POST to a path of the mock's authority, and return the JSON."""
        return self._ask("POST", f"/authority{path}", body=body)

    def forget_handshakes(self) -> Json:
        """Empty the list of refused handshakes, and return how many there were."""
        return self._ask("DELETE", "/handshakes")

    def follow(self, after: int, /, **query: object) -> Iterator[Json]:
        """Yield exchanges as they happen, from the one after this number on, until the mock stops."""
        headers = {"Last-Event-ID": str(after), "Accept": "text/event-stream"}
        path = f"{self._sandbox}/exchanges/stream"
        timeout = httpx.Timeout(30.0, read=None)  # a stream may be silent for any time
        try:
            with self._client.stream(
                "GET", path, params=without_none(query), headers=headers, timeout=timeout
            ) as answer:
                if answer.is_error:
                    answer.read()
                    raise self._refused(answer)
                for event in EventSource(answer).iter_sse():
                    if event.event == "exchange":
                        yield event.json()
        except SSEError:
            raise self._not_a_mock() from None
        except (httpx.RemoteProtocolError, httpx.ReadError):
            return  # the mock has stopped
        except httpx.TransportError as error:
            raise self._unreachable(error) from None

    def _answer(
        self, method: str, path: str, params: Json | None = None, body: Json | None = None
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, path, params=without_none(params or {}), json=body)
        except httpx.TransportError as error:
            raise self._unreachable(error) from None
        if not answer.is_success:
            raise self._refused(answer)
        return answer

    def _ask(self, method: str, path: str, params: Json | None = None, body: Json | None = None) -> Json:
        answer = self._answer(method, path, params, body)
        try:
            content = answer.json() if answer.content else {}
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise self._not_a_mock()
        return content

    def _refused(self, answer: httpx.Response) -> MockwiseError:
        try:
            message = answer.json()["message"]
        except (ValueError, LookupError, TypeError):
            return self._not_a_mock()
        if answer.status_code == _UNAUTHORIZED:
            message += " (--control-token or MOCKWISE_CONTROL_TOKEN)"
        return (InvalidValueError if answer.status_code in _BAD_VALUE else MockwiseError)(message)

    def _unreachable(self, error: httpx.TransportError) -> MockwiseError:
        return MockwiseError(
            f"no mock answers at {self._url} ({str(error) or type(error).__name__}): start one with "
            "`mockwise serve`, or name its control host with --control or MOCKWISE_CONTROL_URL"
        )

    def _not_a_mock(self) -> MockwiseError:
        return MockwiseError(
            f"what answers at {self._url} is no control host of a mock: name that with --control or "
            "MOCKWISE_CONTROL_URL; `mockwise serve` prints it"
        )


def without_none(query: Json) -> Json:
    """The members that have a value; the others are left to the mock."""
    return {name: value for name, value in query.items() if value is not None}


def path_of(*parts: str) -> str:
    """A path of the control API from its parts, which may hold any characters."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def with_control(command: Command) -> Command:
    """Give a command the parameter `mock`, a `Control`, and the options that say where it is and which sandbox is meant."""
    return _with_control(command, parameter("control_sandbox", _NAME, "default"))


def with_whole_mock(command: Command) -> Command:
    """Give a command the parameter `mock`, a `Control`, and the options that say where it is; no sandbox is meant."""
    return _with_control(command)


def _with_control(command: Command, *sandbox: Parameter) -> Command:
    def called(control_url: str, control_token: str | None, **values: Any) -> None:
        with Control(control_url, control_token, values.pop("control_sandbox", "default")) as mock:
            command(mock=mock, **values)

    more = [
        parameter("control_url", _URL, DEFAULT_CONTROL_URL),
        parameter("control_token", _TOKEN, None),
        *sandbox,
    ]
    return inject_options(command, called, replaced="mock", by=more)


_URL = Annotated[
    str,
    typer.Option("--control", metavar="URL", envvar="MOCKWISE_CONTROL_URL", help="The mock's control host."),
]
_TOKEN = Annotated[
    str | None,
    typer.Option(
        "--control-token",
        metavar="TOKEN",
        envvar="MOCKWISE_CONTROL_TOKEN",
        help="What that host asks for; better in the variable, where no list of processes shows it.",
    ),
]
_NAME = Annotated[
    str, typer.Option("--sandbox", metavar="NAME", envvar="MOCKWISE_SANDBOX", help="Which sandbox.")
]
