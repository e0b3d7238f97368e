from __future__ import annotations

import asyncio

import httpx
import pytest
from authlib.oauth2.rfc8414 import (  # type: ignore[import-untyped]  # it has no types
    AuthorizationServerMetadata,
)
from starlette.types import Message

from mockwise import MockWise
from mockwise.sandbox.handle import Sandbox
from tests.api_calls import GRANT, token, use
from tests.web.control.control_app import ControlApp
from tests.web.control.users import ANN, ann, link, refresh

REVOKE, INTROSPECT = "/oauth/revoke", "/oauth/introspect"


def ask(control: httpx.Client, path: str, box: Sandbox, **form: str) -> httpx.Response:
    """Ask as the sandbox's own client, by Basic alone."""
    return control.post(path, auth=(box.client_id, box.client_secret), data=form)


def test_a_token_is_revoked_by_its_client(control: httpx.Client, box: Sandbox) -> None:
    """By Basic and without a certificate; 200 with an empty body (RFC 7009 section 2.2)."""
    text, lives = token(box), token(box)
    answer = ask(control, REVOKE, box, token=text, token_type_hint="nonsense")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert use(box, text).status_code == 401
    assert use(box, lives).status_code == 200
    assert ask(control, REVOKE, box, token=text).status_code == 200
    assert ask(control, REVOKE, box, token="unknown").status_code == 200


def test_a_live_token_is_active(control: httpx.Client, box: Sandbox) -> None:
    """With scope, client and times on the sandbox's clock (RFC 7662 section 2.2); revoked, it is not."""
    box.freeze()
    text = token(box)
    answer = ask(control, INTROSPECT, box, token=text, token_type_hint="access_token")
    now = int(box.now.timestamp())
    assert answer.json() == {
        "active": True,
        "scope": "transfers",
        "client_id": box.client_id,
        "token_type": "bearer",
        "exp": pytest.approx(now + 12 * 3600, abs=1),
        "iat": now,
        "sub": box.client_id,
    }
    box.revoke_token(text)
    assert ask(control, INTROSPECT, box, token=text).json() == {"active": False}


def test_of_others_tokens_nothing_is_said_or_done(
    mock: MockWise, control: httpx.Client, box: Sandbox
) -> None:
    """Another client's token is not active (RFC 7662 section 2.2) and not revoked (RFC 7009 section 2.1)."""
    other = box.add_client()
    alien = token(box, other)
    assert ask(control, INTROSPECT, box, token=alien).json() == {"active": False}
    refused = ask(control, REVOKE, box, token=alien)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert use(box, alien, context=other.ssl_context()).status_code == 200
    elsewhere = token(mock.default)
    assert ask(control, INTROSPECT, box, token=elsewhere).json() == {"active": False}
    assert ask(control, REVOKE, box, token=elsewhere).status_code == 200
    assert use(mock.default, elsewhere).status_code == 200


@pytest.mark.parametrize("hint", ["refresh_token", "access_token"])
def test_a_refresh_token_is_active_until_it_is_revoked(
    control: httpx.Client, box: Sandbox, hint: str
) -> None:
    """With the user as subject; what was made from it dies with it (RFC 7662 section 2.2, RFC 7009 section 2.1)."""
    box.freeze()
    tokens, now = link(control, box), int(box.now.timestamp())
    user = str(ann(control, box)["id"])
    asked = {"token": tokens["refresh_token"], "token_type_hint": hint}
    assert ask(control, INTROSPECT, box, **asked).json() == {
        "active": True,
        "scope": "transfers",
        "client_id": box.client_id,
        "token_type": "refresh_token",
        "exp": now + 7300 * 24 * 3600,
        "iat": now,
        "sub": user,
    }
    access = ask(control, INTROSPECT, box, token=tokens["access_token"]).json()
    assert (access["active"], access["token_type"], access["sub"]) == (True, "bearer", user)
    assert ask(control, REVOKE, box, **asked).status_code == 200
    assert ask(control, REVOKE, box, **asked).status_code == 200
    for text in (tokens["refresh_token"], tokens["access_token"]):
        assert ask(control, INTROSPECT, box, token=text).json() == {"active": False}
    assert refresh(box, tokens).json()["error"] == "invalid_grant"


def test_a_refresh_token_outlives_its_access_token(control: httpx.Client, box: Sandbox) -> None:
    """Revoking the access token leaves the grant (RFC 7009 section 2.1: "may"); Wise is silent (docs/wise/consent-and-revocation.md#revocation)."""
    tokens = link(control, box)
    assert ask(control, REVOKE, box, token=tokens["access_token"]).status_code == 200
    assert ask(control, INTROSPECT, box, token=tokens["access_token"]).json() == {"active": False}
    assert refresh(box, tokens).status_code == 200


