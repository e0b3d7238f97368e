from __future__ import annotations

import ssl
from dataclasses import fields
from pathlib import Path

import httpx
import pytest

from mockwise import MockWise
from mockwise.config import SANDBOX_OPTIONS
from mockwise.core.clock import wall_now
from mockwise.core.errors import MockwiseError, NotThere
from mockwise.core.policy import LONGEST_JOURNAL, Policy
from mockwise.transport.alerts import Refusal
from mockwise.web.control.sandboxes import NewSandbox, Options
from tests.calls import GRANT, token, use
from tests.web.control.desk import Desk


def test_it_is_there(control: httpx.Client) -> None:
    """`GET /health` says so, with the version (DESIGN 3)."""
    answer = control.get("/health").json()
    assert answer["status"] == "ok"
    assert answer["version"]


def test_one_post_is_all_that_another_language_needs(control: httpx.Client, tmp_path: Path) -> None:
    """The answer's PEM texts and credentials get a token over mutual TLS, without any file of the mock (DESIGN 3)."""
    made = control.post("/sandboxes", json={"token_lifetime": "60s"})
    assert made.status_code == 201
    box = made.json()
    context = ssl.create_default_context(cadata=box["ca"])
    both = tmp_path / "client.pem"
    both.write_text(box["certificate"] + box["key"])
    context.load_cert_chain(both)
    with httpx.Client(verify=context) as client:
        answer = client.post(box["token_url"], auth=(box["client_id"], box["client_secret"]), data=GRANT)
    assert answer.json()["expires_in"] == 59
    assert control.delete(f"/sandboxes/{box['name']}").status_code == 204
    with httpx.Client(verify=context) as client:
        answer = client.post(box["token_url"], auth=(box["client_id"], box["client_secret"]), data=GRANT)
    assert answer.status_code == 401


def test_its_environment_is_the_one_of_python(control: httpx.Client, mock: MockWise) -> None:
    """The MOCKWISE_* names are the same by every door (DESIGN 3)."""
    with mock.sandbox("same") as box:
        assert control.get("/sandboxes/same/environ").json() == box.environ()
        credentials = control.get("/sandboxes/same/credentials").json()
        assert credentials["environ"] == box.environ()
        assert credentials["certificate"] == box.cert_file.read_text()
        assert credentials["key"] == box.key_file.read_text()
        assert credentials["ca"] == mock.ca_file.read_text()
        assert credentials["control_url"] == box.control_url == mock.control_url
        assert "MOCKWISE_CONTROL_TOKEN" not in box.environ()


@pytest.mark.parametrize("body", [None, {}])
def test_everything_about_it_may_be_left_out(control: httpx.Client, body: object) -> None:
    """A sandbox has a name and a client all the same (DESIGN 3)."""
    made = control.post("/sandboxes", json=body) if body is not None else control.post("/sandboxes")
    box = made.json()
    assert box["name"].startswith("sandbox-")
    assert control.delete(f"/sandboxes/{box['name']}").status_code == 204


def test_it_takes_every_option_of_a_sandbox(control: httpx.Client) -> None:
    """An option that Python's `sandbox()` takes, POST takes; those of the policy can be seen (DESIGN 5)."""
    assert set(NewSandbox.model_fields) == SANDBOX_OPTIONS | {"name"}
    assert set(Options.model_fields) == {field.name for field in fields(Policy)}
    wanted = {
        "token_lifetime": "90s",
        "token_format": "random",
        "token_repeat": "reuse",
        "mtls": "optional",
        "foreign_certificate": "accept",
        "certificate_clock": "sandbox",
        "missing_authorization": "unauthorized",
        "hints": False,
        "journal_size": 7,
    }
    assert set(wanted) == set(Options.model_fields)
    given = {"name": "every", "client_id": "every-id", "client_secret": "every-secret"}
    made = control.post("/sandboxes", json=given | wanted).json()
    assert (made["client_id"], made["client_secret"]) == ("every-id", "every-secret")
    seen = control.get("/sandboxes/every").json()
    assert seen["options"] == {**wanted, "token_lifetime": "1m30s"}
    control.delete("/sandboxes/every")


