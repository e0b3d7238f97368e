"""A sandbox as a test holds it, over real mutual TLS."""

from __future__ import annotations

import ssl
import stat
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from mockwise import InvalidValueError, MockWise, MockwiseError, Sandbox
from tests.api_calls import GRANT, PLAYGROUND, ask, reason, token, use


def test_a_token_is_got_over_mutual_tls_and_used(mockwise: Sandbox) -> None:
    """HTTP Basic and the client certificate together give a token, which opens the API (docs/wise/token-endpoint.md#request and docs/wise/mtls.md#when-it-is-required)."""
    answer = ask(mockwise)
    assert list(answer.json()) == ["access_token", "token_type", "expires_in", "scope", "expires_at"]
    assert answer.json()["expires_in"] == 43199
    assert use(mockwise, answer.json()["access_token"]).json()["clientId"] == mockwise.client_id


def test_without_the_certificate_there_is_no_handshake(mockwise: Sandbox) -> None:
    """The twin of the above: right id and secret, no certificate (docs/wise/mtls.md#when-it-is-required)."""
    bare = ssl.create_default_context(cafile=mockwise.ca_file)
    with pytest.raises(httpx.TransportError, match="CERTIFICATE_REQUIRED"):
        ask(mockwise, context=bare)


def test_the_tls_host_refuses_a_client_that_must_use_mtls(mockwise: Sandbox) -> None:
    """Once Wise enforces mTLS for a partner, it does so on all endpoints (docs/wise/mtls.md#when-it-is-required); `optional` may pass."""
    bare = ssl.create_default_context(cafile=mockwise.ca_file)
    free = mockwise.add_client(mtls="optional")
    with httpx.Client(verify=bare, base_url=mockwise.tls_url) as client:
        refused = client.post("/oauth/token", auth=(mockwise.client_id, mockwise.client_secret), data=GRANT)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
        assert "mTLS host" in reason(refused)
        stolen = client.get(
            "/v1/authenticated/playground", headers={"Authorization": f"Bearer {token(mockwise)}"}
        )
        assert (stolen.status_code, stolen.json()["error"]) == (401, "invalid_token")
        passed = client.post("/oauth/token", auth=(free.client_id, free.client_secret), data=GRANT)
        assert passed.status_code == 200


def test_a_certificate_of_another_client_is_refused(mockwise: Sandbox) -> None:
    """The common name is the client id (docs/wise/mtls.md#certificates): the authority is right, the client is not."""
    other = mockwise.add_client(client_id="the other one")
    refused = ask(mockwise, context=other.ssl_context())
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert "another client" in reason(refused)
    assert use(mockwise, token(mockwise), context=other.ssl_context()).status_code == 401
    assert ask(mockwise, other).status_code == 200


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda box: box.advance(hours=12), "expired 0s ago"),
        (lambda box: box.advance("13h"), "expired 1h ago"),
        (lambda box: box.set_time(datetime(2999, 1, 1, tzinfo=UTC)), "expired"),
        (lambda box: box.expire_tokens(), "expired 0s ago"),
        (lambda box: box.revoke_tokens(), "revoked 0s ago"),
        (lambda box: box.credentials.revoke(), "client of this access token was revoked"),
    ],
)
def test_a_token_dies_at_once(mockwise: Sandbox, act: Callable[[Sandbox], object], why: str) -> None:
    """Expiry follows the sandbox's clock; revocation needs no clock; the API says `invalid_token` (docs/wise/errors.md#shapes)."""
    access_token = token(mockwise)
    assert use(mockwise, access_token).status_code == 200
    act(mockwise)
    refused = use(mockwise, access_token)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    assert why in reason(refused)


@pytest.mark.parametrize("verb", ["expire_token", "revoke_token"])
def test_one_token_dies_and_the_others_live(mockwise: Sandbox, verb: str) -> None:
    """A token is named by its text, or by the digest that the journal shows."""
    first, second, third = (token(mockwise) for _ in range(3))
    getattr(mockwise, verb)(first)
    getattr(mockwise, verb)(str(mockwise.token_requests[1].token))
    assert [use(mockwise, text).status_code for text in (first, second, third)] == [401, 401, 200]
    with pytest.raises(MockwiseError, match="knows no such token"):
        getattr(mockwise, verb)("nobody's")


