from __future__ import annotations

from typing import Any

import pytest

from mockwise.web.access import LARGEST_BODY, Access, Guesses
from tests.web.control.control_app import ControlApp

TOKEN = "let-me-in"
ASKED = ControlApp(Access(names=frozenset({"127.0.0.1"}), token=TOKEN))


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:8445", "localhost.", "127.0.0.1:8445", "127.8.9.1", "[::1]:8445", "mock.test:1"],
)
def test_names_of_this_machine_pass(host: str) -> None:
    """Loopback names and addresses, the bound address and public names are the control host's."""
    control_app = ControlApp(Access(names=frozenset({"127.0.0.1", "mock.test"})))
    assert control_app.request("GET", "/sandboxes", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8445",
        "127.0.0.1.evil.example",
        "192.0.2.7",
        "",
        "[::2]",
        "localhost.evil",
    ],
)
def test_a_rebound_name_is_refused(host: str) -> None:
    """A name that was made to point here is somebody else's."""
    answer = ControlApp().request("GET", "/sandboxes", headers={"host": host})
    assert answer.status_code == 403
    assert answer.json()["error"] == "forbidden"
    assert "DNS rebinding" in answer.json()["message"]


def test_two_hosts_are_none() -> None:
    """A request names one host (RFC 9112 section 3.2)."""
    twice = [("host", "127.0.0.1"), ("host", "127.0.0.1")]
    assert ControlApp().request("GET", "/health", headers=twice).status_code == 403


@pytest.mark.parametrize(("any_address", "status"), [(True, 200), (False, 403)])
def test_on_every_address_every_address_is_its_own(any_address: bool, status: int) -> None:
    """Rebinding takes a name: a mock that listens everywhere may be called by any address."""
    control_app = ControlApp(Access(names=frozenset({"0.0.0.0"}), any_address=any_address))
    assert control_app.request("GET", "/health", headers={"host": "192.0.2.7:8445"}).status_code == status
    assert control_app.request("GET", "/health", headers={"host": "evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8445", 201),
        ("http://evil.example", 403),
        ("https://127.0.0.1:8445", 403),
        ("http://127.0.0.1:3000", 403),
        ("null", 403),
    ],
)
def test_a_page_of_another_site_may_not_send(origin: str, status: int) -> None:
    """`Origin`, if there is one, is the control host's own."""
    answer = ControlApp().request(
        "POST", "/sandboxes/default/users", headers={"origin": origin}, json={"email": "a@b"}
    )
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("path", ["/sandboxes", "/handshakes", "/nowhere", "/healthy", "/docsy", "/hubs"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer l\u00e9t"},
    ],
)
def test_without_the_control_token_nothing_is_told(path: str, headers: dict[str, str]) -> None:
    """With a token set, everything needs it, also what is not there."""
    encoded = {name: value.encode() for name, value in headers.items()}
    answer = ASKED.request("GET", path, headers=encoded)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["error"] == "unauthorized"
    assert TOKEN not in answer.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_control_token_opens(scheme: str) -> None:
    """It comes as `Authorization: Bearer`, the scheme in any case (RFC 9110 section 11.1)."""
    answer = ASKED.request("GET", "/sandboxes/default/users", headers={"authorization": f"{scheme} {TOKEN}"})
    assert answer.status_code == 200


def test_two_authorizations_are_none() -> None:
    """One of two could be somebody else's (RFC 9110 section 5.3)."""
    twice = [("authorization", f"Bearer {TOKEN}"), ("authorization", "Bearer wrong")]
    assert ASKED.request("GET", "/handshakes", headers=twice).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/docs", 200),
        ("GET", "/docs/swagger-ui.css", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/.well-known/oauth-authorization-server", 200),
        ("POST", "/oauth/revoke", 401),
        ("POST", "/oauth/introspect", 401),
    ],
)
def test_what_needs_no_control_token(method: str, path: str, status: int) -> None:
    """Health, the API's description, and the standards, where `Authorization` is the client's own (RFC 7009, 7662)."""
    answer = ASKED.request(method, path)
    assert answer.status_code == status
    assert "control" not in answer.headers.get("www-authenticate", "")


def test_the_host_is_checked_before_the_token() -> None:
    """Also what is open is open to this machine's names only."""
    assert ASKED.request("GET", "/health", headers={"host": "evil.example"}).status_code == 403