@pytest.mark.parametrize(
    ("body", "status", "error", "said"),
    [
        ({"name": "default"}, 409, "conflict", "there is a sandbox 'default' already"),
        ({"name": "a/b"}, 400, "bad_value", "without a slash"),
        ({"client_id": "taken"}, 409, "conflict", "client id 'taken' is taken by sandbox 'taken'"),
        ({"client_id": "a:b"}, 400, "bad_value", "a client id has no colon"),
        ({"token_lifetime": "soon"}, 400, "bad_value", "token_lifetime: not a duration: 'soon'"),
        ({"token_format": "saml"}, 422, "invalid_request", "token_format: Input should be 'jwt', 'uuid'"),
        ({"mtls_port": 1}, 422, "invalid_request", "mtls_port: there is no such field"),
        ({"journal_size": LONGEST_JOURNAL + 1}, 422, "invalid_request", "journal_size: "),
        ({"client_secret": 5}, 422, "invalid_request", "client_secret: Input should be a valid string"),
        ([], 422, "invalid_request", "send a JSON object"),
    ],
)
def test_a_mistake_says_what_to_do(
    *, mock: MockWise, control: httpx.Client, body: object, status: int, error: str, said: str
) -> None:
    """One error model; the status is of its kind, the sentence names the field (issue 3, point 1)."""
    with mock.sandbox("taken", client_id="taken"):
        before = mock.sandboxes
        answer = control.post("/sandboxes", json=body)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        assert said in answer.json()["message"]
        assert mock.sandboxes == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "the body is not JSON"),
        (b"\xff", "the body cannot be read"),
        (b'{"name":"\\ud800"}', "half of a character"),
        (b'{"\\ud800":1}', "send a JSON object"),
        (b"[" * 100_000, "the body "),
        (b'{"name":' + b"[" * 900 + b"]" * 900 + b"}", "name: Input should be a valid string"),
    ],
)
def test_what_is_no_json_is_no_accident_of_ours(control: httpx.Client, content: bytes, said: str) -> None:
    """Malformed input is never a 500 (DESIGN 7)."""
    answer = control.post("/sandboxes", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert said in answer.json()["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_called_json_is_none(control: httpx.Client, kind: str) -> None:
    """A form of another site cannot be read as JSON (DESIGN 4.12); nor is it a 500 (DESIGN 7)."""
    answer = control.post("/sandboxes", content="{}", headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
    assert "Content-Type: application/json" in answer.json()["message"]


def test_what_is_in_it_can_be_seen(control: httpx.Client, mock: MockWise) -> None:
    """`GET /sandboxes/{name}` has its figures, and no secret (DESIGN 3)."""
    with mock.sandbox("seen") as box:
        first, second, _, fourth = (token(box) for _ in range(4))
        box.revoke_token(first)
        box.expire_token(second)
        box.add_client(client_id="gone").revoke()
        box.add_user("ann@example.com")
        seen = control.get("/sandboxes/seen").json()
        assert seen["tokens"] == {"live": 2, "expired": 1, "revoked": 1}
        assert (seen["clients"], seen["users"], seen["certificates"], seen["exchanges"]) == (2, 1, 1, 4)
        assert seen["client_id"] == box.client_id
        assert not seen["frozen"]
        assert box.client_secret not in control.get("/sandboxes/seen").text
        assert fourth not in control.get("/sandboxes/seen").text
        assert seen["name"] in [it["name"] for it in control.get("/sandboxes").json()["sandboxes"]]


def test_a_reset_makes_it_as_new(control: httpx.Client, mock: MockWise) -> None:
    """Tokens, users and the journal go, the own client stays (README, Time, expiry, revocation)."""
    with mock.sandbox("again") as box:
        text = token(box)
        box.advance(hours=1)
        control.post("/sandboxes/again/clients/" + box.client_id + "/secret")
        seen = control.post("/sandboxes/again/reset").json()
        assert (seen["exchanges"], seen["tokens"]["live"], seen["client_id"]) == (0, 0, box.client_id)
        assert use(box, text).status_code == 401
        assert token(box)


def test_the_default_one_stays(control: httpx.Client, mock: MockWise) -> None:
    """It ends with its mock; another one does not (Registry.drop)."""
    assert control.delete("/sandboxes/default").status_code == 409
    box = mock.sandbox("leaves")
    assert control.delete("/sandboxes/leaves").status_code == 204
    assert "leaves" not in mock.sandboxes
    assert control.delete("/sandboxes/leaves").status_code == 404
    box.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/reset"),
        ("GET", "/environ"),
        ("GET", "/credentials"),
        ("GET", "/clock"),
        ("POST", "/clock/freeze"),
        ("GET", "/clients"),
        ("POST", "/clients"),
        ("GET", "/certificates"),
        ("GET", "/users"),
        ("GET", "/tokens"),
        ("POST", "/tokens/revoke"),
        ("GET", "/exchanges"),
        ("DELETE", "/exchanges"),
        ("GET", "/exchanges/stream"),
    ],
)
def test_an_unknown_sandbox_is_404(control: httpx.Client, method: str, path: str) -> None:
    """And the message names those there are (one error model)."""
    answer = control.request(method, f"/sandboxes/nobody{path}")
    assert answer.status_code == 404
    assert answer.json()["message"].startswith("there is no sandbox 'nobody'; there are: default")


def test_a_sandbox_that_closes_meanwhile_leaves_the_list() -> None:
    """The list is of those there are when it is made (GET /sandboxes)."""

    def own_client(_: str) -> str:
        raise NotThere("there is no sandbox")

    assert Desk(own_client=own_client).request("GET", "/sandboxes").json() == {"sandboxes": []}


def test_refused_handshakes_belong_to_the_mock(control: httpx.Client, mock: MockWise) -> None:
    """`GET /handshakes` has time, alert and reason (DESIGN 2); the newest come last."""
    before = control.get("/handshakes?limit=0").json()
    context = ssl.create_default_context(cafile=mock.ca_file)
    with httpx.Client(verify=context) as bare, pytest.raises(httpx.HTTPError):
        bare.get(mock.mtls_url)
    after = control.get("/handshakes?limit=1").json()
    assert before["handshakes"] == []
    assert after["count"] == before["count"] + 1
    [refusal] = after["handshakes"]
    assert (refusal["listener"], refusal["alert"]) == ("mtls", "certificate_required")
    assert refusal["peer"].startswith("127.0.0.1:")
    assert refusal["reason"]


@pytest.mark.parametrize(
    ("peer", "shown"), [(("::1", 5), "[::1]:5"), (("127.0.0.1", 5), "127.0.0.1:5"), (None, None)]
)
def test_a_peer_is_shown_as_in_urls(peer: tuple[str, int] | None, shown: str | None) -> None:
    """IPv6 addresses are bracketed (RFC 3986 section 3.2.2); one that left too soon has none."""
    refusal = Refusal(wall_now(), "mtls", "c1", peer, None, None, "why")
    [seen] = Desk(handshakes=lambda: [refusal]).request("GET", "/handshakes").json()["handshakes"]
    assert seen["peer"] == shown


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/sandboxes", "GET, POST"),
        ("PATCH", "/sandboxes/default", "DELETE, GET"),
        ("POST", "/health", "GET"),
        ("POST", "/openapi.json", "GET, HEAD"),
    ],
)
def test_another_method_is_told_the_right_ones(
    control: httpx.Client, method: str, path: str, allowed: str
) -> None:
    """405 with all methods of the path (RFC 9110 section 15.5.6)."""
    answer = control.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert allowed in answer.json()["message"]


