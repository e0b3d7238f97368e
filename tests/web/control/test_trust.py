"""Authorities and certificates over the control API, judged by real clients over TLS."""

from __future__ import annotations

import errno
import os
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest

from mockwise import InvalidValueError, MockWise, MockwiseError, Sandbox
from mockwise.mock import BAD_SERVERS
from mockwise.pki.authority import Authority, Identity
from mockwise.real_time import real_now
from tests.api_calls import GRANT, ask
from tests.web.control.control_app import ControlApp
from tests.web.control.users import at


def pair(authority: Authority) -> dict[str, str]:
    """Certificate and key of an authority, as the control API takes them."""
    return {"certificate": authority.certificate_pem.decode(), "key": authority.key_pem.decode()}


def grant(box: Sandbox, certificate: str, key: str, ca: str, folder: Path) -> httpx.Response:
    """Get a token as a program in another language does: from PEM texts alone."""
    file = folder / "both.pem"
    file.write_text(certificate + key)
    context = ssl.create_default_context(cadata=ca)
    context.load_cert_chain(file)
    with httpx.Client(verify=context) as client:
        return client.post(box.token_url, auth=(box.client_id, box.client_secret), data=GRANT)


def own_grant(box: Sandbox, control: httpx.Client, folder: Path) -> httpx.Response:
    """Get a token with what the control API gives the sandbox's own client now."""
    given = control.get(at(box, "/credentials")).json()
    return grant(box, given["certificate"], given["key"], given["ca"], folder)


# Bad servers.


def test_a_bad_server_that_was_started_is_refused_by_a_real_client(
    control: httpx.Client, box: Sandbox
) -> None:
    """It shows an expired certificate; the good server, asked by the same client, is not refused."""
    started = control.post("/bad-servers/expired")
    assert started.status_code == 200
    server = started.json()
    assert (server["kind"], server["must_refuse"]) == ("expired", True)
    assert control.post("/bad-servers/expired").json() == server
    with httpx.Client(verify=box.ssl_context()) as client:
        assert client.get(box.tls_url).status_code == 404
        with pytest.raises(httpx.ConnectError, match="expired"):
            client.get(server["url"])
    assert server in control.get("/bad-servers").json()["bad_servers"]


def test_bad_servers_are_listed_before_they_run(mockwise_own: MockWise) -> None:
    """Each with its story; those that run have a URL."""
    with httpx.Client(base_url=mockwise_own.control_url) as control:
        before = control.get("/bad-servers").json()
        assert (before["count"], before["running"]) == (len(BAD_SERVERS), 0)
        assert {it["url"] for it in before["bad_servers"]} == {None}
        assert all(it["story"] for it in before["bad_servers"])
        after = control.post("/bad-servers").json()
        assert [it["kind"] for it in after["bad_servers"]] == list(BAD_SERVERS)
        assert after["running"] == len({it["url"] for it in after["bad_servers"]}) == len(BAD_SERVERS)
        assert control.get("/bad-servers").json() == after


def test_there_is_no_other_kind_of_bad_server(control: httpx.Client) -> None:
    """The message names those there are."""
    answer = control.post("/bad-servers/purple")
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
    assert "'expired'" in answer.json()["message"]
    offline = ControlApp().request("POST", "/bad-servers/expired")
    assert (offline.status_code, offline.json()["error"]) == (409, "conflict")


def test_without_a_free_port_no_bad_server_is_started(box: Sandbox) -> None:
    """The message says what the system said."""

    def full(_: object) -> NoReturn:
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))

    with pytest.raises(MockwiseError, match="a bad server cannot be started: Address already in use"):
        replace(box._context, open_bad_server=full).bad_server("expired")


