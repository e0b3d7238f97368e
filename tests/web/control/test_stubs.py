from __future__ import annotations

import httpx
import pytest

from mockwise.sandbox.handle import Sandbox
from tests.web.control.control_app import ControlApp
from tests.web.control.users import ANN, at, link

STUBS = "/sandboxes/default/stubs"


def test_an_answer_is_laid_down(control: httpx.Client, box: Sandbox) -> None:
    """Calls of that method and path are answered so, once their token is checked."""
    stub = {
        "method": "post",
        "path": "/v1/transfers",
        "status": 201,
        "json": {"id": 1},
        "headers": {"X-A": "b"},
    }
    made = control.post(at(box, "/stubs"), json=stub)
    assert made.status_code == 201, made.text
    assert made.json() == {
        "method": "POST",
        "path": "/v1/transfers",
        "status": 201,
        "body": '{"id":1}',
        "headers": [["content-type", "application/json"], ["x-a", "b"]],
    }
    assert control.get(at(box, "/stubs")).json() == {"count": 1, "stubs": [made.json()]}
    text = link(control, box, user=ANN)["access_token"]
    with httpx.Client(verify=box.ssl_context()) as http:
        url = f"{box.mtls_url}/v1/transfers"
        answer = http.post(url, headers={"authorization": f"Bearer {text}"}, json={})
        assert (answer.status_code, answer.json(), answer.headers["x-a"]) == (201, {"id": 1}, "b")
        assert http.post(url, headers={"authorization": "Bearer wrong"}, json={}).status_code == 401


@pytest.mark.parametrize(
    ("body", "shown", "media_type"),
    [
        ({"json": None}, "null", "application/json"),
        ({"json": []}, "[]", "application/json"),
        ({"body": "caf\u00e9"}, "caf\u00e9", "text/plain; charset=utf-8"),
        ({"body": "<a/>", "headers": {"Content-Type": "text/xml"}}, "<a/>", "text/xml"),
        ({"status": 204}, "", None),
    ],
)
def test_a_body_is_json_or_text_or_nothing(
    body: dict[str, object], shown: str, media_type: str | None
) -> None:
    """A null as JSON is a body (state.stubs)."""
    made = ControlApp().request("POST", STUBS, json={"method": "GET", "path": "/v1/things", **body}).json()
    assert (made["body"], dict(made["headers"]).get("content-type")) == (shown, media_type)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"path": "/oauth/token"}, 400, "the mock itself serves"),
        ({"path": "things"}, 400, "begins with a slash"),
        ({"status": 100}, 400, "200 to 599"),
        ({"json": {}, "body": ""}, 400, "json or body"),
        ({"headers": {"content-length": "1"}}, 400, "cannot set the header"),
        ({"json": {"a": ["\ud800"]}}, 422, "half of a character"),
        ({"headers": {"\ud800": ""}}, 422, "half of a character"),
        ({"content": {}}, 422, "content: there is no such field"),
        ({"method": 1}, 422, "method: "),
    ],
)
def test_an_answer_that_cannot_be_is_refused(body: dict[str, object], status: int, said: str) -> None:
    """And nothing is laid down (one error model)."""
    control_app = ControlApp()
    answer = control_app.send("POST", STUBS, {"method": "GET", "path": "/v1/things", **body})
    assert answer.status_code == status, answer.text
    assert said in answer.json()["message"]
    assert control_app.request("GET", STUBS).json()["stubs"] == []


@pytest.mark.parametrize("depth", range(700, 1000, 7))
def test_deep_json_is_no_accident_of_ours(depth: int) -> None:
    """Malformed input is never a 500."""
    body = b'{"method":"GET","path":"/a","json":' + b"[" * depth + b"]" * depth + b"}"
    answer = ControlApp().request("POST", STUBS, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {201, 400, 422}


def test_answers_are_taken_back() -> None:
    """One, or all; one that is not there is named (one error model)."""
    control_app = ControlApp()
    for path in ("/v1/a", "/v1/b", "/2026Q3/c"):
        control_app.request("POST", STUBS, json={"method": "GET", "path": path})
    assert control_app.request("DELETE", STUBS, params={"method": "get", "path": "/v1/a"}).status_code == 204
    assert [it["path"] for it in control_app.request("GET", STUBS).json()["stubs"]] == [
        "/v1/b",
        "/{quarter}/c",
    ]
    gone = control_app.request("DELETE", STUBS, params={"method": "get", "path": "/v1/a"})
    assert (gone.status_code, gone.json()["message"].endswith("GET /v1/b, GET /{quarter}/c")) == (404, True)
    for half in ({"method": "GET"}, {"path": "/v1/b"}):
        assert control_app.request("DELETE", STUBS, params=half).status_code == 400
    assert control_app.request("DELETE", STUBS).status_code == 204
    assert control_app.request("GET", STUBS).json()["stubs"] == []
