"""Ids and secrets that were copied wrong, certificates that Wise would not take, and what a server's word changes."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from mockwise import MockWise, Sandbox
from mockwise.doctor import diagnose
from tests.doctor.support import Key, examined, failures, given, homemade


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("{}\n", "ends in a line break"),
        ("{}\r\n", "ends in a line break"),
        (" {}", "begins or ends in white space"),
        ("{} x", "has a blank or a line break within"),
        ("{}\x07x", "has a character that cannot be seen"),
        ('"{}"', "stands in quotes"),
        ("{}%2F", "looks percent-encoded"),
        ("{}é", "is not ASCII"),
        ("${{SECRET}}", "is the name of a variable"),
        ("$SECRET", "is the name of a variable"),
    ],
)
def test_an_odd_secret_narrows_a_401(form: str, said: str, box: Sandbox) -> None:
    """The server refuses it, and the check says what is odd about it, without a part of it."""
    checks = examined(given(box, client_secret=form.format(box.client_secret)))
    assert failures(checks) == ["client.secret", "token.request"]
    assert said in checks["client.secret"].cause
    assert said in checks["token.request"].cause


def test_a_secret_that_is_something_else_is_found(box: Sandbox) -> None:
    """The id, or both together in base64."""
    pair = b64encode(f"{box.client_id}:{box.client_secret}".encode()).decode()
    for secret in pair, f"Basic {pair}":
        check = examined(given(box, client_secret=secret))["client.secret"]
        assert "is id and secret together" in check.cause


def test_the_id_in_the_place_of_the_secret_is_found(box: Sandbox) -> None:
    """What is masked then is the id, too."""
    checks = examined(given(box, client_secret=box.client_id))
    assert failures(checks) == ["client.id", "client.secret", "token.request"]
    assert "is the client id" in checks["client.secret"].cause


def test_swapped_id_and_secret_are_found_and_the_real_secret_is_not_shown(box: Sandbox) -> None:
    """The common name of the certificate tells which is which."""
    inputs = given(box, client_id=box.client_secret, client_secret=box.client_id)
    checks = {it.code: it for it in diagnose(inputs)}
    assert "id and secret are swapped" in checks["client.id"].cause
    assert checks["token.request"].status == "failed"
    assert box.client_secret not in str(checks)


def test_an_odd_secret_that_the_server_takes_is_well(mock: MockWise, box: Sandbox) -> None:
    """A check that did not ask the server gives way to the server."""
    other = mock.default.add_client(client_secret="p%41ss:w rd")
    changes = {"certificate": other.cert_file, "key": other.key_file, "client_id": other.client_id}
    checks = examined(given(box, client_secret=other.client_secret, **changes))
    assert failures(checks) == []
    assert checks["client.secret"].cause.endswith("; this server gives a token all the same")


@pytest.mark.parametrize(
    ("client_id", "said"),
    [
        (None, "no client id was given"),
        ("a:b", "has a colon"),
        ("a b", "has a blank"),
        ("app\n", "a line break"),
        ("'app'", "a quote"),
    ],
)
def test_an_id_that_cannot_be_right_is_found(client_id: str | None, said: str, box: Sandbox) -> None:
    """Missing, or copied with more than itself."""
    checks = examined(given(box, client_id=client_id))
    assert failures(checks)[0] in {"client.id", "certificate.name"}
    assert said in checks["client.id"].cause
    assert checks["token.request"].status == ("not tried" if client_id is None else "failed")


def test_a_missing_secret_is_found(box: Sandbox) -> None:
    """All the rest is tried."""
    checks = examined(given(box, client_secret=None))
    assert failures(checks) == ["client.secret"]
    assert checks["tls.certificate"].status == "ok"
    assert checks["token.request"].cause == "client.secret failed"


def test_a_certificate_of_ones_own_is_found(box: Sandbox, tmp_path: Path) -> None:
    """Signed by itself, refused by the server; close to its end; in nobody's name."""
    pair = homemade(tmp_path, ec.generate_private_key(ec.SECP256R1()), None)
    checks = examined(given(box, **pair))
    assert failures(checks) == ["certificate.name", "certificate.issuer", "tls.certificate"]
    assert "is signed by itself" in checks["certificate.issuer"].cause
    assert "has no common name" in checks["certificate.name"].cause
    assert checks["certificate.usage"].cause == "no extended key usage that can be read restricts it"
    assert "8 days more" in checks["certificate.dates"].cause
    assert "openssl req" in (checks["certificate.dates"].remedy or "")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (rsa.generate_private_key(65537, 2048), None),
        (ec.generate_private_key(ec.SECP384R1()), None),
        (ec.generate_private_key(ec.SECP521R1()), "the elliptic curve secp521r1"),
        (ed25519.Ed25519PrivateKey.generate(), "neither RSA nor an elliptic curve"),
    ],
    ids=["rsa-2048", "p-384", "p-521", "ed25519"],
)
def test_a_key_that_wise_does_not_take_is_found(
    key: Key, said: str | None, box: Sandbox, tmp_path: Path
) -> None:
    """RSA of 2048, 3072 or 4096 bits, P-256 and P-384 (docs/wise/mtls.md#certificates)."""
    checks = examined(given(box, **homemade(tmp_path, key, box.client_id, authority=True)))
    assert ("certificate.key" in failures(checks)) == (said is not None)
    assert (said or "its key is") in checks["certificate.key"].cause
    assert "is an authority's, not a client's" in checks["certificate.issuer"].cause


def test_an_extension_that_cannot_be_read_is_left_to_the_server(box: Sandbox, tmp_path: Path) -> None:
    """OpenSSL reads the file; what its extensions say cannot be known once one of them is broken."""
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={box.client_id}"]
    words += ["-keyout", "own.key", "-out", "own.pem", "-addext", "authorityInfoAccess=DER:05:00"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    checks = examined(given(box, certificate=tmp_path / "own.pem", key=tmp_path / "own.key"))
    assert checks["certificate.usage"].cause == "no extended key usage that can be read restricts it"
    assert "tls.certificate" in failures(checks)


def test_a_key_that_cannot_even_be_read_is_found(box: Sandbox, tmp_path: Path) -> None:
    """An elliptic curve that OpenSSL knows and hardly anybody else."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime239v1", "-nodes"]
    words += ["-keyout", "own.key", "-out", "own.pem", "-subj", f"/CN={box.client_id}"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    checks = examined(given(box, certificate=tmp_path / "own.pem", key=tmp_path / "own.key"))
    assert "neither RSA nor an elliptic curve" in checks["certificate.key"].cause
    assert checks["files.pair"].status == "ok"