def test_the_clock_can_be_held(mockwise: Sandbox) -> None:
    """A frozen clock moves only when it is told to, and runs on from there."""
    held = mockwise.freeze()
    access_token = token(mockwise)
    assert mockwise.now == held
    assert mockwise.advance("PT11H59M59S") == held + timedelta(hours=11, minutes=59, seconds=59)
    assert use(mockwise, access_token).status_code == 200
    mockwise.advance(timedelta(seconds=1))
    assert use(mockwise, access_token).status_code == 401
    assert mockwise.resume() >= held + timedelta(hours=12)


def test_the_secret_is_rotated(mockwise: Sandbox) -> None:
    """Client credentials can be rotated (docs/wise/developer-hub.md#credentials); with an overlap both secrets work until it is over."""
    old = (mockwise.client_id, mockwise.client_secret)
    new = mockwise.rotate_secret(overlap="5m")
    assert mockwise.client_secret == new != old[1]
    with httpx.Client(verify=mockwise.ssl_context()) as client:
        assert client.post(mockwise.token_url, auth=old, data=GRANT).status_code == 200
        mockwise.advance("5m")
        refused = client.post(mockwise.token_url, auth=old, data=GRANT)
    assert (refused.status_code, "rotated out" in reason(refused)) == (401, True)
    assert ask(mockwise).status_code == 200
    assert mockwise.rotate_secret("a secret of mine") == mockwise.client_secret == "a secret of mine"
    with pytest.raises(InvalidValueError, match="not a duration"):
        mockwise.rotate_secret(overlap="a while")


def test_a_revoked_certificate_is_refused_and_a_new_one_serves(mockwise: Sandbox) -> None:
    """Its open connections end too; several certificates may be active (docs/wise/mtls.md#certificates), so the next one is not touched."""
    revoked = mockwise.ssl_context()
    with httpx.Client(verify=revoked, base_url=mockwise.mtls_url) as client:
        assert client.get("/").status_code == 404
        mockwise.revoke_certificate()
        with pytest.raises(httpx.TransportError, match="CERTIFICATE_REVOKED"):
            client.get("/")
    serial, file = mockwise.credentials.serial, mockwise.cert_file
    mockwise.credentials.renew_certificate()
    assert (mockwise.credentials.serial, mockwise.cert_file) != (serial, file)
    assert ask(mockwise).status_code == 200


def test_reset_makes_it_as_new(mockwise: Sandbox) -> None:
    """Only its own client stays, with its first secret and a certificate that is good again."""
    context, secret = mockwise.ssl_context(), mockwise.client_secret
    access_token = token(mockwise)
    other = mockwise.add_client()
    mockwise.add_user("a@b.example")
    mockwise.rotate_secret()
    mockwise.revoke_certificate()
    mockwise.advance("90d")

    mockwise.reset()

    assert mockwise.exchanges == []
    assert mockwise.client_secret == secret
    assert abs(mockwise.now - datetime.now(UTC)) < timedelta(minutes=1)
    assert ask(mockwise, context=context).status_code == 200
    assert use(mockwise, access_token).status_code == 401
    assert "No client has this id" in reason(ask(mockwise, other))
    mockwise.add_user("a@b.example")


def test_a_closed_sandbox_is_gone(mockwise_server: MockWise) -> None:
    """Its tokens, clients and files go with it; what is done to it afterwards is an error that says so."""
    with mockwise_server.sandbox("short") as box:
        assert "short" in repr(box)
        access_token, context, cert_file = token(box), box.ssl_context(), box.cert_file
        box.revoke_certificate()
    box.close()
    assert not cert_file.exists()
    with pytest.raises(MockwiseError, match="the sandbox 'short' was closed: make another"):
        box.advance("1s")
    again = mockwise_server.sandbox("short", client_id=box.client_id)
    with again, httpx.Client(verify=context) as client:  # its serial has left the revocation list
        refused = client.get(
            again.mtls_url + "/v1/authenticated/playground",
            headers={"Authorization": f"Bearer {access_token}"},
        )
    assert refused.status_code == 401


def test_the_default_sandbox_stays(mockwise_server: MockWise) -> None:
    """Whoever names no client of another sandbox is always somewhere."""
    with pytest.raises(MockwiseError, match="ends with its mock"):
        mockwise_server.default.close()


def test_a_client_id_belongs_to_one_sandbox(mockwise: Sandbox, mockwise_server: MockWise) -> None:
    """A request finds its sandbox by it, so a second one is refused, and the other is named."""
    names = len(mockwise_server.sandboxes)
    with pytest.raises(MockwiseError, match=f"taken by sandbox '{mockwise.name}'"):
        mockwise_server.sandbox(client_id=mockwise.client_id)
    assert len(mockwise_server.sandboxes) == names
    with pytest.raises(MockwiseError, match="is taken by sandbox"):
        mockwise.add_client(client_id=mockwise.client_id)