def test_a_key_is_in_no_log(control: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    """Neither one that is given, nor one that is made."""
    given = pair(Authority("another", now=real_now))
    with caplog.at_level(0):
        assert control.post("/authority/trust", json=given).status_code == 200
        assert control.post("/authority/trust", json=given | {"more": 1}).status_code == 422
        control.post("/authority/distrust", json={"certificate": given["certificate"]})
    for line in given["key"].splitlines()[1:-1]:
        assert line not in caplog.text
        assert line not in control.get("/authority").text


# Trust.


def test_a_client_of_a_trusted_authority_is_let_in_until_it_is_distrusted(
    control: httpx.Client, box: Sandbox, tmp_path: Path
) -> None:
    """The authority is given as PEM, and named by its certificate."""
    other = Authority("another", now=real_now)
    client = other.issue_client(box.client_id)

    def tried() -> httpx.Response:
        return grant(box, client.certificate_pem.decode(), client.key_pem.decode(), box.ca_pem, tmp_path)

    with pytest.raises(httpx.TransportError, match="UNKNOWN_CA"):
        tried()
    trusted = control.post("/authority/trust", json=pair(other))
    assert trusted.status_code == 200
    shown = {"fingerprint": other.fingerprint, "certificate": other.certificate_pem.decode()}
    assert trusted.json() == shown
    assert shown in control.get("/authority").json()["trusted"]
    assert tried().status_code == 200
    left = control.post("/authority/distrust", json={"certificate": shown["certificate"]}).json()
    assert left == control.get("/authority").json()
    assert shown not in left["trusted"]
    with pytest.raises(httpx.TransportError, match="UNKNOWN_CA"):
        tried()
    assert ask(box).status_code == 200
    again = control.post("/authority/distrust", json={"certificate": shown["certificate"]})
    assert (again.status_code, again.json()["error"]) == (404, "not_found")


def test_the_mock_keeps_its_own_authority(control: httpx.Client, mock: MockWise) -> None:
    """Without it nobody would be let in, and nothing over HTTP could bring it back."""
    answer = control.post("/authority/distrust", json={"certificate": mock.ca_pem})
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert "rotate" in answer.json()["message"]


def _of_another(authority: Authority) -> dict[str, str]:
    return pair(authority) | {"key": pair(Authority("third", now=real_now))["key"]}


def _of_a_client(authority: Authority) -> dict[str, str]:
    made: Identity = authority.issue_client("app")
    return {"certificate": made.certificate_pem.decode(), "key": made.key_pem.decode()}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda it: pair(it) | {"certificate": "no PEM"}, "certificate, key: "),
        (_of_another, "the private key does not belong to the certificate"),
        (_of_a_client, "not an authority's"),
    ],
)
def test_what_is_no_authority_is_not_trusted(
    control: httpx.Client, given: Callable[[Authority], dict[str, str]], said: str
) -> None:
    """The message says what is wrong, and shows no key."""
    body = given(Authority("another", now=real_now))
    answer = control.post("/authority/trust", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_value")
    assert said in answer.json()["message"]
    assert "PRIVATE KEY" not in answer.text


def test_only_a_certificate_names_an_authority(control: httpx.Client, mock: MockWise) -> None:
    """What cannot be read is told so, by every door."""
    answer = control.post("/authority/distrust", json={"certificate": "no PEM"})
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_value")
    with pytest.raises(InvalidValueError, match="certificate: "):
        mock.distrust("no PEM")


# Rotation.


def test_clients_of_the_new_authority_are_served_after_a_rotation(
    mockwise_own: MockWise, tmp_path: Path
) -> None:
    """Step by step: who takes its credentials anew notices nothing, who does not is refused in the end."""
    box = mockwise_own.default
    with httpx.Client(base_url=mockwise_own.control_url) as control:
        old = control.get(at(box, "/credentials")).json()
        assert control.get("/authority/rotation").status_code == 404
        begun = control.post("/authority/rotation")
        assert begun.status_code == 201
        seen = begun.json()
        assert (seen["switched"], seen["over"]) == (False, False)
        assert seen["ca"] == seen["old"]["certificate"] + seen["new"]["certificate"]
        assert seen["old"]["certificate"] == old["ca"]
        assert control.get("/authority/rotation").json() == seen
        second = control.post("/authority/rotation", json={"overlap": True})
        assert (second.status_code, second.json()["error"]) == (409, "conflict")
        assert grant(box, old["certificate"], old["key"], old["ca"], tmp_path).status_code == 200
        assert own_grant(box, control, tmp_path).status_code == 200
        assert control.post("/authority/rotation/switch").json()["switched"] is True
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            grant(box, old["certificate"], old["key"], old["ca"], tmp_path)
        assert grant(box, old["certificate"], old["key"], seen["ca"], tmp_path).status_code == 200
        done = control.post("/authority/rotation/finish").json()
        assert (done["switched"], done["over"]) == (True, True)
        assert done["ca"] == seen["new"]["certificate"] == control.get("/authority").json()["ca"]
        assert own_grant(box, control, tmp_path).status_code == 200
        with pytest.raises(httpx.TransportError, match="UNKNOWN_CA"):
            grant(box, old["certificate"], old["key"], seen["ca"], tmp_path)
        for step in ("switch", "finish"):
            assert control.post(f"/authority/rotation/{step}").status_code == 404


def test_a_rotation_without_overlap_is_over_at_once(mockwise_own: MockWise, tmp_path: Path) -> None:
    """The answer says so, and the next one may begin."""
    box = mockwise_own.default
    with httpx.Client(base_url=mockwise_own.control_url) as control:
        for _ in range(2):
            done = control.post("/authority/rotation", json={"overlap": False}).json()
            assert (done["switched"], done["over"]) == (True, True)
            assert own_grant(box, control, tmp_path).status_code == 200
        assert control.get("/authority/rotation").status_code == 404


def test_of_two_rotations_at_once_one_begins(mockwise_own: MockWise) -> None:
    """The control host serves in threads; two that finish it at once finish it once."""
    url = f"{mockwise_own.control_url}/authority/rotation"
    with ThreadPoolExecutor(8) as pool:
        begun = [it.status_code for it in pool.map(httpx.post, [url] * 8)]
        done = [it.status_code for it in pool.map(httpx.post, [f"{url}/finish"] * 8)]
    assert (begun.count(201), begun.count(409)) == (1, 7)
    assert set(done) <= {200, 404}
    assert len(mockwise_own.trusted) == 1


def test_the_server_shows_another_certificate(control: httpx.Client, box: Sandbox) -> None:
    """Of the same authority: who trusted it before trusts it now."""

    def shown() -> bytes | None:
        with httpx.stream("GET", box.tls_url, verify=box.ssl_context()) as answer:
            stream: Any = answer.extensions["network_stream"]
            found: bytes | None = stream.get_extra_info("ssl_object").getpeercert(True)
            return found

    before = shown()
    assert control.post("/authority/server-certificate").status_code == 204
    assert shown() != before


# Renewal.


def test_a_renewed_certificate_has_the_dates_that_were_chosen(
    control: httpx.Client, box: Sandbox, tmp_path: Path
) -> None:
    """The old one stays valid unless it is taken back; an expired one is refused in the handshake."""
    old = control.get(at(box, "/credentials")).json()
    serial = box.credentials.serial
    renewed = control.post(at(box, f"/certificates/{serial}/renew"), json={"valid_until": "2d"})
    assert renewed.status_code == 201
    new = renewed.json()
    left = datetime.fromisoformat(new["not_after"]) - datetime.now(UTC)
    assert timedelta(days=1, hours=23) < left < timedelta(days=2, hours=1)
    assert new["certificate"] == box.credentials.certificate_pem
    assert new["serial"] == box.credentials.serial != serial
    for it in (old, new):
        assert grant(box, it["certificate"], it["key"], new["ca"], tmp_path).status_code == 200
    body = {"revoke_old": True, "valid_from": "-2d", "valid_until": "-1d"}
    expired = control.post(at(box, f"/certificates/{serial.upper()}/renew"), json=body).json()
    for it, alert in ((old, "REVOKED"), (expired, "EXPIRED")):
        with pytest.raises(httpx.TransportError, match=alert):
            grant(box, it["certificate"], it["key"], new["ca"], tmp_path)
    assert grant(box, new["certificate"], new["key"], new["ca"], tmp_path).status_code == 200


def test_a_certificate_of_another_client_is_renewed_for_it(control: httpx.Client, box: Sandbox) -> None:
    """The sandbox's own client keeps what it has; without a body the dates are the usual ones."""
    own = box.credentials.serial
    other = control.post(at(box, "/clients"), json={"client_id": "other"}).json()
    new = control.post(at(box, f"/certificates/{other['serial']}/renew")).json()
    assert (new["client_id"], new["state"]) == ("other", "active")
    assert box.credentials.serial == own


def test_certificates_that_are_renewed_at_once_keep_their_keys(
    mockwise_own: MockWise, tmp_path: Path
) -> None:
    """The control host serves in threads; the files hold one certificate with its own key."""
    box = mockwise_own.default
    url = f"{box.control_url}{at(box, f'/certificates/{box.credentials.serial}/renew')}"
    with ThreadPoolExecutor(8) as pool:
        renewed = [it.json() for it in pool.map(httpx.post, [url] * 8)]
    for it in renewed:
        assert grant(box, it["certificate"], it["key"], it["ca"], tmp_path).status_code == 200
    assert ask(box).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"valid_until": "soon"}, 400, "not a duration"),
        ({"valid_until": "2026-99-01"}, 400, "valid_until: write a time"),
        ({"valid_until": "2026-01-01T00:00:00"}, 400, "valid_until: the time has no zone"),
        ({"valid_from": "2030-01-01T00:00:00Z", "valid_until": "2029-01-01T00:00:00Z"}, 400, "these dates"),
        ({"valid_to": "2d"}, 422, "valid_to: there is no such field"),
    ],
)
def test_dates_that_cannot_be_are_refused(
    control: httpx.Client, box: Sandbox, body: dict[str, str], status: int, said: str
) -> None:
    """The message names the field; nothing is renewed."""
    serial = box.credentials.serial
    answer = control.post(at(box, f"/certificates/{serial}/renew"), json=body)
    assert answer.status_code == status
    assert said in answer.json()["message"]
    assert box.credentials.serial == serial


