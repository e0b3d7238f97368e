"""HEAD on the control host: `wait-on` and `wget --spider` ask so whether somebody is there."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from starlette.routing import Route

from mockwise import MockWise, Sandbox
from mockwise.web.access import OPENAPI_PATH
from mockwise.web.control import app as control_app

_NAMES = {
    "{client_id:path}": "app",
    "{file}": "ca.pem",
    "{number}": "1",
    "{user}": "ann@example.com",
}


def _served() -> list[str]:
    """Every path of the control host that GET is served at."""
    routers = [*control_app._OWN, *control_app._OTHERS]
    routes = [it for module in routers for it in module.router.routes if isinstance(it, Route)]
    return sorted({OPENAPI_PATH, *(it.path for it in routes if "GET" in (it.methods or ()))})


@pytest.fixture
def furnished(mock: MockWise) -> Iterator[Sandbox]:
    """A sandbox in which every path leads somewhere."""
    with mock.sandbox() as box:
        box.add_client(client_id="app")
        with box.client() as client:
            client.get("/v1/authenticated/playground")
        with mock.rotate_authority():
            yield box


@pytest.mark.parametrize("path", _served())
def test_head_is_served_wherever_get_is(control: httpx.Client, furnished: Sandbox, path: str) -> None:
    """The same status and headers and no body (RFC 9110 section 9.3.2); OPTIONS names it (section 10.2.1)."""
    names = _NAMES | {"{name}": "hub.css" if "static" in path else furnished.name}
    if path.startswith("/docs"):
        names["{name}"] = "swagger-ui.css"
    for name, value in names.items():
        path = path.replace(name, value)
    head = control.head(path)
    with control.stream("GET", path) as get:
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert get.status_code in {200, 303}
        assert (
            head.headers["content-type" if get.status_code == 200 else "location"]
            == (get.headers["content-type" if get.status_code == 200 else "location"])
        )
        assert ("content-length" in head.headers) == ("content-length" in get.headers)
    options = control.options(path)
    assert options.status_code == 204
    assert {"GET", "HEAD", "OPTIONS"} <= set(options.headers["allow"].split(", "))


@pytest.mark.parametrize("path", ["exchanges/stream", "events"])
def test_head_of_events_leaves_nobody_listening(mock: MockWise, control: httpx.Client, path: str) -> None:
    """Server-sent events do not end; after HEAD there are none."""
    with mock.sandbox() as box:
        start = "/sandboxes" if "stream" in path else "/hub"
        head = control.head(f"{start}/{box.name}/{path}")
        assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert len(mock._streams) == 0


def test_head_tells_of_what_is_not_there_as_get_does(control: httpx.Client) -> None:
    """404 and 405, without a body."""
    assert control.head("/nowhere").status_code == 404
    assert control.head("/sandboxes/nowhere").status_code == 404
    assert control.head("/login/").status_code == 404
    assert control.options("/nowhere").status_code == 404