def test_answers_are_nobodys_to_keep_or_to_frame() -> None:
    """Secrets are among them, and /docs can be pressed (OWASP: no-store, nosniff, frame options)."""
    headers = ControlApp().request("GET", "/sandboxes/default/users").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(("size", "status"), [(LARGEST_BODY - 20, 201), (LARGEST_BODY + 1, 413)])
def test_a_body_has_a_limit(size: int, status: int) -> None:
    """More than a mebibyte is not read (mock-only)."""
    body = b'{"email":"a@b"' + b" " * (size - 15) + b"}"
    answer = ControlApp().request("POST", "/sandboxes/default/users", **_json(body))
    assert answer.status_code == status, answer.text[:200]
    assert status == 201 or answer.json()["error"] == "too_large"


def _json(body: bytes) -> dict[str, Any]:
    return {"content": body, "headers": {"content-type": "application/json"}}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    ("site", "refused"),
    [
        ("cross-site", True),
        ("same-site", True),
        ("Cross-Site", True),
        ("anything", True),
        ("", True),
        ("same-origin", False),
        ("none", False),
    ],
)
def test_a_page_of_another_site_that_says_so_may_not_change_anything(
    method: str, site: str, refused: bool
) -> None:
    """`Sec-Fetch-Site`, where `Origin` is left out (https://www.w3.org/TR/fetch-metadata/)."""
    path = "/sandboxes/default/clock/freeze" if method == "POST" else "/sandboxes/default/stubs"
    answer = ControlApp().request(method, path, headers={"sec-fetch-site": site})
    assert (answer.status_code == 403) == refused, answer.text
    if refused:
        assert "Sec-Fetch-Site" in answer.json()["message"]


def test_one_of_two_sites_is_enough_to_be_refused() -> None:
    """A header that comes twice is not taken at its better half (RFC 9110 section 5.3)."""
    twice = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]
    assert ControlApp().request("POST", "/sandboxes/default/clock/freeze", headers=twice).status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_link_from_another_site_leads_here(method: str) -> None:
    """What only looks changes nothing, and its answer is not for the page that has the link."""
    assert ControlApp().request(method, "/health", headers={"sec-fetch-site": "cross-site"}).is_success


def test_a_wrong_token_is_answered_later_each_time() -> None:
    """Guessing is slow, up to a bound; the right token, and who sends none, never wait."""
    control_app = ControlApp(Access(names=frozenset({"127.0.0.1"}), token=TOKEN))
    for _ in range(30):
        assert (
            control_app.request("GET", "/sandboxes", headers={"authorization": "Bearer x"}).status_code == 401
        )
        control_app.request("GET", "/sandboxes")
        control_app.request("GET", "/hub/default")
        control_app.request("GET", "/sandboxes", headers={"authorization": f"Bearer {TOKEN}"})
        control_app.request("GET", "/health", headers={"authorization": "Bearer x"})
    assert len(control_app.waits) == 30
    assert control_app.waits == sorted(control_app.waits)
    assert control_app.waits[0] < 0.1 < control_app.waits[-1] == control_app.waits[-2] <= 1


def test_the_logins_form_is_no_faster_way_to_guess() -> None:
    """Its wrong tokens count with those of the API."""
    control_app = ControlApp(Access(names=frozenset({"127.0.0.1"}), token=TOKEN))
    here = {"sec-fetch-site": "same-origin"}
    assert control_app.request("POST", "/login", headers=here, data={"token": "x"}).status_code == 401
    control_app.request("GET", "/sandboxes", headers={"authorization": "Bearer x"})
    assert control_app.request("POST", "/login", headers=here, data={"token": "x"}).status_code == 401
    assert len(control_app.waits) == 3
    assert control_app.waits == sorted(set(control_app.waits))
    assert control_app.request("POST", "/login", headers=here, data={"token": TOKEN}).status_code == 303
    assert len(control_app.waits) == 3


@pytest.mark.asyncio
async def test_wrong_tokens_are_forgotten_in_time_and_by_address() -> None:
    """After a minute without one it begins anew; addresses do not slow each other down, and memory stays flat."""
    waits: list[float] = []
    now = 0.0

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    guesses = Guesses(wait, lambda: now)
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        await guesses.wrong(address)
    now = 61.0
    await guesses.wrong("10.0.0.1")
    first, second, other, later = waits
    assert first == other == later < second
    for n in range(2000):
        await guesses.wrong(f"10.1.{n // 256}.{n % 256}")
    assert len(guesses._known) == 1000