@pytest.mark.parametrize(("serial", "status"), [("0abc", 404), ("xyz", 400)])
def test_only_a_certificate_that_is_there_is_renewed(
    control: httpx.Client, box: Sandbox, serial: str, status: int
) -> None:
    """One of this sandbox, named by its serial number."""
    assert control.post(at(box, f"/certificates/{serial}/renew")).status_code == status


# Refused handshakes.


def test_refused_handshakes_since_a_moment(mockwise_own: MockWise) -> None:
    """Those before it are not shown; all of them are forgotten by DELETE."""
    bare = ssl.create_default_context(cafile=mockwise_own.ca_file)

    def refused() -> None:
        with httpx.Client(verify=bare) as client, pytest.raises(httpx.HTTPError):
            client.get(mockwise_own.mtls_url)

    with httpx.Client(base_url=mockwise_own.control_url) as control:
        refused()
        refused()
        times = [it["time"] for it in control.get("/handshakes").json()["handshakes"]]
        assert len(times) == 2
        late = control.get("/handshakes", params={"since": times[1]}).json()
        assert (late["count"], [it["time"] for it in late["handshakes"]]) == (1, times[1:])
        never = control.get("/handshakes", params={"since": "2999-01-01T00:00:00Z"}).json()
        assert never == {"count": 0, "handshakes": []}
        assert control.delete("/handshakes").json() == {"forgotten": 2}
        assert control.get("/handshakes").json()["count"] == 0
        assert control.delete("/handshakes").json() == {"forgotten": 0}


@pytest.mark.parametrize("since", ["yesterday", "2026-01-01T00:00:00", "17"])
def test_a_moment_has_a_zone(control: httpx.Client, since: str) -> None:
    """Anything else is refused, with how it is written."""
    answer = control.get("/handshakes", params={"since": since})
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_value")
    assert "zone" in answer.json()["message"]
