from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from mockwise import MockWise
from mockwise.sandbox.handle import Sandbox
from tests.api_calls import GRANT, ask, token, use


@pytest.fixture
def at(box: Sandbox) -> str:
    """Where it is on the control host."""
    return f"/sandboxes/{box.name}"


def csr(folder: Path, key: str = "ec:P-256", subject: str = "/C=EU/O=Acme/CN=somebody") -> str:
    """A signing request as Wise's guide has it made: with openssl, into a file."""
    kind, _, size = key.partition(":")
    how = ["ec", "-pkeyopt", f"ec_paramgen_curve:{size}"] if kind == "ec" else [key]
    files = ["-keyout", str(folder / "own.key"), "-out", str(folder / "own.csr")]
    subprocess.run(
        ["openssl", "req", "-nodes", "-newkey", *how, *files, "-subj", subject],
        check=True,
        capture_output=True,
    )
    return (folder / "own.csr").read_text()


def test_a_client_comes_with_both_credentials(
    control: httpx.Client, box: Sandbox, at: str, tmp_path: Path
) -> None:
    """The secret, and a certificate with its key; both are needed and both work."""
    wanted = {"client_id": "app/two", "client_secret": "s", "client_key": "key", "token_lifetime": "90s"}
    made = control.post(f"{at}/clients", json=wanted)
    assert made.status_code == 201
    client = made.json()
    assert {name: client[name] for name in wanted} == {**wanted, "token_lifetime": "1m30s"}
    assert not client["own"]
    both = tmp_path / "both.pem"
    both.write_text(client["certificate"] + client["key"])
    context = box.ssl_context()
    context.load_cert_chain(both)
    with httpx.Client(verify=context) as http:
        answer = http.post(box.token_url, auth=("app/two", "s"), data=GRANT)
    assert answer.json()["expires_in"] == 89
    listed = control.get(f"{at}/clients").json()["clients"]
    assert [(it["client_id"], it["own"]) for it in listed] == [(box.client_id, True), ("app/two", False)]
    assert control.get(f"{at}/clients/app/two").json() == listed[1]
    assert "client_secret" not in listed[1]


def test_everything_about_a_client_may_be_left_out(control: httpx.Client, at: str) -> None:
    """Without a body all is made up, and follows the sandbox."""
    client = control.post(f"{at}/clients").json()
    assert client["client_id"] == client["client_key"]
    assert (client["mtls"], client["token_lifetime"], client["revoked_at"]) == ("required", None, None)
    assert client["redirect_uris"] == ["https://localhost/callback"]


@pytest.mark.parametrize("uris", [[], ["https://app.test/back?to=1", "http://localhost:3000/"]])
def test_a_client_has_its_own_redirect_uris(control: httpx.Client, at: str, uris: list[str]) -> None:
    """Wise registers them for each application (docs/wise/developer-hub.md#credentials); without a word they are the sandbox's."""
    made = control.post(f"{at}/clients", json={"redirect_uris": uris}).json()
    assert made["redirect_uris"] == uris
    assert control.get(f"{at}/clients/{made['client_id']}").json()["redirect_uris"] == uris


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"client_id": "x" * 65}, 400),
        ({"mtls": "perhaps"}, 422),
        ({"token_lifetime": "0s"}, 400),
        ({"redirect_uris": ["/callback"]}, 400),
        ({"redirect_uris": "https://app.test"}, 422),
        ({"id": "x"}, 422),
    ],
)
def test_a_client_that_cannot_be_is_refused(
    control: httpx.Client, at: str, body: object, status: int
) -> None:
    """The rules are those of Python's `add_client` (docs/wise/mtls.md#certificates: at most 64 characters)."""
    assert control.post(f"{at}/clients", json=body).status_code == status


def test_a_client_id_is_unique_in_the_mock(control: httpx.Client, box: Sandbox, at: str) -> None:
    """A duplicate is a conflict that names the sandbox which has it."""
    answer = control.post(f"{at}/clients", json={"client_id": box.client_id})
    assert (answer.status_code, box.name in answer.json()["message"]) == (409, True)


def test_a_revoked_client_is_at_its_end(control: httpx.Client, box: Sandbox, at: str) -> None:
    """It cannot authenticate and its tokens are dead (docs/wise/developer-hub.md#credentials); it stays in the list."""
    other = box.add_client(client_id=f"end-{box.name}")
    text = token(box, other)
    revoked = control.delete(f"{at}/clients/{other.client_id}")
    assert revoked.json()["revoked_at"]
    assert ask(box, other).status_code == 401
    assert use(box, text, context=other.ssl_context()).status_code == 401
    assert token(box)
    assert control.delete(f"{at}/clients/nobody").status_code == 404


def test_a_secret_is_rotated_with_overlap(control: httpx.Client, box: Sandbox, at: str) -> None:
    """The old one works on for the overlap, on the sandbox's clock; Python's side knows the new one."""
    old = box.client_secret
    box.freeze()
    answer = control.post(f"{at}/clients/{box.client_id}/secret", json={"overlap": "5m"}).json()
    assert answer["client_secret"] == box.client_secret != old
    assert answer["old_secrets_end_at"] > box.now.isoformat()[:19]
    with httpx.Client(verify=box.ssl_context()) as http:
        assert http.post(box.token_url, auth=(box.client_id, old), data=GRANT).status_code == 200
        box.advance(minutes=5)
        assert http.post(box.token_url, auth=(box.client_id, old), data=GRANT).status_code == 401
    assert token(box)


