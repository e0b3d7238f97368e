"""Application webhooks: `/v3/applications/{clientKey}/subscriptions` (docs/wise/operations.md#endpoints)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.wise_app import ID, WiseApp

PATH = f"/v3/applications/{ID}/subscriptions"
WANTED: dict[str, Any] = {
    "name": "Webhook Subscription #1",
    "trigger_on": "transfers#state-change",
    "delivery": {"version": "2.0.0", "url": "https://your.webhook.url/12345"},
}


@pytest.mark.parametrize("path", [PATH, PATH.replace("v3", "2026Q3")])
def test_a_subscription_is_made_shown_listed_and_ended(wise_app: WiseApp, path: str) -> None:
    """Each answer as documented: 200, 200, 200, 204 without a body; then it is gone."""
    assert wise_app.call("GET", path).text == "[]"
    made = wise_app.call("POST", path, json=WANTED)
    one = f"{path}/{made.json()['id']}"
    assert made.status_code == 200
    assert made.text == (
        f'{{"id":"{made.json()["id"]}","name":"Webhook Subscription #1",'
        '"trigger_on":"transfers#state-change",'
        '"delivery":{"version":"2.0.0","url":"https://your.webhook.url/12345"},"scope":{"domain":"application","id":"partner"},'
        '"created_by":{"type":"application","id":"partner"},"created_at":"2026-07-01T12:00:00Z"}'
    )
    assert wise_app.call("GET", one).text == made.text
    assert wise_app.call("GET", path).text == f"[{made.text}]"

    ended = wise_app.call("DELETE", one)
    assert (ended.status_code, ended.content) == (204, b"")
    assert not ended.headers.keys() & {"content-length", "content-type"}
    assert wise_app.call("GET", path).text == "[]"
    for method in ("GET", "DELETE"):
        missing = wise_app.call(method, one)
        assert (missing.status_code, missing.json()["error"]) == (404, "Not Found")
        assert "no subscription" in missing.headers["x-mockwise-reason"]


def test_the_key_and_the_id_of_a_client_are_two_things(wise_app: WiseApp) -> None:
    """`scope` has the client key, `created_by` the client id (DOCUMENTED)."""
    wise_app.registry.add_client(wise_app.box, client_id="second", client_secret="s", client_key="key-2")
    token = wise_app.access_token(auth=("second", "s"))
    made = wise_app.call("POST", "/v3/applications/key-2/subscriptions", token, json=WANTED).json()
    assert (made["scope"]["id"], made["created_by"]["id"]) == ("key-2", "second")
    assert wise_app.call("GET", PATH).json() == []
    assert wise_app.call("GET", f"{PATH}/{made['id']}").status_code == 404


@pytest.mark.parametrize("mtls", [True, False])
def test_notifications_may_go_over_mtls(wise_app: WiseApp, mtls: bool) -> None:
    """`delivery.mtls_enabled` is shown if it was said (docs/wise/mtls.md#certificates)."""
    delivery = WANTED["delivery"] | {"mtls_enabled": mtls}
    made = wise_app.call("POST", PATH, json=WANTED | {"delivery": delivery}).json()
    assert made["delivery"] == delivery


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"name": None}, ["name"]),
        ({"trigger_on": 7}, ["trigger_on"]),
        ({"delivery": None}, ["delivery"]),
        ({"delivery": {}}, ["delivery.version", "delivery.url"]),
        ({"delivery": {"version": "2.0.0", "url": None}, "name": []}, ["name", "delivery.url"]),
    ],
)
def test_all_fields_are_required(wise_app: WiseApp, change: dict[str, Any], paths: list[str]) -> None:
    """400 `NotNull` in shape 4 (the requirement DOCUMENTED, the refusal INFERRED)."""
    refused = wise_app.call("POST", PATH, json=WANTED | change)
    assert refused.status_code == 400
    assert [(it["code"], it["path"]) for it in refused.json()["errors"]] == [("NotNull", it) for it in paths]
    assert wise_app.call("GET", PATH).text == "[]"
