"""Lists that may be long come in pages; short ones come whole, as ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mockwise.faults.kinds import Respond
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.tokens import application
from mockwise.state.users import UserSpec
from mockwise.web.dashboard.snapshot import snapshot
from tests.web.control.control_app import ControlApp

MANY = 1010
BOX = "/sandboxes/default"

LISTS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "users": ("id", lambda it: str(it["id"])),
    "clients": ("client_id", lambda it: it["client_id"]),
    "certificates": ("serial", lambda it: it["serial"]),
    "faults": ("number", lambda it: str(it["number"])),
    "stubs": ("path", lambda it: f"{it['method']} {it['path']}"),
    "tokens": ("digest", lambda it: it["digest"]),
    "links": ("digest", lambda it: it["digest"]),
}


@pytest.fixture(scope="module")
def control_app() -> ControlApp:
    """A sandbox with many of each."""
    control_app = ControlApp()
    box = control_app.registry.default
    now = box.clock.now()
    for n in range(MANY):
        box.users.add(UserSpec(email=f"u{n}@example.com"))
        box.clients.add(client_id=f"c{n}")
        box.certificates.record(f"c{n}", f"{n:04x}", now, now + timedelta(days=1))
        box.fault_queue.arm(Respond(503, client=f"c{n}"))
        box.stubs.add("GET", f"/v1/{n}")
        box.tokens.issue(f"t{n}", application("c0"), now, timedelta(hours=12))
        box.links.add(
            RefreshGrant(
                digest=f"{n:05}",
                client_id=f"c{n}",
                user_id=n,
                profile_id=None,
                by_registration=False,
                granted_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
    return control_app


@pytest.mark.parametrize("name", LISTS)
def test_a_long_list_comes_in_pages_from_its_end(control_app: ControlApp, name: str) -> None:
    """`limit` is how many, `before` the first of the page that was shown; all are counted, each comes once."""
    key, named = LISTS[name]

    def page(**asked: Any) -> dict[str, Any]:
        answer = control_app.request("GET", f"{BOX}/{name}", params=asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    whole = page(limit=MANY * 2)[name]
    usual = page()
    assert usual["count"] >= MANY > len(usual[name]) >= 100
    assert usual[name] == whole[-len(usual[name]) :]
    pages: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"limit": 400}
    while shown := page(**asked)[name]:
        pages = [*shown, *pages]
        asked["before"] = named(shown[0])
    assert [it[key] for it in pages] == [it[key] for it in whole]
    assert page(limit=0) == {"count": len(whole), name: []}
    missing = control_app.request("GET", f"{BOX}/{name}", params={"before": "nothing"})
    assert (missing.status_code, missing.json()["error"]) == (404, "not_found")


def test_sandboxes_come_in_pages() -> None:
    """Those that are not shown are not looked into."""
    control_app = ControlApp()
    for n in range(5):
        control_app.mock.sandbox(f"s{n}")
    answer = control_app.request("GET", "/sandboxes", params={"limit": 2, "before": "s4"}).json()
    assert (answer["count"], [it["name"] for it in answer["sandboxes"]]) == (6, ["s2", "s3"])


def test_the_hub_shows_a_hundred_of_what_there_are_many(control_app: ControlApp) -> None:
    """The page shows a hundred of what there are many, and says how many there are."""
    shown = snapshot(control_app.mock, control_app.mock.default)
    for name in ("users", "clients", "certificates", "tokens", "armed", "soon"):
        assert len(shown[name]) == 100
    assert shown["armed_count"] == MANY