@pytest.mark.parametrize("path", ["/nowhere", "/sandboxes/", "/sandboxes/default/nothing", "/docs/other.js"])
def test_an_unknown_path_is_404(control: httpx.Client, path: str) -> None:
    """And the message says where the paths are listed (one error model)."""
    answer = control.get(path)
    assert answer.status_code == 404
    assert "/docs" in answer.json()["message"]


def test_nothing_of_it_is_on_the_hosts_that_stand_in_for_wise(mock: MockWise) -> None:
    """The control API has a host of its own (DESIGN 2)."""
    with httpx.Client(verify=mock.default.ssl_context()) as client:
        for url in (mock.mtls_url, mock.tls_url):
            for path in ("/health", "/sandboxes", "/docs", "/openapi.json", "/oauth/introspect"):
                assert client.get(url + path).status_code == 404


def test_our_own_mistake_is_a_500_without_a_traceback() -> None:
    """What fails in mockwise itself says so, in the one error model (issue 3, point 1)."""

    def broken() -> list[Refusal]:
        raise RuntimeError("inner secret")

    answer = Desk(handshakes=broken).request("GET", "/handshakes")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal_error")
    assert "inner secret" not in answer.text


def test_what_the_mock_cannot_do_now_is_a_conflict() -> None:
    """Any other misuse is about the state that things are in (RFC 9110 section 15.5.10)."""

    def unwilling() -> list[Refusal]:
        raise MockwiseError("not now")

    answer = Desk(handshakes=unwilling).request("GET", "/handshakes")
    assert (answer.status_code, answer.json()) == (409, {"error": "conflict", "message": "not now"})