def test_of_others_refresh_tokens_nothing_is_said_or_done(control: httpx.Client, box: Sandbox) -> None:
    """Another client's is not active and not revoked (RFC 7662 section 2.2, RFC 7009 section 2.1)."""
    other = box.add_client()
    tokens = link(control, box, other)
    assert ask(control, INTROSPECT, box, token=tokens["refresh_token"]).json() == {"active": False}
    refused = ask(control, REVOKE, box, token=tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert refresh(box, tokens, other).status_code == 200


def test_a_personal_token_is_no_clients(control: httpx.Client, box: Sandbox) -> None:
    """No client may ask after it or revoke it (RFC 7009 section 2.1)."""
    made = control.post(f"/sandboxes/{box.name}/users/{ANN}/personal-tokens").json()
    assert ask(control, INTROSPECT, box, token=made["token"]).json() == {"active": False}
    assert ask(control, REVOKE, box, token=made["token"]).status_code == 400
    [seen] = control.get(f"/sandboxes/{box.name}/tokens").json()["tokens"]
    assert seen["state"] == "live"


@pytest.mark.parametrize("path", [REVOKE, INTROSPECT])
def test_a_client_proves_itself(control: httpx.Client, box: Sandbox, path: str) -> None:
    """Wrong, unknown or no credentials: 401 invalid_client with a challenge (RFC 6749 section 5.2)."""
    text = token(box)
    for auth in (httpx.BasicAuth(box.client_id, "wrong"), httpx.BasicAuth("nobody", "x"), httpx.Auth()):
        answer = control.post(path, auth=auth, data={"token": text})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert answer.headers["x-mockwise-reason"]
    bearer = control.post(path, headers={"authorization": f"Bearer {text}"}, data={"token": text})
    assert bearer.status_code == 401
    assert use(box, text).status_code == 200


@pytest.mark.parametrize("path", [REVOKE, INTROSPECT])
def test_the_token_must_be_said_once(control: httpx.Client, box: Sandbox, path: str) -> None:
    """Missing, repeated, in JSON, or too long a body: invalid_request (RFC 7009 section 2.2.1, RFC 6749 3.2)."""
    auth = (box.client_id, box.client_secret)
    assert ask(control, path, box).json()["error"] == "invalid_request"
    twice = control.post(path, auth=auth, data={"token": ["a", "b"]})
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
    assert control.post(path, auth=auth, json={"token": "a"}).status_code == 400
    assert ask(control, path, box, token="x" * 70_000).status_code == 413
    assert control.get(path).status_code == 405


def test_a_client_that_form_encodes_itself_is_known(mock: MockWise, control: httpx.Client) -> None:
    """Stock clients encode the Basic user first (RFC 6749 section 2.3.1)."""
    with mock.sandbox(client_id="an app", client_secret="s+s") as box:
        text = token(box)
        answer = control.post(INTROSPECT, auth=("an+app", "s%2Bs"), data={"token": text})
        assert answer.json()["active"]


def test_the_metadata_are_true(mock: MockWise, control: httpx.Client) -> None:
    """RFC 8414 section 2: what is named is served there, and Authlib reads it (but for plain HTTP)."""
    document = control.get("/.well-known/oauth-authorization-server").json()
    assert document["issuer"] == mock.control_url
    assert document["mtls_endpoint_aliases"] == {"token_endpoint": mock.default.token_url}
    assert document["authorization_endpoint"] == f"{mock.tls_url}/oauth/authorize/"
    assert document["response_types_supported"] == ["code"]
    assert set(document["grant_types_supported"]) == {
        "client_credentials",
        "registration_code",
        "authorization_code",
        "refresh_token",
    }
    read = AuthorizationServerMetadata(document)
    read.validate_authorization_endpoint()
    read.validate_response_types_supported()
    read.validate_token_endpoint()
    read.validate_token_endpoint_auth_methods_supported()
    read.validate_grant_types_supported()
    read.validate_scopes_supported()
    with mock.sandbox(mtls="optional") as box, httpx.Client(verify=box.ssl_context()) as http:
        auth = (box.client_id, box.client_secret)
        text = http.post(document["token_endpoint"], auth=auth, data=GRANT).json()["access_token"]
        assert http.post(document["introspection_endpoint"], auth=auth, data={"token": text}).json()["active"]
        assert http.post(document["revocation_endpoint"], auth=auth, data={"token": text}).status_code == 200


def test_a_peer_that_leaves_needs_no_answer() -> None:
    """A body that is never whole ends nothing but itself."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": REVOKE,
        "raw_path": REVOKE.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
    }
    asyncio.run(ControlApp().app(scope, receive, send))  # type: ignore[arg-type]  # a coroutine function's result
    assert sent[0]["status"] == 200