def test_users_exist_when_they_were_made(mockwise: Sandbox) -> None:
    """`POST /v1/users/exists` answers for this sandbox's users (docs/wise/operations.md#endpoints)."""
    mockwise.add_user("test@wise.com")
    headers = {"Authorization": f"Bearer {token(mockwise)}"}
    with httpx.Client(verify=mockwise.ssl_context(), base_url=mockwise.mtls_url, headers=headers) as client:
        answers = [
            client.post("/v1/users/exists", json={"email": email}).json()
            for email in ("Test@Wise.com", "other@wise.com")
        ]
    assert answers == [{"exists": True}, {"exists": False}]


def test_the_environment_says_all_that_a_process_needs(mockwise: Sandbox) -> None:
    """With these names alone a client in another language gets a token."""
    environ = mockwise.environ()
    context = ssl.create_default_context(cafile=environ["MOCKWISE_CA_FILE"])
    context.load_cert_chain(environ["MOCKWISE_CERT_FILE"], environ["MOCKWISE_KEY_FILE"])
    credentials = (environ["MOCKWISE_CLIENT_ID"], environ["MOCKWISE_CLIENT_SECRET"])
    with httpx.Client(verify=context) as client:
        answer = client.post(environ["MOCKWISE_MTLS_URL"] + "/oauth/token", auth=credentials, data=GRANT)
    assert answer.status_code == 200
    assert environ["MOCKWISE_SANDBOX"] == mockwise.name
    assert environ["MOCKWISE_TLS_URL"] == mockwise.tls_url


@pytest.mark.skipif(sys.platform == "win32", reason="files have no mode there")
def test_a_key_is_its_owners_alone(mockwise: Sandbox) -> None:
    """Private keys are written 0600, in a folder that nobody else may enter."""
    assert stat.S_IMODE(mockwise.key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(mockwise.key_file.parent.stat().st_mode) == 0o700


def test_credentials_do_not_show_their_secret(mockwise: Sandbox) -> None:
    """What a failing test prints holds no secret."""
    assert mockwise.client_id in repr(mockwise.credentials)
    assert mockwise.client_secret not in repr(mockwise.credentials) + repr(mockwise)


def test_the_reference_client_is_ready(mockwise: Sandbox) -> None:
    """It lives by the sandbox's clock: after twelve hours it has renewed its token before anything was refused."""
    with mockwise.client() as client:
        assert client.get(PLAYGROUND).status_code == 200
        assert client.get(PLAYGROUND).status_code == 200
        mockwise.advance(hours=12)
        assert client.get(PLAYGROUND).status_code == 200
    assert [exchange.status for exchange in mockwise.exchanges] == [200] * 5
    assert len(mockwise.token_requests) == 2


@pytest.mark.asyncio
async def test_the_reference_client_is_ready_for_asyncio(mockwise: Sandbox) -> None:
    """The same for an async client; a revoked token costs one refusal and one new token."""
    async with mockwise.async_client() as client:
        assert (await client.get(PLAYGROUND)).status_code == 200
        mockwise.revoke_tokens()
        assert (await client.get(PLAYGROUND)).status_code == 200
    assert [exchange.status for exchange in mockwise.exchanges] == [200, 200, 401, 200, 200]


@pytest.mark.parametrize(
    "name", ["rotate_authority", "rotate_server_certificate", "trust", "handshakes", "watch"]
)
def test_what_reaches_further_names_the_fixture_for_it(mockwise: Sandbox, name: str) -> None:
    """A test of a shared server must not change it for all the others."""
    with pytest.raises(MockwiseError, match=f"mockwise_own.{name}"):
        getattr(mockwise, name)
    assert not hasattr(mockwise, name)


def test_a_wrong_name_is_an_attribute_error(mockwise: Sandbox) -> None:
    """A misspelt name is an AttributeError, as with any object."""
    with pytest.raises(AttributeError, match="a sandbox has no 'rotate_autority'"):
        _ = mockwise.rotate_autority


def test_a_bad_server_disturbs_nobody(mockwise: Sandbox) -> None:
    """So a sandbox has it, too, and the same one as the mock."""
    bad = mockwise.bad_server("expired")
    assert bad in mockwise.bad_servers()
    with pytest.raises(httpx.ConnectError):
        httpx.get(bad.url, verify=mockwise.ssl_context())
