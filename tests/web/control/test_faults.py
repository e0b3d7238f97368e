from __future__ import annotations

from typing import Any

import httpx
import pytest

from mockwise.faults.kinds import FAULTS, Respond
from mockwise.sandbox.handle import Sandbox
from tests.api_calls import ask
from tests.web.control.control_app import ControlApp
from tests.web.control.users import at

FAULTS_PATH = "/sandboxes/default/faults"
TWICE = {"fault": "respond", "status": 503, "retry_after": 5, "path": "/oauth/token", "times": 2}


def test_faults_are_armed_and_happen(control: httpx.Client, box: Sandbox) -> None:
    """One or a list; the view can be sent again as it is."""
    armed = control.post(at(box, "/faults"), json=TWICE)
    assert armed.status_code == 201, armed.text
    [view] = armed.json()["faults"]
    assert view.pop("armed_at").endswith("Z")
    assert view == {
        "number": 1,
        "fault": TWICE,
        "when": False,
        "happened": 0,
        "limit": 2,
        "spent": False,
        "disarmed": False,
    }
    assert [ask(box).status_code for _ in range(3)] == [503, 503, 200]
    more = control.post(at(box, "/faults"), json=[view["fault"], {"fault": "pass", "lasts": "90s"}]).json()
    assert [(it["number"], it["limit"]) for it in more["faults"]] == [(2, 2), (3, None)]
    assert control.get(at(box, "")).json()["faults"] == 2
    box.arm(Respond(400, when=lambda _: False))
    seen = control.get(at(box, "/faults")).json()["faults"]
    assert [(it["happened"], it["spent"], it["when"]) for it in seen] == [
        (2, True, False),
        (0, False, False),
        (0, False, False),
        (0, False, True),
    ]
    exchanges = control.get(at(box, "/exchanges"), params={"fault": "respond"}).json()["exchanges"]
    assert [it["fault"] for it in exchanges] == ["respond", "respond"]


def test_faults_are_disarmed() -> None:
    """One, or all that are left; spent is no mistake, unknown is one."""
    control_app = ControlApp()
    control_app.request("POST", FAULTS_PATH, json=[TWICE, TWICE, TWICE])
    assert control_app.request("DELETE", f"{FAULTS_PATH}/2").json() == {"disarmed": 1}
    assert control_app.request("DELETE", f"{FAULTS_PATH}/2").json() == {"disarmed": 0}
    assert control_app.request("DELETE", FAULTS_PATH).json() == {"disarmed": 2}
    gone = control_app.request("DELETE", f"{FAULTS_PATH}/7")
    assert (gone.status_code, gone.json()["message"]) == (404, "no fault has the number 7; armed: none")
    assert control_app.request("DELETE", f"{FAULTS_PATH}/x").status_code == 422


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"fault": "respnd"}, "there is no fault 'respnd'. Did you mean 'respond'?"),
        ([TWICE, {"fault": "respond", "status": 200}], "status: 400 to 599: 200"),
        ({"fault": "pass", "tims": 1}, "there is no 'tims'. Did you mean 'times'?"),
        (
            {"fault": "respond", "status": 503, "body": "\ud800"},
            "body: it cannot be written as JSON in UTF-8",
        ),
        ({"fault": "\ud800"}, "there is no fault"),
        ("respond", "a fault is a table such as"),
        (None, "a fault is a table such as"),
        ([[TWICE]], "a fault is a table such as"),
        ({"fault": "spoil-token", "extra": {"a": [[[]]] * 2}, "lasts": 5}, "lasts: write a text such as 90s"),
    ],
)
def test_what_cannot_be_armed_is_refused(body: object, said: str) -> None:
    """And nothing of it is armed (one error model)."""
    control_app = ControlApp()
    answer = control_app.send("POST", FAULTS_PATH, body)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request"), answer.text
    assert said in answer.json()["message"]
    assert control_app.request("GET", FAULTS_PATH).json()["faults"] == []


@pytest.mark.parametrize("depth", [*range(44, 56), *range(200, 1000, 50), 100_000])
def test_deep_json_is_no_accident_of_ours(depth: int) -> None:
    """Malformed input is never a 500, neither here nor when the list is read."""
    control_app = ControlApp()
    body = b'{"fault":"respond","status":500,"json":' + b"[" * depth + b"]" * depth + b"}"
    answer = control_app.request(
        "POST", FAULTS_PATH, content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code in {201, 400, 422}
    assert (answer.status_code == 201) is (depth <= 50)
    assert control_app.request("GET", FAULTS_PATH).status_code == 200


def test_every_fault_has_a_schema() -> None:
    """Told apart by `fault`, each field explained, for generators of clients."""
    document: dict[str, Any] = ControlApp().request("GET", "/openapi.json").json()
    operation = document["paths"]["/sandboxes/{name}/faults"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    one, many = content["schema"]["anyOf"]
    assert one["discriminator"]["propertyName"] == "fault"
    assert set(one["discriminator"]["mapping"]) == {kind.name for kind in FAULTS}
    assert many["items"]["oneOf"] == one["oneOf"]
    for ref in one["oneOf"]:
        schema = document["components"]["schemas"][ref["$ref"].rpartition("/")[2]]
        assert schema["description"]
        for name, field in schema["properties"].items():
            assert name == "fault" or field["description"].endswith("."), name


def test_the_documents_examples_can_be_armed() -> None:
    """People copy the examples of the document: each of them can be armed."""
    control_app = ControlApp()
    document: dict[str, Any] = control_app.request("GET", "/openapi.json").json()
    content = document["paths"]["/sandboxes/{name}/faults"]["post"]["requestBody"]["content"][
        "application/json"
    ]
    for example in content["examples"].values():
        assert control_app.request("POST", FAULTS_PATH, json=example["value"]).status_code == 201


def test_a_sandbox_is_made_with_faults(control: httpx.Client) -> None:
    """Null is as if it was not said, an empty list is none; what is wrong is named."""
    for said, numbers in ((TWICE, [1]), ([TWICE, TWICE], [1, 2]), ([], []), (None, [])):
        made = control.post("/sandboxes", json={"faults": said}).json()
        listed = control.get(f"/sandboxes/{made['name']}/faults").json()["faults"]
        assert [it["number"] for it in listed] == numbers
        control.delete(f"/sandboxes/{made['name']}")
    refused = control.post("/sandboxes", json={"faults": [{"fault": "respond"}]})
    assert (refused.status_code, refused.json()["message"]) == (
        422,
        "faults: respond: status: Field required",
    )
