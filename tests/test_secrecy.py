"""Whatever shows what clients did holds no secret and no token, wherever a client put them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from mockwise import MockWise, Respond, Sandbox
from mockwise.cli.terminal import Terminal
from mockwise.mock import Exchange, FailedHandshake
from tests.api_calls import GRANT
from tests.cli.processes import succeed
from tests.web.control.users import ANN, at, link
from tests.web.wise.test_known_secrets import FORMS

MARK = "it's-Zk/2+x9 the-one"
ID = "other"

Hand = Callable[[httpx.Client, str], httpx.Response]
TOKENS = "/oauth/token"
WAYS: Mapping[str, Hand] = {
    "swapped Basic": lambda http, text: http.post(TOKENS, auth=(text, ID), data=GRANT),
    "bearer": lambda http, text: http.get("/v1/me", headers={"Authorization": f"Bearer {quote(text)}"}),
    "no scheme": lambda http, text: http.get("/v1/me", headers={"Authorization": text}),
    "header": lambda http, text: http.post(TOKENS, headers={"X-Client-Secret": text, "User-Agent": f"a {text}"}),
    "path": lambda http, text: http.get(f"/v1/{quote(text, safe='')}/{quote(text)}"),
    "query": lambda http, text: http.post(TOKENS, params={"key": text, text: "1"}, data=GRANT),
    "query that the audit finds": lambda http, text: http.get(
        f"/v1/{quote(text, safe='')}", params={"access_token": text, "client_secret": text}
    ),
    "form": lambda http, text: http.post(TOKENS, data={"grant_type": text, "scope": text, text: "1"}),
    "client id": lambda http, text: http.post(TOKENS, data={**GRANT, "client_id": text, "client_secret": text}),
    "multipart": lambda http, text: http.post(TOKENS, files={"scope": (None, text), "file": (text, text)}),
    "JSON": lambda http, text: http.post("/v1/profiles", json={"a": [text], text: f"is {text}"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Secrets that were sent in every way, and every place in which that may be seen."""
    folder = tmp_path_factory.mktemp("reports")
    events: list[Exchange | FailedHandshake] = []
    with MockWise(mtls="optional") as mock:
        box = mock.default
        mock.watch(events.append)
        secrets = send_all(box)
        yield secrets, {**pages(box), **reports(box, folder), **lines(events), "repr": reprs(mock, box)}


def send_all(box: Sandbox) -> dict[str, str]:
    """Send a secret, and a token of each kind, in every way."""
    box.add_client(client_id=ID, client_secret=MARK)
    with httpx.Client(base_url=box.control_url) as control:
        users = link(control, box)
        code = control.post(at(box, "/consents"), json={}).json()["code"]
    with httpx.Client(base_url=box.tls_url, verify=box.ssl_context(), timeout=20) as http:
        basic = box.client_id, box.client_secret
        secrets = {
            "client secret": MARK,
            "access token": http.post(TOKENS, auth=basic, data=GRANT).json()["access_token"],
            "user token": users["access_token"],
            "refresh token": users["refresh_token"],
            "code": code,
            "personal token": box.personal_token(ANN),
        }
        for text in secrets.values():
            for way in WAYS.values():
                way(http, text)
    return secrets


def pages(box: Sandbox) -> dict[str, str]:
    """What a browser and a listener see. The page shows the secret of the sandbox's own client on purpose."""
    last = box.exchanges[-1].number
    with httpx.Client(base_url=box.control_url, timeout=60) as control:
        seen = {
            f"page {path}": control.get(f"/hub/{box.name}{path}").text
            for path in ("", "/live", "/audit", *(f"/exchanges/{it.number}" for it in box.exchanges))
        }
        for path in ("exchanges", "tokens", "links", "clients", "handshakes", "audit", "users"):
            where = "/handshakes" if path == "handshakes" else at(box, f"/{path}")
            seen[f"API {path}"] = control.get(where).text
        told = ""
        with control.stream("GET", at(box, "/exchanges/stream"), headers={"Last-Event-ID": "0"}) as stream:
            for line in stream.iter_lines():
                told += f"{line}\n"
                if line.startswith("data:") and json.loads(line[5:])["number"] == last:
                    break
    return {**seen, "SSE": told}


def reports(box: Sandbox, folder: Path) -> dict[str, str]:
    """What the command line prints and writes."""
    there = ("--control", box.control_url, "--sandbox", box.name)
    files = {"JUnit": folder / "junit.xml", "HTML": folder / "audit.html"}
    told = {
        "audit": succeed("audit", *there, "--junit", str(files["JUnit"]), "--html", str(files["HTML"])),
        "audit --json": succeed("audit", *there, "--json"),
        "journal": succeed("journal", *there),
        "journal --json": succeed("journal", *there, "--json"),
        "status": succeed("status", *there),
    }
    return {**told, **{name: file.read_text() for name, file in files.items()}}


def lines(events: list[Exchange | FailedHandshake]) -> dict[str, str]:
    """The lines that the terminal shows of these events."""
    with redirect_stdout(io.StringIO()) as printed:
        Terminal(refusals_only=False).show(events)
    return {"terminal": printed.getvalue() + repr(events)}


def reprs(mock: MockWise, box: Sandbox) -> str:
    """Of whatever a test prints when it fails."""
    state = box._state
    things: list[Any] = [
        mock,
        box,
        box.credentials,
        mock.settings,
        mock.handshakes,
        box.exchanges,
        box.links,
        box.users,
    ]
    things += [
        state.tokens.all(),
        state.tokens.reusable(box.client_id),
        *box.arm(Respond(503, times=1)),
        box.faults,
    ]
    things += [mock.bad_server("expired"), box.audit(), mock.reports()]
    return repr(things)


@pytest.mark.parametrize(
    "secret", ["client secret", "access token", "user token", "refresh token", "code", "personal token"]
)
def test_nothing_that_is_shown_holds_a_secret(
    secret: str, shown: tuple[dict[str, str], dict[str, str]]
) -> None:
    """As it is, or encoded in any way of the web."""
    secrets, places = shown
    forms = {form(secrets[secret]) for form in FORMS.values()}
    assert [name for name, text in places.items() if any(it in text for it in forms)] == []


def test_all_that_happened_is_there(shown: tuple[dict[str, str], dict[str, str]]) -> None:
    """What was looked through is not empty."""
    _, places = shown
    assert places["SSE"].count("data:") > 6 * len(WAYS)
    assert "<testsuite" in places["JUnit"]
    assert "<svg" in places["HTML"]
    assert "***" in places["journal --json"]
    assert "401 POST /oauth/token" in places["terminal"]
    assert json.loads(places["audit --json"])["counts"]["error"]
