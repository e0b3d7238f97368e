from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args, get_origin

import httpx
import pytest

from mockwise import MockWise
from mockwise.errors import NotFoundError
from mockwise.settings import SANDBOX_OPTIONS
from mockwise.state.options import LONGEST_JOURNAL, SandboxOptions
from mockwise.web.control.options import NewSandbox, Options
from tests.api_calls import GRANT, token, use
from tests.web.control.control_app import ControlApp
from tests.web.control.users import link


def test_one_post_is_all_that_another_language_needs(control: httpx.Client, tmp_path: Path) -> None:
    """The answer's PEM texts and credentials get a token over mutual TLS, without any file of the mock."""
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
    """The MOCKWISE_* names are the same by every door."""
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
    """A sandbox has a name and a client all the same."""
    made = control.post("/sandboxes", json=body) if body is not None else control.post("/sandboxes")
    box = made.json()
    assert box["name"].startswith("sandbox-")
    assert control.delete(f"/sandboxes/{box['name']}").status_code == 204


def other_choices() -> dict[str, Any]:
    """For each option that is a choice, another than its default: the last one."""
    choices: dict[str, Any] = {}
    for name, option in SandboxOptions.model_fields.items():
        if option.annotation is bool:
            choices[name] = not option.default
        elif get_origin(option.annotation) is Literal:
            choices[name] = [it for it in get_args(option.annotation) if it != option.default][-1]
    return choices


def test_it_takes_every_option_of_a_sandbox(control: httpx.Client) -> None:
    """An option that Python's `sandbox()` takes, POST takes; those of a sandbox can be seen."""
    assert set(NewSandbox.model_fields) == SANDBOX_OPTIONS | {"name"}
    assert set(Options.model_fields) == set(SandboxOptions.model_fields)
    wanted: dict[str, Any] = {
        **other_choices(),
        "token_lifetime": "90s",
        "refresh_token_lifetime": "30d",
        "rate_limit": "10/s,100/min",
        "versions": ["2026Q4", "2027Q1"],
        "redirect_uri": ["https://a.test/back", "http://localhost:3000"],
        "users": [
            {
                "email": "eve@example.com",
                "first_name": "Eve",
                "last_name": "Moneypenny",
                "business": "Eve & Co",
            },
            {"email": "bob@example.com"},
        ],
        "stubs": [
            {"method": "GET", "path": "/v1/a", "json": None},
            {"method": "POST", "path": "/v1/b", "status": 201, "body": "b", "headers": {"x-a": "1"}},
        ],
        "faults": [{"fault": "respond", "status": 503, "times": 2}, {"fault": "delay", "seconds": 0.1}],
        "journal_size": 7,
        "journal_bytes": 70_000,
        "scenario": ["clock-skew"],
        "seed": 7,
    }
    assert set(wanted) == set(Options.model_fields)
    given = {"name": "every", "client_id": "every-id", "client_secret": "every-secret"}
    made = control.post("/sandboxes", json=given | wanted).json()
    assert (made["client_id"], made["client_secret"]) == ("every-id", "every-secret")
    seen = control.get("/sandboxes/every").json()
    nobody = {"first_name": None, "last_name": None, "business": None}
    stubs = control.get("/sandboxes/every/stubs").json()["stubs"]
    assert [(it["path"], it["status"], it["body"]) for it in stubs] == [
        ("/v1/a", 200, "null"),
        ("/v1/b", 201, "b"),
    ]
    assert seen["options"] == {
        **wanted,
        "token_lifetime": "1m30s",
        "users": [wanted["users"][0], {**nobody, **wanted["users"][1]}],
        "stubs": stubs,
    }
    assert [it["name"] for it in control.get("/sandboxes/every/users").json()["users"]] == [
        "Eve Moneypenny",
        "Bob Example",
    ]
    [own] = control.get("/sandboxes/every/clients").json()["clients"]
    assert own["redirect_uris"] == wanted["redirect_uri"]
    control.delete("/sandboxes/every")


@pytest.mark.parametrize(
    ("body", "status", "error", "said"),
    [
        ({"name": "default"}, 409, "conflict", "there is a sandbox 'default' already"),
        ({"name": "a/b"}, 400, "bad_value", "without a slash"),
        ({"client_id": "taken"}, 409, "conflict", "client id 'taken' is taken by sandbox 'taken'"),
        ({"client_id": "a:b"}, 400, "bad_value", "a client id has no colon"),
        ({"token_lifetime": "soon"}, 400, "bad_value", "token_lifetime: not a duration: 'soon'"),
        (
            {"token_format": "saml"},
            422,
            "invalid_request",
            "token_format: Input should be 'jwt', 'jwe', 'uuid'",
        ),
        ({"mtls_port": 1}, 422, "invalid_request", "mtls_port: there is no such field"),
        ({"journal_size": LONGEST_JOURNAL + 1}, 422, "invalid_request", "journal_size: "),
        ({"client_secret": 5}, 422, "invalid_request", "client_secret: Input should be a valid string"),
        ({"rate_limit": "many"}, 400, "bad_value", "rate_limit: write off, documented"),
        ({"redirect_uri": ["/back"]}, 400, "bad_value", "redirect_uri.0: a redirect URI is an absolute"),
        ({"users": [{"email": "ann"}]}, 400, "bad_value", "users: an e-mail address has an @"),
        ({"users": [{"name": "Ann"}]}, 422, "invalid_request", "users.0.email: "),
        ({"stubs": [{"method": "GET", "path": "/oauth/token"}]}, 400, "bad_value", "stubs"),
        ([], 422, "invalid_request", "send a JSON object"),
    ],
)
def test_a_mistake_says_what_to_do(
    *, mock: MockWise, control: httpx.Client, body: object, status: int, error: str, said: str
) -> None:
    """One error model; the status is of its kind, the sentence names the field."""
    with mock.sandbox("taken", client_id="taken"):
        before = mock.sandboxes
        answer = control.post("/sandboxes", json=body)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        assert said in answer.json()["message"]
        assert mock.sandboxes == before


def test_what_is_in_it_can_be_seen(control: httpx.Client, mock: MockWise) -> None:
    """`GET /sandboxes/{name}` has its figures, and no secret."""
    with mock.sandbox("seen") as box:
        first, second, _, fourth = (token(box) for _ in range(4))
        box.revoke_token(first)
        box.expire_token(second)
        box.add_client(client_id="gone").revoke()
        box.add_user("bob@example.com")
        link(control, box)
        seen = control.get("/sandboxes/seen").json()
        assert seen["tokens"] == {"live": 3, "expired": 1, "revoked": 1}
        assert (seen["clients"], seen["users"], seen["certificates"], seen["exchanges"]) == (2, 2, 1, 5)
        assert seen["links"] == 1
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
        ("POST", "/users"),
        ("GET", "/users/ann@example.com"),
        ("POST", "/users/1/deactivate"),
        ("POST", "/users/1/claim"),
        ("POST", "/users/1/security"),
        ("POST", "/users/1/disconnect"),
        ("POST", "/users/1/personal-tokens"),
        ("POST", "/clients/app/leak"),
        ("POST", "/consents"),
        ("GET", "/links"),
        ("GET", "/stubs"),
        ("DELETE", "/stubs"),
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


def test_a_sandbox_that_closes_meanwhile_leaves_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is of those there are when it is made (GET /sandboxes)."""

    def closed(_: str) -> NoReturn:
        raise NotFoundError("there is no sandbox")

    control_app = ControlApp()
    monkeypatch.setattr(control_app.mock, "sandbox_named", closed)
    assert control_app.request("GET", "/sandboxes").json()["sandboxes"] == []