def test_any_clients_secret_can_be_set(control: httpx.Client, box: Sandbox, at: str) -> None:
    """Without an overlap the old one ends at once (README, Time, expiry, revocation)."""
    other = box.add_client()
    answer = control.post(f"{at}/clients/{other.client_id}/secret", json={"secret": "new"}).json()
    assert answer["client_secret"] == "new"
    assert ask(box, other).status_code == 401
    other.client_secret = "new"
    assert ask(box, other).status_code == 200


@pytest.mark.parametrize(
    ("client", "body", "status"),
    [
        ("nobody", {}, 404),
        (None, {"overlap": "soon"}, 400),
        (None, {"overlap": "999999999d"}, 400),
        (None, {"secret": ""}, 400),
    ],
)
def test_a_rotation_that_cannot_be_is_refused(
    *, control: httpx.Client, box: Sandbox, at: str, client: str | None, body: object, status: int
) -> None:
    """An unknown client, a bad duration, an empty secret: the old secret stays (one error model)."""
    answer = control.post(f"{at}/clients/{client or box.client_id}/secret", json=body)
    assert answer.status_code == status
    assert token(box)


@pytest.mark.parametrize("key", ["rsa:2048", "ec:P-256", "ec:P-384"])
def test_a_certificate_on_request_opens_the_mtls_host(
    control: httpx.Client, box: Sandbox, at: str, tmp_path: Path, key: str
) -> None:
    """CSR in, certificate out: the common name is the client id, whatever the request says (docs/wise/mtls.md#certificates)."""
    made = control.post(f"{at}/certificates", json={"name": "laptop", "csr": csr(tmp_path, key)})
    assert made.status_code == 201, made.text
    certificate = made.json()
    assert (certificate["name"], certificate["client_id"], certificate["state"]) == (
        "laptop",
        box.client_id,
        "active",
    )
    pem = tmp_path / "own.pem"
    pem.write_text(certificate["certificate"])
    context = ssl.create_default_context(cafile=box.ca_file)
    context.load_cert_chain(pem, tmp_path / "own.key")
    assert ask(box, context=context).status_code == 200
    assert box.exchanges[-1].certificate is not None
    assert box.exchanges[-1].certificate.common_name == box.client_id
    assert box.exchanges[-1].certificate.serial == certificate["serial"]
    assert certificate["ca"] == box.ca_file.read_text()


@pytest.mark.parametrize(
    ("key", "subject", "said"),
    [("rsa:1024", "/O=Acme", "csr: the signing request's key"), ("ec:P-256", "/CN=only", "no organization")],
)
def test_a_request_against_the_rules_is_refused(
    *, control: httpx.Client, at: str, tmp_path: Path, key: str, subject: str, said: str
) -> None:
    """Key sizes and the organization are Wise's rules (docs/wise/mtls.md#certificates, DOCUMENTED); nothing is recorded."""
    answer = control.post(f"{at}/certificates", json={"name": "n", "csr": csr(tmp_path, key, subject)})
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_value")
    assert said in answer.json()["message"]
    assert control.get(f"{at}/certificates").json()["certificates"] == []


def test_names_are_unique_and_ten_is_the_limit(
    control: httpx.Client, box: Sandbox, at: str, tmp_path: Path
) -> None:
    """At most ten active certificates, each with a name of its own (docs/wise/mtls.md#certificates, DOCUMENTED)."""
    request = csr(tmp_path)

    def certify(name: str, client_id: str | None = None) -> httpx.Response:
        return control.post(f"{at}/certificates", json={"name": name, "csr": request, "client_id": client_id})

    serials = [certify(f"n{n}").json()["serial"] for n in range(9)]
    assert (certify("n0").status_code, certify("n0").json()["error"]) == (409, "conflict")
    assert certify("n9").status_code == 201
    assert "revoke one first" in certify("n10").json()["message"]
    assert certify("n0", box.add_client(client_id=f"other-{box.name}").client_id).status_code == 201
    assert control.delete(f"{at}/certificates/{serials[0]}").json()["state"] == "revoked"
    assert certify("n0").status_code == 201
    states = [it["state"] for it in control.get(f"{at}/certificates").json()["certificates"]]
    assert (states.count("active"), states.count("revoked")) == (11, 1)
    assert certify("n", "nobody").status_code == 404


def test_a_revoked_certificate_ends_its_connections(
    control: httpx.Client, mock: MockWise, box: Sandbox, at: str, tmp_path: Path
) -> None:
    """New handshakes are refused with the right alert, open connections end."""
    made = control.post(f"{at}/certificates", json={"name": "gone", "csr": csr(tmp_path)}).json()
    pem = tmp_path / "own.pem"
    pem.write_text(made["certificate"])
    context = ssl.create_default_context(cafile=box.ca_file)
    context.load_cert_chain(pem, tmp_path / "own.key")
    with httpx.Client(verify=context) as http:
        assert (
            http.post(box.token_url, auth=(box.client_id, box.client_secret), data=GRANT).status_code == 200
        )
        as_openssl_prints_it = made["serial"].upper()
        revoked = control.delete(f"{at}/certificates/{as_openssl_prints_it}")
        assert revoked.json()["revoked_at"]
        with pytest.raises(httpx.HTTPError):
            http.post(box.token_url, auth=(box.client_id, box.client_secret), data=GRANT)
    with pytest.raises(httpx.HTTPError):
        ask(box, context=context)
    assert mock.handshakes[-1].alert == "certificate_revoked"
    assert token(box)


@pytest.mark.parametrize(("serial", "status"), [("0a", 404), ("zz", 400)])
def test_an_unknown_certificate_is_not_revoked(
    control: httpx.Client, at: str, serial: str, status: int
) -> None:
    """What is no serial, or nobody's, is told apart (one error model)."""
    assert control.delete(f"{at}/certificates/{serial}").status_code == status
